//! Max and average pools with any window, stride, dilation and border; padding takes no part unless it is counted.

use crate::error::{length, units};
use crate::lanes::{Kernel, Lanes, load, store};
use crate::{Engine, Error, Shape, Window, Write};

/// The value that a pool makes of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The largest pixel. Its gradient goes to the first of several equal pixels.
    Max,
    /// The mean of the window's pixels inside the picture.
    Average,
    /// The sum of the window's pixels divided by the window's size: padding counts as zeros.
    AverageCounted,
}

/// The plan of a pool. Memory: 16 bytes for every output row and column.
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
    /// For every output row, the first tap inside the picture and the tap behind the last inside.
    rows: Vec<(usize, usize)>,
    /// For every output column, the first tap inside the picture and the tap behind the last inside.
    columns: Vec<(usize, usize)>,
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
        let (start, size, kernel) = ((window.border.top, window.border.left), (input.h, input.w), window.kernel);
        let along = |outputs: usize, stride: usize, border: usize, size: usize, kernel: usize, dilation: usize| {
            (0..outputs).map(|i| inside(i * stride, border, size, kernel, dilation)).collect::<Vec<_>>()
        };
        let rows = along(h, window.stride.0, start.0, size.0, kernel.0, window.dilation.0);
        let columns = along(w, window.stride.1, start.1, size.1, kernel.1, window.dilation.1);
        if rows.iter().chain(&columns).any(|taps| taps.0 >= taps.1) {
            return Err(Error::EmptyWindow);
        }
        Ok(Pool { engine, kind, input, output, window, rows, columns })
    }

    /// Shape of an output picture.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// Calls `visit` with the first float of every pixel of a window that lies inside the picture.
    #[inline(always)]
    fn pixels(&self, Place { image, y, x, .. }: Place, mut visit: impl FnMut(usize)) {
        let (shape, window) = (self.input, self.window);
        let (rows, columns) = (self.rows[y], self.columns[x]);
        let column = x * window.stride.1 + columns.0 * window.dilation.1 - window.border.left;
        for row in rows.0..rows.1 {
            let row = y * window.stride.0 + row * window.dilation.0 - window.border.top;
            let mut at = ((image * shape.h + row) * shape.w + column) * shape.c;
            for _ in columns.0..columns.1 {
                visit(at);
                at += window.dilation.1 * shape.c;
            }
        }
    }

    /// The divisor of a window's sum.
    fn divisor(&self, Place { y, x, .. }: Place) -> f32 {
        let (rows, columns) = (self.rows[y], self.columns[x]);
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
        self.engine.run(Forward { pool: self, images, input, output });
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
    ) -> Result<(), Error> {
        let images = units("output gradient", output_gradient.len(), self.output.elements())?;
        length("input gradient", input_gradient.len(), images * self.input.elements())?;
        if self.kind == PoolKind::Max {
            length("input", input.len(), input_gradient.len())?;
            length("output", output.len(), output_gradient.len())?;
        }
        if write == Write::Replace {
            input_gradient.fill(0.0);
        }
        self.engine.run(Gradient { pool: self, images, input, output, output_gradient, input_gradient });
        Ok(())
    }
}

/// First and last tap of a window at padded pixel `start` that lie inside a picture of `size` pixels.
fn inside(start: usize, border: usize, size: usize, kernel: usize, dilation: usize) -> (usize, usize) {
    let first = |from: usize| from.saturating_sub(start).div_ceil(dilation).min(kernel);
    (first(border), first(border + size))
}

/// A window of one image: image, row and column of the output pixel, and its first float.
#[derive(Clone, Copy)]
struct Place {
    image: usize,
    y: usize,
    x: usize,
    float: usize,
}

impl Pool {
    /// Calls `visit` for every output pixel of some images.
    #[inline(always)]
    fn places(&self, images: usize, mut visit: impl FnMut(Place)) {
        let mut float = 0;
        for image in 0..images {
            for y in 0..self.output.h {
                for x in 0..self.output.w {
                    visit(Place { image, y, x, float });
                    float += self.output.c;
                }
            }
        }
    }
}

/// Vectors of channels that are pooled at once; the vectors that are left are pooled one by one.
const VECTORS: usize = 4;

struct Forward<'a> {
    pool: &'a Pool,
    images: usize,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let (pool, c) = (self.pool, self.pool.input.c);
        pool.places(self.images, |place| {
            let mut lane = 0;
            while lane + VECTORS * L::N <= c {
                self.window::<L, VECTORS>(lanes, place, lane, L::N);
                lane += VECTORS * L::N;
            }
            while lane < c {
                self.window::<L, 1>(lanes, place, lane, (c - lane).min(L::N));
                lane += L::N;
            }
        });
    }
}

impl Forward<'_> {
    /// Pools `V` vectors of channels, each with `live` lanes, of one window.
    #[inline(always)]
    fn window<L: Lanes, const V: usize>(&mut self, lanes: L, place: Place, lane: usize, live: usize) {
        let is_max = self.pool.kind == PoolKind::Max;
        let mut kept = [lanes.splat(if is_max { f32::NEG_INFINITY } else { 0.0 }); V];
        self.pool.pixels(place, |at| {
            for (v, kept) in kept.iter_mut().enumerate() {
                let x = load(lanes, self.input, at + lane + v * L::N, live);
                *kept = if is_max { lanes.where_greater(*kept, x, *kept, x) } else { lanes.add(*kept, x) };
            }
        });
        let divisor = lanes.splat(self.pool.divisor(place));
        for (v, kept) in kept.into_iter().enumerate() {
            let result = if is_max { kept } else { lanes.div(kept, divisor) };
            store(lanes, self.output, place.float + lane + v * L::N, live, result);
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
}

impl Kernel for Gradient<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let (pool, c) = (self.pool, self.pool.input.c);
        pool.places(self.images, |place| {
            for lane in (0..c).step_by(L::N) {
                let live = (c - lane).min(L::N);
                if pool.kind == PoolKind::Max {
                    self.largest(lanes, place, lane, live);
                } else {
                    self.average(lanes, place, lane, live);
                }
            }
        });
    }
}

impl Gradient<'_> {
    /// Gives an output pixel's gradient to the first pixel of its window that is the largest.
    #[inline(always)]
    fn largest<L: Lanes>(&mut self, lanes: L, place: Place, lane: usize, live: usize) {
        let largest = load(lanes, self.output, place.float + lane, live);
        let mut rest = load(lanes, self.output_gradient, place.float + lane, live);
        self.pool.pixels(place, |at| {
            let x = load(lanes, self.input, at + lane, live);
            let given = lanes.where_greater(largest, x, lanes.splat(0.0), rest);
            let sum = lanes.add(load(lanes, self.input_gradient, at + lane, live), given);
            store(lanes, self.input_gradient, at + lane, live, sum);
            rest = lanes.sub(rest, given);
        });
    }

    /// Gives every pixel of a window its part of the output pixel's gradient.
    #[inline(always)]
    fn average<L: Lanes>(&mut self, lanes: L, place: Place, lane: usize, live: usize) {
        let gradient = load(lanes, self.output_gradient, place.float + lane, live);
        let part = lanes.div(gradient, lanes.splat(self.pool.divisor(place)));
        self.pool.pixels(place, |at| {
            let sum = lanes.add(load(lanes, self.input_gradient, at + lane, live), part);
            store(lanes, self.input_gradient, at + lane, live, sum);
        });
    }
}
