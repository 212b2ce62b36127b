//! The geometry of a convolution, checked once.

use crate::error::{product, size};
use crate::{Error, Shape, Window};

/// The shapes and the window of a convolution.
///
/// Weights are `[kernel height][kernel width][input channels / groups][filters]` (HWIO). Output channels
/// `g·filters/groups ..` of group `g` see input channels `g·channels/groups ..`. `groups = channels = filters` is the
/// depthwise convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvGeometry {
    /// Shape of an input picture.
    pub input: Shape,
    /// Output channels.
    pub filters: usize,
    /// Kernel, strides, dilations and border.
    pub window: Window,
    /// Groups of channels; 1 is the ordinary convolution.
    pub groups: usize,
}

impl ConvGeometry {
    /// A dense layer on the channels of every pixel: a convolution of one tap. Weights are
    /// `[input channels][features]`.
    ///
    /// ```
    /// use autogo_engine::{ConvGeometry, Shape};
    /// assert_eq!(ConvGeometry::dense(Shape::new(1, 1, 64), 10).weights(), 640);
    /// ```
    pub const fn dense(input: Shape, features: usize) -> Self {
        ConvGeometry { input, filters: features, window: Window::square(1, 1, 0), groups: 1 }
    }

    /// Shape of an output picture.
    ///
    /// # Errors
    /// A size is out of range, the window does not fit, or the groups do not divide the channels.
    pub fn output(&self) -> Result<Shape, Error> {
        let (h, w) = self.window.slide(self.input)?;
        let output = Shape::new(h, w, self.filters);
        output.check()?;
        if self.groups == 0 || !self.input.c.is_multiple_of(self.groups) || !self.filters.is_multiple_of(self.groups) {
            return Err(Error::Groups { groups: self.groups, inputs: self.input.c, filters: self.filters });
        }
        let (kernel, border) = (self.window.kernel, self.window.border);
        size("taps", kernel.0.saturating_mul(kernel.1))?;
        product("weights", &[kernel.0, kernel.1, self.input.c / self.groups, self.filters])?;
        let padded = [self.input.h + border.top + border.bottom, self.input.w + border.left + border.right];
        product("padded picture", &[padded[0], padded[1], self.input.c.max(self.filters)])?;
        Ok(output)
    }

    /// Number of weights.
    pub fn weights(&self) -> usize {
        self.window.kernel.0 * self.window.kernel.1 * (self.input.c / self.groups.max(1)) * self.filters
    }

    /// The same convolution with strides that end inside the padded picture: one window alone has no use for its
    /// stride.
    pub(crate) fn with_short_strides(mut self) -> Self {
        let (stride, border) = (&mut self.window.stride, self.window.border);
        stride.0 = stride.0.min(self.input.h + border.top + border.bottom);
        stride.1 = stride.1.min(self.input.w + border.left + border.right);
        self
    }

    /// Whether every channel has a filter of its own.
    pub(crate) fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.groups == self.input.c && self.groups == self.filters
    }

    /// Whether pixels are mapped one by one: then a batch is one long line of pixels.
    pub(crate) fn is_pointwise(&self) -> bool {
        let window = &self.window;
        window.kernel == (1, 1) && window.stride == (1, 1) && window.border == crate::Border::default()
    }
}
