//! Training one network, as a job of a work folder.

use super::plan::{LabelItem, training};
use super::record::{LabelRecord, TOP_5, baseline_of};
use super::task::LabelTask;
use crate::failure::Failure;
use crate::work::{Job, Outcome, WorkFolder};
use autogo::files::write;
use autogo::formats::{from_json, to_json};
use autogo::graph::Graph;
use autogo::train::tasks::{DenseFit, DenseName, DenseTask, SetScores};
use autogo::train::{Fit, FitEnd, Mini, MiniForm, Part, Pictures, REVISION, Recipe, top_k_accuracy};
use autogo::{Error, Progress, families};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Entries of a loss curve.
const CURVE: usize = 20;

/// The manifest that all trainings of a folder share.
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
    /// The kind of the job.
    pub kind: String,
    /// Revision of the engine's bits.
    pub engine: u32,
    /// Name, counts and hashes of the pictures.
    pub pictures: String,
    /// The task, where it is not CIFAR-10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<DenseName>,
    /// The form in which networks are trained, where it is not the mini benchmark's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Mini>,
    /// The recipe by which a network is trained; the seed is the item's.
    pub recipe: Recipe,
}

impl Manifest {
    /// The manifest of a recipe on a task, for networks in a form.
    pub fn new(task: &LabelTask, form: Option<Mini>, recipe: Recipe) -> Manifest {
        let (pictures, task) = (task.record(), task.name());
        Manifest { job: LabelSettings { kind: "label".into(), engine: REVISION, pictures, task, form, recipe } }
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
    task: LabelTask,
    form: Option<Mini>,
    recipe: Recipe,
    job: String,
    folder: PathBuf,
}

/// The folder of networks that have no compact string, in a folder of work.
const NETWORKS: &str = "networks";

/// Keeps a network that has no compact string in a folder of work; the answer names it there, as items do.
pub fn keep_network(folder: &Path, graph: &Graph) -> Result<String, Failure> {
    let name = format!("{NETWORKS}/{}.json", graph.content_id());
    let path = folder.join(&name);
    std::fs::create_dir_all(folder.join(NETWORKS)).map_err(|error| Failure::work(&path, error))?;
    write(&path, to_json(graph).as_bytes())?;
    Ok(name)
}

/// The network that an item names: a compact string, or a file that [`keep_network`] wrote.
pub fn listed(folder: &Path, spec: &str) -> Result<Graph, Failure> {
    let Some(id) = spec.strip_prefix(NETWORKS).and_then(|name| name.strip_prefix('/')?.strip_suffix(".json")) else {
        return Ok(families::network(spec)?);
    };
    let path = folder.join(spec);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::input(&path, error))?;
    let graph = from_json(&text).map_err(|error| Failure::input(&path, error))?;
    match graph.content_id().to_string() == id {
        true => Ok(graph),
        false => Err(Failure::input(&path, "holds another network; accepted: the one that was planned")),
    }
}

/// The result of a training, whatever its task is.
struct Trained {
    losses: Vec<f32>,
    /// Test accuracy and test loss at the end.
    test: (f32, f32),
    accuracies: Vec<f32>,
    scores: Vec<(String, f64)>,
    course: Vec<f32>,
}

impl LabelJob {
    /// The job of a folder, with the pictures of its task.
    pub fn new(folder: &WorkFolder) -> Result<LabelJob, Failure> {
        let manifest = Manifest::of(folder)?;
        if manifest.job.engine != REVISION {
            let reason = format!("was planned for revision {} of the engine, here {REVISION}", manifest.job.engine);
            return Err(Failure::input(folder.path(), format!("{reason}; accepted: a new folder")));
        }
        let form = manifest.job.form;
        let task = LabelTask::open(manifest.job.task, form.as_ref())?;
        let (own, wanted) = (task.record(), &manifest.job.pictures);
        if own != *wanted {
            return Err(Failure::input(
                folder.path(),
                format!("was planned for other pictures: `{wanted}`, here `{own}`"),
            ));
        }
        let (recipe, job) = (manifest.job.recipe, folder.manifest_id().into());
        Ok(LabelJob { task, form, recipe, job, folder: folder.path().into() })
    }

    fn train(&self, item: &LabelItem) -> Result<Option<LabelRecord>, Failure> {
        let full = listed(&self.folder, &item.spec)?;
        let recipe = Recipe { seed: item.seed, ..self.recipe };
        let begun = Instant::now();
        let form = LabelTask::form(self.task.name(), &item.spec, &full, self.form.as_ref())?;
        let trained = match &self.task {
            LabelTask::Cifar10(task) => classes(&form, task, &recipe, self.form.is_some())?,
            LabelTask::Dense(_, task) => dense(&form, &**task, &recipe)?,
        };
        let seconds = begun.elapsed().as_secs_f32();
        Ok(trained.map(|trained| self.record(item, &full, &form, trained, seconds)))
    }

