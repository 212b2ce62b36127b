//! Mean and spread of every channel.

use super::kernels::{CHUNK, Spread};
use crate::error::{length, size, units};
use crate::{Engine, Error};

/// Count, mean and sum of squared deviations of every channel.
///
/// Pixels are added in chunks of 256: sums of a chunk are computed in `f32` around the chunk's first pixel, chunks are
/// joined in `f64`. Moments of several pieces of a batch are joined with [`merge`](Moments::merge), in a fixed order.
/// Memory: 16 bytes a channel, and 12 for the chunk.
#[derive(Clone, Debug)]
pub struct Moments {
    count: u64,
    mean: Vec<f64>,
    spread: Vec<f64>,
    sums: Vec<f32>,
    squares: Vec<f32>,
}

impl Moments {
    /// Moments of no pixel, for `channels` channels.
    pub fn new(channels: usize) -> Self {
        Moments {
            count: 0,
            mean: vec![0.0; channels],
            spread: vec![0.0; channels],
            sums: vec![0.0; channels],
            squares: vec![0.0; channels],
        }
    }

    /// Forgets all pixels.
    pub fn reset(&mut self) {
        self.count = 0;
        self.mean.fill(0.0);
        self.spread.fill(0.0);
    }

    /// Number of pixels.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean of every channel.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Variance of a channel: squared deviations divided by the count.
    pub fn variance(&self, channel: usize) -> f64 {
        let spread = self.spread.get(channel).copied().unwrap_or(0.0);
        if self.count == 0 { 0.0 } else { spread / self.count as f64 }
    }

    /// Adds pixels: `data` is `[pixel][channel]`. O(pixels · channels).
    ///
    /// # Errors
    /// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or `data` does not hold whole
    /// pixels.
    pub fn add(&mut self, engine: &Engine, data: &[f32]) -> Result<(), Error> {
        let channels = self.mean.len();
        size("channels", channels)?;
        units("data", data.len(), channels)?;
        for chunk in data.chunks(CHUNK * channels) {
            let pivot = &chunk[..channels];
            engine.run(Spread { data: chunk, pivot, sums: &mut self.sums, squares: &mut self.squares });
            let (had, has) = (self.count as f64, (chunk.len() / channels) as f64);
            let all = had + has;
            let state = self.mean.iter_mut().zip(&mut self.spread);
            for (((mean, spread), &pivot), (&sum, &square)) in state.zip(pivot).zip(self.sums.iter().zip(&self.squares))
            {
                let (sum, square) = (f64::from(sum), f64::from(square));
                let deviation = (square - sum * sum / has).max(0.0);
                let shift = f64::from(pivot) + sum / has - *mean;
                *mean += shift * has / all;
                *spread += deviation + shift * shift * had * has / all;
            }
            self.count += (chunk.len() / channels) as u64;
        }
        Ok(())
    }

    /// Adds the pixels of other moments.
    ///
    /// # Errors
    /// The channels differ.
    pub fn merge(&mut self, other: &Moments) -> Result<(), Error> {
        length("moments", other.mean.len(), self.mean.len())?;
        let (had, has) = (self.count as f64, other.count as f64);
        if other.count == 0 {
            return Ok(());
        }
        let all = had + has;
        let state = self.mean.iter_mut().zip(&mut self.spread);
        for ((mean, spread), (&mean2, &spread2)) in state.zip(other.mean.iter().zip(&other.spread)) {
            let shift = mean2 - *mean;
            *mean += shift * has / all;
            *spread += spread2 + shift * shift * had * has / all;
        }
        self.count += other.count;
        Ok(())
    }

    /// Moves running statistics towards these: `r ← r + rate·(new − r)`, the variance with `count − 1` as its divisor,
    /// as PyTorch does.
    ///
    /// # Errors
    /// The channels differ, or the rate is not between 0 and 1.
    pub fn follow(&self, rate: f32, mean: &mut [f32], variance: &mut [f32]) -> Result<(), Error> {
        length("running mean", mean.len(), self.mean.len())?;
        length("running variance", variance.len(), self.mean.len())?;
        if !(0.0..=1.0).contains(&rate) {
            return Err(Error::Setting { setting: "rate" });
        }
        if self.count == 0 {
            return Ok(());
        }
        let divisor = self.count.saturating_sub(1).max(1) as f64;
        let rate = f64::from(rate);
        for (running, new) in mean.iter_mut().zip(&self.mean) {
            *running = (f64::from(*running) + rate * (new - f64::from(*running))) as f32;
        }
        for (running, spread) in variance.iter_mut().zip(&self.spread) {
            *running = (f64::from(*running) + rate * (spread / divisor - f64::from(*running))) as f32;
        }
        Ok(())
    }
}
