//! Losses by their definitions.

use super::softmax;
use crate::loss::{CrossEntropy, Places, Regression};

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
        Regression::Smooth { beta } if d.abs() < f64::from(beta) => 0.5 * d * d / f64::from(beta),
        Regression::Smooth { beta } => d.abs() - 0.5 * f64::from(beta),
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
        Regression::Smooth { beta } if d.abs() < f64::from(beta) => d / f64::from(beta),
        Regression::Smooth { .. } => d.signum(),
    };
    found.iter().zip(wanted).map(|(x, t)| one(x - t)).collect()
}

/// Row and column of every point of every image: the means of the pixels' places under the maps' softmax.
pub fn places(loss: &Places, maps: &[f64]) -> Vec<f64> {
    let ((h, w), points) = (loss.map, loss.points);
    let mut found = Vec::new();
    for map in maps.chunks(h * w * points) {
        for point in 0..points {
            let own: Vec<f64> = map.iter().skip(point).step_by(points).copied().collect();
            let p = softmax(&own, h * w);
            let mean = |place: &dyn Fn(usize) -> usize, of: usize, span: f32| -> f64 {
                let step = f64::from(span) / (of - 1).max(1) as f64;
                p.iter().enumerate().map(|(pixel, p)| p * place(pixel) as f64 * step).sum()
            };
            found.push(mean(&|pixel| pixel / w, h, loss.span.0));
            found.push(mean(&|pixel| pixel % w, w, loss.span.1));
        }
    }
    found
}
