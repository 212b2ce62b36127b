//! Sums and products of tensors.

use crate::error::{length, picture, units};
use crate::lanes::Plain;
use crate::maps;
use crate::{Engine, Error, Write};

/// Writes `x`, or adds `x` to what is there: the first or another summand of a sum, an identity, and the gradient of
/// both.
///
/// # Errors
/// The lengths differ.
pub fn copy(engine: &Engine, x: &[f32], y: &mut [f32], write: Write) -> Result<(), Error> {
    maps::one(engine, x, y, write, |x| x)
}

/// Writes `a + b`; further summands are added with [`copy`] and [`Write::Add`], in operand order. The gradient of each
/// operand is the output's gradient.
///
/// # Errors
/// The lengths differ.
pub fn add(engine: &Engine, a: &[f32], b: &[f32], y: &mut [f32]) -> Result<(), Error> {
    maps::two(engine, a, b, y, Write::Replace, |a, b| a + b)
}

/// Writes the sum of some tensors, in operand order; no tensors make zeros. O(operands · elements).
///
/// # Errors
/// The lengths differ.
pub fn add_all(engine: &Engine, operands: &[&[f32]], y: &mut [f32]) -> Result<(), Error> {
    match operands {
        [] => y.fill(0.0),
        [x] => copy(engine, x, y, Write::Replace)?,
        [a, b, rest @ ..] => {
            add(engine, a, b, y)?;
            for x in rest {
                copy(engine, x, y, Write::Add)?;
            }
        }
    }
    Ok(())
}

/// Writes `a·b`, element by element, or adds it. With the output's gradient as `a` and the other operand as `b`, the
/// result is an operand's gradient.
///
/// # Errors
/// The lengths differ.
pub fn multiply(engine: &Engine, a: &[f32], b: &[f32], y: &mut [f32], write: Write) -> Result<(), Error> {
    maps::two(engine, a, b, y, write, |a, b| a * b)
}

/// Multiplies `y` by `x`, element by element: a further factor of a product.
///
/// # Errors
/// The lengths differ.
pub fn multiply_by(engine: &Engine, x: &[f32], y: &mut [f32]) -> Result<(), Error> {
    maps::update(engine, x, y, |y, x| y * x)
}

/// Writes the product of some tensors, in operand order; no tensors make ones. O(operands · elements).
///
/// # Errors
/// The lengths differ.
pub fn multiply_all(engine: &Engine, operands: &[&[f32]], y: &mut [f32]) -> Result<(), Error> {
    match operands {
        [] => y.fill(1.0),
        [x] => copy(engine, x, y, Write::Replace)?,
        [a, b, rest @ ..] => {
            multiply(engine, a, b, y, Write::Replace)?;
            for x in rest {
                multiply_by(engine, x, y)?;
            }
        }
    }
    Ok(())
}

/// Writes the gradient of one operand of a product: the output's gradient times all other operands, in operand order.
///
/// `scratch` has as many floats as an operand. O(operands · elements).
///
/// # Errors
/// The lengths differ, or there is no such operand.
pub fn multiply_gradient(
    engine: &Engine,
    operands: &[&[f32]],
    operand: usize,
    output_gradient: &[f32],
    input_gradient: &mut [f32],
    write: Write,
    scratch: &mut [f32],
) -> Result<(), Error> {
    if operand >= operands.len() {
        return Err(Error::Length { buffer: "operands", wanted: operand + 1, found: operands.len() });
    }
    crate::error::at_least("scratch", scratch.len(), output_gradient.len())?;
    let scratch = &mut scratch[..output_gradient.len()];
    scratch.copy_from_slice(output_gradient);
    for (i, x) in operands.iter().enumerate() {
        if i != operand {
            multiply_by(engine, x, scratch)?;
        }
    }
    copy(engine, scratch, input_gradient, write)
}

/// Writes `factor·x`, or adds it.
///
/// # Errors
/// The lengths differ.
pub fn scale(engine: &Engine, factor: f32, x: &[f32], y: &mut [f32], write: Write) -> Result<(), Error> {
    maps::one(engine, x, y, write, |x| factor * x)
}

/// Writes `factor·x + summand`, rounded twice. The gradient is [`scale`].
///
/// # Errors
/// The lengths differ.
pub fn affine(engine: &Engine, factor: f32, summand: f32, x: &[f32], y: &mut [f32]) -> Result<(), Error> {
    maps::one(engine, x, y, Write::Replace, |x| factor * x + summand)
}

