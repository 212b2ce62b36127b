//! The loop: batches in, a trained network out.

use super::augment::{Augment, Order};
use super::checkpoint::{self, CHECKPOINT};
use super::curves;
use super::log::{FitLog, Measure};
use super::network::Network;
use super::optimiser::Optimiser;
use super::plan::NetworkSettings;
use super::prediction::{GRAPH, PREPARATION, WEIGHTS};
use super::recipe::Recipe;
use super::run::{FitEnd, FitRun, Subject};
use super::task::{Part, Task, check};
use crate::error::Error;
use crate::formats::to_json;
use crate::graph::Graph;
use crate::interrupt;
use crate::progress::Progress;
use crate::rng::Stream;
use autogo_engine::loss::Scores;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A training that is to be run.
///
/// ```
/// use autogo::graph::{GraphBuilder, Op, Shape};
/// use autogo::data::LabelledPictures;
/// use autogo::train::{Fit, Pictures, Recipe};
/// use autogo::Progress;
///
/// // Dark pictures are class 0, bright ones class 1.
/// let shape = Shape::new(1, 1, 1);
/// let labels = (0..200).map(|grey| (grey >= 100).into()).collect();
/// let grey = LabelledPictures { shape, bytes: (0..200).collect(), labels };
/// let task = Pictures::new("grey", 2, grey.clone(), grey)?;
/// let mut build = GraphBuilder::new("line");
/// let x = build.add("in", Op::Input(shape), &[])?;
/// let x = build.add("head", Op::Dense { features: 2, bias: true }, &[x])?;
/// build.add("out", Op::Output, &[x])?;
/// let graph = build.finish()?;
///
/// let recipe = Recipe { batch: 20, images: 2_000, ..Recipe::default() };
/// let run = Fit::new(&graph, &task, &recipe).run(Progress::Silent)?;
/// assert!(run.log.last().is_some_and(|end| end.test_accuracy > 0.9));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone)]
pub struct Fit<'a> {
    graph: &'a Graph,
    task: &'a dyn Task,
    recipe: Recipe,
    folder: Option<PathBuf>,
    resume: bool,
    memory: Option<u64>,
    parent: Option<&'a Network>,
}

impl fmt::Debug for Fit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (graph, task) = (self.graph.name(), self.task.name());
        f.debug_struct("Fit").field("graph", &graph).field("task", &task).field("recipe", &self.recipe).finish()
    }
}

