//! A search in a folder: begun, taken up, opened.

use super::locked::LockedRun;
use super::manifest::{Manifest, segments};
use super::run_folder::RunFolder;
use crate::error::Error;
use crate::evolve::mutate::Mutator;
use crate::evolve::objectives::OwnColumn;
use crate::evolve::search::{Evolution, EvolutionRun, Individual, Iteration, read_population};
use crate::files::{read_parquet, write_parquet};
use crate::formats::to_json;
use crate::graph::Graph;
use crate::progress::Progress;
use crate::segment::SegmentDb;
use std::collections::BTreeMap;

impl LockedRun {
    /// As [`RunFolder::run`], in the folder that is held already.
    ///
    /// # Errors
    /// Those of [`Evolution::run`], a folder that cannot be written, a run of other settings (named), and files that
    /// are not what this library wrote.
    pub fn run(
        &self,
        evolution: &Evolution,
        input: &Graph,
        mutator: &Mutator,
        progress: Progress,
    ) -> Result<EvolutionRun, Error> {
        let folder = self.folder();
        let start = evolution.start(input, mutator)?;
        let manifest = Manifest::of(evolution, &start, input, mutator);
        let mut run = match folder.is_begun() {
            false => {
                folder.write("input.json", to_json(input).as_bytes())?;
                folder.write("run.toml", manifest.text()?.as_bytes())?;
                start
            }
            true => {
                folder.check_same(&manifest)?;
                folder.resume(start, mutator.db())?
            }
        };
        let mut bar = run.bar(progress);
        while run.stop.is_none() {
            evolution.step(&mut run, mutator)?;
            folder.record(&run)?;
            // Not recorded: the folder is as if the process had ended here, and goes on from here.
            run.stop_if_asked();
            run.report(&mut bar);
        }
        if !folder.path().join("events.jsonl").is_file() {
            folder.record(&run)?;
        }
        Ok(run)
    }
}

impl RunFolder {
    /// The run as far as it came. `db` must be the database of the run. O(individuals · nodes).
    ///
    /// # Errors
    /// Another database, and files that are not what this library wrote.
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
        let mut grown = BTreeMap::new();
        for id in run.archive.ids() {
            let graph = run.regrow(id, db, &mut grown)?;
            run.graphs.insert(id, graph);
        }
        Ok(run)
    }

    /// Refuses a population that is not the one of these generations: every individual but the input has an earlier
    /// parent, and each generation has as many individuals as it says.
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
        write_parquet(&mut run.population()?, &self.path().join("population.parquet"))?;
        self.write_events(run)
    }

    /// All individuals of the generations up to this one.
    fn population(&self, generation: usize, columns: &[OwnColumn]) -> Result<Vec<Individual>, Error> {
        let name = "population.parquet";
        let path = self.path().join(name);
        if !path.is_file() {
            return Ok(Vec::new());
        }
        let frame = read_parquet(&path)?;
        let individuals = read_population(&frame, columns).map_err(|error| self.failed(name, error))?;
        Ok(individuals.into_iter().filter(|one| one.generation <= generation).collect())
    }
}
