//! Tasks whose answer is a mask, points or a picture.

use super::any_size::AnySize;
use crate::data::Picture;
use crate::error::Error;
use crate::goal::Goal;
use crate::graph::Shape;
use crate::rng::Draw;
use crate::train::recipe::Recipe;
use crate::train::targets::Targets;
use autogo_engine::loss::{Places, Regression};

/// A number that a task is measured by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// The metric's name, as in a column of a table: `psnr`.
    pub name: &'static str,
    /// The metric's unit; empty for a part of one.
    pub unit: &'static str,
    /// The better end.
    pub goal: Goal,
}

/// The loss between the outputs of a network and the wanted outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DenseLoss {
    /// Softmax cross-entropy of every pixel, but of those with this label.
    Classes {
        /// The label.
        ignored: Option<u32>,
    },
    /// A loss of every value.
    Values(Regression),
    /// A loss of every coordinate of the places that maps say.
    Places(Places),
}

/// The buffers into which a picture to learn from is written.
#[derive(Debug)]
pub struct Sample<'a> {
    /// `[row][column][channel]`, as the network reads it.
    pub image: &'a mut [f32],
    /// A label for every pixel of the output, for tasks of classes; empty for others.
    pub labels: &'a mut [u32],
    /// The wanted values, for other tasks, in the order of the output or `[point][row, column]`; empty for tasks of
    /// classes.
    pub values: &'a mut [f32],
}

/// An example to show: a test picture as a network reads it, the network's answer, and the wanted answer.
#[derive(Clone, Debug)]
pub struct Example {
    /// Pictures side by side, each with a caption.
    pub pictures: Vec<(String, Picture)>,
}

/// A task whose answer is a mask, points or a picture.
pub trait DenseTask: Send + Sync {
    /// Name and size of a picture to learn from: `camvid@96x96`.
    fn name(&self) -> &str;

    /// One line for the record that identifies the pictures.
    fn record(&self) -> String;

    /// The shape that a network reads while it learns.
    fn input(&self) -> Shape;

    /// The loss of networks with this output; `None` where an output is no answer to the task.
    fn loss(&self, output: Shape) -> Option<DenseLoss>;

    /// The outputs that are accepted, for messages: `96×96×11`.
    fn wanted(&self) -> String;

    /// Number of pictures to learn from.
    fn len(&self) -> usize;

    /// Whether there are no pictures to learn from.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes a picture to learn from: a crop of it, mirrored where the recipe asks for flips, by draws that belong to
    /// its turn.
    ///
    /// # Errors
    /// A picture that does not exist.
    fn sample(&self, picture: usize, draw: &mut Draw, recipe: &Recipe, sample: Sample<'_>) -> Result<(), Error>;

    /// Refuses settings of a recipe that would have no effect.
    ///
    /// # Errors
    /// The setting, and what is accepted.
    fn check(&self, recipe: &Recipe) -> Result<(), Error>;

    /// The test sets. The first is measured while a network learns, all of them at the end.
    fn sets(&self) -> Vec<String>;

    /// The metrics; the first is the main metric of the task.
    fn metrics(&self) -> &'static [Metric];

    /// The metrics of a network on a test set.
    ///
    /// # Errors
    /// A network that cannot be planned for the set's pictures. O(pictures · multiply-adds).
    fn measure(&self, network: &mut AnySize, set: usize) -> Result<Vec<f64>, Error>;

    /// The metrics of an answer that needs no network.
    ///
    /// # Errors
    /// A set that does not exist. O(pixels).
    fn baseline(&self, set: usize) -> Result<Vec<f64>, Error>;

    /// The first pictures of the last test set, as a network answers them.
    ///
    /// # Errors
    /// As [`DenseTask::measure`].
    fn examples(&self, network: &mut AnySize, count: usize) -> Result<Vec<Example>, Error>;

    /// The task with pictures to learn from of another shape; the pictures are shared.
    ///
    /// # Errors
    /// A shape that is larger than the pictures, or has other channels.
    fn reading(&self, input: Shape) -> Result<Box<dyn DenseTask>, Error>;

    /// The first pictures of every part, for a quick look.
    fn first(&self, count: usize) -> Box<dyn DenseTask>;
}

impl DenseLoss {
    /// Labels and values that are wanted of an output.
    pub(super) fn counts(self, output: Shape) -> (usize, usize) {
        match self {
            DenseLoss::Classes { .. } => ((output.h * output.w) as usize, 0),
            DenseLoss::Values(_) => (0, output.elements() as usize),
            DenseLoss::Places(places) => (0, 2 * places.points),
        }
    }

    /// The targets of a batch.
    pub(super) fn targets<'a>(self, labels: &'a [u32], values: &'a [f32], smoothing: f32) -> Targets<'a> {
        match self {
            DenseLoss::Classes { ignored } => Targets::Classes { labels, smoothing, ignored },
            DenseLoss::Values(loss) => Targets::Values { wanted: values, loss },
            DenseLoss::Places(loss) => Targets::Places { wanted: values, loss },
        }
    }
}

/// Refuses a picture that does not exist.
pub(super) fn missing(task: &str, picture: usize, count: usize) -> Error {
    Error::setting(task, format!("has no picture {picture}"), &format!("0 to {}", count.max(1) - 1))
}

/// Refuses a test set that does not exist.
pub(super) fn no_set(task: &str, set: usize, count: usize) -> Error {
    Error::setting(task, format!("has no test set {set}"), &format!("0 to {}", count.max(1) - 1))
}

/// Refuses label smoothing, which has no effect on values.
pub(super) fn no_smoothing(recipe: &Recipe) -> Result<(), Error> {
    match recipe.smoothing {
        0.0 => Ok(()),
        other => Err(Error::setting("smoothing", format!("is {other}, the task has no classes"), "0")),
    }
}

/// Refuses shifts, which crops do.
pub(super) fn no_shifts(recipe: &Recipe) -> Result<(), Error> {
    match recipe.shifts {
        0 => Ok(()),
        other => Err(Error::setting("shifts", format!("is {other}, the task's crops lie anywhere"), "0")),
    }
}
