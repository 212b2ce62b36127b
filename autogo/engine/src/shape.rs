//! Shapes of pictures and windows.

use crate::Error;
use crate::error::{product, size};
use std::fmt;

/// A picture's height, width and channels; the batch is not part of it. A tensor of `n` images is dense NHWC: `n·h·w·c`
/// floats, channels next to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Height in pixels.
    pub h: usize,
    /// Width in pixels.
    pub w: usize,
    /// Channels.
    pub c: usize,
}

impl Shape {
    /// The largest size of one dimension.
    pub const LIMIT: usize = 1 << 20;

    /// A shape from height, width and channels.
    ///
    /// ```
    /// use autogo_engine::Shape;
    /// assert_eq!(Shape::new(32, 32, 3).elements(), 3072);
    /// ```
    pub const fn new(h: usize, w: usize, c: usize) -> Self {
        Shape { h, w, c }
    }

    /// Floats of one image.
    pub const fn elements(self) -> usize {
        self.h * self.w * self.c
    }

    /// Pixels of one image.
    pub const fn pixels(self) -> usize {
        self.h * self.w
    }

    /// Checks every dimension and the number of elements.
    ///
    /// # Errors
    /// A dimension is zero or beyond [`Shape::LIMIT`], or the shape has more than 2⁴⁰ elements.
    pub fn check(self) -> Result<(), Error> {
        size("height", self.h)?;
        size("width", self.w)?;
        size("channels", self.c)?;
        product("picture", &[self.h, self.w, self.c]).map(|_| ())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}×{}", self.h, self.w, self.c)
    }
}

/// Pixels on the four sides of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Border {
    /// Above.
    pub top: usize,
    /// To the left.
    pub left: usize,
    /// Below.
    pub bottom: usize,
    /// To the right.
    pub right: usize,
}

impl Border {
    /// The same width on all sides.
    pub const fn all(width: usize) -> Self {
        Border { top: width, left: width, bottom: width, right: width }
    }

    /// Pixels along height and along width, or an error beyond the limit.
    pub(crate) fn sums(self) -> Result<(usize, usize), Error> {
        let largest = self.top.max(self.left).max(self.bottom).max(self.right);
        if largest > Shape::LIMIT {
            return Err(Error::Size { size: "border", found: largest });
        }
        Ok((self.top + self.bottom, self.left + self.right))
    }
}

/// A sliding window. Pairs are (height, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Taps of the kernel.
    pub kernel: (usize, usize),
    /// Pixels between two windows.
    pub stride: (usize, usize),
    /// Pixels between two taps; 1 is the ordinary window.
    pub dilation: (usize, usize),
    /// Zeros around the picture.
    pub border: Border,
}

impl Window {
    /// A square window with the same border on all sides and no dilation.
    ///
    /// ```
    /// use autogo_engine::{Shape, Window};
    /// let window = Window::square(3, 2, 1);
    /// assert_eq!(window.slide(Shape::new(8, 8, 16)), Ok((4, 4)));
    /// ```
    pub const fn square(kernel: usize, stride: usize, border: usize) -> Self {
        Window { kernel: (kernel, kernel), stride: (stride, stride), dilation: (1, 1), border: Border::all(border) }
    }

    /// Pixels that the window spans along height and width.
    pub(crate) fn span(&self) -> (usize, usize) {
        ((self.kernel.0 - 1) * self.dilation.0 + 1, (self.kernel.1 - 1) * self.dilation.1 + 1)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        for (name, pair) in [("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation)] {
            size(name, pair.0)?;
            size(name, pair.1)?;
        }
        self.border.sums().map(|_| ())
    }

    /// Height and width of the picture that a window makes of `shape`:
    /// `(size + border − span) / stride + 1`, rounded down.
    ///
    /// # Errors
    /// A size is out of range, or the window does not fit into the padded picture.
    pub fn slide(&self, shape: Shape) -> Result<(usize, usize), Error> {
        shape.check()?;
        self.check()?;
        let (added, span) = (self.border.sums()?, self.span());
        let along = |padded: usize, span: usize, stride: usize| {
            if padded < span { Err(Error::Window { window: span, padded }) } else { Ok((padded - span) / stride + 1) }
        };
        Ok((along(shape.h + added.0, span.0, self.stride.0)?, along(shape.w + added.1, span.1, self.stride.1)?))
    }
}
