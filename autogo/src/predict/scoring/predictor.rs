//! The trait of everything that scores networks.

use super::encoded::EncodedSegments;
use crate::error::Error;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::segment::Segment;

/// Anything that scores whole networks: everything that a search asks of a predictor.
///
/// A function of a graph is a predictor:
///
/// ```
/// use autogo::graph::Graph;
/// use autogo::predict::Predictor;
/// let smaller_is_better = |graph: &Graph| -(graph.len() as f64);
/// let graph = autogo::families::network("vgg16")?;
/// assert_eq!(smaller_is_better.score(&[graph.clone()])?, [-(graph.len() as f64)]);
/// # Ok::<(), autogo::Error>(())
/// ```
pub trait Predictor: Send + Sync {
    /// One score for every network, in the unit of the labels that the predictor was trained on.
    ///
    /// # Errors
    /// A network that the predictor cannot read, such as one with a kernel wider than 7.
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error>;

    /// A name for the computation, such as a hash of the weights: predictors of one name score alike. Empty where there
    /// is no name, as for a function.
    fn fingerprint(&self) -> String {
        String::new()
    }

    /// Segments as [`Predictor::score_in_place`] reads them; nothing from a predictor that only reads whole networks.
    ///
    /// # Errors
    /// A segment that the predictor cannot read.
    fn encode(&self, _segments: &[Segment]) -> Result<Option<EncodedSegments>, Error> {
        Ok(None)
    }

    /// One score for every encoded segment: that of the network in which it stands in the place of the partition's segment.
    ///
    /// # Errors
    /// A predictor that only reads whole networks, or a network that the predictor cannot read.
    fn score_in_place(&self, _: &Graph, _: &Partition, _: &EncodedSegments) -> Result<Vec<f64>, Error> {
        Err(Error::predictor("predictor", "reads whole networks only", "one that encodes segments"))
    }
}

/// Any function of a graph scores networks.
impl<F: Fn(&Graph) -> f64 + Send + Sync> Predictor for F {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        Ok(graphs.iter().map(self).collect())
    }
}
