//! A run as a folder: what it was told, what happened, everybody it made.
//!
//! | file | content |
//! |---|---|
//! | `run.toml` | settings, versions, and what the run depends on, by hash |
//! | `input.json` | the input network |
//! | `events.jsonl` | one line a generation, and one for the end |
//! | `population.parquet` | everybody, with how each was made |
//!
//! [`crate::report::write_run`] adds `graphs/`, `pictures/` and `report.html`; the command line `search.toml`, `segments/` and
//! the predictor.
//!
//! A generation is written down when it is complete, each file whole or not at all: population first, then events. What is
//! in the population but not yet in the events belongs to an unfinished generation and is made again. No file holds a
//! time or a count of threads, so an interrupted run that is taken up ends with the bytes of one that was not. While a run
//! goes on, the folder also holds its `lock` ([`crate::files::FolderLock`]) and the draft of what is being written.

use super::objectives::{Stored, TABLE};
use super::run::{EvolutionRun, Individual, Iteration, StopReason};
use super::{Evolution, Figures, Mutator, OwnColumn, RunColumn};
use crate::error::Error;
use crate::files::{read_parquet, write, write_parquet};
use crate::formats::{from_json, to_json};
use crate::graph::Graph;
use crate::profile::{EnergyTable, Npu};
use crate::progress::Progress;
use crate::segment::SegmentDb;
use polars::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// What a run's first file says of itself.
const FORMAT: &str = "autogo run 1";

/// What a run was told and what it depends on: `run.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Manifest {
    format: String,
    /// This library's version.
    autogo: String,
    /// The solver that repairs segments, with its version.
    solver: String,
    /// Content id of the input network.
    input: String,
    /// SHA-256 over the ids of the segments, in order.
    segments: String,
    /// SHA-256 of the segmenter.
    segmenter: String,
    /// What the predictor says of itself, and what it makes of the input: another predictor is another run.
    predictor: String,
    input_score: String,
    /// The machine.
    machine: Npu,
    /// The table of energies, if energy is counted.
    energy: Option<EnergyTable>,
    evolution: Evolution,
}

/// What a run was told, as its folder holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The machine.
    pub machine: Npu,
    /// The table of energies, if energy is counted.
    pub energy: Option<EnergyTable>,
    /// The settings.
    pub evolution: Evolution,
}

/// A line of `events.jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Generation(Iteration),
    Stop { reason: StopReason, sentence: String },
}

