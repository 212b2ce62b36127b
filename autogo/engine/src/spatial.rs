//! Pictures that are padded, cropped, or made of channels.

use crate::error::{length, units};
use crate::lanes::Plain;
use crate::{Border, Engine, Error, Shape, Write};

/// Writes images with a border of zeros. `shape` is the shape of an input picture. The gradient is [`crop`] with the
/// output's shape. O(output elements).
///
/// ```
/// use autogo_engine::{Arithmetic, Border, Engine, Shape, Write, pad};
/// let border = Border { top: 1, left: 0, bottom: 0, right: 1 };
/// let mut y = [9.0; 6]; // two rows of three pixels
/// pad(&Engine::new(Arithmetic::Fused), Shape::new(1, 2, 1), border, &[1.0, 2.0], &mut y, Write::Replace)?;
/// assert_eq!(y, [0.0, 0.0, 0.0, 1.0, 2.0, 0.0]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
///
/// # Errors
/// A size is out of range, or a buffer's length does not fit.
pub fn pad(engine: &Engine, shape: Shape, border: Border, x: &[f32], y: &mut [f32], write: Write) -> Result<(), Error> {
    let large = larger(shape, border)?;
    let images = units("input", x.len(), shape.elements())?;
    length("output", y.len(), images * large.elements())?;
    if write == Write::Replace {
        y.fill(0.0);
    }
    engine.loops(Rows { small: shape, large, border, x, y, add: write == Write::Add, inward: false });
    Ok(())
}

/// Writes the inside of images: `border` says how many pixels are cut off on each side. `shape` is the shape of an
/// input picture. The gradient is [`pad`] with the output's shape. O(output elements).
///
/// # Errors
/// A size is out of range, the border leaves nothing, or a buffer's length does not fit.
pub fn crop(
    engine: &Engine,
    shape: Shape,
    border: Border,
    x: &[f32],
    y: &mut [f32],
    write: Write,
) -> Result<(), Error> {
    let small = smaller(shape, border)?;
    let images = units("input", x.len(), shape.elements())?;
    length("output", y.len(), images * small.elements())?;
    engine.loops(Rows { small, large: shape, border, x, y, add: write == Write::Add, inward: true });
    Ok(())
}

fn larger(shape: Shape, border: Border) -> Result<Shape, Error> {
    shape.check()?;
    let (h, w) = border.sums()?;
    let large = Shape::new(shape.h + h, shape.w + w, shape.c);
    large.check().map(|()| large)
}

fn smaller(shape: Shape, border: Border) -> Result<Shape, Error> {
    shape.check()?;
    let (h, w) = border.sums()?;
    for (border, pixels) in [(h, shape.h), (w, shape.w)] {
        if border >= pixels {
            return Err(Error::Border { border, pixels });
        }
    }
    Ok(Shape::new(shape.h - h, shape.w - w, shape.c))
}

/// Copies the rows of a small picture into a large one, or out of it.
struct Rows<'a> {
    small: Shape,
    large: Shape,
    border: Border,
    x: &'a [f32],
    y: &'a mut [f32],
    add: bool,
    inward: bool,
}

impl Plain for Rows<'_> {
    #[inline(always)]
    fn run(self) {
        let (small, large) = (self.small, self.large);
        let row = small.w * small.c;
        let rows = if self.inward { self.y.len() } else { self.x.len() } / row;
        for i in 0..rows {
            let (image, y) = (i / small.h, i % small.h);
            let outer = ((image * large.h + y + self.border.top) * large.w + self.border.left) * large.c;
            let (from, to) = if self.inward { (outer, i * row) } else { (i * row, outer) };
            let (x, y) = (&self.x[from..][..row], &mut self.y[to..][..row]);
            if self.add {
                y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
            } else {
                y.copy_from_slice(x);
            }
        }
    }
}

/// The order of channels that become the pixels of a rectangle of `h × w` pixels (of a square, `h = w`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DepthOrder {
    /// Channel `c·h·w + i·w + j` becomes channel `c` of pixel `(i, j)`: PyTorch's pixel shuffle, ONNX's CRD.
    ChannelFirst,
    /// Channel `(i·w + j)·channels + c` becomes channel `c` of pixel `(i, j)`, where `channels` are the channels of the
    /// output: TensorFlow's order, ONNX's DCR.
    BlockFirst,
}