impl<'a> Fit<'a> {
    /// A training of a graph on a task by a recipe.
    pub fn new(graph: &'a Graph, task: &'a dyn Task, recipe: &Recipe) -> Fit<'a> {
        Fit { graph, task, recipe: *recipe, folder: None, resume: false, memory: None, parent: None }
    }

    /// Keeps checkpoint, weights and log in a folder, and beside them the graph and how its pictures are read: what
    /// [`Classifier::open`](super::Classifier::open) needs.
    pub fn into_folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Goes on from the folder's checkpoint, if there is one.
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Refuses a network that takes more bytes than this.
    pub fn memory(mut self, bytes: Option<u64>) -> Self {
        self.memory = bytes;
        self
    }

    /// Begins with the weights of a parent where the derivation kept the nodes; see [`Network::inherit`]. All others
    /// begin as they do without a parent. Off unless it is asked for: a child that begins with trained weights is ahead
    /// of one that does not, so their scores do not compare.
    pub fn inherit(mut self, parent: &'a Network) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Trains. The weights depend on graph, task, recipe and parent alone, also when the training was interrupted and
    /// resumed.
    ///
    /// O(images · multiply-adds).
    ///
    /// # Errors
    /// A recipe that is out of range, a graph that does not fit the task or the memory, a loss that is not finite (the
    /// last checkpoint stays), a file that cannot be read or written.
    pub fn run(&self, progress: Progress) -> Result<FitRun, Error> {
        self.recipe.check()?;
        check(self.graph, self.task)?;
        let settings = NetworkSettings {
            batch: self.recipe.batch,
            portable: self.recipe.portable,
            memory: self.memory,
            ..NetworkSettings::default()
        };
        let mut network = Network::with(self.graph, self.recipe.seed, settings)?;
        let inherited = self.parent.map(|parent| network.inherit(parent)).transpose()?;
        let optimiser =
            Optimiser::new(&network, self.recipe.method, self.recipe.decay, self.recipe.mean).clip(self.recipe.clip);
        let mut work = Work::new(self, network, optimiser);
        if let Some(folder) = &self.folder {
            self.open(folder, &mut work)?;
        }
        let end = work.train(progress)?;
        work.optimiser.exchange(&mut work.network)?;
        if let Some(folder) = &self.folder {
            crate::files::write(&folder.join("log.csv"), work.log.csv().as_bytes())?;
            if end == FitEnd::Done {
                work.network.save(&folder.join(WEIGHTS))?;
            }
        }
        let subject = Subject {
            graph: self.graph.name().into(),
            content_id: self.graph.content_id(),
            pictures: self.task.record(),
            preparation: self.task.preparation().cloned(),
        };
        Ok(FitRun { network: work.network, log: work.log, end, subject, recipe: self.recipe, inherited })
    }

    /// Makes the folder, writes what a prediction will need, and takes up the folder's state where that is asked for.
    fn open(&self, folder: &Path, work: &mut Work<'_>) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        crate::files::sweep(folder)?;
        let path = folder.join(CHECKPOINT);
        if self.resume && path.exists() {
            let (network, optimiser) = (&mut work.network, &mut work.optimiser);
            work.log = checkpoint::load(&path, &work.subject, &self.recipe, network, optimiser)?;
        }
        crate::files::write(&folder.join(GRAPH), to_json(self.graph).as_bytes())?;
        if let Some(preparation) = self.task.preparation() {
            let path = folder.join(PREPARATION);
            let failed = |error: serde_json::Error| Error::file(&path, error);
            crate::files::write(&path, serde_json::to_string(preparation).map_err(failed)?.as_bytes())?;
        }
        Ok(())
    }
}

/// A training at work.
struct Work<'a> {
    fit: &'a Fit<'a>,
    subject: String,
    network: Network,
    optimiser: Optimiser,
    log: FitLog,
    order: Order,
    augment: Augment,
    pictures: Vec<usize>,
    images: Vec<f32>,
    labels: Vec<u32>,
    scratch: Vec<f32>,
}

impl<'a> Work<'a> {
    fn new(fit: &'a Fit<'a>, network: Network, optimiser: Optimiser) -> Self {
        let (recipe, shape) = (&fit.recipe, fit.task.shape());
        let (floats, batch) = (shape.elements() as usize, recipe.batch);
        let stream = Stream::new(recipe.seed, "flips and shifts");
        let parent = fit.parent.map_or_else(String::new, |parent| format!(" from {}", parent.digest()));
        Work {
            subject: format!("{} on {}{parent}", fit.graph.content_id(), fit.task.name()),
            network,
            optimiser,
            log: FitLog::default(),
            order: Order::new(recipe.seed, fit.task.len(Part::Train)),
            augment: Augment { stream, shape, flips: recipe.flips, shifts: recipe.shifts },
            pictures: Vec::with_capacity(batch),
            images: vec![0.0; batch * floats],
            labels: vec![0; batch],
            scratch: vec![0.0; floats],
            fit,
        }
    }

