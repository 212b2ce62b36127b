//! The mean over a picture (global average pooling), and sums over pixels.

use crate::error::{length, picture, size, units};
use crate::lanes::Plain;
use crate::{Engine, Error, Write};

/// Pixels of one partial sum.
const CHUNK: usize = 64;
/// Channels that are summed at once.
const LANES: usize = 16;

/// Writes the mean of every channel of every image: `x` is `[image][pixel][channel]`, `y` is `[image][channel]`.
/// O(elements).
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, mean};
/// let (x, mut y) = ([1.0, 10.0, 3.0, 30.0], [0.0; 2]); // one image: two pixels of two channels
/// mean(&Engine::new(Arithmetic::Fused), &x, 2, 2, &mut y)?;
/// assert_eq!(y, [2.0, 20.0]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), there are no pixels, an image has more
/// than 2⁴⁰ elements, or a buffer's length does not fit.
pub fn mean(engine: &Engine, x: &[f32], pixels: usize, channels: usize, y: &mut [f32]) -> Result<(), Error> {
    let picture = picture(pixels, channels)?;
    let images = units("output", y.len(), channels)?;
    length("input", x.len(), images.saturating_mul(picture))?;
    y.fill(0.0);
    for (x, y) in x.chunks_exact(picture).zip(y.chunks_exact_mut(channels)) {
        engine.loops(Sums { x, channels, y });
        y.iter_mut().for_each(|y| *y /= pixels as f32);
    }
    Ok(())
}

/// Writes the input's gradient, `[image][pixel][channel]`: every pixel receives the mean's gradient,
/// `[image][channel]`, divided by the number of pixels. O(elements).
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), there are no pixels, an image has more
/// than 2⁴⁰ elements, or a buffer's length does not fit.
pub fn mean_gradient(
    engine: &Engine,
    output_gradient: &[f32],
    pixels: usize,
    channels: usize,
    input_gradient: &mut [f32],
    write: Write,
) -> Result<(), Error> {
    let picture = picture(pixels, channels)?;
    let images = units("output gradient", output_gradient.len(), channels)?;
    length("input gradient", input_gradient.len(), images.saturating_mul(picture))?;
    engine.loops(Spread { dy: output_gradient, pixels, channels, dx: input_gradient, write });
    Ok(())
}

/// Adds the sum over all pixels of every channel: the gradient of a bias. `x` is `[pixel][channel]`. O(elements).
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or `x` does not hold whole pixels.
pub fn channel_sums(engine: &Engine, x: &[f32], sums: &mut [f32]) -> Result<(), Error> {
    size("channels", sums.len())?;
    units("input", x.len(), sums.len())?;
    let channels = sums.len();
    engine.loops(Sums { x, channels, y: sums });
    Ok(())
}

/// Adds sums over pixels, chunk by chunk.
struct Sums<'a> {
    x: &'a [f32],
    channels: usize,
    y: &'a mut [f32],
}

impl Plain for Sums<'_> {
    #[inline(always)]
    fn run(self) {
        for chunk in self.x.chunks(CHUNK * self.channels) {
            for first in (0..self.channels).step_by(LANES) {
                let live = (self.channels - first).min(LANES);
                let mut part = [0.0; LANES];
                for pixel in chunk.chunks_exact(self.channels) {
                    part.iter_mut().zip(&pixel[first..][..live]).for_each(|(part, x)| *part += x);
                }
                self.y[first..].iter_mut().zip(part).for_each(|(y, part)| *y += part);
            }
        }
    }
}

struct Spread<'a> {
    dy: &'a [f32],
    pixels: usize,
    channels: usize,
    dx: &'a mut [f32],
    write: Write,
}

impl Plain for Spread<'_> {
    #[inline(always)]
    fn run(self) {
        let (count, add) = (self.pixels as f32, self.write == Write::Add);
        let images = self.dx.chunks_exact_mut(self.pixels * self.channels);
        for (dx, dy) in images.zip(self.dy.chunks_exact(self.channels)) {
            for dx in dx.chunks_exact_mut(self.channels) {
                for (dx, dy) in dx.iter_mut().zip(dy) {
                    *dx = if add { *dx + dy / count } else { dy / count };
                }
            }
        }
    }
}
