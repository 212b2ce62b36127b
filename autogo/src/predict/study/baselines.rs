//! Baselines that a predictor has to beat: counts, a straight line through segment counts, a random forest, chance.

use super::counts::{Counts, counts, single_ops};
use super::forest::Forest;
use super::ridge::Ridge;
use crate::data::Example;
use crate::error::Error;
use crate::graph::Graph;
use crate::predict::scoring::Predictor;
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
    /// Ridge regression on how often each op with its kernel occurs in a network.
    OpCounts {
        /// Weight of the penalty, as for `SegmentCounts`.
        alpha: f64,
    },
    /// A random forest on the counts of segments.
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
        if self == Baseline::Random {
            let stream = Stream::new(seed, "random scores");
            return Ok((0..test.len()).map(|at| stream.at(at as u64).random_range(0.0..1.0)).collect());
        }
        self.learn(train, Some(segmenter), seed)?.score(test)
    }

    /// Whether the baseline counts segments.
    pub(super) fn counts_segments(self) -> bool {
        match self {
            Baseline::SegmentCounts { .. } | Baseline::Forest { .. } => true,
            Baseline::Flops | Baseline::Params | Baseline::Nodes | Baseline::Random | Baseline::OpCounts { .. } => {
                false
            }
        }
    }

    /// Whether what the baseline scores depends on labels.
    pub(super) fn learns(self) -> bool {
        self.counts_segments() || matches!(self, Baseline::OpCounts { .. })
    }

    /// The baseline after it has learned; see [`Baseline::score`]. Chance is no function of a network.
    pub(super) fn learn(
        self,
        train: &[Example],
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, Error> {
        let counted = || -> Result<(&Segmenter, Vec<Counts>, Vec<f64>), Error> {
            let missing = || Error::predictor("segmenter", "is missing", "one, whose pieces are counted");
            let segmenter = segmenter.ok_or_else(missing)?;
            let rows = train.par_iter().map(|one| counts(&one.graph, segmenter)).collect();
            Ok((segmenter, rows, train.iter().map(|one| one.value).collect()))
        };
        Ok(match self {
            Baseline::Flops => Box::new(|graph: &Graph| graph.cost().flops as f64),
            Baseline::Params => Box::new(|graph: &Graph| graph.cost().params as f64),
            Baseline::Nodes => Box::new(|graph: &Graph| graph.len() as f64),
            Baseline::Random => {
                return Err(Error::predictor("random", "is no function of a network", "any other baseline"));
            }
            Baseline::OpCounts { alpha } => {
                let graphs: Vec<Graph> = train.iter().map(|one| one.graph.clone()).collect();
                let ops = single_ops().segmenter(&graphs)?;
                return Baseline::SegmentCounts { alpha }.learn(train, Some(&ops), seed);
            }
            Baseline::Forest { trees } => {
                let (segmenter, rows, labels) = counted()?;
                let forest = Forest::fit(&rows, &labels, trees, seed)?;
                Box::new(OnCounts { segmenter: segmenter.clone(), predict: move |row: &Counts| forest.predict(row) })
            }
            Baseline::SegmentCounts { alpha } => {
                if !(alpha > 0.0 && alpha.is_finite()) {
                    return Err(Error::setting("alpha", format!("is {alpha}"), "a positive number"));
                }
                let (segmenter, rows, labels) = counted()?;
                let line = Ridge::fit(&rows, &labels, segmenter.alphabet().len() + segmenter.longer_pieces(), alpha);
                Box::new(OnCounts { segmenter: segmenter.clone(), predict: move |row: &Counts| line.predict(row) })
            }
        })
    }
}

/// A function of the counts of a network's pieces.
struct OnCounts<F> {
    segmenter: Segmenter,
    predict: F,
}

impl<F: Fn(&Counts) -> f64 + Send + Sync> Predictor for OnCounts<F> {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        Ok(graphs.par_iter().map(|graph| (self.predict)(&counts(graph, &self.segmenter))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledFamily;
    use crate::families::networks;
    use crate::stats::srcc;

    #[test]
    fn op_counts_know_which_ops_there_are_and_not_where() {
        let split = LabelledFamily::nb201_computed(90).unwrap().split(60, 30, 0).unwrap();
        let counts = Baseline::OpCounts { alpha: 0.1 }.learn(&split.train, None, 0).unwrap();
        assert!(srcc(&counts.score(&split.test_graphs()).unwrap(), &split.test_values()).unwrap() > 0.7);
        let same = networks(&[
            "nb201:nor_conv_3x3,nor_conv_1x1,skip_connect,skip_connect,skip_connect,avg_pool_3x3",
            "nb201:avg_pool_3x3,skip_connect,skip_connect,skip_connect,nor_conv_1x1,nor_conv_3x3",
        ]);
        let scores = counts.score(&same.unwrap()).unwrap();
        assert!((scores[0] - scores[1]).abs() < 1e-9, "{scores:?}");
        assert!(Baseline::OpCounts { alpha: 0.0 }.learn(&split.train, None, 0).is_err());
    }
}