    fn train(&mut self, progress: Progress) -> Result<FitEnd, Error> {
        let recipe = self.fit.recipe;
        let steps = recipe.steps();
        let pass = (self.fit.task.len(Part::Train) as u64).div_ceil(recipe.batch as u64);
        let mut bar = progress.start("training", self.optimiser.steps as usize, steps as usize);
        let (mut since, mut learning) = (Scores::default(), Duration::ZERO);
        while self.optimiser.steps < steps {
            if interrupt::is_asked() {
                return Ok(FitEnd::Interrupted);
            }
            let begun = Instant::now();
            since.merge(self.step()?);
            learning += begun.elapsed();
            let done = self.optimiser.steps;
            let speed = since.counted as f64 / learning.as_secs_f64().max(1e-9);
            let (loss, accuracy) =
                self.log.last().map_or((f32::NAN, f32::NAN), |one| (one.test_loss, one.test_accuracy));
            let now = since.loss / since.counted.max(1) as f64;
            if done.is_multiple_of(pass) || done == steps {
                self.measure(since, speed)?;
                (since, learning) = (Scores::default(), Duration::ZERO);
            }
            if bar.is_drawn() {
                bar.below(curves::drawing(&self.log, steps, recipe.batch));
            }
            let test =
                if loss.is_nan() { String::new() } else { format!(", test {loss:.3} ({:.1} %)", 100.0 * accuracy) };
            bar.report(done as usize, &format!("loss {now:.3}{test}, {speed:.0} images/s"));
        }
        Ok(FitEnd::Done)
    }

    /// One step on the pictures whose turn it is.
    fn step(&mut self) -> Result<Scores, Error> {
        let recipe = &self.fit.recipe;
        let first = self.optimiser.steps * recipe.batch as u64;
        let last = (first + recipe.batch as u64).min(recipe.images);
        self.pictures.clear();
        self.pictures.extend((first..last).map(|position| self.order.at(position)));
        let (floats, count) = (self.scratch.len(), self.pictures.len());
        let (images, labels) = (&mut self.images[..count * floats], &mut self.labels[..count]);
        self.fit.task.batch(Part::Train, &self.pictures, images, labels)?;
        for (position, image) in (first..last).zip(images.chunks_exact_mut(floats)) {
            self.augment.apply(position, image, &mut self.scratch);
        }
        let rate = recipe.rate * recipe.schedule.at(self.optimiser.steps, recipe.steps(), recipe.warm_up);
        let scores = self.network.step(images, labels, recipe.smoothing, &mut self.optimiser, rate as f32)?;
        self.log.losses.push((scores.loss / scores.counted.max(1) as f64) as f32);
        Ok(scores)
    }

    /// Measures the network on the test pictures, and keeps the state.
    fn measure(&mut self, since: Scores, speed: f64) -> Result<(), Error> {
        self.optimiser.exchange(&mut self.network)?;
        let test = evaluate(&mut self.network, self.fit.task, Part::Test);
        self.optimiser.exchange(&mut self.network)?;
        let test = test?;
        let images = (self.optimiser.steps * self.fit.recipe.batch as u64).min(self.fit.recipe.images);
        if !test.loss.is_finite() {
            let place = format!("on the test pictures after {images} images");
            return Err(Error::NotFinite { what: "the loss", place });
        }
        let mean = |sum: f64, count: u64| (sum / count.max(1) as f64) as f32;
        self.log.measures.push(Measure {
            images,
            train_loss: mean(since.loss, since.counted),
            train_accuracy: mean(since.correct as f64, since.counted),
            test_loss: mean(test.loss, test.counted),
            test_accuracy: mean(test.correct as f64, test.counted),
            speed,
        });
        let Some(folder) = &self.fit.folder else { return Ok(()) };
        let path = folder.join(CHECKPOINT);
        checkpoint::save(&path, &self.subject, &self.fit.recipe, &self.network, &mut self.optimiser, &self.log)
    }
}

/// Loss and hits of a network on all pictures of a part of a task. O(pictures · multiply-adds).
///
/// # Errors
/// A network that does not fit the task, pictures that cannot be read.
pub fn evaluate(network: &mut Network, task: &dyn Task, part: Part) -> Result<Scores, Error> {
    let (floats, batch) = (task.shape().elements() as usize, network.plan().batch());
    let (mut images, mut labels) = (vec![0.0; batch * floats], vec![0; batch]);
    let pictures: Vec<usize> = (0..task.len(part)).collect();
    let mut scores = Scores::default();
    for pictures in pictures.chunks(batch) {
        let (images, labels) = (&mut images[..pictures.len() * floats], &mut labels[..pictures.len()]);
        task.batch(part, pictures, images, labels)?;
        scores.merge(network.evaluate(images, labels)?);
    }
    Ok(scores)
}
