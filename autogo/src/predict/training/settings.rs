//! The settings of a training: every choice is a field, so an ablation is a line of TOML.

use super::log::Selection;
use super::losses::Loss;
use super::scale::Target;
use super::schedule::Schedule;
use crate::error::Error;
use crate::predict::network::Architecture;
use serde::{Deserialize, Serialize};

/// The settings of a predictor and its training.
///
/// ```
/// use autogo::predict::{Architecture, Loss, TrainSettings};
/// let gnn = TrainSettings { architecture: Architecture::gnn(), ..TrainSettings::default() };
/// let settings = TrainSettings { epochs: 20, loss: Loss::Huber, ..gnn };
/// assert_eq!(settings.batch, 32);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// The network.
    pub architecture: Architecture,
    /// Passes over the examples.
    pub epochs: usize,
    /// Networks in one step.
    pub batch: usize,
    /// Random partitions of each network in a step; 0 for all of them. 1 is the paper's PSC 1:1.
    pub cuts: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// The course of the learning rate.
    pub schedule: Schedule,
    /// Largest norm of the gradient.
    pub clip: f64,
    /// Decay of the weights in each step, in units of the learning rate (decoupled, as in AdamW).
    pub weight_decay: f64,
    /// The loss that is minimised.
    pub loss: Loss,
    /// The number that is predicted for a label.
    pub target: Target,
    /// Share of the examples that is held out to choose the best epoch; 0 takes the last epoch.
    pub dev_share: f64,
    /// The figure that chooses the best epoch.
    pub selection: Selection,
    /// Epochs without a better one after which training stops; 0 never stops early.
    pub patience: usize,
    /// Share of the running mean of the weights that a step keeps; 0 keeps no mean. The mean is what predicts.
    pub average: f64,
    /// Seed of parameters, order, cuts and the choice of what is held out.
    pub seed: u64,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            architecture: Architecture::default(),
            epochs: 40,
            batch: 32,
            cuts: 2,
            learning_rate: 3e-3,
            schedule: Schedule::OneCycle,
            clip: 5.0,
            weight_decay: 0.0,
            loss: Loss::Mse,
            target: Target::Rank,
            dev_share: 0.0,
            selection: Selection::Srcc,
            patience: 0,
            average: 0.0,
            seed: 0,
        }
    }
}

impl TrainSettings {
    /// Refuses numbers out of range.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.architecture.check()?;
        let wrong = |what: &str, reason: String, accepted: &str| Err(Error::setting(what, reason, accepted));
        if self.epochs == 0 || self.batch == 0 {
            let reason = format!("{} epochs of batches of {}", self.epochs, self.batch);
            return wrong("train settings", reason, "at least 1 of each");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return wrong("learning_rate", format!("is {}", self.learning_rate), "a positive number");
        }
        if self.clip.is_nan() || self.clip <= 0.0 {
            return wrong("clip", format!("is {}", self.clip), "a positive number");
        }
        if !(0.0..0.9).contains(&self.dev_share) {
            return wrong("dev_share", format!("is {}", self.dev_share), "0 to 0.9");
        }
        if !(0.0..1.0).contains(&self.average) {
            return wrong("average", format!("is {}", self.average), "0 to 1, less than 1");
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            return wrong("weight_decay", format!("is {}", self.weight_decay), "0 or more");
        }
        self.loss.function().check(self.batch)
    }
}
