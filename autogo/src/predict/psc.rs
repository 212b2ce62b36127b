//! PSC: predicts a network's label from a predecessor, a segment and a successor (paper §3.3, specification §6.3).

use super::Predictor;
use super::batch::{Batch, Case};
use super::features::GraphFeatures;
use super::model::Model;
use super::train::{TrainLog, TrainSettings, dfdx_error, train};
use crate::error::Error;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::progress::Progress;
use crate::segment::Segmenter;
use dfdx::prelude::{Cpu, NoneTape};
use rayon::prelude::*;

/// A labelled network.
#[derive(Clone, Debug)]
pub struct Example {
    /// The network.
    pub graph: Graph,
    /// Its label, in whatever unit.
    pub value: f64,
}

/// A trained PSC predictor: one encoder over the three parts of a cut network, their means joined, a head on top.
#[derive(Clone, Debug)]
pub struct Psc {
    model: Model,
    segmenter: Segmenter,
    mean: f64,
    deviation: f64,
}

/// Cuts of a network whose predictions [`Predictor::score`] averages.
const CUTS: usize = 4;

impl Psc {
    /// Trains on labelled networks, each cut at the segments of `segmenter`.
    ///
    /// Same examples, settings and seed give the same predictor, on any number of threads. One epoch is
    /// O(nodes · width² · layers).
    pub fn train(
        examples: &[Example],
        segmenter: &Segmenter,
        settings: &TrainSettings,
        progress: Progress,
    ) -> Result<(Psc, TrainLog), Error> {
        train(examples, segmenter, settings, progress)
    }

    pub(super) fn new(model: Model, segmenter: Segmenter, mean: f64, deviation: f64) -> Self {
        Psc { model, segmenter, mean, deviation }
    }

    /// Number of trained parameters.
    pub fn parameters(&self) -> usize {
        self.model.count()
    }

    /// The label predicted for each network under its cut, in the unit of the training labels.
    pub fn predict(&self, cases: &[Case<'_>]) -> Result<Vec<f64>, Error> {
        let device = Cpu::default();
        let pieces = cases
            .par_chunks(8)
            .map(|piece| {
                let batch = Batch::new(piece, &device);
                Ok(self.model.forward::<NoneTape>(&batch).map_err(dfdx_error)?.as_vec())
            })
            .collect::<Result<Vec<Vec<f32>>, Error>>()?;
        Ok(pieces.into_iter().flatten().map(|z| self.mean + self.deviation * f64::from(z)).collect())
    }
}

impl Predictor for Psc {
    /// The mean over four cuts, spread evenly over the network's segments.
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        let prepared = graphs
            .par_iter()
            .map(|graph| {
                let groups = self.segmenter.groups(graph, |_| true);
                let cut = |at: usize| Partition::at(&groups, (2 * at + 1) * groups.len() / (2 * CUTS), 1);
                Ok((GraphFeatures::new(graph)?, (0..CUTS).map(cut).collect::<Vec<_>>()))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let cases: Vec<Case<'_>> = prepared
            .iter()
            .flat_map(|(graph, partitions)| partitions.iter().map(move |partition| Case { graph, partition }))
            .collect();
        let predictions = self.predict(&cases)?;
        Ok(predictions.chunks(CUTS).map(|cuts| cuts.iter().sum::<f64>() / cuts.len() as f64).collect())
    }
}