    fn record(&self, item: &LabelItem, full: &Graph, form: &MiniForm, trained: Trained, seconds: f32) -> LabelRecord {
        let Trained { losses, test, accuracies, scores, course } = trained;
        let mean = |losses: &[f32]| {
            let sum: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
            (sum / losses.len().max(1) as f64) as f32
        };
        let part = |part: usize| &losses[part * losses.len() / CURVE..(part + 1) * losses.len() / CURVE];
        let (cost, mini) = (full.cost(), form.graph.cost());
        LabelRecord {
            spec: item.spec.clone(),
            family: families::FamilyName::of(&item.spec).map(|family| family.to_string()).unwrap_or_default(),
            seed: item.seed,
            top: item.top,
            content_id: form.full.to_string(),
            mini_id: form.mini.to_string(),
            test_accuracy: test.0,
            test_loss: test.1,
            mean_train_loss: mean(&losses),
            curve: (0..CURVE).map(|at| mean(part(at))).collect(),
            accuracies,
            seconds,
            mini_multiply_adds: mini.multiply_adds,
            mini_params: mini.params,
            multiply_adds: cost.multiply_adds,
            params: cost.params,
            job: self.job.clone(),
            arithmetic: if self.recipe.portable { "portable" } else { "fused" }.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            task: self.task.name().map(|name| name.to_string()).unwrap_or_default(),
            scores,
            course,
        }
    }
}

/// A training on classes of pictures; nothing where it was interrupted. The table of the mini benchmark has no scores
/// beside accuracies and losses; trainings of networks of one's own have one.
fn classes(form: &MiniForm, task: &Pictures, recipe: &Recipe, is_own: bool) -> Result<Option<Trained>, Error> {
    let mut run = Fit::new(&form.graph, task, recipe).run(Progress::Silent)?;
    if run.end == FitEnd::Interrupted {
        return Ok(None);
    }
    let test = run.log.last().map_or((f32::NAN, f32::NAN), |end| (end.test_accuracy, end.test_loss));
    let accuracies = run.log.measures.iter().map(|measure| measure.test_accuracy).collect();
    let mut scores = Vec::new();
    if is_own {
        scores.push((TOP_5.into(), top_k_accuracy(&mut run.network, task, Part::Test, 5)?));
    }
    Ok(Some(Trained { losses: run.log.losses, test, accuracies, scores, course: Vec::new() }))
}

/// A training on a task of masks, points or pictures; nothing where it was interrupted.
fn dense(form: &MiniForm, task: &dyn DenseTask, recipe: &Recipe) -> Result<Option<Trained>, Error> {
    let task = task.reading(form.graph.input_shape())?;
    let run = DenseFit::new(&form.graph, &*task, recipe).run(Progress::Silent)?;
    if run.end == FitEnd::Interrupted {
        return Ok(None);
    }
    let course = run.log.measures.iter().filter_map(|one| one.values.first()).copied().collect();
    let mut scores = run.log.columns();
    for SetScores { set, baseline, .. } in &run.log.scores {
        let names = run.log.metrics.iter().map(|metric| baseline_of(&format!("{metric}_{set}")));
        scores.extend(names.zip(baseline.iter().copied()));
    }
    let test = (f32::NAN, f32::NAN);
    Ok(Some(Trained { losses: run.log.losses, test, accuracies: Vec::new(), scores, course }))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::WorkFolder;
    use std::time::Duration;

    fn text(task: Option<DenseName>, pictures: &str, recipe: Recipe) -> String {
        let settings =
            LabelSettings { kind: "label".into(), engine: 1, pictures: pictures.into(), task, form: None, recipe };
        Manifest { job: settings }.text().unwrap()
    }

    /// Folders of work that were planned before there were other tasks are still theirs.
    #[test]
    fn a_job_on_cifar10_has_the_bytes_it_had() {
        let known = r#"[job]
kind = "label"
engine = 1
pictures = "cifar10@16x16"

[job.recipe]
schedule = "one_cycle"
rate = 0.1
"#;
        let found = text(None, "cifar10@16x16", Recipe::default());
        assert!(found.starts_with(&known[..known.find("[job.recipe]").unwrap()]), "{found}");
        assert!(!found.contains("task") && !found.contains("form"), "{found}");
        let read: Manifest = toml::from_str(&found).unwrap();
        assert_eq!(read.job.task, None);
    }

    #[test]
    fn the_task_is_part_of_a_jobs_id() {
        let id = |task: Option<DenseName>| {
            let name = format!("autogo-label-job-{}-{task:?}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let manifest = text(task, "pictures", Recipe::default());
            let folder = WorkFolder::plan(&path, &manifest, &[], Duration::from_secs(60)).unwrap();
            assert_eq!(Manifest::of(&folder).unwrap().job.task, task);
            let id = folder.manifest_id().to_string();
            std::fs::remove_dir_all(path).unwrap();
            id
        };
        let ids = [id(None), id(Some(DenseName::Sr2)), id(Some(DenseName::Denoise25))];
        assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
    }
}
