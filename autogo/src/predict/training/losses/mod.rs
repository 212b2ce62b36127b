//! The losses that a training minimises, one file each. A file holds a loss's formula, its checks, its computation on
//! dfdx, and its plain computation in 64 bits, which tests compare value and gradient with.
//!
//! In the formulas `p` are predictions and `t` targets, both in deviations of the scale of targets. To add a loss:
//! write its file, its variant of [`Loss`] and its row in [`Loss::function`].
//!
//! # Shapes
//! * predictions: networks × 1
//! * targets: one for every network
//! * the loss: a number

mod difference;
mod hinge;
mod huber;
mod mse;
mod pairs;

use crate::error::Error;
use crate::predict::network::Matrix;
use dfdx::prelude::*;
use serde::{Deserialize, Serialize};

/// The loss that a training minimises.
///
/// ```
/// use autogo::predict::{Loss, TrainSettings};
/// let loss = Loss::Hinge { margin: 1.0, noise: 0.1 };
/// assert_ne!(TrainSettings { loss, ..TrainSettings::default() }, TrainSettings::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean squared error: the paper's.
    #[default]
    Mse,
    /// Pairwise hinge: of every two networks of a step, the better one should score higher by `margin` times the
    /// distance of their targets, one deviation at most.
    Hinge {
        /// Wanted distance of two predictions, in units of the distance of their targets.
        margin: f64,
        /// Pairs whose targets are closer than this are not compared: their labels may be noise.
        #[serde(default)]
        noise: f64,
    },
    /// Mean squared error of differences: the network learns of every two networks of a step by how much one is better,
    /// as of a segment that takes another's place. The level of all predictions is left open.
    Difference,
    /// Squared up to a distance of one deviation, straight beyond (Huber): a wrong label then pulls no harder than others.
    Huber,
}

impl Loss {
    /// The file that answers for a loss: one row each.
    pub(super) fn function(self) -> Box<dyn Function> {
        match self {
            Loss::Mse => Box::new(mse::Mse),
            Loss::Hinge { margin, noise } => Box::new(hinge::Hinge { margin, noise }),
            Loss::Difference => Box::new(difference::Difference),
            Loss::Huber => Box::new(huber::Huber),
        }
    }
}

/// Predictions that remember how they were made.
pub(super) type Column = Matrix<OwnedTape<f32, Cpu>>;
/// A loss that remembers how it was made.
pub(super) type Value = Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>;

/// A loss.
pub(super) trait Function {
    /// Refuses numbers out of range, and steps of fewer networks than the loss compares.
    fn check(&self, _batch: usize) -> Result<(), Error> {
        Ok(())
    }

    /// The mean loss of some networks.
    fn loss(&self, predictions: Column, targets: &[f32]) -> Result<Value, Error>;

    /// The plain computation.
    #[cfg(test)]
    fn reference(&self, predictions: &[f64], targets: &[f64]) -> f64;
}

/// Numbers as a matrix of one column.
fn column(numbers: &[f32]) -> Matrix {
    Cpu::default().tensor_from_vec(numbers.to_vec(), (numbers.len(), 1usize))
}

#[cfg(test)]
pub(in crate::predict) fn all() -> [Loss; 4] {
    [Loss::Mse, Loss::Hinge { margin: 1.0, noise: 0.1 }, Loss::Difference, Loss::Huber]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_and_its_gradient_equal_the_plain_computation() {
        let predictions = [0.3, -1.1, 0.35, 2.4, -0.2];
        let targets = [0.9, -0.8, 0.95, -0.1, 0.2];
        let narrow = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        for loss in all() {
            let function = loss.function();
            let x = column(&narrow(&predictions));
            let value = function.loss(x.retaped(), &narrow(&targets)).unwrap();
            let plain = function.reference(&predictions, &targets);
            assert!((f64::from(value.array()) - plain).abs() < 1e-5, "{loss:?}: {} against {plain}", value.array());
            let gradient = value.try_backward().unwrap().get(&x).as_vec();
            for (at, gradient) in gradient.into_iter().enumerate() {
                let shifted = |by: f64| {
                    let mut predictions = predictions;
                    predictions[at] += by;
                    function.reference(&predictions, &targets)
                };
                let numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
                assert!((f64::from(gradient) - numeric).abs() < 1e-4, "{loss:?} {at}: {gradient} against {numeric}");
            }
        }
    }

    #[test]
    fn pairwise_losses_need_two_networks_and_sensible_numbers() {
        let said = |loss: Loss, batch: usize| loss.function().check(batch).unwrap_err().to_string();
        assert_eq!(said(Loss::Difference, 1), "batch: is 1; accepted: 2 or more for a pairwise loss");
        assert_eq!(said(Loss::Hinge { margin: 0.0, noise: 0.0 }, 8), "margin: is 0; accepted: a positive number");
        assert_eq!(said(Loss::Hinge { margin: 1.0, noise: -1.0 }, 8), "noise: is -1; accepted: 0 or more deviations");
        assert!(Loss::Huber.function().check(1).is_ok());
        // Equal targets are no pair: nothing is lost.
        let equal = Loss::Difference.function().loss(column(&[0.1, 0.7]).retaped(), &[0.5, 0.5]).unwrap();
        assert_eq!(equal.array(), 0.0);
    }
}
