//! The cutting of networks that a predictor scores.

use crate::segment::Segmenter;
use serde::{Deserialize, Serialize};

/// The cutting of networks that a predictor scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cutting {
    /// Partitions over which a whole network's score is averaged; 0 for all of them.
    pub(crate) cuts: usize,
    /// The segmenter at whose segments networks are cut.
    pub(crate) segmenter: Segmenter,
}

impl Cutting {
    /// Sixteen partitions a network.
    pub(super) fn by(segmenter: &Segmenter) -> Self {
        Cutting { cuts: 16, segmenter: segmenter.clone() }
    }
}
