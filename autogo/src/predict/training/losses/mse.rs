//! The mean squared error, the paper's loss: `L = mean (p - t)²`.

use super::{Column, Function, Value, column};
use crate::error::Error;
use dfdx::prelude::*;

pub(super) struct Mse;

impl Function for Mse {
    fn loss(&self, predictions: Column, targets: &[f32]) -> Result<Value, Error> {
        Ok(predictions.try_sub(column(targets))?.try_square()?.try_mean()?)
    }

    #[cfg(test)]
    fn reference(&self, predictions: &[f64], targets: &[f64]) -> f64 {
        let squares = predictions.iter().zip(targets).map(|(p, t)| (p - t).powi(2));
        squares.sum::<f64>() / targets.len() as f64
    }
}
