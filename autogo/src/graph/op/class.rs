//! What ops have in common, so that places that ask for one property need no list of all ops.

use super::{Conv, Op, Window};

/// An op with weights that its operand is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weighted {
    /// A convolution.
    Conv(Conv),
    /// A transposed convolution.
    Transposed(Conv),
    /// A dense layer.
    Dense {
        /// Output features.
        features: u32,
        /// Whether a bias is added.
        bias: bool,
    },
}

impl Op {
    /// The op's weights, if it has weights that its operand is multiplied by.
    pub(crate) fn weighted(&self) -> Option<Weighted> {
        match *self {
            Op::Conv(conv) => Some(Weighted::Conv(conv)),
            Op::ConvTranspose(conv) => Some(Weighted::Transposed(conv)),
            Op::Dense { features, bias } => Some(Weighted::Dense { features, bias }),
            Op::Input(_)
            | Op::Output
            | Op::BatchNorm
            | Op::ChannelAffine { .. }
            | Op::Affine { .. }
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_)
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Pool(..)
            | Op::Mean
            | Op::Max
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Crop(_)
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::SpaceToDepth { .. }
            | Op::ChannelShuffle { .. }
            | Op::Resize { .. } => None,
        }
    }

    /// Whether the op owns weights that its input multiplies (convolution, dense).
    pub fn is_weighted(&self) -> bool {
        self.weighted().is_some()
    }

    /// The convolution, transposed or not, that the op is.
    pub fn conv(&self) -> Option<Conv> {
        match self.weighted() {
            Some(Weighted::Conv(conv) | Weighted::Transposed(conv)) => Some(conv),
            Some(Weighted::Dense { .. }) | None => None,
        }
    }

    /// The window of a convolution or pool.
    pub fn window(&self) -> Option<Window> {
        match self {
            Op::Pool(_, window) => Some(*window),
            other => other.conv().map(|conv| conv.window),
        }
    }

    /// Whether the op adds a bias.
    pub fn has_bias(&self) -> bool {
        match self.weighted() {
            Some(Weighted::Conv(conv) | Weighted::Transposed(conv)) => conv.bias,
            Some(Weighted::Dense { bias, .. }) => bias,
            None => false,
        }
    }

    /// The whole factor by which the op enlarges a picture, pixel by pixel.
    pub(crate) fn enlarges(&self) -> Option<u32> {
        if let Op::Resize { factor, .. } = self { Some(*factor) } else { None }
    }

    /// Whether the op adds or multiplies its operands element by element; sizes of 1 are repeated.
    pub fn is_broadcast(&self) -> bool {
        matches!(self, Op::Add | Op::Mul)
    }
}
