//! Convolutions: ordinary, grouped, depthwise, dilated, and transposed.
//!
//! A group of images, about 256 output pixels, is copied into a *field* with a border of zeros; then a kernel runs over
//! the field with sums in registers. While the field is filled, a batch norm and ReLU are applied ([`Input::mapped`]),
//! and while the output is still in the cache its statistics are added up (`moments` of [`Forward`]). So a chain of
//! convolution, batch norm, ReLU, convolution never stores a ReLU's output.
//!
//! A 3×3 window of unit strides on many channels is computed by tiles instead (`winograd.rs`): with less than half the
//! products.
//!
//! Sums run over taps, then input channels, in this order; a weight's gradient is summed per group of images (per band
//! of rows where a picture is large), then over groups. No sum depends on the width of the vectors.

#![allow(clippy::needless_range_loop)] // kernels index several small arrays alike; the compiler unrolls these loops

mod depthwise;
mod field;
mod forward;
mod gather;
mod geometry;
mod gradients;
mod pack;
mod run;
mod sums;
mod tile;
mod transpose;
mod winograd;

pub use forward::Forward;
pub use geometry::ConvGeometry;
pub use gradients::{Backward, NormBackward};
pub use transpose::{ConvTranspose, TransposeGeometry};

use crate::error::length;
use crate::{Engine, Error, Shape};
use gather::Gather;
use pack::Strides;
use sums::SumTile;
use winograd::Winograd;

/// The plan of a convolution. It is made once; runs allocate nothing.
///
/// ```
/// use autogo_engine::{Arithmetic, Conv, ConvGeometry, Engine, Forward, Input, Shape, Window};
/// let geometry = ConvGeometry { input: Shape::new(2, 2, 1), filters: 1, window: Window::square(3, 1, 1), groups: 1 };
/// let conv = Conv::new(Engine::new(Arithmetic::Fused), geometry)?;
/// let weights = [1.0; 9]; // a sum over 3×3 pixels
/// let mut packed = vec![0.0; conv.packed_len()];
/// conv.pack(&weights, &mut packed)?;
/// let (image, mut output) = ([1.0, 2.0, 3.0, 4.0], [0.0; 4]);
/// let mut scratch = vec![0.0; conv.scratch_len()];
/// conv.forward(Forward {
///     input: Input::plain(&image),
///     packed: &packed,
///     bias: None,
///     output: &mut output,
///     moments: None,
///     scratch: &mut scratch,
/// })?;
/// assert_eq!(output, [10.0; 4]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Conv {
    engine: Engine,
    geometry: ConvGeometry,
    output: Shape,
    images: usize,
    forward: Gather,
    backward: Gather,
    /// Tile of the weight sums that read the output's gradient in place.
    direct: SumTile,
    /// Tile of the weight sums that read the output's gradient from a field.
    copied: SumTile,
    scratch: usize,
}

impl Conv {
    /// Plans a convolution.
    ///
    /// # Errors
    /// A size is out of range, the window does not fit, or the groups do not divide the channels.
    pub fn new(engine: Engine, geometry: ConvGeometry) -> Result<Self, Error> {
        let output = geometry.output()?;
        let (images, width) = (gather::group(&geometry, output), engine.width());
        let short = geometry.with_short_strides();
        let forward = gather::forward(&short, output, images, width);
        let forward = forward.tiled(Winograd::forward(&short, output, images, width));
        let backward = gather::backward(&short, output, images, width);
        let backward = backward.tiled(Winograd::backward(&short, output, images, width));
        let direct = SumTile::best(width, forward.live, forward.lanes);
        let copied = SumTile::best(width, forward.live, 1);
        let sums = forward.field.len() + run::gradient_field(&forward).len();
        let scratch = sums.max(forward.scratch()).max(backward.scratch());
        Ok(Conv { engine, geometry, output, images, forward, backward, direct, copied, scratch })
    }

    /// The geometry.
    pub fn geometry(&self) -> &ConvGeometry {
        &self.geometry
    }

    /// Shape of an output picture.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// Whether the forward pass, or the data gradient, is computed by tiles, which have sums of their own: 3×3 windows
    /// of unit strides from 128 channels on both sides on, or 256 on pictures of less than 16 tiles of 2×2.
    pub fn is_tiled(&self) -> bool {
        self.forward.winograd.is_some() || self.backward.winograd.is_some()
    }

    /// Images of one group. A caller that cuts a batch into pieces cuts at multiples of this number: then pieces that
    /// are added to one weight gradient, one after the other, make the bits of the whole batch.
    pub fn group(&self) -> usize {
        self.images
    }

    /// Floats of the scratch that every run needs. Its contents do not matter.
    pub fn scratch_len(&self) -> usize {
        self.scratch
    }

    /// Number of weights.
    pub fn weights_len(&self) -> usize {
        self.geometry.weights()
    }

    /// Floats of the packed weights.
    pub fn packed_len(&self) -> usize {
        self.forward.packed + self.backward.packed
    }

    /// Multiply-adds of one image's forward pass, those with the border's zeros included.
    pub fn multiply_adds(&self) -> u64 {
        self.output.pixels() as u64 * self.geometry.weights() as u64
    }

    /// Packs weights for forward pass and data gradient. Every change of the weights needs a new pack. O(weights).
    ///
    /// # Errors
    /// A buffer's length does not fit.
    pub fn pack(&self, weights: &[f32], packed: &mut [f32]) -> Result<(), Error> {
        length("weights", weights.len(), self.weights_len())?;
        length("packed", packed.len(), self.packed_len())?;
        let (ahead, back) = packed.split_at_mut(self.forward.packed);
        if self.forward.depthwise {
            pack::pack_depthwise(&self.forward, weights, ahead);
            pack::pack_depthwise(&self.backward, weights, back);
            return Ok(());
        }
        let (inputs, filters, width) = (self.forward.live, self.geometry.filters, self.engine.width());
        let group = self.forward.lanes;
        let strides = Strides { position: inputs * filters, source: filters, target: 1, group };
        let turned = Strides { source: 1, target: filters, ..strides };
        for (gather, packed, strides) in [(&self.forward, ahead, strides), (&self.backward, back, turned)] {
            match &gather.winograd {
                Some(plan) => plan.pack(&self.engine, weights, packed, strides),
                None => pack::pack(gather, width, weights, packed, strides),
            }
        }
        Ok(())
    }
}
