//! Adam with the usual decay rates, decoupled weight decay, and a running mean of the weights.

use super::model::Model;
use super::settings::TrainSettings;
use dfdx::prelude::*;

/// What an optimiser remembers between steps: for every parameter the moments of its gradient.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Adam {
    pub(super) steps: usize,
    pub(super) first: Vec<Vec<f32>>,
    pub(super) second: Vec<Vec<f32>>,
}

const DECAY: (f32, f32) = (0.9, 0.999);

impl Adam {
    pub(super) fn new(model: &Model) -> Self {
        let zeros: Vec<Vec<f32>> =
            model.values.iter().map(|value| vec![0.0; value.shape().0 * value.shape().1]).collect();
        Adam { steps: 0, first: zeros.clone(), second: zeros }
    }

    /// One step along a gradient, cut to the norm `settings.clip`, at this learning rate.
    pub(super) fn step(
        &mut self,
        model: &mut Model,
        gradient: Vec<Vec<f32>>,
        rate: f64,
        settings: &TrainSettings,
        device: &Cpu,
    ) {
        self.steps += 1;
        let norm = gradient.iter().flatten().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        let scale = if norm > settings.clip { (settings.clip / norm) as f32 } else { 1.0 };
        let steps = self.steps as i32;
        let correction = (1.0 - DECAY.0.powi(steps), (1.0 - DECAY.1.powi(steps)).sqrt());
        let keep = 1.0 - (rate * settings.weight_decay) as f32;
        let rate = rate as f32 * correction.1 / correction.0;
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

/// Rises linearly over the first fifth of the steps, falls along a cosine to zero.
pub(super) fn one_cycle(peak: f64, step: usize, steps: usize) -> f64 {
    let warm = (steps / 5).max(1);
    if step < warm {
        peak * (step + 1) as f64 / warm as f64
    } else {
        let done = (step - warm) as f64 / (steps - warm).max(1) as f64;
        peak * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
    }
}

/// Moves a running mean towards the model's values; it starts at them, and forgets the start as it goes on.
pub(super) fn follow(mean: &mut [Vec<f32>], model: &Model, average: f64, step: usize) {
    // Early on the mean is over the steps so far.
    let keep = average.min(step as f64 / (step + 10) as f64) as f32;
    for (mean, value) in mean.iter_mut().zip(&model.values) {
        mean.iter_mut().zip(value.as_vec()).for_each(|(mean, value)| *mean = keep * *mean + (1.0 - keep) * value);
    }
}
