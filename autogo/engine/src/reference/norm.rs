//! Batch normalisation by its definition.

use crate::Clip;

/// Mean and variance of every channel; `x` is `[pixel][channel]`.
fn statistics(x: &[f64], channels: usize) -> (Vec<f64>, Vec<f64>) {
    let count = (x.len() / channels) as f64;
    let mut mean = vec![0.0; channels];
    let mut variance = vec![0.0; channels];
    for (i, x) in x.iter().enumerate() {
        mean[i % channels] += x / count;
    }
    for (i, x) in x.iter().enumerate() {
        variance[i % channels] += (x - mean[i % channels]).powi(2) / count;
    }
    (mean, variance)
}

fn bounds(clip: Clip) -> (f64, f64) {
    let (low, high) = clip.range();
    (f64::from(low), f64::from(high))
}

/// `clip(γ·(x − mean) / √(variance + ε) + β)` with the statistics of `x` itself. `x` and the result are
/// `[pixel][channel]`, `gamma` and `beta` are `[channel]`.
pub fn norm(x: &[f64], gamma: &[f64], beta: &[f64], epsilon: f64, clip: Clip) -> Vec<f64> {
    let channels = gamma.len();
    let (mean, variance) = statistics(x, channels);
    let (low, high) = bounds(clip);
    let one = |(i, x): (usize, &f64)| {
        let c = i % channels;
        (gamma[c] * (x - mean[c]) / (variance[c] + epsilon).sqrt() + beta[c]).clamp(low, high)
    };
    x.iter().enumerate().map(one).collect()
}

/// The gradients of `x`, γ and β, in this order, given the gradient `dy` of the clipped output. `x`, `dy` and the
/// gradient of `x` are `[pixel][channel]`; `gamma`, `beta` and their gradients are `[channel]`.
pub fn norm_gradient(
    x: &[f64],
    gamma: &[f64],
    beta: &[f64],
    epsilon: f64,
    clip: Clip,
    dy: &[f64],
) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let channels = gamma.len();
    let count = (x.len() / channels) as f64;
    let (mean, variance) = statistics(x, channels);
    let (low, high) = bounds(clip);
    let (mut sums, mut products) = (vec![0.0; channels], vec![0.0; channels]);
    let mut gated = Vec::new();
    for (i, (x, dy)) in x.iter().zip(dy).enumerate() {
        let c = i % channels;
        let normal = (x - mean[c]) / (variance[c] + epsilon).sqrt();
        let z = gamma[c] * normal + beta[c];
        let g = if z > low && z < high { *dy } else { 0.0 };
        gated.push((g, normal));
        sums[c] += g;
        products[c] += g * normal;
    }
    let one = |(i, (g, normal)): (usize, &(f64, f64))| {
        let c = i % channels;
        gamma[c] / (variance[c] + epsilon).sqrt() * (g - sums[c] / count - normal * products[c] / count)
    };
    let dx = gated.iter().enumerate().map(one).collect();
    (dx, products, sums)
}
