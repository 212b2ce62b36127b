//! Huber's loss: `L = mean h(p - t)`, where `h(d)` is `d² / 2` up to a distance of one deviation and `|d| - 1 / 2`
//! beyond: a wrong label then pulls no harder than others.

use super::{Column, Function, Value, column};
use crate::error::Error;
use dfdx::prelude::*;

/// The distance from which the loss is a straight line.
const KNEE: f32 = 1.0;

pub(super) struct Huber;

impl Function for Huber {
    fn loss(&self, predictions: Column, targets: &[f32]) -> Result<Value, Error> {
        Ok(predictions.try_huber_error(column(targets), KNEE)?.try_mean()?)
    }

    #[cfg(test)]
    fn reference(&self, predictions: &[f64], targets: &[f64]) -> f64 {
        let knee = f64::from(KNEE);
        let one = |(p, t): (&f64, &f64)| match (p - t).abs() {
            near if near < knee => near * near / 2.0,
            far => knee * (far - knee / 2.0),
        };
        predictions.iter().zip(targets).map(one).sum::<f64>() / targets.len() as f64
    }
}
