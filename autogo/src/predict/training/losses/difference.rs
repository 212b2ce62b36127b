//! The mean squared error of differences: `L = mean ((pₐ - p_b) - (tₐ - t_b))²` over the pairs of a step with
//! `tₐ > t_b`: the network learns by how much one of two networks is better, as of a segment that takes another's
//! place. The level of all predictions is left open.

use super::pairs::{Pairs, needs_two};
use super::{Column, Function, Value, column};
use crate::error::Error;
use dfdx::prelude::*;

pub(super) struct Difference;

impl Function for Difference {
    fn check(&self, batch: usize) -> Result<(), Error> {
        needs_two(batch)
    }

    fn loss(&self, predictions: Column, targets: &[f32]) -> Result<Value, Error> {
        let pairs = Pairs::new(targets, 0.0);
        let leads = pairs.leads.multiply(predictions)?;
        Ok(leads.try_sub(column(&pairs.distances))?.try_square()?.try_mean()?)
    }

    #[cfg(test)]
    fn reference(&self, predictions: &[f64], targets: &[f64]) -> f64 {
        super::pairs::reference(predictions, targets, 0.0, |lead, distance| (lead - distance).powi(2))
    }
}
