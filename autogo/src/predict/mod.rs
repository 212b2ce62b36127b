//! Predictors: what a network will score, without training it.
//!
//! A predictor is an encoder (node embeddings, rounds of message passing, one row for each part it reads) with a head on
//! top. [`Gnn`] reads a network as a whole, [`Psc`] cut into predecessor, segment and successor; [`TrainSettings`] says what
//! it is made of and how it is trained. Equal computations are done once (see `terms.rs`): this is what makes all
//! partitions of a network hardly dearer than one.

mod adam;
mod baselines;
mod batch;
mod checkpoint;
mod comparison;
mod features;
mod model;
mod predictor;
mod prepared;

#[cfg(test)]
mod reference;
mod saved;
mod scale;
mod scorer;
mod settings;
mod sparse;
mod tensors;
mod terms;
mod train;
mod transfer;

pub use crate::stats::{kendall_tau, ndcg, srcc, srcc_interval, top_k_overlap};
pub use baselines::Baseline;
pub use comparison::{Comparison, Contender, Method, fold_srcc, summary};
pub use features::GraphFeatures;
pub(crate) use model::{Model, layout};
pub use predictor::{Gnn, Psc, sharing, triples};
pub(crate) use scale::Scale;
pub use scorer::{CutScorer, EncodedSegments};
pub use settings::{
    Architecture, Convolution, LargeKernels, Loss, NodeKind, Readout, Reads, Schedule, Selection, Target, TrainSettings,
};
pub use train::{Epoch, TrainLog};
pub use transfer::Transfer;

use crate::error::Error;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::segment::Segment;

/// Anything that scores whole networks. What evolution asks of a predictor.
pub trait Predictor: Send + Sync {
    /// One score a network, in the unit of the labels it was trained on.
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error>;

    /// A name for what it computes, such as a hash of its weights: predictors of one name score alike. Empty where there is
    /// none, as for a function.
    fn fingerprint(&self) -> String {
        String::new()
    }

    /// Segments as [`Predictor::score_in_place`] reads them; nothing from a predictor that only reads whole networks.
    fn encode(&self, _segments: &[Segment]) -> Result<Option<EncodedSegments>, Error> {
        Ok(None)
    }

    /// One score for each encoded segment: that of the network with it in the place of the partition's segment.
    fn score_in_place(&self, _: &Graph, _: &Partition, _: &EncodedSegments) -> Result<Vec<f64>, Error> {
        Err(Error::setting("predictor", "reads whole networks only", "one that encodes segments"))
    }
}

/// Any function of a graph scores networks.
impl<F: Fn(&Graph) -> f64 + Send + Sync> Predictor for F {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        Ok(graphs.iter().map(self).collect())
    }
}
