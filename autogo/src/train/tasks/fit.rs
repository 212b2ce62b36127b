//! The training loop of tasks whose answer is a mask, points or a picture.

use super::any_size::AnySize;
use super::log::{DenseLog, DenseMeasure, SetScores};
use super::task::{DenseLoss, DenseTask, Sample};
use crate::error::{Error, TrainError};
use crate::formats::to_json;
use crate::graph::{Graph, Op};
use crate::interrupt;
use crate::progress::Progress;
use crate::rng::Stream;
use crate::train::augment::Order;
use crate::train::checkpoint::{self, CHECKPOINT};
use crate::train::network::Network;
use crate::train::optimiser::Optimiser;
use crate::train::plan::NetworkSettings;
use crate::train::prediction::{GRAPH, WEIGHTS};
use crate::train::recipe::Recipe;
use crate::train::run::FitEnd;
use autogo_engine::loss::Scores;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Measurements of a training.
const MEASURES: u64 = 5;

/// A training on a [`DenseTask`]; [`Fit`](crate::train::Fit) is a training on classes.
///
/// The weights depend on graph, task and recipe alone. They begin as those of a classification do, with two exceptions.
/// Convolutions whose result is read by sums alone begin with weights that are divided by the root of the number of
/// sums, so that the outputs of a body without batch norms do not grow from sum to sum (as in Zhang et al., Fixup
/// Initialization, ICLR 2019). The convolution that makes the answer begins with a tenth of its weights: all classes
/// and places are about equally likely, and a picture is about what it is added to.
#[derive(Clone)]
pub struct DenseFit<'a> {
    graph: &'a Graph,
    task: &'a dyn DenseTask,
    recipe: Recipe,
    folder: Option<PathBuf>,
    resume: bool,
    memory: Option<u64>,
    threads: usize,
}

/// A network that was trained on a task, and how it came about.
#[derive(Clone, Debug)]
pub struct DenseRun {
    /// The network with its trained weights: their running mean where the recipe asks for one.
    pub network: Network,
    /// The network for pictures of any size.
    pub any_size: AnySize,
    /// Losses, measurements and scores.
    pub log: DenseLog,
    /// The reason why the training ended.
    pub end: FitEnd,
    /// One line about the pictures; see [`DenseTask::record`].
    pub pictures: String,
    /// The recipe.
    pub recipe: Recipe,
}

impl<'a> DenseFit<'a> {
    /// A training of a graph on a task by a recipe.
    pub fn new(graph: &'a Graph, task: &'a dyn DenseTask, recipe: &Recipe) -> DenseFit<'a> {
        DenseFit { graph, task, recipe: *recipe, folder: None, resume: false, memory: None, threads: 1 }
    }

    /// Keeps checkpoint, graph, weights, log and scores in a folder.
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

    /// Computes batches on `threads` threads; the bytes are the same as on one thread.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Trains, and measures the result with every test set. O(images · multiply-adds).
    ///
    /// # Errors
    /// A recipe that is out of range or has a setting without effect, a graph that does not read the task's pictures or
    /// makes no answer to the task, a loss or a metric that is not finite, a file that cannot be read or written.
    pub fn run(&self, progress: Progress) -> Result<DenseRun, Error> {
        self.recipe.check()?;
        self.task.check(&self.recipe)?;
        let loss = self.check()?;
        let Recipe { batch, portable, .. } = self.recipe;
        let (memory, threads) = (self.memory, self.threads);
        let settings = NetworkSettings { batch, portable, memory, threads, ..NetworkSettings::default() };
        let mut network = Network::with(self.graph, self.recipe.seed, settings)?;
        begin(self.graph, &mut network)?;
        let optimiser =
            Optimiser::new(&network, self.recipe.method, self.recipe.decay, self.recipe.mean).clip(self.recipe.clip);
        let mut work = Work::new(self, loss, network, optimiser);
        if let Some(folder) = &self.folder {
            work.open(folder)?;
        }
        let end = work.train(progress)?;
        work.optimiser.exchange(&mut work.network)?;
        let mut any_size = AnySize::new(self.graph, &work.network);
        let end = if end == FitEnd::Done { work.finish(&mut any_size, progress)? } else { end };
        if let Some(folder) = &self.folder {
            crate::files::write(&folder.join("log.csv"), work.log.csv().as_bytes())?;
            if end == FitEnd::Done {
                crate::files::write(&folder.join("scores.csv"), work.log.scores_csv().as_bytes())?;
                work.network.save(&folder.join(WEIGHTS))?;
            }
        }
        let (pictures, recipe) = (self.task.record(), self.recipe);
        Ok(DenseRun { network: work.network, any_size, log: work.log, end, pictures, recipe })
    }

    /// Refuses a graph that does not fit the task.
    fn check(&self) -> Result<DenseLoss, Error> {
        let (graph, task) = (self.graph.name().to_string(), self.task.name().to_string());
        let (reads, makes) = (self.graph.input_shape(), self.graph.node(self.graph.len() - 1).shape);
        if reads != self.task.input() {
            let (found, wanted) = (reads.to_string(), self.task.input().to_string());
            return Err(TrainError::Picture { graph, found, task, wanted }.into());
        }
        if self.task.is_empty() {
            return Err(Error::setting(&task, "has no pictures to learn from", "at least one"));
        }
        let (found, wanted) = (makes.to_string(), self.task.wanted());
        let loss = self.task.loss(makes);
        loss.ok_or_else(|| TrainError::Answer { graph, found, task, wanted }.into())
    }
}

