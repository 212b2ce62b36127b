//! Tensors that are repeated along sizes of 1: the operands of sums and products that do not agree in shape.

use crate::error::{length, units};
use crate::lanes::Plain;
use crate::{Engine, Error, Shape, Write};

/// The rule by which a repeated element `x` changes an element `y` of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Combine {
    /// `y = x`.
    Replace,
    /// `y = y + x`.
    Add,
    /// `y = y · x`.
    Multiply,
}

/// Writes images of shape `large` by repeating those of shape `small`. The height, the width and the channels of
/// `small` are each those of `large` or 1. O(elements of `large`).
///
/// ```
/// use autogo_engine::{Arithmetic, Combine, Engine, Shape, repeat};
/// let mut y = [1.0, 2.0, 3.0, 4.0]; // two pixels of two channels
/// let engine = Engine::new(Arithmetic::Fused);
/// repeat(&engine, Shape::new(1, 1, 2), Shape::new(1, 2, 2), &[10.0, 0.5], &mut y, Combine::Multiply)?;
/// assert_eq!(y, [10.0, 1.0, 30.0, 2.0]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
///
/// # Errors
/// A size is out of range, a size of `small` is neither 1 nor that of `large`, or a buffer's length does not fit.
pub fn repeat(
    engine: &Engine,
    small: Shape,
    large: Shape,
    x: &[f32],
    y: &mut [f32],
    combine: Combine,
) -> Result<(), Error> {
    check(small, large)?;
    let images = units("output", y.len(), large.elements())?;
    length("input", x.len(), images * small.elements())?;
    engine.loops(Repeat { small, large, x, y, combine });
    Ok(())
}

/// Writes the gradient of the input of [`repeat`], for [`Combine::Replace`] and [`Combine::Add`]: every element of
/// `small` receives the sum of the output gradients of its copies, row by row. O(elements of `large`).
///
/// After [`Combine::Multiply`] the caller first multiplies the output gradient by the other factor.
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, Shape, Write, repeat_gradient};
/// let (small, large) = (Shape::new(1, 1, 2), Shape::new(1, 2, 2)); // one pixel was repeated twice
/// let mut dx = [0.0; 2];
/// let dy = [1.0, 2.0, 3.0, 4.0];
/// repeat_gradient(&Engine::new(Arithmetic::Fused), small, large, &dy, &mut dx, Write::Replace)?;
/// assert_eq!(dx, [4.0, 6.0]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
///
/// # Errors
/// A size is out of range, a size of `small` is neither 1 nor that of `large`, or a buffer's length does not fit.
pub fn repeat_gradient(
    engine: &Engine,
    small: Shape,
    large: Shape,
    output_gradient: &[f32],
    input_gradient: &mut [f32],
    write: Write,
) -> Result<(), Error> {
    check(small, large)?;
    let images = units("output gradient", output_gradient.len(), large.elements())?;
    length("input gradient", input_gradient.len(), images * small.elements())?;
    if write == Write::Replace {
        input_gradient.fill(0.0);
    }
    engine.loops(Gather { small, large, dy: output_gradient, dx: input_gradient });
    Ok(())
}

fn check(small: Shape, large: Shape) -> Result<(), Error> {
    small.check()?;
    large.check()?;
    let sizes = [("height", small.h, large.h), ("width", small.w, large.w), ("channels", small.c, large.c)];
    match sizes.into_iter().find(|&(_, small, large)| small != large && small != 1) {
        Some((size, small, large)) => Err(Error::Repeat { size, small, large }),
        None => Ok(()),
    }
}

/// The first float of the pixel of `small` that is repeated at a pixel of `large`.
#[inline(always)]
fn source(small: Shape, image: usize, row: usize, column: usize) -> usize {
    let (row, column) = (if small.h == 1 { 0 } else { row }, if small.w == 1 { 0 } else { column });
    ((image * small.h + row) * small.w + column) * small.c
}

struct Repeat<'a> {
    small: Shape,
    large: Shape,
    x: &'a [f32],
    y: &'a mut [f32],
    combine: Combine,
}

#[inline(always)]
fn combined(combine: Combine, y: f32, x: f32) -> f32 {
    match combine {
        Combine::Replace => x,
        Combine::Add => y + x,
        Combine::Multiply => y * x,
    }
}

impl Plain for Repeat<'_> {
    #[inline(always)]
    fn run(self) {
        let (small, large, combine) = (self.small, self.large, self.combine);
        for (pixel, y) in self.y.chunks_exact_mut(large.c).enumerate() {
            let (line, column) = (pixel / large.w, pixel % large.w);
            let from = source(small, line / large.h, line % large.h, column);
            if small.c == large.c {
                let x = &self.x[from..][..large.c];
                y.iter_mut().zip(x).for_each(|(y, &x)| *y = combined(combine, *y, x));
            } else {
                let x = self.x[from];
                y.iter_mut().for_each(|y| *y = combined(combine, *y, x));
            }
        }
    }
}

struct Gather<'a> {
    small: Shape,
    large: Shape,
    dy: &'a [f32],
    dx: &'a mut [f32],
}

/// Channels that are summed at once.
const LANES: usize = 16;

impl Plain for Gather<'_> {
    #[inline(always)]
    fn run(self) {
        let (small, large) = (self.small, self.large);
        // Pixels of a row that are summed before they meet the other rows.
        let run = if small.w == 1 { large.w } else { 1 };
        for (line, dy) in self.dy.chunks_exact(large.w * large.c).enumerate() {
            for (column, dy) in dy.chunks_exact(run * large.c).enumerate() {
                let to = source(small, line / large.h, line % large.h, column);
                if small.c == large.c {
                    for first in (0..large.c).step_by(LANES) {
                        let live = (large.c - first).min(LANES);
                        let mut sums = [0.0; LANES];
                        for pixel in dy.chunks_exact(large.c) {
                            sums.iter_mut().zip(&pixel[first..][..live]).for_each(|(sum, dy)| *sum += dy);
                        }
                        let dx = &mut self.dx[to + first..][..live];
                        dx.iter_mut().zip(sums).for_each(|(dx, sum)| *dx += sum);
                    }
                } else {
                    self.dx[to] += dy.chunks_exact(large.c).map(|pixel| pixel.iter().sum::<f32>()).sum::<f32>();
                }
            }
        }
    }
}
