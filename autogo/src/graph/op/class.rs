//! Properties that ops have in common, so that code that asks for one property needs no list of all ops.

use super::{Conv, Interpolation, Op, Pool, Window};

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

/// The class of an op by what it does to its operands, for code to which some ops are all the same. Code that treats
/// every op by itself lists the ops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The network's input.
    Input,
    /// The network's output: its operand under another name.
    Output,
    /// Multiplies its operand by weights.
    Weighted(Weighted),
    /// Makes every element of the same element of its operand, or of its neighbours in the same pixel.
    Element,
    /// Adds its operands element by element.
    Sum,
    /// Multiplies its operands element by element.
    Product,
    /// Puts the channels of its operands side by side.
    Concat,
    /// Takes one number out of every window.
    Pool(Pool, Window),
    /// Takes one number out of every channel.
    Reduction,
    /// Its operand.
    Identity,
    /// Zeros.
    Zero,
    /// Some of its operand's channels.
    Slice,
    /// The elements of its operand at other places, with zeros around them or without their border.
    Moved,
    /// A larger picture.
    Resize(Interpolation),
}

impl Op {
    /// The op's class.
    pub(crate) fn class(&self) -> Class {
        match *self {
            Op::Input(_) => Class::Input,
            Op::Output => Class::Output,
            Op::Conv(conv) => Class::Weighted(Weighted::Conv(conv)),
            Op::ConvTranspose(conv) => Class::Weighted(Weighted::Transposed(conv)),
            Op::Dense { features, bias } => Class::Weighted(Weighted::Dense { features, bias }),
            Op::BatchNorm
            | Op::ChannelAffine { .. }
            | Op::Affine { .. }
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_) => Class::Element,
            Op::Add => Class::Sum,
            Op::Mul => Class::Product,
            Op::Concat => Class::Concat,
            Op::Pool(pool, window) => Class::Pool(pool, window),
            Op::Mean | Op::Max => Class::Reduction,
            Op::Identity => Class::Identity,
            Op::Zero => Class::Zero,
            Op::Slice { .. } => Class::Slice,
            Op::Crop(_)
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::SpaceToDepth { .. }
            | Op::ChannelShuffle { .. } => Class::Moved,
            Op::Resize { interpolation, .. } => Class::Resize(interpolation),
        }
    }

    /// The op's weights, if it has weights that its operand is multiplied by.
    pub(crate) fn weighted(&self) -> Option<Weighted> {
        if let Class::Weighted(weighted) = self.class() { Some(weighted) } else { None }
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
        if let Class::Pool(_, window) = self.class() { Some(window) } else { self.conv().map(|conv| conv.window) }
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

    /// The op with another window; an op without a window is left as it is.
    pub(crate) fn with_window(self, window: Window) -> Op {
        match self.class() {
            Class::Weighted(Weighted::Conv(conv)) => Op::Conv(Conv { window, ..conv }),
            Class::Weighted(Weighted::Transposed(conv)) => Op::ConvTranspose(Conv { window, ..conv }),
            Class::Pool(pool, _) => Op::Pool(pool, window),
            Class::Input
            | Class::Output
            | Class::Weighted(Weighted::Dense { .. })
            | Class::Element
            | Class::Sum
            | Class::Product
            | Class::Concat
            | Class::Reduction
            | Class::Identity
            | Class::Zero
            | Class::Slice
            | Class::Moved
            | Class::Resize(_) => self,
        }
    }

    /// The side of the square of pixels that the op makes of the channels of a pixel.
    pub(crate) fn unpacks(&self) -> Option<u32> {
        if let Op::DepthToSpace { block, .. } = self { Some(*block) } else { None }
    }

    /// Whether the op adds or multiplies its operands element by element; sizes of 1 are repeated.
    pub fn is_broadcast(&self) -> bool {
        matches!(self.class(), Class::Sum | Class::Product)
    }
}
