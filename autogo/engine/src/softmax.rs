//! Softmax over the channels of every pixel.

use crate::error::{length, size, units};
use crate::{Error, Write};

/// Writes `exp(x_c) / Σ exp(x)` over the channels of every pixel: `x` and `y` are `[pixel][channel]`. O(elements).
///
/// ```
/// use autogo_engine::softmax;
/// let mut y = [0.0; 2];
/// softmax(&[3.0, 3.0], 2, &mut y)?;
/// assert_eq!(y, [0.5, 0.5]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a buffer's length does not fit.
pub fn softmax(x: &[f32], channels: usize, y: &mut [f32]) -> Result<(), Error> {
    size("channels", channels)?;
    units("input", x.len(), channels)?;
    length("output", y.len(), x.len())?;
    for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
        let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for (y, x) in y.iter_mut().zip(x) {
            *y = libm::expf(x - largest);
            sum += *y;
        }
        y.iter_mut().for_each(|y| *y /= sum);
    }
    Ok(())
}

/// Writes the input's gradient `y·(dy − Σ dy·y)`, given the softmax `y`. O(elements).
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a buffer's length does not fit.
pub fn softmax_gradient(
    y: &[f32],
    channels: usize,
    output_gradient: &[f32],
    input_gradient: &mut [f32],
    write: Write,
) -> Result<(), Error> {
    size("channels", channels)?;
    units("softmax", y.len(), channels)?;
    length("output gradient", output_gradient.len(), y.len())?;
    length("input gradient", input_gradient.len(), y.len())?;
    let pixels = y.chunks_exact(channels).zip(output_gradient.chunks_exact(channels));
    for ((y, dy), dx) in pixels.zip(input_gradient.chunks_exact_mut(channels)) {
        let along: f32 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
        for (dx, (y, dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
            let gradient = y * (dy - along);
            *dx = if write == Write::Add { *dx + gradient } else { gradient };
        }
    }
    Ok(())
}
