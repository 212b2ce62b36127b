//! The input of a kernel: a tensor, or a tensor that a batch norm and a clip are applied to on the way.

use crate::Error;
use crate::error::length;

/// The values that a batch norm's activation lets through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Clip {
    /// All.
    #[default]
    None,
    /// Those above 0: ReLU.
    Relu,
    /// Those between 0 and 6: ReLU6.
    Relu6,
}

impl Clip {
    /// The least and the largest value that passes.
    pub(crate) fn range(self) -> (f32, f32) {
        match self {
            Clip::None => (f32::NEG_INFINITY, f32::INFINITY),
            Clip::Relu => (0.0, f32::INFINITY),
            Clip::Relu6 => (0.0, 6.0),
        }
    }
}

/// `clip(scale·x + shift)`, channel by channel: a batch norm and its activation as one map. A ReLU alone has the scale
/// 1 and the shift 0.
///
/// The map is computed in `f32`: where a channel's mean is many times its spread, digits are lost.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// A factor for every channel.
    pub scale: &'a [f32],
    /// A summand for every channel.
    pub shift: &'a [f32],
    /// The activation.
    pub clip: Clip,
}

impl Affine<'_> {
    pub(crate) fn check(&self, channels: usize) -> Result<(), Error> {
        length("scale", self.scale.len(), channels)?;
        length("shift", self.shift.len(), channels)
    }
}

/// A tensor, with or without a map that is applied while the tensor is read.
///
/// With a map, the activation between two convolutions needs no buffer: the second convolution reads the first one's
/// output and applies batch norm and ReLU itself.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Dense NHWC.
    pub data: &'a [f32],
    /// The map.
    pub map: Option<Affine<'a>>,
}

impl<'a> Input<'a> {
    /// The tensor itself.
    pub fn plain(data: &'a [f32]) -> Self {
        Input { data, map: None }
    }

    /// The tensor after a map.
    pub fn mapped(data: &'a [f32], map: Affine<'a>) -> Self {
        Input { data, map: Some(map) }
    }

    /// The same map on a part of the tensor.
    pub(crate) fn part(&self, from: usize, to: usize) -> Self {
        Input { data: &self.data[from..to], map: self.map }
    }
}

/// Whether a kernel overwrites its result's buffer or adds to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    /// Overwrites.
    Replace,
    /// Adds: how the gradients of several readers of one tensor meet.
    Add,
}