/// The folder of a run.
///
/// ```
/// use autogo::evolve::RunFolder;
/// use autogo::prelude::*;
/// let graphs = (0..12).map(|at| Nb201::sample(0, at).build()).collect::<Result<Vec<_>, _>>()?;
/// let mutator = Mutator::new(Mining::bpe(40).run(&graphs)?, |graph: &Graph| graph.len() as f64, Npu::n256())?;
/// let folder = RunFolder::new(std::env::temp_dir().join(format!("autogo-run-{}", std::process::id())));
/// let evolution = Evolution { generations: 2, ..Evolution::default() };
/// let run = folder.run(&evolution, &graphs[0], &mutator, Progress::Silent)?;
/// // Opened again, it is the same run; run again, it is finished at once.
/// assert_eq!(folder.open(mutator.db())?.individuals, run.individuals);
/// assert_eq!(folder.run(&evolution, &graphs[0], &mutator, Progress::Silent)?.individuals, run.individuals);
/// # std::fs::remove_dir_all(folder.path()).unwrap();
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// A folder at this path, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        RunFolder { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a run was begun in it.
    pub fn is_begun(&self) -> bool {
        self.path.join("run.toml").is_file()
    }

    /// Runs a search in a folder that nobody else writes in.
    pub(super) fn run_alone(
        &self,
        evolution: &Evolution,
        input: &Graph,
        mutator: &Mutator,
        progress: Progress,
    ) -> Result<EvolutionRun, Error> {
        let start = evolution.start(input, mutator)?;
        let manifest = Manifest {
            format: FORMAT.into(),
            autogo: env!("CARGO_PKG_VERSION").into(),
            solver: evolution.mutation.repair.solver.version().into(),
            input: input.content_id().to_string(),
            segments: segments(mutator.db()),
            segmenter: sha256([serde_json::to_string(mutator.segmenter()).unwrap_or_default()]),
            predictor: mutator.predictor().fingerprint(),
            input_score: start.input().score.to_string(),
            machine: mutator.npu().clone(),
            energy: mutator.energy().cloned(),
            evolution: evolution.clone(),
        };
        let mut run = match self.is_begun() {
            false => {
                self.write("input.json", to_json(input).as_bytes())?;
                let text = toml::to_string_pretty(&manifest);
                let text = text.map_err(|error| Error::setting("run.toml", error.to_string(), "plain settings"))?;
                self.write("run.toml", text.as_bytes())?;
                start
            }
            true => {
                self.same(&manifest)?;
                self.resume(start, mutator.db())?
            }
        };
        let mut bar = run.bar(progress);
        while run.stop.is_none() {
            evolution.step(&mut run, mutator)?;
            self.record(&run)?;
            // Not recorded: the folder is as if the process had ended here, and goes on from here.
            run.stop_if_asked();
            run.report(&mut bar);
        }
        if !self.path.join("events.jsonl").is_file() {
            self.record(&run)?;
        }
        Ok(run)
    }

    /// The run as far as it came. `db` must be the database of the run.
    ///
    /// # Errors
    /// Another database, and files that are not what this library wrote. O(individuals · nodes).
    pub fn open(&self, db: &SegmentDb) -> Result<EvolutionRun, Error> {
        let manifest = self.manifest()?;
        if manifest.segments != segments(db) {
            return Err(self.failed("run.toml", "names another segment database; accepted: that of the run"));
        }
        let input = self.input()?;
        let mut run = manifest.evolution.empty()?;
        let individuals = self.population(usize::MAX, &run.settings.columns)?;
        let first = individuals.into_iter().next();
        let Some(first) = first.filter(|one| one.content_id == input.content_id() && one.parent.is_none()) else {
            return Err(self.failed("population.parquet", "does not begin with the input network"));
        };
        run.admit(first, Some(input));
        self.resume(run, db)
    }

    /// What the run was told.
    pub fn told(&self) -> Result<Told, Error> {
        let Manifest { machine, energy, evolution, .. } = self.manifest()?;
        Ok(Told { machine, energy, evolution })
    }

    /// The input network.
    pub fn input(&self) -> Result<Graph, Error> {
        let text = self.read("input.json")?;
        from_json(&text).map_err(|error| self.failed("input.json", error))
    }

    /// Puts what was written down behind a run that holds the input alone.
    fn resume(&self, mut run: EvolutionRun, db: &SegmentDb) -> Result<EvolutionRun, Error> {
        let (mut iterations, stop) = self.events()?;
        if stop.is_none() && iterations.len() >= run.settings.generations {
            // The last generation is complete when the reason to stop is written down.
            iterations.truncate(run.settings.generations.saturating_sub(1));
        }
        let individuals = self.population(iterations.len(), &run.settings.columns)?;
        self.agree(&iterations, &individuals)?;
        individuals.into_iter().skip(1).for_each(|individual| run.admit(individual, None));
        run.iterations = iterations;
        run.stop = stop.or(run.stop);
        let mut grown = std::collections::BTreeMap::new();
        for id in run.archive.ids() {
            let graph = run.regrow(id, db, &mut grown)?;
            run.graphs.insert(id, graph);
        }
        Ok(run)
    }

    /// Refuses a population that is not the one of these generations: everybody has a parent that was there before, and each
    /// generation has as many as it says.
    fn agree(&self, iterations: &[Iteration], individuals: &[Individual]) -> Result<(), Error> {
        for (at, one) in individuals.iter().enumerate() {
            let parent = one.parent.and_then(|parent| individuals.get(parent).filter(|_| parent < at));
            let is_born = parent.is_some_and(|parent| parent.generation < one.generation) && one.derivation.is_some();
            let is_input = at == 0 && one.generation == 0 && one.parent.is_none();
            if one.id != at || !(is_input || is_born) {
                let reason = format!("row {at} is individual {} of no parent that was there before", one.id);
                return Err(self.failed("population.parquet", reason));
            }
        }
        for (at, iteration) in iterations.iter().enumerate() {
            let generation = at + 1;
            let there = individuals.iter().filter(|one| one.generation == generation).count();
            if iteration.generation != generation || iteration.scored != there {
                let reason =
                    format!("line {generation} tells of {} in generation {}", iteration.scored, iteration.generation);
                return Err(self.failed("events.jsonl", format!("{reason}, the population of {there} in {generation}")));
            }
        }
        Ok(())
    }

    /// Writes down a run at the end of a generation.
    fn record(&self, run: &EvolutionRun) -> Result<(), Error> {
        let mut frame = run.frame()?;
        let json = |of: &dyn Fn(&Individual) -> Option<String>| run.individuals.iter().map(of).collect::<Vec<_>>();
        let derivations = json(&|one| one.derivation.as_ref().and_then(|made| serde_json::to_string(made).ok()));
        frame.with_column(polars::prelude::Column::new("derivation".into(), derivations))?;
        let eligible: Vec<bool> = run.individuals.iter().map(|one| one.is_eligible).collect();
        frame.with_column(polars::prelude::Column::new("eligible".into(), eligible))?;
        write_parquet(&mut frame, &self.path.join("population.parquet"))?;
        let iterations = run.iterations.iter().map(|one| Event::Generation(*one));
        let stop = run.stop.map(|reason| Event::Stop { reason, sentence: reason.to_string() });
        let lines = iterations.chain(stop).map(|event| serde_json::to_string(&event).unwrap_or_default() + "\n");
        self.write("events.jsonl", lines.collect::<String>().as_bytes())
    }

    fn events(&self) -> Result<(Vec<Iteration>, Option<StopReason>), Error> {
        let (mut iterations, mut stop) = (Vec::new(), None);
        let path = self.path.join("events.jsonl");
        if !path.is_file() {
            return Ok((iterations, stop));
        }
        for (line, text) in self.read("events.jsonl")?.lines().enumerate() {
            let event = serde_json::from_str(text).map_err(|error| Error::Line {
                path: path.clone(),
                line: line + 1,
                reason: error.to_string(),
                accepted: "a generation or a stop, as this library writes them".into(),
            })?;
            match event {
                _ if stop.is_some() => {
                    return Err(self.failed("events.jsonl", format!("goes on after its end in line {line}")));
                }
                Event::Generation(iteration) => iterations.push(iteration),
                Event::Stop { reason, .. } => stop = Some(reason),
            }
        }
        Ok((iterations, stop))
    }

    /// Everybody of the generations up to this one.
    fn population(&self, generation: usize, columns: &[OwnColumn]) -> Result<Vec<Individual>, Error> {
        let name = "population.parquet";
        let path = self.path.join(name);
        if !path.is_file() {
            return Ok(Vec::new());
        }
        let frame = read_parquet(&path)?;
        let individuals = read_population(&frame, columns).map_err(|error| self.failed(name, error))?;
        Ok(individuals.into_iter().filter(|one| one.generation <= generation).collect())
    }

    fn manifest(&self) -> Result<Manifest, Error> {
        let text = self.read("run.toml")?;
        let manifest: Manifest = toml::from_str(&text).map_err(|error| self.failed("run.toml", error.message()))?;
        match manifest.format == FORMAT {
            true => Ok(manifest),
            false => Err(self.failed("run.toml", format!("is `{}`; accepted: `{FORMAT}`", manifest.format))),
        }
    }

    /// Refuses to go on with a run that was told something else, and names it.
    fn same(&self, now: &Manifest) -> Result<(), Error> {
        let then = self.manifest()?;
        let columns = &now.evolution.columns;
        if let Some(missing) = then.evolution.columns.iter().find(|column| !columns.contains(column)) {
            let reason = format!("was begun with column `{}`", RunColumn::Own(missing.name()));
            return Err(self.failed("run.toml", format!("{reason}; accepted: {}", missing.accepted())));
        }
        let parts = [
            ("version of autogo", then.autogo == now.autogo),
            ("solver", then.solver == now.solver),
            ("input network", then.input == now.input),
            ("segment database", then.segments == now.segments),
            ("segmenter", then.segmenter == now.segmenter),
            ("predictor", then.predictor == now.predictor && then.input_score == now.input_score),
            ("machine", then.machine == now.machine),
            ("table of energies", then.energy == now.energy),
            ("set of settings", then.evolution == now.evolution),
        ];
        match parts.iter().find(|(_, is_same)| !is_same) {
            None => Ok(()),
            Some((what, _)) => {
                let reason = format!("was begun with another {what}; accepted: the same, or a new folder");
                Err(self.failed("run.toml", reason))
            }
        }
    }

    fn read(&self, name: &str) -> Result<String, Error> {
        fs::read_to_string(self.path.join(name)).map_err(|error| self.failed(name, error))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        write(&self.path.join(name), bytes)
    }

    fn failed(&self, name: &str, reason: impl std::fmt::Display) -> Error {
        Error::File { path: self.path.join(name), reason: reason.to_string() }
    }
}

