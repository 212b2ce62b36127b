//! The operations of a normalised network. Every attribute is explicit: borders instead of padding rules, sizes instead
//! of formulas.

use super::window::{Conv, ConvTranspose, Pool};
use crate::graph::{Border, ChannelOrder, Interpolation, Op};

/// A function of every element that a network has only inside of an activation. No normalised network has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Inner {
    /// The error function.
    Erf,
    /// The exponential function.
    Exp,
    /// The natural logarithm.
    Log,
    /// A power.
    Pow(f64),
}

/// A picture in another size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resize {
    /// Height and width of the result.
    pub size: (u32, u32),
    /// Factors along height and width; `size` is their product with the input's size, rounded down.
    pub scale: (f32, f32),
    /// How. Nearest pixels are those of rounding down; other roundings are accepted where they read the same pixels.
    pub interpolation: Interpolation,
}

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// The network's input.
    Input,
    /// The network's output.
    Output,
    /// The operand itself: only where a caller asks for every node.
    Identity,
    /// Zeros in the operand's shape.
    Zero,
    /// Convolution; weights: `[filters, c / groups, h, w]`, then the bias `[filters]`.
    Conv(Conv),
    /// Transposed convolution; weights: `[c, filters / groups, h, w]`, then the bias `[filters]`.
    ConvTranspose(ConvTranspose),
    /// Dense layer on the channels of every pixel; weights: `[features, c]`, then the bias `[features]`.
    Dense {
        /// Output features.
        features: u32,
        /// Whether a bias is added.
        bias: bool,
    },
    /// Batch normalisation; weights: scale, shift, mean, variance, each `[c]`.
    BatchNorm {
        /// The constant against division by zero.
        epsilon: f64,
    },
    /// A factor, a summand or both for every channel; weights: these, each `[c]`.
    ChannelAffine {
        /// Whether there is a factor.
        scale: bool,
        /// Whether there is a summand.
        shift: bool,
    },
    /// `scale · x + shift` with two numbers.
    Affine {
        /// The factor.
        scale: f64,
        /// The summand.
        shift: f64,
    },
    /// An activation, as the op that it becomes; weights of a PReLU: the slopes.
    Activation(Op),
    /// Part of an activation.
    Inner(Inner),
    /// Sum of two or more operands; sizes of 1 are repeated.
    Add,
    /// Product of two or more operands; sizes of 1 are repeated.
    Mul,
    /// Concatenation along the channels, in operand order.
    Concat,
    /// A pool.
    Pool(Pool),
    /// Mean over height and width.
    Mean,
    /// Maximum over height and width.
    Max,
    /// Some neighbouring channels.
    Channels {
        /// The first of them.
        start: u32,
        /// The number of channels.
        count: u32,
    },
    /// The picture without its border.
    Crop(Border),
    /// A constant around the picture; anything but 0 only in front of a max pool, where it vanishes.
    Pad {
        /// Pixels on each side.
        border: Border,
        /// The constant.
        value: f64,
    },
    /// Channels become pixels: every `block.0 · block.1` channels a rectangle.
    DepthToSpace {
        /// Height and width of the rectangle.
        block: (u32, u32),
        /// The order of the channels of a block.
        order: ChannelOrder,
    },
    /// Pixels become channels: every rectangle of `block.0 · block.1` pixels one pixel. A rectangle of the whole picture
    /// makes it a vector.
    SpaceToDepth {
        /// Height and width of the rectangle.
        block: (u32, u32),
        /// The order of the channels of a block.
        order: ChannelOrder,
    },
    /// Channel `g · (c / groups) + k` becomes channel `k · groups + g`.
    ChannelShuffle {
        /// Groups.
        groups: u32,
    },
    /// Another size.
    Resize(Resize),
}

impl Kind {
    /// The name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Input => "input",
            Kind::Output => "output",
            Kind::Identity => "identity",
            Kind::Zero => "zero",
            Kind::Conv(_) => "convolution",
            Kind::ConvTranspose(_) => "transposed convolution",
            Kind::Dense { .. } => "dense layer",
            Kind::BatchNorm { .. } => "batch norm",
            Kind::ChannelAffine { .. } => "factor and summand a channel",
            Kind::Affine { .. } => "factor and summand",
            Kind::Activation(_) => "activation",
            Kind::Inner(Inner::Erf) => "Erf",
            Kind::Inner(Inner::Exp) => "Exp",
            Kind::Inner(Inner::Log) => "Log",
            Kind::Inner(Inner::Pow(_)) => "Pow",
            Kind::Add => "sum",
            Kind::Mul => "product",
            Kind::Concat => "concatenation",
            Kind::Pool(_) => "pool",
            Kind::Mean => "mean",
            Kind::Max => "maximum",
            Kind::Channels { .. } => "slice of channels",
            Kind::Crop(_) => "crop",
            Kind::Pad { .. } => "pad",
            Kind::DepthToSpace { .. } => "depth to space",
            Kind::SpaceToDepth { .. } => "space to depth",
            Kind::ChannelShuffle { .. } => "channel shuffle",
            Kind::Resize(_) => "resize",
        }
    }
}
