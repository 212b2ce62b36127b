//! A batch norm as a map.

use super::Moments;
use super::kernels::Apply;
use crate::error::length;
use crate::input::{Affine, Clip};
use crate::{Engine, Error};

/// A folded batch norm: statistics and map `scale·x + shift` of every channel. The norm's readers and its backward pass
/// use them.
///
/// Memory: 16 bytes a channel.
#[derive(Clone, Debug)]
pub struct Folded {
    pub(super) mean: Vec<f32>,
    /// 1 / √(variance + ε).
    pub(super) inverse: Vec<f32>,
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

impl Folded {
    /// The identity on `channels` channels.
    pub fn new(channels: usize) -> Self {
        Folded {
            mean: vec![0.0; channels],
            inverse: vec![1.0; channels],
            scale: vec![1.0; channels],
            shift: vec![0.0; channels],
        }
    }

    /// Folds the statistics of a batch: the norm's form in training.
    /// `scale = γ / √(variance + ε)`, `shift = β − mean·scale`.
    ///
    /// # Errors
    /// The channels differ, or ε is negative.
    pub fn batch(&mut self, moments: &Moments, gamma: &[f32], beta: &[f32], epsilon: f32) -> Result<(), Error> {
        length("moments", moments.mean().len(), self.mean.len())?;
        self.check(gamma, beta, epsilon)?;
        for channel in 0..self.mean.len() {
            let (mean, variance) = (moments.mean()[channel], moments.variance(channel));
            self.set(channel, mean, variance, gamma[channel], beta[channel], epsilon);
        }
        Ok(())
    }

    /// Folds running statistics: the norm's form in evaluation.
    ///
    /// # Errors
    /// The channels differ, or ε is negative.
    pub fn running(
        &mut self,
        mean: &[f32],
        variance: &[f32],
        gamma: &[f32],
        beta: &[f32],
        epsilon: f32,
    ) -> Result<(), Error> {
        length("running mean", mean.len(), self.mean.len())?;
        length("running variance", variance.len(), self.mean.len())?;
        self.check(gamma, beta, epsilon)?;
        for channel in 0..self.mean.len() {
            let (mean, variance) = (f64::from(mean[channel]), f64::from(variance[channel]));
            self.set(channel, mean, variance, gamma[channel], beta[channel], epsilon);
        }
        Ok(())
    }

    fn check(&self, gamma: &[f32], beta: &[f32], epsilon: f32) -> Result<(), Error> {
        length("gamma", gamma.len(), self.mean.len())?;
        length("beta", beta.len(), self.mean.len())?;
        if epsilon >= 0.0 { Ok(()) } else { Err(Error::Setting { setting: "epsilon" }) }
    }

    fn set(&mut self, channel: usize, mean: f64, variance: f64, gamma: f32, beta: f32, epsilon: f32) {
        let inverse = 1.0 / (variance + f64::from(epsilon)).sqrt();
        let scale = f64::from(gamma) * inverse;
        self.mean[channel] = mean as f32;
        self.inverse[channel] = inverse as f32;
        self.scale[channel] = scale as f32;
        self.shift[channel] = (f64::from(beta) - mean * scale) as f32;
    }

    /// The map, with an activation.
    pub fn map(&self, clip: Clip) -> Affine<'_> {
        Affine { scale: &self.scale, shift: &self.shift, clip }
    }

    /// Mean of every channel.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// 1 / √(variance + ε) of every channel.
    pub fn inverse(&self) -> &[f32] {
        &self.inverse
    }
}

/// Writes `clip(scale·x + shift)`: a plain pass, for readers that cannot apply the map themselves.
///
/// `data` and `output` are `[pixel][channel]`. O(pixels · channels).
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a buffer's length does not fit.
pub fn apply(engine: &Engine, data: &[f32], map: Affine<'_>, output: &mut [f32]) -> Result<(), Error> {
    map.check(map.scale.len())?;
    crate::error::size("channels", map.scale.len())?;
    crate::error::units("data", data.len(), map.scale.len())?;
    length("output", output.len(), data.len())?;
    engine.run(Apply { data, map, output });
    Ok(())
}
