//! A predictor that was trained, of either kind.

use crate::failure::Failure;
use autogo::Progress;
use autogo::data::Example;
use autogo::evolve::Mutator;
use autogo::graph::Graph;
use autogo::predict::{Gnn, Predictor, Psc, Reads, TrainLog, TrainSettings};
use autogo::profile::{EnergyTable, Npu};
use autogo::segment::{Mined, Segmenter};
use std::path::Path;

/// A predictor of whole networks, or of networks in three parts.
pub enum Trained {
    /// Reads the whole network.
    Gnn(Gnn),
    /// Reads predecessor, segment and successor.
    Psc(Psc),
}

impl Trained {
    /// Trains the predictor that the settings ask for. `segmenter` makes the segmenter that a PSC cuts networks by; the progress is
    /// kept in `kept`, if there is one, and taken up from there.
    pub fn train(
        examples: &[Example],
        segmenter: impl FnOnce() -> Result<Segmenter, Failure>,
        settings: &TrainSettings,
        kept: Option<&Path>,
    ) -> Result<(Trained, TrainLog), Failure> {
        Ok(match settings.architecture.reads {
            Reads::Graph => {
                let (gnn, log) = Gnn::train_at(examples, settings, kept, Progress::Live)?;
                (Trained::Gnn(gnn), log)
            }
            Reads::Psc | Reads::WithoutPredecessor | Reads::WithoutSuccessor | Reads::SegmentOnly => {
                let (psc, log) = Psc::train_at(examples, &segmenter()?, settings, kept, Progress::Live)?;
                (Trained::Psc(psc), log)
            }
        })
    }

    /// Reads a predictor that [`Trained::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        match (Psc::load(path), Gnn::load(path)) {
            (Ok(psc), _) => Ok(Trained::Psc(psc)),
            (_, Ok(gnn)) => Ok(Trained::Gnn(gnn)),
            // A file that is neither is refused with the reason why the file is no PSC.
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Writes the predictor as safetensors.
    pub fn save(&self, path: &Path) -> Result<(), Failure> {
        match self {
            Trained::Gnn(gnn) => gnn.save(path)?,
            Trained::Psc(psc) => psc.save(path)?,
        }
        Ok(())
    }

    /// The same predictor; a PSC averages the score of a network over so many partitions, 0 for all of them.
    pub fn with_cuts(mut self, cuts: usize) -> Self {
        if let Trained::Psc(psc) = &mut self {
            psc.cuts = cuts;
        }
        self
    }

    /// One score a network.
    pub fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Failure> {
        Ok(match self {
            Trained::Gnn(gnn) => gnn.score(graphs)?,
            Trained::Psc(psc) => psc.score(graphs)?,
        })
    }

    /// Makes children from mined segments; the predictor scores the children, the machine times them.
    pub fn mutator(self, mined: Mined, npu: Npu, energy: Option<EnergyTable>) -> Result<Mutator, Failure> {
        let mutator = match self {
            Trained::Gnn(gnn) => Mutator::new(mined, gnn, npu)?,
            Trained::Psc(psc) => Mutator::new(mined, psc, npu)?,
        };
        Ok(match energy {
            Some(table) => mutator.with_energy(table),
            None => mutator,
        })
    }
}
