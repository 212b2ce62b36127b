//! Adam (Kingma and Ba, 2015) with the usual decay rates and decoupled weight decay, as in AdamW.
//!
//! With the gradient `g` cut to the norm `clip`, at step `t`: `m ← 0.9 m + 0.1 g`, `v ← 0.999 v + 0.001 g²`,
//! `x ← x (1 - rate · decay) - rate · (m / (1 - 0.9ᵗ)) / (√(v / (1 - 0.999ᵗ)) + ε)`; ε is 10⁻⁸ before the correction of
//! `v`.

use crate::predict::network::Model;
use dfdx::prelude::*;

/// The moments of the gradient of every parameter, by rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Adam {
    pub(super) steps: usize,
    pub(super) first: Vec<Vec<f32>>,
    pub(super) second: Vec<Vec<f32>>,
}

/// The size of one step.
pub(super) struct StepSize {
    /// Learning rate.
    pub(super) rate: f64,
    /// Largest norm of the gradient.
    pub(super) clip: f64,
    /// Decay of the weights, in units of the learning rate.
    pub(super) weight_decay: f64,
}

/// The share of each moment that a step keeps.
const DECAY: (f32, f32) = (0.9, 0.999);

impl Adam {
    pub(super) fn new(model: &Model) -> Self {
        let zeros: Vec<Vec<f32>> =
            model.values.iter().map(|value| vec![0.0; value.shape().0 * value.shape().1]).collect();
        Adam { steps: 0, first: zeros.clone(), second: zeros }
    }

    /// One step of the model against a gradient, which has the numbers of each parameter by rows.
    pub(super) fn step(&mut self, model: &mut Model, gradient: Vec<Vec<f32>>, size: &StepSize) {
        self.steps += 1;
        let norm = gradient.iter().flatten().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        let scale = if norm > size.clip { (size.clip / norm) as f32 } else { 1.0 };
        let steps = self.steps as i32;
        let correction = (1.0 - DECAY.0.powi(steps), (1.0 - DECAY.1.powi(steps)).sqrt());
        let keep = 1.0 - (size.rate * size.weight_decay) as f32;
        let rate = size.rate as f32 * correction.1 / correction.0;
        let device = Cpu::default();
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((value, gradient), (first, second)) in model.values.iter_mut().zip(gradient).zip(moments) {
            let mut data = value.as_vec();
            for (((x, g), m), v) in data.iter_mut().zip(gradient).zip(first).zip(second) {
                let g = g * scale;
                *m = DECAY.0 * *m + (1.0 - DECAY.0) * g;
                *v = DECAY.1 * *v + (1.0 - DECAY.1) * g * g;
                *x = *x * keep - rate * *m / (v.sqrt() + 1e-8);
            }
            *value = device.tensor_from_vec(data, *value.shape());
        }
    }
}
