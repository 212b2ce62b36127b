//! Tables 3, 4 and 6: networks are evolved for a task, and what is found is trained on it beside what it came from.
//!
//! For each task: mutants of every input are trained; a predictor learns to rank them; searches that it guides start
//! from the inputs; the best of each front, the inputs and the release's own networks are trained under several seeds.

mod finalists;
mod guide;
mod measure;
mod mutants;
mod page;
mod rows;
mod settings;
mod trainings;

use super::Experiment;
use crate::failure::Failure;
use crate::inputs::{machine, network, toml_file};
use crate::label::LabelTask;
use crate::search::{PREDICTOR, SEGMENTS, SHARED};
use autogo::Progress;
use autogo::data::{DATA_VARIABLE, folder_from_env, write_parquet};
use autogo::evolve::{Figures, Mutator, RunFolder};
use autogo::files::{FolderLock, copy, sweep, write};
use autogo::graph::{ContentId, Graph};
use autogo::profile::CycleCounter;
use autogo::release::released;
use autogo::report::{TrainedTable, write_run};
use autogo::segment::Mined;
use autogo::train::REVISION;
use guide::{Guide, Origin};
use measure::{baseline, measure};
use page::Part;
use rows::{Row, TrainedNetwork, by_seed, correct};
use serde::Serialize;
use settings::{FEWEST, Input, Table, Task};
use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;
use trainings::Trainings;

/// A network to start from, and the release's networks that were evolved from it, by name.
struct Start<'a> {
    input: &'a Input,
    graph: Graph,
    released: Vec<(String, Graph)>,
}

/// What a table was made from and with.
#[derive(Serialize)]
struct Manifest<'a> {
    version: &'a str,
    engine: u32,
    machine: String,
    workers: usize,
    /// Trainings of earlier calls have their seconds in the tables of trainings.
    seconds_of_the_last_call: f64,
    pictures: Vec<String>,
    table: &'a Table,
}

/// Makes the table: trainings that can be interrupted and taken up again, then Parquet, Markdown and a manifest.
///
/// What can be refused is refused before anything is trained.
pub fn reproduce(experiment: &Experiment) -> Result<(), Failure> {
    let Experiment { config, out } = experiment;
    let table: Table = toml_file(config)?;
    table.check(config)?;
    let name = config.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let base = out.join(&name);
    let folder = folder_from_env().ok_or_else(|| {
        Failure::Input(format!(
            "{DATA_VARIABLE} is not set; accepted: a folder with pictures and the release's networks"
        ))
    })?;
    let starts = table.inputs.iter().map(|input| table.start(input, &folder));
    let starts = starts.collect::<Result<Vec<Start<'_>>, Failure>>()?;
    let _held = FolderLock::take(&base)?;
    sweep(&base)?;
    let inputs: Vec<Graph> = starts.iter().map(|start| start.graph.clone()).collect();
    let mut opened = Vec::new();
    for task in &table.tasks {
        let runs = out.join(format!("{name}_{}_runs.parquet", task.task));
        opened.push(Trainings::open(&base.join(&task.task).join("work"), &runs, task, &inputs)?);
    }
    let begun = Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mined = table.search.mine(&inputs)?;
    let mut parts = Vec::new();
    for (task, trainings) in table.tasks.iter().zip(opened) {
        let stage = Stage { table: &table, task, starts: &starts, mined: &mined, base: base.join(&task.task), workers };
        parts.push(stage.run(trainings)?);
    }
    // Differences by the first measure of a task are what the table claims; others are shown.
    let mut rows: Vec<Row> = parts.iter().flat_map(|part| part.rows.clone()).collect();
    let first: HashSet<(&str, &str)> =
        table.tasks.iter().map(|task| (task.task.as_str(), task.shown[0].as_str())).collect();
    correct(&mut rows, |row| first.contains(&(row.task.as_str(), row.measure.as_str())));
    write_parquet(&mut rows::frame(&rows)?, &out.join(format!("{name}.parquet")))?;
    let networks: Vec<TrainedNetwork> = parts.iter_mut().flat_map(|part| part.networks.drain(..)).collect();
    write_parquet(&mut rows::networks_frame(&networks)?, &out.join(format!("{name}_networks.parquet")))?;
    let mut left = rows.into_iter();
    for part in &mut parts {
        part.rows = left.by_ref().take(part.rows.len()).collect();
    }
    let text = page::markdown(&name, &table, &parts);
    write(&out.join(format!("{name}.md")), text.as_bytes())?;
    let manifest = Manifest {
        version: env!("CARGO_PKG_VERSION"),
        engine: REVISION,
        machine: processor(),
        workers,
        seconds_of_the_last_call: begun.elapsed().as_secs_f64().round(),
        pictures: parts.iter().map(|part| part.pictures.clone()).collect(),
        table: &table,
    };
    let manifest = toml::to_string(&manifest).map_err(|error| Failure::Work(error.to_string()))?;
    write(&out.join(format!("{name}_manifest.toml")), manifest.as_bytes())?;
    say!("{text}");
    say!("table: {}; runs with pictures: {}", out.join(format!("{name}.md")).display(), base.display());
    Ok(())
}

