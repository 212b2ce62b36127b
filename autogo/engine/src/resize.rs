//! Pictures of another size.

use crate::error::{length, units};
use crate::lanes::Plain;
use crate::{Engine, Error, Shape, Write};

/// The rule by which a picture is resized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interpolation {
    /// Output pixel `i` of `n` is input pixel `⌊i·size/n⌋`: a whole factor repeats every pixel.
    Nearest,
    /// Bilinear, with pixel centres half a pixel inside; the border is repeated.
    Bilinear,
    /// Bilinear, with pixel centres in the pixels' corners: output pixel `i` of `n` reads the place `i·size/n`.
    BilinearCorners,
    /// Bilinear, with the corners of both pictures in one place.
    BilinearAligned,
}

impl Interpolation {
    /// The place in an input of `from` pixels that output pixel `i` of `to` reads.
    pub(crate) fn place(self, i: usize, from: usize, to: usize) -> f64 {
        let scale = from as f64 / to as f64;
        let place = match self {
            Interpolation::Nearest => (i * from / to) as f64,
            Interpolation::Bilinear => (i as f64 + 0.5) * scale - 0.5,
            Interpolation::BilinearCorners => i as f64 * scale,
            Interpolation::BilinearAligned => (i * (from - 1)) as f64 / (to - 1).max(1) as f64,
        };
        place.clamp(0.0, (from - 1) as f64)
    }
}

/// An output row or column: two input rows, and the weight of the second.
#[derive(Clone, Copy, Debug)]
struct Mix {
    first: usize,
    second: usize,
    weight: f32,
}

/// The plan of a resize. Memory: 24 bytes for every output row and column.
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, Interpolation, Resize, Shape};
/// let engine = Engine::new(Arithmetic::Fused);
/// let resize = Resize::new(engine, Shape::new(1, 2, 1), (1, 4), Interpolation::Bilinear)?;
/// let mut y = [0.0; 4];
/// resize.forward(&[0.0, 4.0], &mut y)?;
/// assert_eq!(y, [0.0, 1.0, 3.0, 4.0]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Resize {
    engine: Engine,
    input: Shape,
    output: Shape,
    rows: Vec<Mix>,
    columns: Vec<Mix>,
}

impl Resize {
    /// Plans the resize of pictures of shape `input` to height and width `size`.
    ///
    /// # Errors
    /// A size is out of range.
    pub fn new(
        engine: Engine,
        input: Shape,
        size: (usize, usize),
        interpolation: Interpolation,
    ) -> Result<Self, Error> {
        let output = Shape::new(size.0, size.1, input.c);
        input.check()?;
        output.check()?;
        let mixes = |from: usize, to: usize| (0..to).map(|i| mix(interpolation, i, from, to)).collect();
        Ok(Resize { engine, input, output, rows: mixes(input.h, size.0), columns: mixes(input.w, size.1) })
    }

    /// Shape of an output picture.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// Resizes images. O(output elements).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn forward(&self, x: &[f32], y: &mut [f32]) -> Result<(), Error> {
        let images = units("input", x.len(), self.input.elements())?;
        length("output", y.len(), images * self.output.elements())?;
        self.engine.loops(Forward { plan: self, images, x, y });
        Ok(())
    }

    /// Writes the input's gradient. O(output elements).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn gradient(&self, output_gradient: &[f32], input_gradient: &mut [f32], write: Write) -> Result<(), Error> {
        let images = units("input gradient", input_gradient.len(), self.input.elements())?;
        length("output gradient", output_gradient.len(), images * self.output.elements())?;
        if write == Write::Replace {
            input_gradient.fill(0.0);
        }
        self.engine.loops(Gradient { plan: self, images, dy: output_gradient, dx: input_gradient });
        Ok(())
    }

    /// Calls `visit(first float of the output pixel, first floats of the four input pixels, their weights)`.
    #[inline(always)]
    fn pixels(&self, images: usize, mut visit: impl FnMut(usize, [usize; 4], [f32; 4])) {
        let c = self.input.c;
        let mut to = 0;
        for image in 0..images {
            for row in &self.rows {
                let line = |y: usize| (image * self.input.h + y) * self.input.w;
                let (up, down) = (line(row.first), line(row.second));
                for column in &self.columns {
                    let (left, right) = (column.first, column.second);
                    let from = [up + left, up + right, down + left, down + right].map(|pixel| pixel * c);
                    let (v, u) = (row.weight, column.weight);
                    visit(to, from, [(1.0 - v) * (1.0 - u), (1.0 - v) * u, v * (1.0 - u), v * u]);
                    to += c;
                }
            }
        }
    }
}

fn mix(interpolation: Interpolation, i: usize, from: usize, to: usize) -> Mix {
    let place = interpolation.place(i, from, to);
    let first = place as usize;
    Mix { first, second: (first + 1).min(from - 1), weight: (place - first as f64) as f32 }
}

struct Forward<'a> {
    plan: &'a Resize,
    images: usize,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Plain for Forward<'_> {
    #[inline(always)]
    fn run(self) {
        let (c, x, y) = (self.plan.input.c, self.x, self.y);
        self.plan.pixels(self.images, |to, from, weights| {
            let y = &mut y[to..][..c];
            if weights[0] == 1.0 {
                y.copy_from_slice(&x[from[0]..][..c]);
                return;
            }
            let x = from.map(|from| &x[from..][..c]);
            for channel in 0..c {
                let upper = weights[0] * x[0][channel] + weights[1] * x[1][channel];
                let lower = weights[2] * x[2][channel] + weights[3] * x[3][channel];
                y[channel] = upper + lower;
            }
        });
    }
}

struct Gradient<'a> {
    plan: &'a Resize,
    images: usize,
    dy: &'a [f32],
    dx: &'a mut [f32],
}

impl Plain for Gradient<'_> {
    #[inline(always)]
    fn run(self) {
        let (c, dy, dx) = (self.plan.input.c, self.dy, self.dx);
        self.plan.pixels(self.images, |to, from, weights| {
            for (from, weight) in from.into_iter().zip(weights) {
                if weight != 0.0 {
                    let pixel = dx[from..][..c].iter_mut().zip(&dy[to..][..c]);
                    pixel.for_each(|(dx, dy)| *dx += weight * dy);
                }
            }
        });
    }
}
