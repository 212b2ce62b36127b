//! `autogo train`, `evaluate` and `reproduce`: predictors.

use crate::Failure;
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, LabelledFamily};
use autogo::families::FamilyName;
use autogo::graph::Graph;
use autogo::polars::prelude::DataFrame;
use autogo::predict::{
    Comparison, Contender, Predictor, Reports, TrainSettings, Trained, Transfer, srcc, srcc_interval, summary,
};
use autogo::report::{paper_srcc, srcc_bars};
use autogo::segment::Mining;
use clap::Parser;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Arguments of `autogo train`.
#[derive(Parser)]
pub struct Train {
    /// Where the predictor is written, as safetensors.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The labelled family.
    #[arg(long, default_value = "nb201")]
    family: String,
    /// A TOML file of training settings; what it leaves out is the default.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Networks to learn from.
    #[arg(long, default_value_t = 400)]
    train: usize,
    /// Networks kept apart for `evaluate`.
    #[arg(long, default_value_t = 200)]
    test: usize,
    /// Seed of split and training.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Keeps progress beside the predictor after every epoch and takes it up from there.
    #[arg(long)]
    resume: bool,
}

/// Arguments of `autogo evaluate`.
#[derive(Parser)]
pub struct Evaluate {
    /// A predictor that `train` wrote.
    model: PathBuf,
    /// The labelled family.
    #[arg(long, default_value = "nb201")]
    family: String,
    /// As in `train`: networks it learned from.
    #[arg(long, default_value_t = 400)]
    train: usize,
    /// As in `train`: networks to be ranked.
    #[arg(long, default_value_t = 200)]
    test: usize,
    /// As in `train`.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Arguments of `autogo transfer`.
#[derive(Parser)]
pub struct TransferArgs {
    /// The experiment; without it experiments/transfer.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Arguments of `autogo reproduce`.
#[derive(Parser)]
pub struct Reproduce {
    /// Which table: table1, table3, table4 or table6.
    table: String,
    /// The experiment; without it experiments/TABLE.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the runs are written as Parquet; without it experiments/results.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A table of predictors: the same contenders on several families.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    seeds: Vec<u64>,
    #[serde(default)]
    mining: Mining,
    families: Vec<Size>,
    contenders: Vec<Contender>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    family: FamilyName,
    train: usize,
    test: usize,
}

fn labelled(name: &str) -> Result<LabelledFamily, Failure> {
    let family = FamilyName::ALL.into_iter().find(|family| family.prefix() == name);
    let accepted = || Failure::Input(format!("`{name}` has no public labels; accepted: nb201, nb101"));
    load(family.ok_or_else(accepted)?)?.ok_or_else(accepted)
}

/// A family's public labels, if there are any. Without data NB-201 is labelled on the spot.
pub fn load(family: FamilyName) -> Result<Option<LabelledFamily>, Failure> {
    let folder = std::env::var_os(DATA_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    Ok(match (family, folder) {
        (FamilyName::Nb201, Some(folder)) => Some(LabelledFamily::nb201(folder)?),
        (FamilyName::Nb201, None) => Some(LabelledFamily::nb201_computed(900)?),
        (FamilyName::Nb101, Some(folder)) => Some(LabelledFamily::nb101(folder)?),
        _ => None,
    })
}

/// A value in a TOML file.
pub fn toml_file<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
    toml::from_str(&text).map_err(|error| {
        let line = 1 + error.span().map_or(0, |span| text[..span.start].matches('\n').count());
        Failure::Input(format!("{}:{line}: {}", path.display(), error.message()))
    })
}

/// Trains one predictor.
pub fn train(args: &Train) -> Result<(), Failure> {
    let family = labelled(&args.family)?;
    let settings: TrainSettings = args.settings.as_deref().map(toml_file).transpose()?.unwrap_or_default();
    let settings = TrainSettings { seed: args.seed, ..settings };
    let split = family.split(args.train, args.test, args.seed)?;
    let progress = args.resume.then(|| args.out.with_extension("training"));
    let mut reports = Reports::new(Progress::Live);
    if let Some(path) = &progress {
        reports = reports.resumable(path);
    }
    let mut segmenter = None;
    if settings.architecture.reads.is_cut() {
        let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
        segmenter = Some(Mining::bpe(813).segmenter(&graphs)?);
    }
    let (predictor, log) = Trained::train(&split.train, segmenter.as_ref(), &settings, reports)?;
    predictor.save(&args.out)?;
    if let Some(progress) = progress {
        // The predictor is there: what was kept for an interruption is not needed any more.
        std::fs::remove_file(progress).ok();
    }
    crate::say(&format!("{} epochs, those of epoch {} kept; {}", log.epochs.len(), log.kept, args.out.display()));
    Ok(())
}

/// Scores a predictor on networks it has not seen.
pub fn evaluate(args: &Evaluate) -> Result<(), Failure> {
    let family = labelled(&args.family)?;
    let split = family.split(args.train, args.test, args.seed)?;
    let unseen: Vec<Graph> = split.test.iter().map(|example| example.graph.clone()).collect();
    let truth: Vec<f64> = split.test.iter().map(|example| example.value).collect();
    let scores = Trained::load(&args.model)?.score(&unseen)?;
    let found = srcc(&scores, &truth).unwrap_or(f64::NAN);
    let (low, high) = srcc_interval(&scores, &truth, 1000, 0).unwrap_or((f64::NAN, f64::NAN));
    crate::say(&family.banner());
    crate::say(&format!("SRCC {found:.4} (95 %: {low:.4} to {high:.4}) on {} unseen networks", unseen.len()));
    Ok(())
}

/// Trains on each family and tries on every other.
pub fn transfer(args: &TransferArgs) -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = args.config.clone().unwrap_or_else(|| root.join("transfer.toml"));
    let transfer: Transfer = toml_file(&config)?;
    let mut families = Vec::new();
    for family in [FamilyName::Nb101, FamilyName::Nb201] {
        families.extend(load(family)?);
    }
    families.iter().for_each(|family| crate::say(&family.banner()));
    let table = transfer.run(&families, Progress::Live)?;
    crate::say(&format!("{table}"));
    Ok(())
}

/// Makes a table of the paper.
pub fn reproduce(args: &Reproduce) -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = args.config.clone().unwrap_or_else(|| root.join(format!("{}.toml", args.table)));
    let out = args.out.clone().unwrap_or_else(|| root.join("results"));
    match args.table.as_str() {
        "table1" => {}
        "table3" | "table4" | "table6" => return crate::tables::reproduce(&config, &args.table, &out),
        other => {
            let accepted = "table1, table3, table4, table6";
            return Err(Failure::Input(format!("`{other}` cannot be reproduced; accepted: {accepted}")));
        }
    }
    let table: Table = toml_file(&config)?;
    let mut runs: Option<DataFrame> = None;
    let mut families = Vec::new();
    for size in table.families {
        let Some(family) = load(size.family)? else {
            crate::say(&format!("{}: no public labels ({DATA_VARIABLE} decides)", size.family));
            continue;
        };
        crate::say(&family.banner());
        if let Some(ceiling) = family.label_ceiling() {
            crate::say(&format!("The labels of two trainings of one network agree with SRCC {ceiling:.4}."));
        }
        let comparison = Comparison {
            train: size.train,
            test: size.test,
            seeds: table.seeds.clone(),
            mining: table.mining,
            contenders: table.contenders.clone(),
        };
        let frame = comparison.run(&family, Progress::Live)?;
        families.push(family.family());
        runs = Some(match runs {
            Some(runs) => runs.vstack(&frame).map_err(|error| Failure::Work(error.to_string()))?,
            None => frame,
        });
    }
    let Some(mut runs) = runs else {
        return Err(Failure::Input(format!("no family of {} has labels here", config.display())));
    };
    let name = config.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = out.join(format!("{name}.parquet"));
    autogo::data::write_parquet(&mut runs, &path)?;
    print(&runs)?;
    crate::say(&format!("every run: {}", path.display()));
    for family in families {
        let chart = out.join(format!("{name}_{family}.svg"));
        let svg = srcc_bars(&runs, family)?.svg();
        autogo::files::write(&chart, svg.as_bytes())?;
        crate::say(&format!("chart: {}", chart.display()));
    }
    Ok(())
}

