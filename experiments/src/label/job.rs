//! Training one network, as a job of a work folder.

use super::plan::{LabelItem, training};
use super::record::LabelRecord;
use crate::failure::Failure;
use crate::work::{Job, Outcome, WorkFolder};
use autogo::train::{Fit, FitEnd, FitRun, MiniForm, Pictures, REVISION, Recipe, mini_network};
use autogo::{Error, Progress, families};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Entries of a loss curve.
const CURVE: usize = 20;

/// What all trainings of a folder share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The table of the manifest's file.
    pub job: LabelSettings,
}

/// Task, recipe, pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSettings {
    /// What the job is.
    pub kind: String,
    /// Revision of the engine's bits.
    pub engine: u32,
    /// Name, counts and hashes of the pictures.
    pub pictures: String,
    /// How a network is trained; the seed is the item's.
    pub recipe: Recipe,
}

impl Manifest {
    /// The manifest of a recipe on a task.
    pub fn new(task: &Pictures, recipe: Recipe) -> Manifest {
        Manifest { job: LabelSettings { kind: "label".into(), engine: REVISION, pictures: task.record(), recipe } }
    }

    /// As text.
    pub fn text(&self) -> Result<String, Failure> {
        toml::to_string(self).map_err(|error| Failure::Work(error.to_string()))
    }

    /// The manifest of a folder.
    pub fn of(folder: &WorkFolder) -> Result<Manifest, Failure> {
        let wrong = |reason: &str| Failure::input(folder.path().join("work.toml"), reason);
        let manifest: Manifest = toml::from_str(folder.manifest()).map_err(|error| wrong(error.message()))?;
        if manifest.job.kind != "label" {
            return Err(wrong("is a folder of another job; accepted: one of `autogo label plan`"));
        }
        Ok(manifest)
    }
}

/// Trains networks in mini form.
pub struct LabelJob {
    task: Pictures,
    recipe: Recipe,
    job: String,
}

impl LabelJob {
    /// The job of a folder on these pictures.
    pub fn new(folder: &WorkFolder, task: Pictures) -> Result<LabelJob, Failure> {
        let manifest = Manifest::of(folder)?;
        if manifest.job.engine != REVISION {
            let reason = format!("was planned for revision {} of the engine, here {REVISION}", manifest.job.engine);
            return Err(Failure::input(folder.path(), format!("{reason}; accepted: a new folder")));
        }
        let (own, wanted) = (task.record(), &manifest.job.pictures);
        if own != *wanted {
            return Err(Failure::input(
                folder.path(),
                format!("was planned for other pictures: `{wanted}`, here `{own}`"),
            ));
        }
        Ok(LabelJob { task, recipe: manifest.job.recipe, job: folder.manifest_id().into() })
    }

    fn train(&self, item: &LabelItem) -> Result<Option<LabelRecord>, Error> {
        let full = families::network(&item.spec)?;
        let form = mini_network(&item.spec)?;
        let recipe = Recipe { seed: item.seed, ..self.recipe };
        let begun = Instant::now();
        let run = Fit::new(&form.graph, &self.task, &recipe).run(Progress::Silent)?;
        if run.end == FitEnd::Interrupted {
            return Ok(None);
        }
        let seconds = begun.elapsed().as_secs_f32();
        Ok(Some(self.record(item, &full, &form, &run, seconds)))
    }

    fn record(
        &self,
        item: &LabelItem,
        full: &autogo::graph::Graph,
        form: &MiniForm,
        run: &FitRun,
        seconds: f32,
    ) -> LabelRecord {
        let losses = &run.log.losses;
        let mean = |losses: &[f32]| {
            let sum: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
            (sum / losses.len().max(1) as f64) as f32
        };
        let part = |part: usize| &losses[part * losses.len() / CURVE..(part + 1) * losses.len() / CURVE];
        let (cost, mini) = (full.cost(), form.graph.cost());
        let last = run.log.last();
        LabelRecord {
            spec: item.spec.clone(),
            family: families::FamilyName::of(&item.spec).map(|family| family.to_string()).unwrap_or_default(),
            seed: item.seed,
            top: item.top,
            content_id: form.full.to_string(),
            mini_id: form.mini.to_string(),
            test_accuracy: last.map_or(f32::NAN, |end| end.test_accuracy),
            test_loss: last.map_or(f32::NAN, |end| end.test_loss),
            mean_train_loss: mean(losses),
            curve: (0..CURVE).map(|at| mean(part(at))).collect(),
            accuracies: run.log.measures.iter().map(|measure| measure.test_accuracy).collect(),
            seconds,
            mini_multiply_adds: mini.multiply_adds,
            mini_params: mini.params,
            multiply_adds: cost.multiply_adds,
            params: cost.params,
            job: self.job.clone(),
            arithmetic: if self.recipe.portable { "portable" } else { "fused" }.into(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

impl Job for LabelJob {
    fn run(&mut self, item: &str) -> Outcome {
        let item = match training(item) {
            Ok(item) => item,
            Err(reason) => return Outcome::Failed(reason),
        };
        match self.train(&item) {
            Ok(None) => Outcome::Interrupted,
            Ok(Some(record)) => match serde_json::to_string(&record) {
                Ok(line) => Outcome::Done(line),
                Err(error) => Outcome::Failed(error.to_string()),
            },
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}
