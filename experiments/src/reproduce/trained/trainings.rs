//! The trainings of a task, as items of a folder of work.

use super::measure;
use super::settings::Task;
use crate::failure::Failure;
use crate::label::{self, LabelItem, LabelRecord, LabelTask, Manifest, keep_network};
use crate::work::{Executor, WorkFolder, finish};
use autogo::graph::Graph;
use autogo::train::Recipe;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The time after which a worker that holds an item and says nothing counts as dead.
const EXPIRY: Duration = Duration::from_secs(60);
/// Multiply-adds of a training that a core makes a second, for what a table says beforehand: 6 operations each at some
/// 100 billion a second.
const PACE: f64 = 15e9;

/// The key of a result.
fn key(record: &LabelRecord) -> (String, u64) {
    (record.content_id.clone(), record.seed)
}

/// The trainings of a task.
pub struct Trainings {
    path: PathBuf,
    table: PathBuf,
    /// Name, counts and hashes of the pictures.
    pub pictures: String,
    /// The recipe, seed aside.
    pub recipe: Recipe,
    manifest: String,
    /// Results by content id and seed.
    results: HashMap<(String, u64), LabelRecord>,
}

impl Trainings {
    /// The trainings of a task: items of a folder of work, and a table of results, so that either of the two is enough
    /// to go on from. The task has to give pictures of the size that the forms of the inputs read.
    pub fn open(path: &Path, table: &Path, task: &Task, inputs: &[Graph]) -> Result<Trainings, Failure> {
        let (form, recipe) = (task.mini()?, task.recipe()?);
        let opened = LabelTask::open(task.name()?, Some(&form))?;
        if let LabelTask::Dense(_, opened) = &opened {
            opened.check(&recipe)?;
        }
        for input in inputs {
            opened.check(LabelTask::form(task.name()?, input.name(), input, Some(&form))?.graph.input_shape())?;
        }
        task.measures().try_for_each(|name| measure::check(&opened, name))?;
        let (pictures, manifest) = (opened.record(), Manifest::new(&opened, Some(form), recipe).text()?);
        let folder = WorkFolder::plan(path, &manifest, &[], EXPIRY)?;
        let mut results = HashMap::new();
        if table.exists() {
            let known = label::read(table)?;
            if let Some(other) = known.iter().find(|record| record.job != folder.manifest_id()) {
                let reason = format!("holds trainings of job {}, here {}", other.job, folder.manifest_id());
                let accepted = "accepted: the form, the recipe and the pictures that made them, or another --out";
                return Err(Failure::input(table, format!("{reason}; {accepted}")));
            }
            results.extend(known.into_iter().map(|record| (key(&record), record)));
        }
        let (path, table) = (path.into(), table.into());
        let mut trainings = Trainings { path, table, pictures, recipe, manifest, results };
        trainings.take(&folder)?;
        Ok(trainings)
    }

    /// Trains each network under its seeds, on `workers` processes, where that has not been done; says how long it
    /// may take. What there is of results is written into the table, also where not all could be had. A training that
    /// fails twice is left out, with a word; `autogo label retry` lets it be tried again.
    pub fn train(&mut self, wanted: &[(&Graph, u64)], task: &Task, workers: usize) -> Result<(), Failure> {
        let mut items: Vec<(String, (String, u64))> = Vec::new();
        let mut work = 0.0;
        for (graph, seeds) in wanted {
            let spec = keep_network(&self.path, graph)?;
            let form = LabelTask::form(task.name()?, &spec, graph, Some(&task.mini()?))?;
            for seed in 0..*seeds {
                let key = (graph.content_id().to_string(), seed);
                if !self.results.contains_key(&key) {
                    work += form.graph.cost().multiply_adds as f64 * self.recipe.images as f64;
                }
                let item = LabelItem { spec: spec.clone(), seed, top: false };
                items.push((serde_json::to_string(&item).map_err(|error| Failure::Work(error.to_string()))?, key));
            }
        }
        let lines: Vec<String> = items.iter().map(|(line, _)| line.clone()).collect();
        let folder = WorkFolder::plan_only(&self.path, &self.manifest, &lines, EXPIRY)?;
        let keys: HashMap<&String, &(String, u64)> = items.iter().map(|(line, key)| (line, key)).collect();
        for item in folder.items().iter().filter(|item| !folder.is_done(&item.id)) {
            if let Some(record) = keys.get(&item.text).and_then(|&key| self.results.get(key)) {
                let line = serde_json::to_string(record).map_err(|error| Failure::Work(error.to_string()))?;
                folder.keep(&item.id, &line)?;
            }
        }
        let left = folder.items().iter().filter(|item| !folder.is_done(&item.id) && !folder.is_given_up(&item.id));
        let left = left.count();
        let mut end = Ok(());
        if left > 0 {
            let minutes = (work / PACE / 60.0 / workers as f64).ceil();
            let workers = workers.min(left);
            say!("{}: {left} trainings of this stage are left, about {minutes} min with {workers} workers", task.task);
            end = finish(&folder, &Executor::Local, workers, &task.task);
        }
        self.take(&folder)?;
        label::write(&self.table, &self.all())?;
        end
    }

    /// Takes the results of a folder.
    fn take(&mut self, folder: &WorkFolder) -> Result<(), Failure> {
        for item in folder.items() {
            if let Some(line) = folder.result(&item.id)? {
                let record: LabelRecord =
                    serde_json::from_str(&line).map_err(|error| Failure::work(&self.path, error))?;
                self.results.insert(key(&record), record);
            } else if folder.is_given_up(&item.id) {
                let reason = folder.failures(&item.id).pop().unwrap_or_default();
                say!("left out: {}: {}", item.text, reason.trim_end());
            }
        }
        Ok(())
    }

    /// The results of a network by ascending seeds.
    pub fn of(&self, graph: &Graph, seeds: u64) -> Vec<&LabelRecord> {
        let id = graph.content_id().to_string();
        (0..seeds).filter_map(|seed| self.results.get(&(id.clone(), seed))).collect()
    }

    /// All results, ordered by network and seed.
    fn all(&self) -> Vec<LabelRecord> {
        let mut all: Vec<LabelRecord> = self.results.values().cloned().collect();
        all.sort_by(|a, b| (&a.content_id, a.seed).cmp(&(&b.content_id, b.seed)));
        all
    }
}
