//! The GNN: a predictor of whole networks.

use super::predictor::Predictor;
use super::trained::Trained;
use crate::data::Example;
use crate::error::Error;
use crate::graph::Graph;
use crate::predict::network::GraphFeatures;
use crate::predict::training::{Reports, TrainLog, TrainSettings};
use std::ops::Deref;
use std::path::Path;

/// Predicts from whole networks: the paper's GNN baseline ([release §6.3](crate::doc::release#s6-3)). It is a
/// [`Trained`] predictor that reads the whole graph, and has the methods of one.
///
/// ```
/// use autogo::predict::TrainSettings;
/// use autogo::prelude::*;
/// let split = LabelledFamily::nb201_computed(30)?.split(20, 5, 0)?;
/// let settings = TrainSettings { epochs: 1, architecture: Architecture::gnn(), ..TrainSettings::default() };
/// let (gnn, _) = Gnn::train(&split.train, &settings, Progress::Silent)?;
/// assert_eq!(gnn.parameters(), 18_047);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gnn(pub(crate) Trained);

impl Gnn {
    /// Trains on labelled networks; see [`Trained::train`].
    ///
    /// # Errors
    /// Those of [`Trained::train`], and settings that read parts of a cut.
    pub fn train<'a>(
        examples: &[Example],
        settings: &TrainSettings,
        reports: impl Into<Reports<'a>>,
    ) -> Result<(Self, TrainLog), Error> {
        if settings.architecture.reads.is_cut() {
            return Err(Error::predictor("reads", "asks for parts of a cut", "`graph` for a GNN"));
        }
        Trained::train(examples, None, settings, reports).map(|(trained, log)| (Gnn(trained), log))
    }

    /// Goes on from these weights with other labelled networks; see [`Trained::fine_tune`].
    ///
    /// # Errors
    /// Those of [`Trained::train`].
    pub fn fine_tune<'a>(
        &self,
        examples: &[Example],
        settings: &TrainSettings,
        reports: impl Into<Reports<'a>>,
    ) -> Result<(Self, TrainLog), Error> {
        self.0.fine_tune(examples, settings, reports).map(|(trained, log)| (Gnn(trained), log))
    }

    /// The label predicted for every network whose features these are.
    ///
    /// # Errors
    /// Too little memory for the batch.
    pub fn predict(&self, networks: &[GraphFeatures]) -> Result<Vec<f64>, Error> {
        self.0.predict_features(networks)
    }

    /// Reads a predictor that [`Trained::save`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or is no GNN of this version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Trained::load_if(path.as_ref(), "a GNN", |reads| !reads.is_cut()).map(Gnn)
    }
}

impl Deref for Gnn {
    type Target = Trained;

    fn deref(&self) -> &Trained {
        &self.0
    }
}

impl Predictor for Gnn {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        self.0.score(graphs)
    }

    fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }
}
