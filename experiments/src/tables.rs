//! `autogo reproduce table3`, `table4` and `table6`: searches from networks of the paper's tables, beside what the release
//! found.

use crate::Failure;
use crate::graph::open;
use crate::predictors::toml_file;
use crate::search::{Prepared, Search};
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, released, write_parquet};
use autogo::evolve::{CostWindow, Evolution, EvolutionRun, Figures, Individual, RunColumn, RunFolder};
use autogo::files::{FolderLock, copy, sweep};
use autogo::graph::Graph;
use autogo::polars::prelude::{DataFrame, df};
use autogo::report::write_run;
use serde::Deserialize;
use std::path::Path;

/// An experiment: one search an input, under one predictor and one machine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchTable {
    inputs: Vec<Input>,
    seeds: Vec<u64>,
    search: Search,
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

/// A line of the table: a network against the one it was evolved from.
struct Line {
    input: String,
    network: String,
    score: f64,
    base_score: f64,
    figures: Figures,
    base: Figures,
}

/// Runs the searches of an experiment and writes the table, and each run with its pictures, below `out`.
pub fn reproduce(config: &Path, name: &str, out: &Path) -> Result<(), Failure> {
    let table: SearchTable = toml_file(config)?;
    let base = out.join(name);
    let _held = FolderLock::take(&base)?;
    sweep(&base)?;
    let prepared = table.search.prepare(Some(&base))?;
    let mut lines = Vec::new();
    for input in &table.inputs {
        let graph = open(&input.network)?;
        crate::say(&format!("{}: {} nodes", input.network, graph.len()));
        for &seed in &table.seeds {
            let evolution = evolution(&prepared, input, seed);
            let safe: String = input.network.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let folder = RunFolder::new(base.join(format!("{safe}-{seed}")));
            let held = folder.lock()?;
            share(&base, folder.path())?;
            let run = held.run(&evolution, &graph, &prepared.mutator, Progress::Live)?;
            write_run(&run, &prepared.mutator, &folder)?;
            if seed == table.seeds[0] {
                lines.push(line(input, "input".into(), run.input(), &run));
            }
            lines.extend(found(input, &run, seed));
        }
        lines.extend(theirs(input, &graph, &prepared)?);
    }
    let path = out.join(format!("{name}.parquet"));
    write_parquet(&mut frame(&lines, &prepared.learned)?, &path)?;
    print(&lines, &prepared.learned);
    crate::say(&format!("table: {}; runs with pictures: {}", path.display(), base.display()));
    Ok(())
}

fn evolution(prepared: &Prepared, input: &Input, seed: u64) -> Evolution {
    let mut evolution = Evolution { seed, ..prepared.evolution.clone() };
    if !input.windows.is_empty() {
        evolution.windows = input.windows.clone();
    }
    if !input.ops.is_empty() {
        evolution.mutation.ops = input.ops.clone();
    }
    evolution
}

/// Gives a run's folder the segments and the predictor that all runs of the table share, so that it can be taken up and made
/// again by itself.
fn share(base: &Path, run: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(run.join("segments"))
        .map_err(|error| Failure::Input(format!("{}: {error}", run.display())))?;
    for name in
        ["segments/mining.json", "segments/segmenter.json", "segments/segments.parquet", "predictor.safetensors"]
    {
        copy(&base.join(name), &run.join(name))?;
    }
    Ok(())
}

fn line(input: &Input, network: String, one: &Individual, run: &EvolutionRun) -> Line {
    let origin = run.input();
    let (figures, base) = (one.figures.clone(), origin.figures.clone());
    Line { input: input.network.clone(), network, score: one.score, base_score: origin.score, figures, base }
}

/// Both ends of the front.
fn found(input: &Input, run: &EvolutionRun, seed: u64) -> Vec<Line> {
    let front: Vec<Individual> = run.front().into_iter().filter(|one| one.id != 0).collect();
    let mut lines = Vec::new();
    if let Some(best) = front.first() {
        lines.push(line(input, format!("best score, seed {seed}"), best, run));
    }
    if let Some(last) = front.last().filter(|_| front.len() > 1) {
        lines.push(line(input, format!("other end, seed {seed}"), last, run));
    }
    lines
}

