//! The settings of a Gaussian process: every choice is a field, so an ablation is a line of TOML.

use crate::error::Error;
use crate::predict::training::Target;
use serde::{Deserialize, Serialize};

/// The settings of a [`GaussianProcess`](super::GaussianProcess).
///
/// ```
/// use autogo::predict::{GaussianSettings, Target};
/// let plain = GaussianSettings { rounds: 2, target: Target::ZScore, ..GaussianSettings::default() };
/// assert!(plain.figures);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianSettings {
    /// Rounds by which neighbourhoods grow, 0 to 8.
    pub rounds: usize,
    /// Whether lengths of paths, costs and sizes are read beside neighbourhoods.
    pub figures: bool,
    /// The number that is predicted for a label.
    pub target: Target,
    /// Steps in which the weights of the kernel climb, 0 to 10,000; without any every group of numbers counts alike.
    pub steps: usize,
    /// The most networks on which the weights of the kernel are fitted, 2 or more. All networks are learned from.
    pub fitted_on: usize,
}

impl Default for GaussianSettings {
    fn default() -> Self {
        GaussianSettings { rounds: 4, figures: true, target: Target::Rank, steps: 40, fitted_on: 500 }
    }
}

impl GaussianSettings {
    /// Refuses numbers out of range.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong =
            |what: &str, value: usize, accepted: &str| Err(Error::setting(what, format!("is {value}"), accepted));
        match self {
            GaussianSettings { rounds: 9.., .. } => wrong("rounds", self.rounds, "0 to 8"),
            GaussianSettings { steps: 10_001.., .. } => wrong("steps", self.steps, "0 to 10,000"),
            GaussianSettings { fitted_on: 0..2, .. } => wrong("fitted_on", self.fitted_on, "2 or more"),
            _ => Ok(()),
        }
    }
}
