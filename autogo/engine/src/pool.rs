//! Max and average pools with any window, stride, dilation and border; padding takes no part unless it is counted.

use crate::error::{at_least, length, units};
use crate::lanes::Plain;
use crate::{Engine, Error, Shape, Window, Write};

/// What a pool keeps of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The largest pixel. Its gradient goes to the first of several equal pixels.
    Max,
    /// The mean of the window's pixels inside the picture.
    Average,
    /// The sum of the window's pixels divided by the window's size: padding counts as zeros.
    AverageCounted,
}

/// The plan of a pool.
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, Pool, PoolKind, Shape, Window};
/// let shape = Shape::new(2, 2, 1);
/// let pool = Pool::new(Engine::new(Arithmetic::Fused), PoolKind::Average, shape, Window::square(3, 1, 1))?;
/// let mut y = [0.0; 4];
/// pool.forward(&[1.0, 2.0, 3.0, 6.0], &mut y)?;
/// assert_eq!(y, [3.0; 4]); // four pixels, not nine
/// # Ok::<(), autogo_engine::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pool {
    engine: Engine,
    kind: PoolKind,
    input: Shape,
    output: Shape,
    window: Window,
}

impl Pool {
    /// Plans a pool.
    ///
    /// # Errors
    /// A size is out of range, the window does not fit, or some window covers padding alone.
    pub fn new(engine: Engine, kind: PoolKind, input: Shape, window: Window) -> Result<Self, Error> {
        let (h, w) = window.slide(input)?;
        let output = Shape::new(h, w, input.c);
        output.check()?;
        let pool = Pool { engine, kind, input, output, window };
        let empty = |taps: (usize, usize)| taps.0 >= taps.1;
        if (0..h).any(|y| empty(pool.rows(y))) || (0..w).any(|x| empty(pool.columns(x))) {
            return Err(Error::EmptyWindow);
        }
        Ok(pool)
    }

    /// Shape of an output picture.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// Floats of the scratch that [`gradient`](Pool::gradient) needs.
    pub fn scratch_len(&self) -> usize {
        self.input.c
    }

    /// The taps of an output row that lie inside the picture.
    fn rows(&self, y: usize) -> (usize, usize) {
        let w = &self.window;
        inside(y * w.stride.0, w.border.top, self.input.h, w.kernel.0, w.dilation.0)
    }

    /// The taps of an output column that lie inside the picture.
    fn columns(&self, x: usize) -> (usize, usize) {
        let w = &self.window;
        inside(x * w.stride.1, w.border.left, self.input.w, w.kernel.1, w.dilation.1)
    }

    /// Where the pixels of a window begin that lie inside the picture.
    #[inline(always)]
    fn pixels(&self, image: usize, y: usize, x: usize) -> impl Iterator<Item = usize> {
        let (shape, window) = (self.input, self.window);
        let (rows, columns) = (self.rows(y), self.columns(x));
        (rows.0..rows.1).flat_map(move |row| {
            let row = y * window.stride.0 + row * window.dilation.0 - window.border.top;
            (columns.0..columns.1).map(move |column| {
                let column = x * window.stride.1 + column * window.dilation.1 - window.border.left;
                ((image * shape.h + row) * shape.w + column) * shape.c
            })
        })
    }

    /// What a window's sum is divided by.
    fn divisor(&self, y: usize, x: usize) -> f32 {
        let (rows, columns) = (self.rows(y), self.columns(x));
        match self.kind {
            PoolKind::Max => 1.0,
            PoolKind::Average => ((rows.1 - rows.0) * (columns.1 - columns.0)) as f32,
            PoolKind::AverageCounted => (self.window.kernel.0 * self.window.kernel.1) as f32,
        }
    }