/// The factor of the first weights of a convolution that makes the answer.
const ANSWER: f32 = 0.1;

/// Whether nothing but sums, enlargements and crops lie between a node and the output.
fn is_answer(graph: &Graph, index: usize) -> bool {
    graph.readers(index).iter().all(|&reader| {
        let op = &graph.node(reader).op;
        let passes = matches!(op, Op::Add | Op::Resize { .. } | Op::Crop(_));
        *op == Op::Output || (passes && is_answer(graph, reader))
    })
}

/// Makes the first weights smaller of convolutions whose result only sums read, and of convolutions that make the
/// answer.
fn begin(graph: &Graph, network: &mut Network) -> Result<(), Error> {
    let is_sum = |index: usize| graph.node(index).op == Op::Add;
    let sums = (0..graph.len()).filter(|&index| is_sum(index)).count();
    let mut weights = network.tensors();
    for index in (0..graph.len()).filter(|&index| matches!(graph.node(index).op, Op::Conv(_))) {
        let is_read_by_sums = graph.readers(index).iter().all(|&reader| is_sum(reader));
        let factor = match (is_answer(graph, index), is_read_by_sums) {
            (true, _) => ANSWER,
            (false, true) => 1.0 / (sums.max(1) as f32).sqrt(),
            (false, false) => continue,
        };
        if let Some((_, values)) = weights.get_mut(&format!("{index}:{}.weight", graph.node(index).name)) {
            values.iter_mut().for_each(|value| *value *= factor);
        }
    }
    network.set_tensors(&weights)
}

/// A training at work.
struct Work<'a> {
    fit: &'a DenseFit<'a>,
    loss: DenseLoss,
    subject: String,
    network: Network,
    optimiser: Optimiser,
    log: DenseLog,
    /// The metrics that were measured last.
    last: Option<Vec<f64>>,
    order: Order,
    crops: Stream,
    images: Vec<f32>,
    labels: Vec<u32>,
    values: Vec<f32>,
}

impl<'a> Work<'a> {
    fn new(fit: &'a DenseFit<'a>, loss: DenseLoss, network: Network, optimiser: Optimiser) -> Self {
        let (batch, seed) = (fit.recipe.batch, fit.recipe.seed);
        let (labels, values) = loss.counts(network.plan().output);
        Work {
            subject: format!("{} on {}", fit.graph.content_id(), fit.task.name()),
            log: DenseLog::new(fit.task.metrics()),
            last: None,
            order: Order::new(seed, fit.task.len()),
            crops: Stream::new(seed, "crops"),
            images: vec![0.0; batch * fit.task.input().elements() as usize],
            labels: vec![0; batch * labels],
            values: vec![0.0; batch * values],
            network,
            optimiser,
            loss,
            fit,
        }
    }

    /// Makes the folder, writes the graph, and takes up the folder's state where that is asked for.
    fn open(&mut self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        crate::files::sweep(folder)?;
        let path = folder.join(CHECKPOINT);
        if self.fit.resume && path.exists() {
            let (network, optimiser) = (&mut self.network, &mut self.optimiser);
            self.log = checkpoint::load(&path, &self.subject, &self.fit.recipe, network, optimiser)?;
        }
        crate::files::write(&folder.join(GRAPH), to_json(self.fit.graph).as_bytes())
    }