/// A database by the ids of its segments.
fn segments(db: &SegmentDb) -> String {
    sha256(db.rows().iter().map(|row| row.id.to_string()))
}

fn sha256(parts: impl IntoIterator<Item = String>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A row of the population that does not read back says which and why.
fn read_population(frame: &DataFrame, columns: &[OwnColumn]) -> Result<Vec<Individual>, String> {
    let missing = |error: PolarsError| error.to_string();
    let whole =
        |name: &str| frame.column(name).and_then(|c| c.cast(&DataType::UInt64)?.u64().cloned()).map_err(missing);
    let real = |name: &str| frame.column(name).and_then(|c| c.f64().cloned()).map_err(missing);
    let text = |name: &str| frame.column(name).and_then(|c| c.str().cloned()).map_err(missing);
    let [ids, parents, generations] = ["id", "parent", "generation"].map(whole);
    let (ids, parents, generations, scores) = (ids?, parents?, generations?, real("score")?);
    let (networks, derivations) = (text("network")?, text("derivation")?);
    let eligible = frame.column("eligible").and_then(|c| c.bool().cloned()).map_err(missing)?;
    let mut all_figures = vec![Some(Figures::default()); frame.height()];
    for row in &TABLE {
        read_column(frame, row.name, &row.value, &mut all_figures).map_err(missing)?;
    }
    for own in columns {
        let values = real(own.name().as_str())?;
        put(&mut all_figures, values.iter(), |figures, value| figures.own.push((own.name(), value)));
    }
    let individual = |(at, figures): (usize, Option<Figures>)| -> Option<Individual> {
        Some(Individual {
            id: ids.get(at)? as usize,
            parent: parents.get(at).map(|parent| parent as usize),
            derivation: derivations.get(at).map(serde_json::from_str).transpose().ok()?,
            generation: generations.get(at)? as usize,
            content_id: networks.get(at)?.parse().ok()?,
            is_eligible: eligible.get(at)?,
            score: scores.get(at)?,
            figures: figures?,
        })
    };
    let row = |(at, figures)| individual((at, figures)).ok_or_else(|| format!("row {at} is no individual"));
    all_figures.into_iter().enumerate().map(row).collect()
}

/// Puts the values of a column of the table into the figures; an individual without a value has no figures.
fn read_column(frame: &DataFrame, name: &str, value: &Stored, all_figures: &mut [Option<Figures>]) -> PolarsResult<()> {
    match value {
        Stored::Score | Stored::Derived(_) => {}
        Stored::Count(_, set) => put(all_figures, frame.column(name)?.cast(&DataType::UInt64)?.u64()?.iter(), set),
        Stored::Size(_, set) => put(all_figures, frame.column(name)?.cast(&DataType::UInt32)?.u32()?.iter(), set),
        Stored::Real(_, set) => put(all_figures, frame.column(name)?.f64()?.iter(), set),
        Stored::Counted(_, set) => put(all_figures, frame.column(name)?.f64()?.iter().map(Some), set),
    }
    Ok(())
}

/// Puts one value into the figures of each individual; an individual without a value has no figures.
fn put<T>(all_figures: &mut [Option<Figures>], values: impl Iterator<Item = Option<T>>, set: impl Fn(&mut Figures, T)) {
    for (figures, value) in all_figures.iter_mut().zip(values) {
        *figures = figures.take().zip(value).map(|(mut figures, value)| {
            set(&mut figures, value);
            figures
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CostWindow, Formula, Objective};
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::segment::Mining;

    fn setting(name: &str) -> (RunFolder, Evolution, Graph, Mutator) {
        let graphs: Vec<Graph> = (0..12).map(|i| Nb201::sample(11, i).build().unwrap()).collect();
        let predictor = |graph: &Graph| graph.len() as f64;
        let mutator = Mutator::new(Mining::bpe(60).run(&graphs).unwrap(), predictor, Npu::n256()).unwrap();
        let folder = std::env::temp_dir().join(format!("autogo-folder-{name}-{}", std::process::id()));
        let evolution = Evolution { generations: 4, parents: 3, ..Evolution::default() };
        (RunFolder::new(folder), evolution, graphs[0].clone(), mutator)
    }

    fn bytes(folder: &RunFolder) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_run_cut_off_at_any_write_ends_with_the_same_bytes() {
        let (whole, evolution, input, mutator) = setting("whole");
        let run = whole.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
        assert!(run.stop.is_some() && run.individuals.len() > 20);
        let expected = bytes(&whole);
        let events = fs::read_to_string(whole.path().join("events.jsonl")).unwrap();
        for kept in 0..events.lines().count() {
            // Killed after generation `kept`; with a population that is one generation ahead of the events, or not.
            for is_ahead in [false, true] {
                let cut = RunFolder::new(whole.path().with_extension(format!("{kept}-{is_ahead}")));
                fs::create_dir_all(cut.path()).unwrap();
                for (name, content) in &expected {
                    fs::write(cut.path().join(name), content).unwrap();
                }
                let lines: String = events.lines().take(kept).map(|line| format!("{line}\n")).collect();
                fs::write(cut.path().join("events.jsonl"), lines).unwrap();
                if kept == 0 {
                    fs::remove_file(cut.path().join("events.jsonl")).unwrap();
                    if !is_ahead {
                        fs::remove_file(cut.path().join("population.parquet")).unwrap();
                    }
                }
                // What the killed process was writing, and its lock.
                for draft in ["population.parquet.17.4.part", "population.17.part", "lock"] {
                    fs::write(cut.path().join(draft), b"process 17").unwrap();
                }
                let again = cut.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
                assert_eq!((again.individuals.len(), again.stop), (run.individuals.len(), run.stop));
                assert_eq!(bytes(&cut), expected, "{kept} {is_ahead}");
                fs::remove_dir_all(cut.path()).unwrap();
            }
        }
        fs::remove_dir_all(whole.path()).unwrap();
    }

    #[test]
    fn another_run_in_the_same_folder_is_refused_by_name() {
        let (folder, evolution, input, mutator) = setting("refused");
        let evolution = Evolution { generations: 1, ..evolution };
        folder.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
        let other = Evolution { seed: 9, ..evolution.clone() };
        let error = folder.run(&other, &input, &mutator, Progress::Silent).unwrap_err().to_string();
        assert!(
            error.ends_with("run.toml: was begun with another set of settings; accepted: the same, or a new folder"),
            "{error}"
        );
        fs::remove_dir_all(folder.path()).unwrap();
    }

    /// Sums in a network.
    fn sums(graph: &Graph) -> f64 {
        graph.nodes().filter(|node| node.op == crate::graph::Op::Add).count() as f64
    }

    #[test]
    fn a_column_of_its_own_is_searched_by_drawn_and_asked_for_again() {
        let (folder, evolution, input, mutator) = setting("own");
        let column = RunColumn::own("sums").unwrap();
        let wanted =
            vec![Objective::maximise("score - 0.5 * @sums".parse::<Formula>().unwrap()), Objective::minimise(column)];
        let windows = vec![CostWindow { column, decrease: (-1.0, 100.0) }];
        let plain = Evolution { generations: 2, objectives: wanted, windows, ..evolution };
        let told =
            |evolution: &Evolution| folder.run(evolution, &input, &mutator, Progress::Silent).unwrap_err().to_string();
        let error = told(&plain);
        assert_eq!(
            error,
            "column: `@sums` is none of the search's; accepted: a search with it, by Evolution::with_column(\"sums\", …)"
        );
        let evolution = plain.clone().with_column("sums", "sums in the network", sums).unwrap();
        let run = folder.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
        assert!(run.individuals.len() > 10 && run.front().len() > 1, "{:?}", run.iterations);
        for one in &run.individuals {
            let graph = run.graph(one.id, mutator.db()).unwrap();
            assert_eq!(one.value(column), sums(&graph));
            assert!(one.value(column) <= sums(&input));
        }
        assert_eq!(run.frame().unwrap().column("sums").unwrap().f64().unwrap().get(0), Some(sums(&input)));
        let chart = crate::report::front_chart(&run, column, RunColumn::Score).svg().unwrap();
        assert!(chart.contains("sums in the network"));
        // The folder holds the values: opened, it is the same run. It does not hold the function.
        let opened = folder.open(mutator.db()).unwrap();
        assert_eq!((&opened.individuals, &opened.settings), (&run.individuals, &run.settings));
        let again = folder.run(&evolution, &input, &mutator, Progress::Silent).unwrap();
        assert_eq!(again.individuals, run.individuals);
        let wanted = "the same column by Evolution::with_column(\"sums\", \"sums in the network\", …)";
        let error = told(&opened.settings);
        assert_eq!(error, format!("column `@sums`: has no function: a file does not hold it; accepted: {wanted}"));
        let error = told(&Evolution { seed: evolution.seed, ..Evolution::default() });
        assert!(error.ends_with(&format!("run.toml: was begun with column `@sums`; accepted: {wanted}")), "{error}");
        let resumed = opened.settings.with_column("sums", "sums in the network", sums).unwrap();
        assert_eq!(folder.run(&resumed, &input, &mutator, Progress::Silent).unwrap().individuals, run.individuals);
        fs::remove_dir_all(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_that_was_tampered_with_is_refused() {
        let (folder, evolution, input, mutator) = setting("tampered");
        folder.run(&Evolution { generations: 2, ..evolution }, &input, &mutator, Progress::Silent).unwrap();
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
        let refusal = |name: &str, content: &[u8]| {
            let kept = read(name);
            fs::write(folder.path().join(name), content).unwrap();
            let error = folder.open(mutator.db()).unwrap_err().to_string();
            fs::write(folder.path().join(name), kept).unwrap();
            error
        };
        let events = String::from_utf8(read("events.jsonl")).unwrap();
        let error = refusal("events.jsonl", events.replace("scored", "scores").as_bytes());
        assert!(error.contains("events.jsonl:1: ") && error.contains("score"), "{error}");
        let error = refusal("events.jsonl", events.lines().nth(1).unwrap().as_bytes());
        assert!(error.contains("events.jsonl: line 1 tells of "), "{error}");
        let error = refusal("events.jsonl", events.repeat(2).as_bytes());
        assert!(error.contains("goes on after its end"), "{error}");
        assert!(refusal("population.parquet", b"PAR1").contains("population.parquet: "));
        let rows = |change: &dyn Fn(&mut DataFrame)| {
            let mut frame = read_parquet(&folder.path().join("population.parquet")).unwrap();
            change(&mut frame);
            let other = folder.path().with_extension("other.parquet");
            write_parquet(&mut frame, &other).unwrap();
            let bytes = fs::read(&other).unwrap();
            fs::remove_file(other).unwrap();
            bytes
        };
        let ring = rows(&|frame| {
            let parents: Vec<Option<u32>> = (0..frame.height()).map(|at| (at > 0).then_some(at as u32)).collect();
            frame.with_column(polars::prelude::Column::new("parent".into(), parents)).unwrap();
        });
        assert!(refusal("population.parquet", &ring).contains("of no parent that was there before"));
        let fewer = rows(&|frame| *frame = frame.head(Some(5)));
        assert!(refusal("population.parquet", &fewer).contains("events.jsonl: line 1 tells of "));
        let nobody = rows(&|frame| *frame = frame.head(Some(0)));
        assert!(refusal("population.parquet", &nobody).contains("does not begin with the input network"));
        let nothing = rows(&|frame| *frame = DataFrame::empty());
        assert!(refusal("population.parquet", &nothing).contains("population.parquet: "));
        let mut damaged = read("population.parquet");
        damaged[100] ^= 4;
        assert!(refusal("population.parquet", &damaged).contains("is damaged: its checksum is wrong; accepted: "));
        let other = to_json(&Nb201::sample(1, 1).build().unwrap());
        assert!(refusal("input.json", other.as_bytes()).contains("does not begin with the input network"));
        let settings = String::from_utf8(read("run.toml")).unwrap();
        assert!(
            refusal("run.toml", settings.replace("autogo run 1", "autogo run 0").as_bytes())
                .contains("accepted: `autogo run 1`")
        );
        assert!(folder.open(&SegmentDb::default()).unwrap_err().to_string().contains("another segment database"));
        fs::remove_dir_all(folder.path()).unwrap();
    }
}