/// The name of this machine's processor, where the system tells it.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.map_or_else(String::new, |line| line.trim_start_matches([' ', '\t', ':']).to_string())
}

impl Table {
    /// Reads an input, and the networks that the release evolved from it. Each has a form for every task and costs on
    /// the machine, or is refused.
    fn start<'a>(&self, input: &'a Input, data: &Path) -> Result<Start<'a>, Failure> {
        let graph = network(&input.network)?;
        let mut found = Vec::new();
        for name in &input.released {
            let short = name.rsplit('/').next().unwrap_or(name);
            found.push((format!("release: {short}"), released(data, name)?));
        }
        let counter = CycleCounter::new(machine(&self.search.machine)?)?;
        for graph in found.iter().map(|(_, graph)| graph).chain([&graph]) {
            counter.cycles(graph)?;
            for task in &self.tasks {
                LabelTask::form(task.name()?, graph.name(), graph, Some(&task.mini()?))?;
            }
        }
        Ok(Start { input, graph, released: found })
    }
}

/// One task of a table.
struct Stage<'a> {
    table: &'a Table,
    task: &'a Task,
    starts: &'a [Start<'a>],
    mined: &'a Mined,
    base: std::path::PathBuf,
    workers: usize,
}

/// The networks that are trained beside an input, by name.
type Candidates = Vec<(String, Graph)>;

