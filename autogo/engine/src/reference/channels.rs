//! Channels by their definitions.

use crate::Channelwise;

/// `count` channels from `first.0` of `of.0` in `x` become those from `first.1` of `of.1` in a copy of `y`.
pub fn copy_channels(x: &[f64], y: &[f64], first: (usize, usize), of: (usize, usize), count: usize) -> Vec<f64> {
    let mut y = y.to_vec();
    for pixel in 0..x.len() / of.0 {
        for channel in 0..count {
            y[pixel * of.1 + first.1 + channel] = x[pixel * of.0 + first.0 + channel];
        }
    }
    y
}

/// Channel `g·n + i` of `groups` groups of `n` channels becomes channel `i·groups + g`.
pub fn shuffle_channels(x: &[f64], channels: usize, groups: usize) -> Vec<f64> {
    let each = channels / groups;
    let mut y = vec![0.0; x.len()];
    for (at, x) in x.iter().enumerate() {
        let (pixel, channel) = (at / channels, at % channels);
        y[pixel * channels + channel % each * groups + channel / each] = *x;
    }
    y
}

/// Softmax over the channels of every pixel.
pub fn softmax(x: &[f64], channels: usize) -> Vec<f64> {
    let mut y = Vec::new();
    for x in x.chunks(channels) {
        let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = x.iter().map(|x| (x - largest).exp()).sum();
        y.extend(x.iter().map(|x| (x - largest).exp() / sum));
    }
    y
}

/// The gradient of a softmax's input `x`.
pub fn softmax_gradient(x: &[f64], channels: usize, dy: &[f64]) -> Vec<f64> {
    let y = softmax(x, channels);
    let mut dx = Vec::new();
    for (y, dy) in y.chunks(channels).zip(dy.chunks(channels)) {
        for i in 0..channels {
            let jacobian = |j: usize| y[j] * (f64::from(u8::from(i == j)) - y[i]);
            dx.push((0..channels).map(|j| dy[j] * jacobian(j)).sum());
        }
    }
    dx
}

/// An activation of all channels of a pixel.
pub fn channelwise(function: Channelwise, x: &[f64], channels: usize) -> Vec<f64> {
    match function {
        Channelwise::Softmax => softmax(x, channels),
        Channelwise::LogSoftmax => softmax(x, channels).iter().map(|y| y.ln()).collect(),
        Channelwise::Response { size, alpha, beta, bias } => {
            let (before, after) = ((size - 1) / 2, size / 2);
            let one = |(i, x0): (usize, &f64)| {
                let (pixel, channel) = (i / channels * channels, i % channels);
                let near = |other: &usize| *other + before >= channel && *other <= channel + after;
                let sum: f64 = (0..channels).filter(near).map(|other| x[pixel + other].powi(2)).sum();
                x0 / (f64::from(bias) + f64::from(alpha) / size as f64 * sum).powf(beta.into())
            };
            x.iter().enumerate().map(one).collect()
        }
    }
}