/// The table with the paper's numbers beside ours.
fn print(runs: &DataFrame) -> Result<(), Failure> {
    let failed = |error: autogo::polars::prelude::PolarsError| Failure::Work(error.to_string());
    let means = summary(runs)?;
    let text = |name: &str| means.column(name).and_then(|column| column.str().cloned()).map_err(failed);
    let number = |name: &str| means.column(name).and_then(|column| column.f64().cloned()).map_err(failed);
    let (families, contenders) = (text("family")?, text("contender")?);
    let measured = means.column("measured").and_then(|column| column.bool().cloned()).map_err(failed)?;
    let (srcc, deviation, folds) = (number("srcc")?, number("deviation")?, number("fold_srcc")?);
    let (tau, top, seconds) = (number("kendall_tau")?, number("top_20_overlap")?, number("seconds")?);
    let show = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.4}"));
    crate::say(&format!(
        "{:<7} {:<22} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6}",
        "family", "contender", "SRCC", "±", "folds", "paper", "tau", "top 20", "s"
    ));
    for at in 0..means.height() {
        let (family, contender) = (families.get(at).unwrap_or_default(), contenders.get(at).unwrap_or_default());
        // The paper's numbers are of accuracies.
        let known =
            FamilyName::ALL.into_iter().find(|known| known.prefix() == family && measured.get(at) == Some(true));
        crate::say(&format!(
            "{family:<7} {contender:<22} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6.0}",
            show(srcc.get(at)),
            show(deviation.get(at)),
            show(folds.get(at)),
            known.and_then(|known| paper_srcc(known, contender)).map_or("-".into(), |paper| format!("{paper:.3}")),
            show(tau.get(at)),
            show(top.get(at)),
            seconds.get(at).unwrap_or_default()
        ));
    }
    Ok(())
}
