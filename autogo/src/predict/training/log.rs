//! The record of a training.

use crate::error::Error;
use polars::prelude::{DataFrame, df};
use serde::{Deserialize, Serialize};

/// The record of one pass over the examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Number of the pass, from 1.
    pub epoch: usize,
    /// The loss on targets, averaged over the pass.
    pub loss: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// SRCC on the networks held out of training, if any are.
    pub dev_srcc: Option<f64>,
    /// Mean absolute percentage error of their targets.
    pub dev_mape: Option<f64>,
}

/// The record of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainLog {
    /// One entry a pass.
    pub epochs: Vec<Epoch>,
    /// The number of the pass whose weights were kept.
    pub kept: usize,
}

impl TrainLog {
    /// The record as a frame: `epoch`, `loss`, `learning_rate`, `dev_srcc`, `dev_mape`.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    ///
    /// ```
    /// use autogo::predict::{Epoch, TrainLog};
    /// let epoch = Epoch { epoch: 1, loss: 0.5, learning_rate: 1e-3, dev_srcc: None, dev_mape: None };
    /// let log = TrainLog { epochs: vec![epoch], kept: 1 };
    /// assert_eq!(log.frame()?.shape(), (1, 5));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn frame(&self) -> Result<DataFrame, Error> {
        Ok(df!(
            "epoch" => self.epochs.iter().map(|epoch| epoch.epoch as u32).collect::<Vec<_>>(),
            "loss" => self.epochs.iter().map(|epoch| epoch.loss).collect::<Vec<_>>(),
            "learning_rate" => self.epochs.iter().map(|epoch| epoch.learning_rate).collect::<Vec<_>>(),
            "dev_srcc" => self.epochs.iter().map(|epoch| epoch.dev_srcc).collect::<Vec<_>>(),
            "dev_mape" => self.epochs.iter().map(|epoch| epoch.dev_mape).collect::<Vec<_>>(),
        )?)
    }
}

/// The figure that chooses the epoch whose weights are kept, on the networks held out of training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// The largest rank correlation.
    #[default]
    Srcc,
    /// The smallest mean absolute percentage error of targets: the release's. Targets near zero decide it.
    Mape,
}

impl Selection {
    /// The figure of an epoch, of which more is better.
    pub(super) fn merit(self, epoch: &Epoch) -> Option<f64> {
        match self {
            Selection::Srcc => epoch.dev_srcc,
            Selection::Mape => epoch.dev_mape.map(|mape| -mape),
        }
    }
}
