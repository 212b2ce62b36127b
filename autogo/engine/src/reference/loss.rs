//! Losses by their definitions.

use super::softmax;
use crate::loss::{CrossEntropy, Regression};

/// The targets of a sample: none if the label is ignored.
fn targets(loss: &CrossEntropy, label: u32) -> Option<Vec<f64>> {
    let smoothing = f64::from(loss.smoothing);
    let target =
        |class: usize| smoothing / loss.classes as f64 + if class == label as usize { 1.0 - smoothing } else { 0.0 };
    (loss.ignored != Some(label)).then(|| (0..loss.classes).map(target).collect())
}

/// The sum over samples of `−Σ t_c · ln softmax(logits)_c`.
pub fn cross_entropy(loss: &CrossEntropy, logits: &[f64], labels: &[u32]) -> f64 {
    let mut sum = 0.0;
    for (p, &label) in softmax(logits, loss.classes).chunks(loss.classes).zip(labels) {
        for (p, t) in p.iter().zip(targets(loss, label).unwrap_or_default()) {
            sum -= t * p.ln();
        }
    }
    sum
}

/// The gradient of [`cross_entropy`]: `p − t`.
pub fn cross_entropy_gradient(loss: &CrossEntropy, logits: &[f64], labels: &[u32]) -> Vec<f64> {
    let mut gradient = Vec::new();
    for (p, &label) in softmax(logits, loss.classes).chunks(loss.classes).zip(labels) {
        match targets(loss, label) {
            Some(targets) => gradient.extend(p.iter().zip(targets).map(|(p, t)| p - t)),
            None => gradient.extend(p.iter().map(|_| 0.0)),
        }
    }
    gradient
}

/// The sum over elements of a loss on differences.
pub fn regression(loss: Regression, found: &[f64], wanted: &[f64]) -> f64 {
    let one = |d: f64| match loss {
        Regression::Squared => d * d,
        Regression::Absolute => d.abs(),
        Regression::Charbonnier { epsilon } => (d * d + f64::from(epsilon).powi(2)).sqrt(),
    };
    found.iter().zip(wanted).map(|(x, t)| one(x - t)).sum()
}

/// The gradient of [`regression`].
pub fn regression_gradient(loss: Regression, found: &[f64], wanted: &[f64]) -> Vec<f64> {
    let one = |d: f64| match loss {
        Regression::Squared => 2.0 * d,
        Regression::Absolute if d == 0.0 => 0.0,
        Regression::Absolute => d.signum(),
        Regression::Charbonnier { epsilon } => d / (d * d + f64::from(epsilon).powi(2)).sqrt(),
    };
    found.iter().zip(wanted).map(|(x, t)| one(x - t)).collect()
}
