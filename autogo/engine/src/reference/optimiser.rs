//! Optimisers by their definitions, one weight at a time.

use crate::optimiser::{AdamW, RmsForm, RmsProp, Sgd};

/// A step of SGD: weight and velocity.
pub fn sgd(sgd: &Sgd, w: f64, v: f64, g: f64) -> (f64, f64) {
    let g = g + f64::from(sgd.decay) * w;
    let v = f64::from(sgd.momentum) * v + g;
    let along = if sgd.nesterov { g + f64::from(sgd.momentum) * v } else { v };
    (w - f64::from(sgd.rate) * along, v)
}

/// A step of RMSprop: weight, mean square and velocity.
pub fn rms_prop(rms: &RmsProp, w: f64, s: f64, v: f64, g: f64) -> (f64, f64, f64) {
    let (rate, epsilon) = (f64::from(rms.rate), f64::from(rms.epsilon));
    let g = g + f64::from(rms.decay) * w;
    let s = f64::from(rms.keep) * s + (1.0 - f64::from(rms.keep)) * g * g;
    match rms.form {
        RmsForm::TensorFlow => {
            let v = f64::from(rms.momentum) * v + rate * g / (s + epsilon).sqrt();
            (w - v, s, v)
        }
        RmsForm::PyTorch => {
            let v = f64::from(rms.momentum) * v + g / (s.sqrt() + epsilon);
            (w - rate * v, s, v)
        }
    }
}

/// Step number `step` of AdamW: weight, mean and mean square of the gradient.
pub fn adamw(adam: &AdamW, step: u64, w: f64, m: f64, s: f64, g: f64) -> (f64, f64, f64) {
    let (rate, keep) = (f64::from(adam.rate), (f64::from(adam.keep.0), f64::from(adam.keep.1)));
    let m = keep.0 * m + (1.0 - keep.0) * g;
    let s = keep.1 * s + (1.0 - keep.1) * g * g;
    let (mean, square) = (m / (1.0 - keep.0.powi(step as i32)), s / (1.0 - keep.1.powi(step as i32)));
    let w = w - rate * f64::from(adam.decay) * w - rate * mean / (square.sqrt() + f64::from(adam.epsilon));
    (w, m, s)
}

/// A step of a running mean.
pub fn average(keep: f64, mean: f64, w: f64) -> f64 {
    keep * mean + (1.0 - keep) * w
}

/// The Euclidean norm of a gradient.
pub fn euclidean_norm(gradient: &[f64]) -> f64 {
    gradient.iter().map(|g| g * g).sum::<f64>().sqrt()
}
