//! The pairwise hinge: `L = mean max(0, margin · min(d, 1) - (pₐ - p_b))` over the pairs of a step with
//! `d = tₐ - t_b > noise`: the better of two networks should lead by `margin` times the distance of their targets, one
//! deviation at most.

use super::pairs::{Pairs, needs_two};
use super::{Column, Function, Value, column};
use crate::error::Error;
use dfdx::prelude::*;

pub(super) struct Hinge {
    pub(super) margin: f64,
    pub(super) noise: f64,
}

impl Function for Hinge {
    fn check(&self, batch: usize) -> Result<(), Error> {
        let Hinge { margin, noise } = *self;
        if !(margin > 0.0 && margin.is_finite()) {
            return Err(Error::setting("margin", format!("is {margin}"), "a positive number"));
        }
        if !(noise >= 0.0 && noise.is_finite()) {
            return Err(Error::setting("noise", format!("is {noise}"), "0 or more deviations"));
        }
        needs_two(batch)
    }

    fn loss(&self, predictions: Column, targets: &[f32]) -> Result<Value, Error> {
        let pairs = Pairs::new(targets, self.noise as f32);
        let margin = self.margin as f32;
        let wanted: Vec<f32> = pairs.distances.iter().map(|distance| margin * distance.min(1.0)).collect();
        let leads = pairs.leads.multiply(predictions)?;
        Ok(leads.try_negate()?.try_add(column(&wanted))?.try_relu()?.try_mean()?)
    }

    #[cfg(test)]
    fn reference(&self, predictions: &[f64], targets: &[f64]) -> f64 {
        let one = |lead: f64, distance: f64| (self.margin * distance.min(1.0) - lead).max(0.0);
        super::pairs::reference(predictions, targets, self.noise, one)
    }
}