/// Multiplies every pixel of an image by that image's factors: `x` is `[image][pixel][channel]`, `factors` is
/// `[image][channel]`, there are `pixels` pixels an image. The gradient of `x` is this function of the output's
/// gradient.
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), there are no pixels, an image has more
/// than 2⁴⁰ elements, or a buffer's length does not fit.
pub fn scale_channels(
    engine: &Engine,
    x: &[f32],
    factors: &[f32],
    pixels: usize,
    channels: usize,
    y: &mut [f32],
    write: Write,
) -> Result<(), Error> {
    let picture = picture(pixels, channels)?;
    let images = units("factors", factors.len(), channels)?;
    length("input", x.len(), images.saturating_mul(picture))?;
    length("output", y.len(), x.len())?;
    engine.loops(ScaleChannels { x, factors, pixels, channels, y, write });
    Ok(())
}

/// Adds a summand to every channel: `y` is `[pixel][channel]`. The gradient of the summands is [`channel_sums`].
///
/// [`channel_sums`]: crate::channel_sums
///
/// # Errors
/// There are no summands, or `y` does not hold whole pixels.
pub fn add_channels(engine: &Engine, summands: &[f32], y: &mut [f32]) -> Result<(), Error> {
    units("output", y.len(), summands.len())?;
    engine.loops(AddChannels { summands, y });
    Ok(())
}

struct AddChannels<'a> {
    summands: &'a [f32],
    y: &'a mut [f32],
}

impl Plain for AddChannels<'_> {
    #[inline(always)]
    fn run(self) {
        for y in self.y.chunks_exact_mut(self.summands.len()) {
            y.iter_mut().zip(self.summands).for_each(|(y, x)| *y += x);
        }
    }
}

/// Writes the gradient of the factors of [`scale_channels`]: the sum over pixels of `x` × output gradient, row by row
/// of sixteen pixels.
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), there are no pixels, an image has more
/// than 2⁴⁰ elements, or a buffer's length does not fit.
pub fn scale_channels_gradient(
    engine: &Engine,
    x: &[f32],
    output_gradient: &[f32],
    pixels: usize,
    channels: usize,
    factor_gradient: &mut [f32],
    write: Write,
) -> Result<(), Error> {
    let picture = picture(pixels, channels)?;
    let images = units("factor gradient", factor_gradient.len(), channels)?;
    length("input", x.len(), images.saturating_mul(picture))?;
    length("output gradient", output_gradient.len(), x.len())?;
    if write == Write::Replace {
        factor_gradient.fill(0.0);
    }
    engine.loops(FactorGradient { x, dy: output_gradient, pixels, channels, df: factor_gradient });
    Ok(())
}

struct ScaleChannels<'a> {
    x: &'a [f32],
    factors: &'a [f32],
    pixels: usize,
    channels: usize,
    y: &'a mut [f32],
    write: Write,
}

impl Plain for ScaleChannels<'_> {
    #[inline(always)]
    fn run(self) {
        let add = self.write == Write::Add;
        let pixels = self.x.chunks_exact(self.channels).zip(self.y.chunks_exact_mut(self.channels));
        for (pixel, (x, y)) in pixels.enumerate() {
            let factors = &self.factors[pixel / self.pixels * self.channels..][..self.channels];
            for (y, (&x, &factor)) in y.iter_mut().zip(x.iter().zip(factors)) {
                *y = if add { *y + x * factor } else { x * factor };
            }
        }
    }
}

struct FactorGradient<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    pixels: usize,
    channels: usize,
    df: &'a mut [f32],
}

/// Channels that are summed at once.
const LANES: usize = 16;

impl Plain for FactorGradient<'_> {
    #[inline(always)]
    fn run(self) {
        let channels = self.channels;
        for (image, df) in self.df.chunks_exact_mut(channels).enumerate() {
            let from = image * self.pixels * channels;
            for first in (0..channels).step_by(LANES) {
                let live = (channels - first).min(LANES);
                let mut whole = [0.0; LANES];
                for row in (0..self.pixels).step_by(16) {
                    let mut part = [0.0; LANES];
                    for pixel in row..(row + 16).min(self.pixels) {
                        let at = from + pixel * channels + first;
                        let (x, dy) = (&self.x[at..][..live], &self.dy[at..][..live]);
                        for (part, (x, dy)) in part.iter_mut().zip(x.iter().zip(dy)) {
                            *part += x * dy;
                        }
                    }
                    whole.iter_mut().zip(part).for_each(|(whole, part)| *whole += part);
                }
                df[first..].iter_mut().zip(whole).for_each(|(df, sum)| *df += sum);
            }
        }
    }
}
