//! The ways to score networks that studies compare.

use super::outcome::learned;
use super::{Baseline, ColumnForest, Ensemble};
use crate::data::Example;
use crate::error::Error;
use crate::predict::gaussian::{GaussianProcess, GaussianSettings};
use crate::predict::scoring::Predictor;
use crate::predict::training::TrainSettings;
use crate::segment::Segmenter;
use serde::{Deserialize, Serialize};

/// A way to score networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A predictor that is trained with these settings; the comparison's seed takes the place of theirs.
    Predictor(TrainSettings),
    /// Something that needs no training.
    Baseline(Baseline),
    /// A column of the family's frame, such as a zero-cost score; more of it counts as better.
    Column(String),
    /// A random forest on columns of the family's frame.
    Columns(ColumnForest),
    /// A Gaussian process over the structure of networks.
    Gaussian(GaussianSettings),
    /// Several of these, asked as one.
    Ensemble(Ensemble),
}

impl Method {
    /// Whether networks are cut into segments, or their segments counted.
    pub(super) fn reads_segments(&self) -> bool {
        match self {
            Method::Predictor(settings) => settings.architecture.reads.is_cut(),
            Method::Baseline(baseline) => baseline.counts_segments(),
            Method::Ensemble(ensemble) => ensemble.members.iter().any(Method::reads_segments),
            Method::Column(_) | Method::Columns(_) | Method::Gaussian(_) => false,
        }
    }

    /// Whether what the method scores depends on labels.
    pub(super) fn learns(&self) -> bool {
        match self {
            Method::Predictor(_) | Method::Columns(_) | Method::Gaussian(_) | Method::Ensemble(_) => true,
            Method::Baseline(baseline) => baseline.learns(),
            Method::Column(_) => false,
        }
    }

    /// The method after it has learned: a function of a network.
    pub(super) fn learn(
        &self,
        train: &[Example],
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, Error> {
        let column = |name: &str| {
            let reason = format!("`{name}` is a column of a frame");
            Err(Error::predictor("contender", reason, "a predictor, a gaussian process or a baseline"))
        };
        Ok(match (self, segmenter) {
            (Method::Predictor(settings), segmenter) => Box::new(learned(settings, train, segmenter, seed)?),
            (Method::Gaussian(settings), _) => Box::new(GaussianProcess::train(train, settings, seed)?),
            (Method::Ensemble(ensemble), segmenter) => ensemble.learn(train, segmenter, seed)?,
            (Method::Baseline(baseline), segmenter) => baseline.learn(train, segmenter, seed)?,
            (Method::Column(name), _) => return column(name),
            (Method::Columns(forest), _) => return column(&forest.names.join(", ")),
        })
    }
}