    fn train(&mut self, progress: Progress) -> Result<FitEnd, Error> {
        let steps = self.fit.recipe.steps();
        let every = steps.div_ceil(MEASURES);
        let mut bar = progress.start("training", self.optimiser.steps as usize, steps as usize);
        let (mut since, mut images, mut learning) = (Scores::default(), 0, Duration::ZERO);
        while self.optimiser.steps < steps {
            if interrupt::is_asked() {
                return Ok(FitEnd::Interrupted);
            }
            let begun = Instant::now();
            let (scores, count) = self.step()?;
            since.merge(scores);
            (images, learning) = (images + count, learning + begun.elapsed());
            let (done, mean) = (self.optimiser.steps, since.loss / since.counted.max(1) as f64);
            let speed = images as f64 / learning.as_secs_f64().max(1e-9);
            if done.is_multiple_of(every) || done == steps {
                self.measure(mean as f32)?;
                (since, images, learning) = (Scores::default(), 0, Duration::ZERO);
            }
            bar.report(done as usize, &format!("loss {mean:.4}{}, {speed:.0} images/s", self.note()));
        }
        Ok(FitEnd::Done)
    }

    /// The last measurement's first metric, for the bar.
    fn note(&self) -> String {
        let value = self.log.measures.last().and_then(|one| one.values.first());
        match (value, self.fit.task.metrics().first()) {
            (Some(value), Some(metric)) => format!(", {} {value:.3} {}", metric.name, metric.unit),
            _ => String::new(),
        }
    }

    /// One step on the pictures whose turn it is: its scores and the number of pictures.
    fn step(&mut self) -> Result<(Scores, usize), Error> {
        let recipe = &self.fit.recipe;
        let first = self.optimiser.steps * recipe.batch as u64;
        let last = (first + recipe.batch as u64).min(recipe.images);
        let count = (last - first) as usize;
        let each = |len: usize| len / recipe.batch;
        let (image, labels, values) = (each(self.images.len()), each(self.labels.len()), each(self.values.len()));
        for (at, turn) in (first..last).enumerate() {
            let sample = Sample {
                image: &mut self.images[at * image..][..image],
                labels: &mut self.labels[at * labels..][..labels],
                values: &mut self.values[at * values..][..values],
            };
            self.fit.task.sample(self.order.at(turn), &mut self.crops.at(turn), recipe, sample)?;
        }
        let (labels, values) = (&self.labels[..count * labels], &self.values[..count * values]);
        let targets = self.loss.targets(labels, values, recipe.smoothing);
        let rate = recipe.rate * recipe.schedule.at(self.optimiser.steps, recipe.steps(), recipe.warm_up);
        let images = &self.images[..count * image];
        let scores = self.network.step_on(images, targets, &mut self.optimiser, rate as f32)?;
        self.log.losses.push((scores.loss / scores.counted.max(1) as f64) as f32);
        Ok((scores, count))
    }

    /// The task's metrics on a test set.
    fn scores(&self, network: &mut AnySize, set: usize) -> Result<Vec<f64>, Error> {
        let values = self.fit.task.measure(network, set)?;
        if values.iter().all(|value| value.is_finite()) {
            return Ok(values);
        }
        let place = format!("after {} steps", self.optimiser.steps);
        Err(Error::NotFinite { what: "a metric", place })
    }

    /// Measures the network with the first test set, and keeps the state.
    fn measure(&mut self, train_loss: f32) -> Result<(), Error> {
        self.optimiser.exchange(&mut self.network)?;
        let mut network = AnySize::new(self.fit.graph, &self.network);
        self.optimiser.exchange(&mut self.network)?;
        let values = self.scores(&mut network, 0)?;
        let images = (self.optimiser.steps * self.fit.recipe.batch as u64).min(self.fit.recipe.images);
        let rounded = values.iter().map(|&value| value as f32).collect();
        self.log.measures.push(DenseMeasure { images, train_loss, values: rounded });
        self.last = Some(values);
        let Some(folder) = &self.fit.folder else { return Ok(()) };
        let path = folder.join(CHECKPOINT);
        checkpoint::save(&path, &self.subject, &self.fit.recipe, &self.network, &mut self.optimiser, &self.log)
    }

    /// Scores on all test sets.
    fn finish(&mut self, network: &mut AnySize, progress: Progress) -> Result<FitEnd, Error> {
        let sets = self.fit.task.sets();
        let mut bar = progress.start("measuring", 0, sets.len());
        self.log.scores.clear();
        for (number, set) in sets.into_iter().enumerate() {
            if interrupt::is_asked() {
                self.log.scores.clear();
                return Ok(FitEnd::Interrupted);
            }
            let measured = self.last.take().filter(|_| number == 0);
            let values = measured.map_or_else(|| self.scores(network, number), Ok)?;
            let baseline = self.fit.task.baseline(number)?;
            bar.report(number + 1, &set);
            self.log.scores.push(SetScores { set, values, baseline });
        }
        Ok(FitEnd::Done)
    }
}
