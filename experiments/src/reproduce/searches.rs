//! Tables 3, 4 and 6: searches from networks of the paper's tables, beside what the release found.

use super::Experiment;
use super::rows::{Judged, Row, frame, print};
use crate::failure::Failure;
use crate::inputs::{network_with, quirks, toml_file};
use crate::search::{Prepared, SEGMENTS, SHARED, SearchSettings};
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, folder_from_env, write_parquet};
use autogo::evolve::{CostWindow, Evolution, EvolutionRun, Individual, RunFolder};
use autogo::files::{FolderLock, copy, sweep};
use autogo::graph::Graph;
use autogo::release::released;
use autogo::report::write_run;
use serde::Deserialize;
use std::path::Path;

/// One search an input and seed, under one predictor and one machine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    inputs: Vec<Input>,
    seeds: Vec<u64>,
    search: SearchSettings,
}

/// A network to start from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// As `autogo search` reads it.
    network: String,
    /// Windows of this input, in the place of the search's.
    #[serde(default)]
    windows: Vec<CostWindow>,
    /// Ops that donors may hold, in the place of the search's.
    #[serde(default)]
    ops: Vec<String>,
    /// Networks of the release that were evolved from it, by name; they take `$AUTOGO_DATA`.
    #[serde(default)]
    released: Vec<String>,
}

/// Runs the searches of an experiment and writes the table, and each run with its pictures, below the folder of
/// results.
pub fn reproduce(experiment: &Experiment) -> Result<(), Failure> {
    let Experiment { table: name, config, out } = experiment;
    let table: Table = toml_file(config)?;
    let base = out.join(name);
    let _held = FolderLock::take(&base)?;
    sweep(&base)?;
    let prepared = table.search.prepare(&base)?;
    let mut rows = Vec::new();
    for input in &table.inputs {
        let graph = network_with(&input.network, &quirks(table.search.release))?;
        say!("{}: {} nodes", input.network, graph.len());
        for (number, &seed) in table.seeds.iter().enumerate() {
            let run = search(&base, input, &graph, &prepared, seed)?;
            if number == 0 {
                rows.push(row(input, "input".into(), run.input(), &run));
            }
            rows.extend(ends(input, &run, seed));
        }
        rows.extend(of_release(input, &graph, &prepared)?);
    }
    let path = out.join(format!("{name}.parquet"));
    write_parquet(&mut frame(&rows, &prepared.learned)?, &path)?;
    print(&rows, &prepared.learned);
    say!("table: {}; runs with pictures: {}", path.display(), base.display());
    Ok(())
}

/// One search, in a folder of its own below `base`: the network's name and the seed.
fn search(base: &Path, input: &Input, graph: &Graph, prepared: &Prepared, seed: u64) -> Result<EvolutionRun, Failure> {
    let safe: String = input.network.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let folder = RunFolder::new(base.join(format!("{safe}-{seed}")));
    let held = folder.lock()?;
    share(base, folder.path())?;
    let run = held.run(&settings(prepared, input, seed), graph, &prepared.mutator, Progress::Live)?;
    write_run(&run, &prepared.mutator, &folder)?;
    Ok(run)
}

/// The search's settings with what the input has of its own.
fn settings(prepared: &Prepared, input: &Input, seed: u64) -> Evolution {
    let mut evolution = Evolution { seed, ..prepared.evolution.clone() };
    if !input.windows.is_empty() {
        evolution.windows = input.windows.clone();
    }
    if !input.ops.is_empty() {
        evolution.mutation.ops = input.ops.clone();
    }
    evolution
}

/// Gives a run's folder the segments and the predictor that all runs of the table share, so that the run can be taken
/// up and made again by itself.
fn share(base: &Path, run: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(run.join(SEGMENTS)).map_err(|error| Failure::input(run, error))?;
    for name in SHARED {
        copy(&base.join(name), &run.join(name))?;
    }
    Ok(())
}

fn row(input: &Input, network: String, one: &Individual, run: &EvolutionRun) -> Row {
    Row { input: input.network.clone(), network, found: one.into(), base: run.input().into() }
}

/// Both ends of a run's front.
fn ends(input: &Input, run: &EvolutionRun, seed: u64) -> Vec<Row> {
    let front: Vec<Individual> = run.front().into_iter().filter(|one| one.id != 0).collect();
    let mut rows = Vec::new();
    if let Some(best) = front.first() {
        rows.push(row(input, format!("best score, seed {seed}"), best, run));
    }
    if let Some(last) = front.last().filter(|_| front.len() > 1) {
        rows.push(row(input, format!("other end, seed {seed}"), last, run));
    }
    rows
}

/// The networks that the release found, under our predictor and machine. Without the data none, and a word about it.
fn of_release(input: &Input, graph: &Graph, prepared: &Prepared) -> Result<Vec<Row>, Failure> {
    if input.released.is_empty() {
        return Ok(Vec::new());
    }
    let Some(folder) = folder_from_env() else {
        say!("the release's own networks are left out: no {DATA_VARIABLE}");
        return Ok(Vec::new());
    };
    let mutator = &prepared.mutator;
    let mut graphs = vec![graph.clone()];
    for name in &input.released {
        graphs.push(released(&folder, name)?);
    }
    let mut judged = Vec::new();
    for (graph, score) in graphs.iter().zip(mutator.predictor().score(&graphs)?) {
        judged.push(Judged { score, figures: mutator.figures(graph)? });
    }
    let row = |(name, found): (&String, &Judged)| {
        let network = format!("release: {}", name.rsplit('/').next().unwrap_or(name));
        Row { input: input.network.clone(), network, found: found.clone(), base: judged[0].clone() }
    };
    Ok(input.released.iter().zip(&judged[1..]).map(row).collect())
}
