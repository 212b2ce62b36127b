//! The gradient of batch norm and its activation.

use super::Folded;
use super::kernels::{Backward, CHUNK, GatedSums};
use crate::error::{length, size, units};
use crate::input::{Affine, Clip};
use crate::{Engine, Error};

/// Sums over pixels that the gradient of a batch norm needs, channel by channel: of the gradient `g` behind the clip,
/// and of `g·(x − mean)`. Memory: 24 bytes a channel.
#[derive(Clone, Debug)]
pub struct GradientSums {
    count: u64,
    sums: Vec<f64>,
    products: Vec<f64>,
    chunk: (Vec<f32>, Vec<f32>),
}

impl GradientSums {
    /// Sums over no pixel, for `channels` channels.
    pub fn new(channels: usize) -> Self {
        GradientSums {
            count: 0,
            sums: vec![0.0; channels],
            products: vec![0.0; channels],
            chunk: (vec![0.0; channels], vec![0.0; channels]),
        }
    }

    /// Forgets all pixels.
    pub fn reset(&mut self) {
        self.count = 0;
        self.sums.fill(0.0);
        self.products.fill(0.0);
    }

    /// Adds pixels: `data` is the norm's input, `gradient` the gradient of the activation's output, both
    /// `[pixel][channel]`. O(pixels · channels).
    ///
    /// # Errors
    /// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a buffer's length does not fit.
    pub fn add(
        &mut self,
        engine: &Engine,
        data: &[f32],
        gradient: &[f32],
        folded: &Folded,
        clip: Clip,
    ) -> Result<(), Error> {
        let channels = self.sums.len();
        size("channels", channels)?;
        length("folded", folded.mean.len(), channels)?;
        units("data", data.len(), channels)?;
        length("gradient", gradient.len(), data.len())?;
        let map = folded.map(clip);
        for (data, gradient) in data.chunks(CHUNK * channels).zip(gradient.chunks(CHUNK * channels)) {
            let (sums, products) = (&mut self.chunk.0, &mut self.chunk.1);
            engine.run(GatedSums { data, gradient, map, mean: &folded.mean, sums, products });
            for (all, &sum) in self.sums.iter_mut().zip(&self.chunk.0) {
                *all += f64::from(sum);
            }
            for (all, &product) in self.products.iter_mut().zip(&self.chunk.1) {
                *all += f64::from(product);
            }
        }
        self.count += (data.len() / channels) as u64;
        Ok(())
    }

    /// Adds the sums of another piece of the batch.
    ///
    /// # Errors
    /// The channels differ.
    pub fn merge(&mut self, other: &GradientSums) -> Result<(), Error> {
        length("sums", other.sums.len(), self.sums.len())?;
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| *sum += other);
        self.products.iter_mut().zip(&other.products).for_each(|(sum, other)| *sum += other);
        self.count += other.count;
        Ok(())
    }

    /// Adds the gradients of γ and β.
    ///
    /// # Errors
    /// The channels differ.
    pub fn parameters(&self, folded: &Folded, gamma: &mut [f32], beta: &mut [f32]) -> Result<(), Error> {
        length("folded", folded.mean.len(), self.sums.len())?;
        length("gamma gradient", gamma.len(), self.sums.len())?;
        length("beta gradient", beta.len(), self.sums.len())?;
        for channel in 0..self.sums.len() {
            gamma[channel] += (self.products[channel] * f64::from(folded.inverse[channel])) as f32;
            beta[channel] += self.sums[channel] as f32;
        }
        Ok(())
    }
}

/// The gradient of a batch norm's input as a map of gradient and input:
/// `scale·g + slope·x + offset`, with `g` the gradient behind the clip. Memory: 8 bytes a channel.
#[derive(Clone, Debug)]
pub struct NormGradient {
    slope: Vec<f32>,
    offset: Vec<f32>,
}

impl NormGradient {
    /// The gradient of a norm of `channels` channels whose statistics are constants (evaluation).
    pub fn new(channels: usize) -> Self {
        NormGradient { slope: vec![0.0; channels], offset: vec![0.0; channels] }
    }

    /// The gradient of a norm in training: the statistics depend on the input.
    ///
    /// # Errors
    /// The channels differ.
    pub fn batch(&mut self, sums: &GradientSums, folded: &Folded) -> Result<(), Error> {
        length("sums", sums.sums.len(), self.slope.len())?;
        length("folded", folded.mean.len(), self.slope.len())?;
        let count = sums.count.max(1) as f64;
        for channel in 0..self.slope.len() {
            let (scale, inverse) = (f64::from(folded.scale[channel]), f64::from(folded.inverse[channel]));
            let slope = -scale * inverse * inverse * sums.products[channel] / count;
            self.slope[channel] = slope as f32;
            self.offset[channel] =
                (-scale * sums.sums[channel] / count - slope * f64::from(folded.mean[channel])) as f32;
        }
        Ok(())
    }

    pub(crate) fn channels(&self) -> usize {
        self.slope.len()
    }

    pub(crate) fn run(&self, engine: &Engine, data: &[f32], map: Affine<'_>, gradient: &mut [f32]) {
        engine.run(Backward { data, gradient, map, slope: &self.slope, offset: &self.offset });
    }
}

/// Turns the gradient of the activation's output into the gradient of the norm's input, in place.
///
/// `data` (the norm's input) and `gradient` are `[pixel][channel]`. O(pixels · channels).
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a buffer's length does not fit.
pub fn backward(
    engine: &Engine,
    data: &[f32],
    folded: &Folded,
    clip: Clip,
    norm: &NormGradient,
    gradient: &mut [f32],
) -> Result<(), Error> {
    size("channels", norm.channels())?;
    length("folded", folded.mean.len(), norm.channels())?;
    units("data", data.len(), norm.channels())?;
    length("gradient", gradient.len(), data.len())?;
    norm.run(engine, data, folded.map(clip), gradient);
    Ok(())
}
