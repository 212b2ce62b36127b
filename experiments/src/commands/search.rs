//! `autogo search`: evolution in a folder that can be taken up again.

use crate::failure::Failure;
use crate::inputs::{network_with, quirks, toml_file};
use crate::own_labels::OwnLabels;
use crate::search::{INPUT, Prepared, SETTINGS, SearchSettings, no_run};
use autogo::Progress;
use autogo::evolve::{EvolutionRun, LockedRun, RunColumn, RunFolder};
use autogo::files::write;
use autogo::formats::onnx::Weights;
use autogo::formats::to_json;
use autogo::graph::Graph;
use autogo::report::{check_export_folder, write_front, write_run};
use clap::Parser;
use std::path::{Path, PathBuf};

/// Arguments of `autogo search`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo search resnet50 --config experiments/search.toml --out run")]
pub struct Args {
    /// The input network: a compact string such as resnet50, or a file (.onnx, .json, .pkl). Not with --resume.
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    network: Option<String>,
    /// The search: segments, predictor, machine, evolution. Without it the defaults.
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    config: Option<PathBuf>,
    /// The folder of the run.
    #[arg(long, value_name = "DIR", required_unless_present = "resume", conflicts_with = "resume")]
    out: Option<PathBuf>,
    /// Takes up the run of this folder where it was interrupted.
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
    /// Searches with all peculiarities of the original release.
    #[arg(long, conflicts_with = "resume")]
    release: bool,
    #[command(flatten)]
    own: OwnLabels,
    /// Writes the front into a new folder when the search has ended: every network as ONNX, JSON and a drawing, and a
    /// table of all of them.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Leaves the weights out of the ONNX files of --export: they are inputs of the network then. Otherwise they are
    /// He-uniform, four bytes a parameter.
    #[arg(long, requires = "export")]
    no_weights: bool,
}

/// A run's folder in the hands of this process, with all that the search needs.
struct Ready {
    held: LockedRun,
    input: Graph,
    prepared: Prepared,
}

/// Runs a search, or takes one up.
pub fn run(args: &Args) -> Result<(), Failure> {
    // A folder that cannot be written is better known before the search than after it.
    args.export.as_deref().map(check_export_folder).transpose()?;
    let Ready { held, input, prepared } = match (&args.resume, &args.network, &args.out) {
        (Some(_), _, _) if args.own.source()?.is_some() || args.own.origin().is_some() => {
            return Err(Failure::Input(
                "--labels is for a new run; --resume takes up the labels of the old one".into(),
            ));
        }
        (Some(path), _, _) => take_up(path)?,
        (None, Some(network), Some(out)) => begin(args, network, out)?,
        _ => return Err(Failure::Input("accepted: NETWORK --out DIR, or --resume DIR".into())),
    };
    let run = held.run(&prepared.evolution, &input, &prepared.mutator, Progress::Live)?;
    let folder = held.folder();
    write_run(&run, &prepared.mutator, folder)?;
    summarise(&run);
    say!("report: {}", folder.path().join("report.html").display());
    if let Some(export) = &args.export {
        let weights = if args.no_weights { Weights::None } else { Weights::Seeded(0) };
        let count = write_front(&run, &prepared.mutator, weights, export)?;
        say!("{count} networks: {}", export.join("front.csv").display());
    }
    Ok(())
}

/// Begins a run: its folder first holds what was asked for, so that mining or training can be interrupted.
fn begin(args: &Args, network: &str, out: &Path) -> Result<Ready, Failure> {
    let folder = RunFolder::new(out);
    let mut settings: SearchSettings = args.config.as_deref().map(toml_file).transpose()?.unwrap_or_default();
    settings.release |= args.release;
    if let Some(labels) = args.own.source()? {
        settings.predictor.labels = Some(labels);
    }
    settings.predictor.origin = args.own.origin().or(settings.predictor.origin);
    let input = network_with(network, &quirks(settings.release))?;
    let held = folder.lock()?;
    if folder.is_begun() {
        let path = out.display();
        return Err(Failure::Input(format!("{path} holds a run; accepted: --resume {path}, or another folder")));
    }
    let text = toml::to_string_pretty(&settings).map_err(|error| Failure::Work(error.to_string()))?;
    write(&out.join(INPUT), to_json(&input).as_bytes())?;
    write(&out.join(SETTINGS), text.as_bytes())?;
    let prepared = settings.prepare(out)?;
    Ok(Ready { held, input, prepared })
}

/// Takes up the run of a folder: from its last generation, or from the settings if there is none.
fn take_up(path: &Path) -> Result<Ready, Failure> {
    let (folder, settings) = (RunFolder::new(path), path.join(SETTINGS));
    if !folder.is_begun() && !settings.is_file() {
        return Err(no_run(path));
    }
    let held = folder.lock()?;
    let prepared = match folder.is_begun() {
        true => Prepared::reopen(&folder)?,
        false => toml_file::<SearchSettings>(&settings)?.prepare(path)?,
    };
    Ok(Ready { held, input: folder.input()?, prepared })
}

/// The input and the front, a line each.
fn summarise(run: &EvolutionRun) {
    let origin = run.input().clone();
    say!(
        "{:>8} {:>10} {:>10} {:>9} {:>9} {:>9} {:>6}",
        "network",
        "generation",
        "score",
        "FLOPs %",
        "cycles %",
        "params %",
        "nodes"
    );
    for one in std::iter::once(origin.clone()).chain(run.front().into_iter().filter(|one| one.id != 0)) {
        let percent = |column: RunColumn| one.change(column, &origin);
        say!(
            "{:>8} {:>10} {:>10.4} {:>+9.2} {:>+9.2} {:>+9.2} {:>6}",
            if one.id == 0 { "input".into() } else { one.id.to_string() },
            one.generation,
            one.score,
            percent(RunColumn::Flops),
            percent(RunColumn::Cycles),
            percent(RunColumn::Params),
            one.figures.nodes
        );
    }
    if let Some(stop) = run.stop {
        say!("The search ended because {stop}.");
    }
}