/// The plan of a depth-to-space: every `block²` channels become a square of `block × block` pixels. The gradient is the
/// space-to-depth that leads back.
///
/// ```
/// use autogo_engine::{Arithmetic, DepthOrder, DepthToSpace, Engine, Shape, Write};
/// let engine = Engine::new(Arithmetic::Fused);
/// let plan = DepthToSpace::new(engine, Shape::new(1, 1, 8), 2, DepthOrder::ChannelFirst)?;
/// assert_eq!(plan.output(), Shape::new(2, 2, 2));
/// let (x, mut y) = ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [0.0; 8]);
/// plan.forward(&x, &mut y, Write::Replace)?;
/// assert_eq!(y, [0.0, 4.0, 1.0, 5.0, 2.0, 6.0, 3.0, 7.0]); // four pixels of two channels
/// # Ok::<(), autogo_engine::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DepthToSpace {
    engine: Engine,
    input: Shape,
    output: Shape,
    block: (usize, usize),
    order: DepthOrder,
}

impl DepthToSpace {
    /// Plans a depth-to-space of pictures of shape `input`.
    ///
    /// # Errors
    /// A size is out of range, or the channels do not fill squares.
    pub fn new(engine: Engine, input: Shape, block: usize, order: DepthOrder) -> Result<Self, Error> {
        DepthToSpace::rectangles(engine, input, (block, block), order)
    }

    /// Plans a depth-to-space that makes rectangles of `block` = (height, width) pixels of the channels.
    ///
    /// # Errors
    /// A size is out of range, or the channels do not fill rectangles.
    pub fn rectangles(engine: Engine, input: Shape, block: (usize, usize), order: DepthOrder) -> Result<Self, Error> {
        input.check()?;
        crate::error::size("block", block.0)?;
        crate::error::size("block", block.1)?;
        let pixels = block.0 * block.1;
        if !input.c.is_multiple_of(pixels) {
            return Err(Error::Channels { asked: pixels, found: input.c });
        }
        let output = Shape::new(input.h * block.0, input.w * block.1, input.c / pixels);
        output.check()?;
        Ok(DepthToSpace { engine, input, output, block, order })
    }

    /// Shape of an output picture.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// Rearranges images. O(elements).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn forward(&self, x: &[f32], y: &mut [f32], write: Write) -> Result<(), Error> {
        units("input", x.len(), self.input.elements())?;
        length("output", y.len(), x.len())?;
        self.engine.loops(Move { plan: self, x, y, add: write == Write::Add, back: false });
        Ok(())
    }

    /// Rearranges the output's gradient into the input's. O(elements).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn gradient(&self, output_gradient: &[f32], input_gradient: &mut [f32], write: Write) -> Result<(), Error> {
        units("output gradient", output_gradient.len(), self.input.elements())?;
        length("input gradient", input_gradient.len(), output_gradient.len())?;
        let (x, y) = (output_gradient, input_gradient);
        self.engine.loops(Move { plan: self, x, y, add: write == Write::Add, back: true });
        Ok(())
    }
}

struct Move<'a> {
    plan: &'a DepthToSpace,
    x: &'a [f32],
    y: &'a mut [f32],
    add: bool,
    back: bool,
}

impl Plain for Move<'_> {
    #[inline(always)]
    fn run(self) {
        let DepthToSpace { input, output, block: (high, wide), order, .. } = *self.plan;
        for pixel in 0..self.x.len() / input.c {
            let (row, column) = (pixel / input.w, pixel % input.w); // rows of all images
            for place in 0..high * wide {
                let (i, j) = (place / wide, place % wide);
                let deep = match order {
                    DepthOrder::ChannelFirst => (place, high * wide),
                    DepthOrder::BlockFirst => (place * output.c, 1),
                };
                let outer = ((row * high + i) * output.w + column * wide + j) * output.c;
                for channel in 0..output.c {
                    let inner = pixel * input.c + deep.0 + channel * deep.1;
                    let (from, to) = if self.back { (outer + channel, inner) } else { (inner, outer + channel) };
                    let x = self.x[from];
                    let y = &mut self.y[to];
                    *y = if self.add { *y + x } else { x };
                }
            }
        }
    }
}
