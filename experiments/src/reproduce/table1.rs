//! Table 1: predictors on labelled families, beside the paper's numbers.

use super::Experiment;
use crate::failure::Failure;
use crate::inputs::{LabelOrigin, labels, toml_file};
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, LabelledFamily, write_parquet};
use autogo::families::FamilyName;
use autogo::files::write;
use autogo::polars::prelude::{BooleanChunked, DataFrame, Float64Chunked, PolarsError, StringChunked};
use autogo::predict::{Comparison, Contender, Share, summary, train_together};
use autogo::release::paper_srcc;
use autogo::report::srcc_bars;
use autogo::segment::Mining;
use serde::Deserialize;

/// A comparison of the same contenders on several families.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    seeds: Vec<u64>,
    #[serde(default)]
    mining: Mining,
    families: Vec<Size>,
    contenders: Vec<Contender>,
    /// The origin of the labels, if it is not the usual one.
    #[serde(default)]
    origin: Option<LabelOrigin>,
    /// Predictors that learn from all families together.
    #[serde(default)]
    together: Vec<Contender>,
}

/// The numbers of networks of a family to learn from, and to rank; of a smaller family, all it has in this proportion.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    family: FamilyName,
    train: usize,
    test: usize,
}

/// Compares the contenders; writes every run as Parquet and a chart a family.
pub fn reproduce(experiment: &Experiment) -> Result<(), Failure> {
    let (config, out) = (&experiment.config, &experiment.out);
    let table: Table = toml_file(config)?;
    let families = table.families()?;
    if families.is_empty() {
        return Err(Failure::Input(format!("no family of {} has labels here", config.display())));
    }
    let mut frames =
        families.iter().map(|(size, family)| table.compare(size, family)).collect::<Result<Vec<_>, _>>()?;
    frames.extend(table.together(&families)?);
    let (first, others) = frames.split_first().ok_or_else(|| Failure::Work("no runs".into()))?;
    let mut runs = others.iter().try_fold(first.clone(), |whole, frame| whole.vstack(frame)).map_err(failed)?;
    let name = config.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = out.join(format!("{name}.parquet"));
    write_parquet(&mut runs, &path)?;
    print(&runs)?;
    say!("every run: {}", path.display());
    for (Size { family, .. }, _) in families {
        let chart = out.join(format!("{name}_{family}.svg"));
        write(&chart, srcc_bars(&runs, family)?.svg().as_bytes())?;
        say!("chart: {}", chart.display());
    }
    Ok(())
}

impl Table {
    /// The families that have labels here, with as many networks as there are.
    fn families(&self) -> Result<Vec<(Size, LabelledFamily)>, Failure> {
        let mut families = Vec::new();
        for size in &self.families {
            let Some(family) = labels(size.family, self.origin)? else {
                say!("{}: no such labels ({DATA_VARIABLE} decides)", size.family);
                continue;
            };
            let (train, test) = family.shares(size.train, size.test)?;
            families.push((Size { family: size.family, train, test }, family));
        }
        Ok(families)
    }

    /// Every run of every contender on one family.
    fn compare(&self, size: &Size, family: &LabelledFamily) -> Result<DataFrame, Failure> {
        say!("{}: {} to learn from, {} to be ranked. {}", size.family, size.train, size.test, family.banner());
        if let Some(ceiling) = family.label_ceiling() {
            say!("The labels of two trainings of one network agree with SRCC {ceiling:.4}.");
        }
        let comparison = Comparison {
            train: size.train,
            test: size.test,
            seeds: self.seeds.clone(),
            mining: self.mining,
            contenders: self.contenders.clone(),
        };
        Ok(comparison.run(family, Progress::Live)?)
    }

    /// Every run of the predictors that learn from all families together.
    fn together(&self, families: &[(Size, LabelledFamily)]) -> Result<Option<DataFrame>, Failure> {
        if self.together.is_empty() {
            return Ok(None);
        }
        let shares: Vec<Share<'_>> =
            families.iter().map(|(size, family)| Share { family, train: size.train, test: size.test }).collect();
        Ok(Some(train_together(&shares, &self.seeds, self.mining, &self.together, Progress::Live)?))
    }
}

/// A row a contender and family: means over seeds, with the paper's numbers beside ours.
fn print(runs: &DataFrame) -> Result<(), Failure> {
    let means = summary(runs)?;
    let (families, contenders) = (texts(&means, "family")?, texts(&means, "contender")?);
    let published = truths(&means, "published")?;
    let (srcc, deviation, folds) =
        (numbers(&means, "srcc")?, numbers(&means, "deviation")?, numbers(&means, "fold_srcc")?);
    let (tau, top) = (numbers(&means, "kendall_tau")?, numbers(&means, "top_20_overlap")?);
    let seconds = numbers(&means, "seconds")?;
    let show = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.4}"));
    say!(
        "{:<9} {:<36} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6}",
        "family",
        "contender",
        "SRCC",
        "±",
        "folds",
        "paper",
        "tau",
        "top 20",
        "s"
    );
    for at in 0..means.height() {
        let (family, contender) = (families.get(at).unwrap_or_default(), contenders.get(at).unwrap_or_default());
        // The paper's numbers are of accuracies.
        let known = FamilyName::named(family).ok().filter(|_| published.get(at) == Some(true));
        say!(
            "{family:<9} {contender:<36} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6.0}",
            show(srcc.get(at)),
            show(deviation.get(at)),
            show(folds.get(at)),
            known.and_then(|known| paper_srcc(known, contender)).map_or("-".into(), |paper| format!("{paper:.3}")),
            show(tau.get(at)),
            show(top.get(at)),
            seconds.get(at).unwrap_or_default()
        );
    }
    Ok(())
}

fn texts(frame: &DataFrame, name: &str) -> Result<StringChunked, Failure> {
    frame.column(name).and_then(|column| column.str().cloned()).map_err(failed)
}

fn numbers(frame: &DataFrame, name: &str) -> Result<Float64Chunked, Failure> {
    frame.column(name).and_then(|column| column.f64().cloned()).map_err(failed)
}

fn truths(frame: &DataFrame, name: &str) -> Result<BooleanChunked, Failure> {
    frame.column(name).and_then(|column| column.bool().cloned()).map_err(failed)
}

fn failed(error: PolarsError) -> Failure {
    Failure::Work(error.to_string())
}