    /// Pools some images. O(images · output elements · window).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn forward(&self, input: &[f32], output: &mut [f32]) -> Result<(), Error> {
        let images = units("input", input.len(), self.input.elements())?;
        length("output", output.len(), images * self.output.elements())?;
        self.engine.loops(Forward { pool: self, images, input, output });
        Ok(())
    }

    /// Writes the input's gradient, given input and output of the forward pass and the output's gradient.
    ///
    /// An average reads neither input nor output: both may then be empty. O(images · output elements · window).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn gradient(
        &self,
        input: &[f32],
        output: &[f32],
        output_gradient: &[f32],
        input_gradient: &mut [f32],
        write: Write,
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        let images = units("output gradient", output_gradient.len(), self.output.elements())?;
        length("input gradient", input_gradient.len(), images * self.input.elements())?;
        if self.kind == PoolKind::Max {
            length("input", input.len(), input_gradient.len())?;
            length("output", output.len(), output_gradient.len())?;
        }
        at_least("scratch", scratch.len(), self.scratch_len())?;
        if write == Write::Replace {
            input_gradient.fill(0.0);
        }
        let rest = &mut scratch[..self.input.c];
        self.engine.loops(Gradient { pool: self, images, input, output, output_gradient, input_gradient, rest });
        Ok(())
    }
}

/// First and last tap of a window at padded pixel `start` that lie inside a picture of `size` pixels.
fn inside(start: usize, border: usize, size: usize, kernel: usize, dilation: usize) -> (usize, usize) {
    let first = |from: usize| from.saturating_sub(start).div_ceil(dilation).min(kernel);
    (first(border), first(border + size))
}

struct Forward<'a> {
    pool: &'a Pool,
    images: usize,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Plain for Forward<'_> {
    #[inline(always)]
    fn run(self) {
        let (pool, channels) = (self.pool, self.pool.input.c);
        let (h, w) = (pool.output.h, pool.output.w);
        let mut outputs = self.output.chunks_exact_mut(channels);
        for image in 0..self.images {
            for (y, x) in (0..h).flat_map(|y| (0..w).map(move |x| (y, x))) {
                let (Some(to), mut pixels) = (outputs.next(), pool.pixels(image, y, x)) else { return };
                let Some(first) = pixels.next() else { continue };
                to.copy_from_slice(&self.input[first..][..channels]);
                if pool.kind == PoolKind::Max {
                    for pixel in pixels {
                        for (to, &from) in to.iter_mut().zip(&self.input[pixel..][..channels]) {
                            *to = if from > *to { from } else { *to };
                        }
                    }
                } else {
                    for pixel in pixels {
                        for (to, &from) in to.iter_mut().zip(&self.input[pixel..][..channels]) {
                            *to += from;
                        }
                    }
                    let divisor = pool.divisor(y, x);
                    to.iter_mut().for_each(|to| *to /= divisor);
                }
            }
        }
    }
}

struct Gradient<'a> {
    pool: &'a Pool,
    images: usize,
    input: &'a [f32],
    output: &'a [f32],
    output_gradient: &'a [f32],
    input_gradient: &'a mut [f32],
    /// What is left to give away of an output pixel's gradient.
    rest: &'a mut [f32],
}

impl Plain for Gradient<'_> {
    #[inline(always)]
    fn run(self) {
        let (pool, channels) = (self.pool, self.pool.input.c);
        let (h, w) = (pool.output.h, pool.output.w);
        let rest = self.rest;
        let mut at = 0;
        for image in 0..self.images {
            for (y, x) in (0..h).flat_map(|y| (0..w).map(move |x| (y, x))) {
                let gradient = &self.output_gradient[at..][..channels];
                if pool.kind == PoolKind::Max {
                    rest.copy_from_slice(gradient);
                    let output = &self.output[at..][..channels];
                    for pixel in pool.pixels(image, y, x) {
                        let input = &self.input[pixel..][..channels];
                        let to = &mut self.input_gradient[pixel..][..channels];
                        for ((to, rest), (input, output)) in
                            to.iter_mut().zip(rest.iter_mut()).zip(input.iter().zip(output))
                        {
                            let given = if input == output { *rest } else { 0.0 };
                            *to += given;
                            *rest -= given;
                        }
                    }
                } else {
                    let divisor = pool.divisor(y, x);
                    rest.iter_mut().zip(gradient).for_each(|(rest, gradient)| *rest = gradient / divisor);
                    for pixel in pool.pixels(image, y, x) {
                        let to = &mut self.input_gradient[pixel..][..channels];
                        to.iter_mut().zip(rest.iter()).for_each(|(to, part)| *to += part);
                    }
                }
                at += channels;
            }
        }
    }
}
