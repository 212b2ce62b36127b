//! How a predictor cuts the networks that it scores.

use crate::segment::Segmenter;
use serde::{Deserialize, Serialize};

/// How a predictor cuts the networks that it scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cutting {
    /// Partitions over which a whole network's score is averaged; 0 for all of them.
    pub(crate) cuts: usize,
    /// Where networks are cut.
    pub(crate) segmenter: Segmenter,
}

impl Cutting {
    /// Sixteen partitions a network.
    pub(super) fn by(segmenter: &Segmenter) -> Self {
        Cutting { cuts: 16, segmenter: segmenter.clone() }
    }
}
