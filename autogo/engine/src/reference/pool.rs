//! Pools by their definition.

use crate::{Error, PoolKind, Shape, Window};

/// The pixels of every window that lie inside the picture, one list for every output pixel of an image, row by row. A
/// pixel is the index `row · width + column`.
fn windows(shape: Shape, window: &Window) -> Result<Vec<Vec<usize>>, Error> {
    let (h, w) = window.slide(shape)?;
    let mut windows = Vec::new();
    for y in 0..h {
        for x in 0..w {
            let mut pixels = Vec::new();
            for tap in 0..window.kernel.0 * window.kernel.1 {
                let (down, right) = (tap / window.kernel.1, tap % window.kernel.1);
                let row = (y * window.stride.0 + down * window.dilation.0).wrapping_sub(window.border.top);
                let column = (x * window.stride.1 + right * window.dilation.1).wrapping_sub(window.border.left);
                if row < shape.h && column < shape.w {
                    pixels.push(row * shape.w + column);
                }
            }
            windows.push(pixels);
        }
    }
    Ok(windows)
}

fn divisor(kind: PoolKind, window: &Window, inside: usize) -> f64 {
    match kind {
        PoolKind::Max => 1.0,
        PoolKind::Average => inside as f64,
        PoolKind::AverageCounted => (window.kernel.0 * window.kernel.1) as f64,
    }
}

/// The largest, or the mean, of the pixels of every window.
///
/// # Errors
/// The window does not fit.
pub fn pool(kind: PoolKind, shape: Shape, window: &Window, x: &[f64]) -> Result<Vec<f64>, Error> {
    let windows = windows(shape, window)?;
    let mut y = Vec::new();
    for image in x.chunks(shape.elements()) {
        for pixels in &windows {
            for channel in 0..shape.c {
                let values = pixels.iter().map(|pixel| image[pixel * shape.c + channel]);
                y.push(match kind {
                    PoolKind::Max => values.fold(f64::NEG_INFINITY, f64::max),
                    PoolKind::Average | PoolKind::AverageCounted => {
                        values.sum::<f64>() / divisor(kind, window, pixels.len())
                    }
                });
            }
        }
    }
    Ok(y)
}

/// The gradient of a pool's input. The gradient of a maximum goes to the first of several equal pixels.
///
/// # Errors
/// The window does not fit.
pub fn pool_gradient(kind: PoolKind, shape: Shape, window: &Window, x: &[f64], dy: &[f64]) -> Result<Vec<f64>, Error> {
    let windows = windows(shape, window)?;
    let mut dx = vec![0.0; x.len()];
    let mut dy = dy.iter();
    for image in (0..x.len()).step_by(shape.elements()) {
        for pixels in &windows {
            for (channel, dy) in (0..shape.c).zip(&mut dy) {
                let at = |pixel: &usize| image + pixel * shape.c + channel;
                if kind == PoolKind::Max {
                    let largest =
                        pixels.iter().map(at).fold(at(&pixels[0]), |best, i| if x[i] > x[best] { i } else { best });
                    dx[largest] += dy;
                } else {
                    pixels.iter().for_each(|pixel| dx[at(pixel)] += dy / divisor(kind, window, pixels.len()));
                }
            }
        }
    }
    Ok(dx)
}
