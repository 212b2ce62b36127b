//! Baselines that a predictor has to beat: counts, a straight line through segment counts, a random forest, chance.

use super::counts::{Counts, counts};
use super::forest::Forest;
use super::ridge::Ridge;
use crate::data::Example;
use crate::error::Error;
use crate::graph::Graph;
use crate::rng::Stream;
use crate::segment::Segmenter;
use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A way to score networks that learns nothing, or next to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// FLOPs.
    Flops,
    /// Parameters.
    Params,
    /// Number of nodes.
    Nodes,
    /// Ridge regression on how often each piece of the segmenter occurs in a network.
    SegmentCounts {
        /// Weight of the penalty, in units of the counts' mean variance times the examples.
        alpha: f64,
    },
    /// A random forest on the same counts.
    Forest {
        /// Trees.
        trees: usize,
    },
    /// Chance.
    Random,
}

impl Baseline {
    /// One score for each network of `test`; a baseline that learns learns from `train`. For FLOPs, parameters and
    /// nodes more counts as better.
    ///
    /// # Errors
    /// A penalty that is not positive, a forest without trees, examples that a forest cannot learn from.
    ///
    /// ```
    /// use autogo::predict::Baseline;
    /// use autogo::prelude::*;
    /// let split = LabelledFamily::nb201_computed(30)?.split(20, 5, 0)?;
    /// let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
    /// let segmenter = Mining::bpe(30).segmenter(&graphs)?;
    /// let scores = Baseline::Nodes.score(&split.train, &graphs, &segmenter, 0)?;
    /// assert_eq!(scores[0], graphs[0].len() as f64);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn score(self, train: &[Example], test: &[Graph], segmenter: &Segmenter, seed: u64) -> Result<Vec<f64>, Error> {
        let learn = || -> (Vec<Counts>, Vec<f64>) {
            let rows = train.par_iter().map(|one| counts(&one.graph, segmenter)).collect();
            (rows, train.iter().map(|one| one.value).collect())
        };
        Ok(match self {
            Baseline::Flops => test.iter().map(|graph| graph.cost().flops as f64).collect(),
            Baseline::Params => test.iter().map(|graph| graph.cost().params as f64).collect(),
            Baseline::Nodes => test.iter().map(|graph| graph.len() as f64).collect(),
            Baseline::Random => {
                let stream = Stream::new(seed, "random scores");
                (0..test.len()).map(|at| stream.at(at as u64).random_range(0.0..1.0)).collect()
            }
            Baseline::Forest { trees } => {
                let (rows, labels) = learn();
                let forest = Forest::fit(&rows, &labels, trees, seed)?;
                test.par_iter().map(|graph| forest.predict(&counts(graph, segmenter))).collect()
            }
            Baseline::SegmentCounts { alpha } => {
                if !(alpha > 0.0 && alpha.is_finite()) {
                    return Err(Error::setting("alpha", format!("is {alpha}"), "a positive number"));
                }
                let (rows, labels) = learn();
                let line = Ridge::fit(&rows, &labels, segmenter.alphabet().len() + segmenter.longer_pieces(), alpha);
                test.par_iter().map(|graph| line.predict(&counts(graph, segmenter))).collect()
            }
        })
    }
}
