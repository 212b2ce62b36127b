//! Predictors: what a network will score, without training it.

mod batch;
mod features;
mod model;
mod psc;
mod rank;
mod sparse;
mod train;

pub use batch::Case;
pub use features::GraphFeatures;
pub use psc::{Example, Psc};
pub use rank::srcc;
pub use train::{Epoch, TrainLog, TrainSettings};

use crate::error::Error;
use crate::graph::Graph;

/// Anything that scores whole networks. Evolution asks nothing else of a predictor.
pub trait Predictor: Sync {
    /// One score a network, in the unit of the labels it was trained on.
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error>;
}