impl<'a> Stage<'a> {
    /// Makes the task's part of the table.
    fn run(&self, mut trainings: Trainings) -> Result<Part<'a>, Failure> {
        let mutants = self.mutants()?;
        let lessons =
            self.starts.iter().map(|start| (&start.graph, 1)).chain(mutants.iter().flatten().map(|one| (one, 1)));
        trainings.train(&lessons.collect::<Vec<_>>(), self.task, self.workers)?;
        let origins = self.origins(&mutants, &trainings)?;
        let guide = Guide::learn(&self.table.search.predictor, self.mined, &origins)?;
        self.mined.save(self.base.join(SEGMENTS))?;
        guide.predictor.save(self.base.join(PREDICTOR))?;
        let mutator = self.table.search.mutator(guide.predictor, self.mined.clone())?;
        let known: HashSet<ContentId> = mutants.iter().flatten().filter_map(|graph| self.form(graph)).collect();
        let found = self.starts.iter().map(|start| self.search(start, &mutator, &known));
        let found = found.collect::<Result<Vec<Candidates>, _>>()?;
        let all = self.starts.iter().map(|start| &start.graph).chain(found.iter().flatten().map(|(_, graph)| graph));
        let all: Vec<(&Graph, u64)> = all.map(|graph| (graph, self.table.seeds)).collect();
        trainings.train(&all, self.task, self.workers)?;
        let mut rows = Vec::new();
        for ((start, found), mutants) in self.starts.iter().zip(&found).zip(&mutants) {
            rows.extend(self.rows(start, found, mutants, &trainings, &mutator)?);
        }
        let (pictures, images) = (trainings.pictures.clone(), trainings.recipe.images);
        let learned = origins.iter().map(|origin| origin.graphs.len()).collect();
        let networks = self.starts.iter().zip(found).flat_map(|(start, found)| self.named(start, found)).collect();
        Ok(Part { task: self.task, pictures, images, learned, trial: guide.trial, rows, networks })
    }

    /// The form in which a network is trained, if it has one for the task.
    fn form(&self, graph: &Graph) -> Option<ContentId> {
        let mini = self.task.mini().ok()?;
        Some(LabelTask::form(self.task.name().ok()?, graph.name(), graph, Some(&mini)).ok()?.mini)
    }

    fn mutants(&self) -> Result<Vec<Vec<Graph>>, Failure> {
        let of = |start: &Start<'_>| {
            mutants::mutants(self.table, start.input, &start.graph, self.mined, |graph| self.form(graph))
        };
        self.starts.iter().map(of).collect()
    }

    /// Every input with its mutants, as far as they could be trained, with the label that the predictor learns.
    fn origins(&self, mutants: &[Vec<Graph>], trainings: &Trainings) -> Result<Vec<Origin>, Failure> {
        let mut origins = Vec::new();
        for (start, mutants) in self.starts.iter().zip(mutants) {
            let mut origin = Origin { graphs: Vec::new(), labels: Vec::new() };
            for graph in std::iter::once(&start.graph).chain(mutants) {
                if let Some(record) = trainings.of(graph, 1).first() {
                    origin.labels.push(measure(record, &self.task.label)?);
                    origin.graphs.push(graph.clone());
                }
            }
            if origin.graphs.len() < FEWEST {
                let reason = format!("{} mutants of {} were trained", origin.graphs.len(), start.input.network);
                return Err(Failure::Work(format!("{}: {reason}; at least {FEWEST} are needed", self.task.task)));
            }
            origins.push(origin);
        }
        Ok(origins)
    }

    /// The networks to be trained beside an input: the release's, and the best of the front of a search, but those whose
    /// forms are known.
    fn search(&self, start: &Start<'_>, mutator: &Mutator, known: &HashSet<ContentId>) -> Result<Candidates, Failure> {
        // Another predictor makes another run.
        let print: String = mutator.predictor().fingerprint().chars().take(8).collect();
        let folder = RunFolder::new(self.base.join(format!("{}-{print}", start.input.folder())));
        let held = folder.lock()?;
        share(&self.base, folder.path())?;
        let settings = mutants::for_input(&self.table.search.evolution, start.input);
        let run = held.run(&settings, &start.graph, mutator, Progress::Live)?;
        write_run(&run, mutator, &folder)?;
        let mut found: Candidates = start.released.clone();
        let mut seen = known.clone();
        seen.extend(found.iter().map(|(_, graph)| graph).chain([&start.graph]).filter_map(|graph| self.form(graph)));
        let mut ours = 0;
        for one in self.table.choice.of(&run, self.table.finalists) {
            let graph = run.graph(one.id, mutator.db())?;
            if ours < self.table.finalists && self.form(&graph).is_some_and(|id| seen.insert(id)) {
                ours += 1;
                found.push((format!("{} {ours}", TrainedTable::OURS), graph));
            }
        }
        Ok(found)
    }

    /// An input and what was found from it, to be kept with the table.
    fn named(&self, start: &Start<'_>, found: Candidates) -> Vec<TrainedNetwork> {
        let all = std::iter::once((TrainedTable::INPUT.to_string(), start.graph.clone())).chain(found);
        let named = |(network, graph)| TrainedNetwork {
            task: self.task.task.clone(),
            input: start.input.network.clone(),
            network,
            graph,
        };
        all.map(named).collect()
    }

    /// The rows of one input: the input, what was found, the mutants, and an answer that needs no network.
    fn rows(
        &self,
        start: &Start<'_>,
        found: &Candidates,
        mutants: &[Graph],
        trainings: &Trainings,
        mutator: &Mutator,
    ) -> Result<Vec<Row>, Failure> {
        let seeds = self.table.seeds;
        let graphs: Vec<Graph> =
            std::iter::once(&start.graph).chain(found.iter().map(|(_, graph)| graph)).cloned().collect();
        let scores = mutator.predictor().score(&graphs)?;
        let figures = graphs.iter().map(|graph| mutator.figures(graph)).collect::<Result<Vec<Figures>, _>>()?;
        let names = std::iter::once(TrainedTable::INPUT).chain(found.iter().map(|(name, _)| name.as_str()));
        let names: Vec<&str> = names.collect();
        let trained_input = trainings.of(&start.graph, seeds);
        let mut rows = Vec::new();
        for name in &self.task.shown {
            let row = |network: &str, values: Vec<f64>| Row {
                task: self.task.task.clone(),
                input: start.input.network.clone(),
                network: network.into(),
                measure: name.clone(),
                values,
                test: None,
                p_holm: None,
                predicted: None,
                figures: None,
            };
            let input = by_seed(&trained_input, name)?;
            for (at, graph) in graphs.iter().enumerate() {
                let own = by_seed(&trainings.of(graph, seeds), name)?;
                let plain = row(names[at], own.iter().map(|one| one.1).collect());
                let test = if at > 0 { rows::test(&own, &input) } else { None };
                let figures = Some((figures[at].clone(), figures[0].clone()));
                rows.push(Row { test, predicted: Some(scores[at]), figures, ..plain });
            }
            let once = mutants.iter().flat_map(|graph| trainings.of(graph, 1));
            let once = once.map(|record| measure(record, name)).collect::<Result<Vec<f64>, _>>()?;
            rows.push(row("mutants", once));
            if let Some(value) = trained_input.first().and_then(|record| baseline(record, name)) {
                rows.push(row("no network", vec![value]));
            }
        }
        Ok(rows)
    }
}

/// Gives a run's folder the segments and the predictor that all runs of the task share, so that the run can be taken up
/// and made again by itself.
fn share(base: &Path, run: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(run.join(SEGMENTS)).map_err(|error| Failure::input(run, error))?;
    for name in SHARED {
        copy(&base.join(name), &run.join(name))?;
    }
    Ok(())
}
