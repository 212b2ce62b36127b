//! Transposed convolution: the data gradient of a convolution as a forward pass, which enlarges by its stride.

use super::{Conv, ConvGeometry, forward, gradients};
use crate::error::length;
use crate::input::Input;
use crate::{Border, Error, Forward, Shape, Window, Write};

/// The shapes and the window of a transposed convolution.
///
/// Weights are `[kernel height][kernel width][filters of a group][input channels]`: those of the convolution that leads
/// back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransposeGeometry {
    /// Shape of an input picture.
    pub input: Shape,
    /// Output channels.
    pub filters: usize,
    /// Kernel, strides and dilations; the border is cut off around the result.
    pub window: Window,
    /// Pixels added below and to the right, fewer than the stride.
    pub extra: (usize, usize),
    /// Channel groups.
    pub groups: usize,
}

impl TransposeGeometry {
    /// Shape of an output picture: `(size − 1)·stride + span − border + extra`.
    ///
    /// # Errors
    /// A size is out of range, the border leaves nothing, or more pixels are added than the stride allows.
    pub fn output(&self) -> Result<Shape, Error> {
        self.input.check()?;
        self.window.check()?;
        let (stride, span, border) = (self.window.stride, self.window.span(), self.window.border.sums()?);
        let along = |size: usize, stride: usize, span: usize, border: usize, extra: usize| {
            if extra >= stride {
                return Err(Error::Extra { extra, stride });
            }
            let pixels = (size - 1) * stride + span + extra;
            if pixels > border { Ok(pixels - border) } else { Err(Error::Border { border, pixels }) }
        };
        let h = along(self.input.h, stride.0, span.0, border.0, self.extra.0)?;
        let w = along(self.input.w, stride.1, span.1, border.1, self.extra.1)?;
        let output = Shape::new(h, w, self.filters);
        output.check().map(|()| output)
    }

    /// The convolution that makes a picture of the input's shape from one of the output's shape.
    fn mirrored(&self) -> Result<ConvGeometry, Error> {
        let (output, border) = (self.output()?, self.window.border);
        // Windows that would begin beyond the input's last one are cut off by shortening the border.
        let along = |size: usize, stride: usize, span: usize, start: usize, picture: usize| {
            ((size - 1) * stride + span).saturating_sub(start + picture)
        };
        let (stride, span) = (self.window.stride, self.window.span());
        let bottom = along(self.input.h, stride.0, span.0, border.top, output.h);
        let right = along(self.input.w, stride.1, span.1, border.left, output.w);
        let window = Window { border: Border { bottom, right, ..border }, ..self.window };
        Ok(ConvGeometry { input: output, filters: self.input.c, window, groups: self.groups })
    }
}

/// The plan of a transposed convolution.
///
/// ```
/// use autogo_engine::{Arithmetic, ConvTranspose, Engine, Shape, TransposeGeometry, Window};
/// let window = Window::square(4, 2, 1);
/// let geometry = TransposeGeometry { input: Shape::new(8, 8, 16), filters: 3, window, extra: (0, 0), groups: 1 };
/// let enlarge = ConvTranspose::new(Engine::new(Arithmetic::Fused), geometry)?;
/// assert_eq!(enlarge.output(), Shape::new(16, 16, 3));
/// # Ok::<(), autogo_engine::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConvTranspose {
    mirrored: Conv,
}

impl ConvTranspose {
    /// Plans a transposed convolution.
    ///
    /// # Errors
    /// As [`TransposeGeometry::output`].
    pub fn new(engine: crate::Engine, geometry: TransposeGeometry) -> Result<Self, Error> {
        Ok(ConvTranspose { mirrored: Conv::new(engine, geometry.mirrored()?)? })
    }

    /// Shape of an input picture.
    pub fn input(&self) -> Shape {
        self.mirrored.output
    }

    /// Shape of an output picture.
    pub fn output(&self) -> Shape {
        self.mirrored.geometry.input
    }

    /// Images of one group, as [`Conv::group`].
    pub fn group(&self) -> usize {
        self.mirrored.images
    }

    /// Floats of the scratch.
    pub fn scratch_len(&self) -> usize {
        self.mirrored.scratch
    }

    /// Number of weights.
    pub fn weights_len(&self) -> usize {
        self.mirrored.weights_len()
    }

    /// Floats of the packed weights.
    pub fn packed_len(&self) -> usize {
        self.mirrored.packed_len()
    }

    /// Multiply-adds of one image's forward pass.
    pub fn multiply_adds(&self) -> u64 {
        self.mirrored.multiply_adds()
    }

    /// Packs weights, as [`Conv::pack`].
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn pack(&self, weights: &[f32], packed: &mut [f32]) -> Result<(), Error> {
        self.mirrored.pack(weights, packed)
    }

    /// Enlarges some images.
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn forward(&self, job: Forward<'_>) -> Result<(), Error> {
        let conv = &self.mirrored;
        length("packed", job.packed.len(), conv.packed_len())?;
        let packed = &job.packed[conv.forward.packed..];
        forward::run(conv, &conv.backward, packed, job.input, job.bias, job.output, job.moments, job.scratch)
    }

    /// Writes the gradient of the input.
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn data_gradient(
        &self,
        packed: &[f32],
        output_gradient: &[f32],
        input_gradient: &mut [f32],
        write: Write,
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        let conv = &self.mirrored;
        length("packed", packed.len(), conv.packed_len())?;
        let packed = &packed[..conv.forward.packed];
        gradients::data(conv, &conv.forward, packed, output_gradient, input_gradient, write, scratch)
    }

    /// Adds the gradient of the weights.
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn weight_gradient(
        &self,
        input: Input<'_>,
        output_gradient: &[f32],
        weight_gradient: &mut [f32],
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        gradients::weights(&self.mirrored, Input::plain(output_gradient), input, weight_gradient, scratch)
    }
}