/// What the release found, under our predictor and machine. Without the data nothing, and a word about it.
fn theirs(input: &Input, graph: &Graph, prepared: &Prepared) -> Result<Vec<Line>, Failure> {
    if input.released.is_empty() {
        return Ok(Vec::new());
    }
    let Some(folder) = std::env::var_os(DATA_VARIABLE).filter(|folder| !folder.is_empty()) else {
        crate::say(&format!("the release's own networks are left out: no {DATA_VARIABLE}"));
        return Ok(Vec::new());
    };
    let mutator = &prepared.mutator;
    let mut graphs = vec![graph.clone()];
    for name in &input.released {
        graphs.push(released(&folder, name)?);
    }
    let scores = mutator.predictor().score(&graphs)?;
    let base = mutator.figures(graph)?;
    let lines = input.released.iter().zip(&graphs[1..]).zip(&scores[1..]).map(|((name, graph), &score)| {
        let network = format!("release: {}", name.rsplit('/').next().unwrap_or(name));
        Ok(Line {
            input: input.network.clone(),
            network,
            score,
            base_score: scores[0],
            figures: mutator.figures(graph)?,
            base: base.clone(),
        })
    });
    lines.collect()
}

impl Line {
    fn percent(&self, column: RunColumn) -> f64 {
        let value = |figures: &Figures| figures.value(column).unwrap_or(f64::NAN);
        100.0 * (value(&self.figures) / value(&self.base) - 1.0)
    }
}

/// The table, and in each line what the predictor learned: whatever the network is for, its score is a guess at that.
fn frame(lines: &[Line], learned: &str) -> Result<DataFrame, Failure> {
    let percents = |column: RunColumn| lines.iter().map(|line| line.percent(column)).collect::<Vec<f64>>();
    let frame = df!(
        "input" => lines.iter().map(|line| line.input.as_str()).collect::<Vec<_>>(),
        "network" => lines.iter().map(|line| line.network.as_str()).collect::<Vec<_>>(),
        "score" => lines.iter().map(|line| line.score).collect::<Vec<_>>(),
        "score_change" => lines.iter().map(|line| line.score - line.base_score).collect::<Vec<_>>(),
        "gflops" => lines.iter().map(|line| line.figures.cost.flops as f64 / 1e9).collect::<Vec<_>>(),
        "flops_percent" => percents(RunColumn::Flops),
        "params_percent" => percents(RunColumn::Params),
        "milliseconds" => lines.iter().map(|line| line.figures.milliseconds).collect::<Vec<_>>(),
        "latency_percent" => percents(RunColumn::Milliseconds),
        "power_percent" => percents(RunColumn::Milliwatts),
        "nodes" => lines.iter().map(|line| line.figures.nodes as u32).collect::<Vec<_>>(),
        "score_of" => vec![learned; lines.len()],
    );
    frame.map_err(|error| Failure::Work(error.to_string()))
}

fn print(lines: &[Line], learned: &str) {
    crate::say(&format!("score: {learned}, as predicted, for all networks of the table, whatever they are for"));
    crate::say(&format!(
        "{:<14} {:<24} {:>9} {:>9} {:>8} {:>8} {:>9} {:>9} {:>8} {:>6}",
        "input", "network", "score", "change", "GFLOPs", "FLOPs %", "params %", "latency %", "power %", "nodes"
    ));
    for line in lines {
        crate::say(&format!(
            "{:<14} {:<24} {:>9.4} {:>+9.4} {:>8.2} {:>+8.2} {:>+9.2} {:>+9.2} {:>+8.2} {:>6}",
            line.input,
            line.network,
            line.score,
            line.score - line.base_score,
            line.figures.cost.flops as f64 / 1e9,
            line.percent(RunColumn::Flops),
            line.percent(RunColumn::Params),
            line.percent(RunColumn::Milliseconds),
            line.percent(RunColumn::Milliwatts),
            line.figures.nodes
        ));
    }
}
