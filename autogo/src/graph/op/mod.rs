//! The primitive operations of a graph, and the shape each of them makes.

mod activation;
mod class;
mod infer;
mod window;

pub use activation::{Activation, Float};
pub(crate) use class::{Class, Weighted};
pub use window::{Border, Padding, Window};

use super::Shape;
use serde::{Deserialize, Serialize};

/// A convolution. `groups` equal to the input channels makes it depth-wise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conv {
    /// Output channels.
    pub filters: u32,
    /// Kernel, stride, padding.
    pub window: Window,
    /// Channel groups; 1 is the ordinary convolution.
    pub groups: u32,
    /// Whether a bias is added.
    pub bias: bool,
}

/// The number that a pool makes of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pool {
    /// The largest element.
    Max,
    /// The mean of the elements inside the picture.
    Avg,
    /// The mean of all elements, the border's zeros among them.
    AvgWithBorder,
}

/// The order of channels that become pixels, or that pixels become: three factors, the slowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChannelOrder {
    /// Channel, row of the block, column of the block: PyTorch's pixel shuffle, ONNX's CRD.
    #[default]
    ChannelFirst,
    /// Row of the block, column of the block, channel: TensorFlow, ONNX's DCR and SpaceToDepth.
    BlockFirst,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The rule by which a picture is enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Interpolation {
    /// Every pixel is repeated.
    Nearest,
    /// Bilinear, with pixel centres half a pixel inside.
    Bilinear,
    /// Bilinear, with pixel centres in the pixels' corners (TensorFlow 1): output pixel x reads the place x / factor.
    BilinearCorners,
    /// Bilinear, with the corners of both pictures in one place (`align_corners`).
    BilinearAligned,
}

/// A primitive operation. An operation's output shape follows from the shapes of its operands and from its fields.
///
/// ```
/// use autogo::graph::{Conv, Shape, Window};
/// use autogo::prelude::*;
///
/// let conv = Op::Conv(Conv { filters: 16, window: Window::same(3, 2), groups: 1, bias: false });
/// assert_eq!(conv.infer(&[Shape::new(32, 32, 3)]), Ok(Shape::new(16, 16, 16)));
/// assert!(Op::Add.infer(&[Shape::new(8, 8, 3), Shape::new(8, 8, 4)]).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Op {
    /// The network's input, of this shape.
    Input(Shape),
    /// The network's output.
    Output,
    /// Convolution.
    Conv(Conv),
    /// Transposed convolution: the gradient of a convolution, which enlarges by its stride.
    ConvTranspose(Conv),
    /// Dense layer on the channels of every pixel.
    Dense {
        /// Output features.
        features: u32,
        /// Whether a bias is added.
        bias: bool,
    },
    /// Batch normalisation.
    BatchNorm,
    /// A factor, a summand or both for every channel.
    ChannelAffine {
        /// Whether there is a factor.
        scale: bool,
        /// Whether there is a summand.
        shift: bool,
    },
    /// `scale · x + shift` with two numbers, which are no parameters.
    Affine {
        /// The factor.
        scale: Float,
        /// The summand.
        shift: Float,
    },
    /// max(0, x).
    Relu,
    /// min(6, max(0, x)).
    Relu6,
    /// max(0, x) + a·min(0, x) with a slope a for every channel.
    PRelu,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// An activation that is no op of its own.
    Activation(Activation),
    /// Sum of two or more operands; sizes of 1 are repeated.
    Add,
    /// Product of two or more operands; sizes of 1 are repeated.
    Mul,
    /// Concatenation along the channels, in operand order.
    Concat,
    /// Pooling.
    Pool(Pool, Window),
    /// Mean over height and width (global average pooling).
    Mean,
    /// Maximum over height and width (global max pooling).
    Max,
    /// The input itself.
    Identity,
    /// Zeros in the input's shape.
    Zero,
    /// Neighbouring channels, the first ones unless `start` says otherwise; the others are dropped.
    Slice {
        /// The first channel that stays.
        #[serde(default, skip_serializing_if = "is_default")]
        start: u32,
        /// Channels that stay.
        channels: u32,
    },
    /// The picture without its border.
    Crop(Border),
    /// Zeros around the picture.
    Pad(Border),
    /// Channels become pixels: every `block`² channels a square of `block` × `block` pixels (pixel shuffle).
    DepthToSpace {
        /// Side of the square.
        block: u32,
        /// The order of channels.
        #[serde(default, skip_serializing_if = "is_default")]
        order: ChannelOrder,
    },
    /// Pixels become channels: every rectangle of pixels one pixel. A rectangle of the whole picture makes it a vector.
    SpaceToDepth {
        /// Height and width of the rectangle.
        block: (u32, u32),
        /// The order of channels.
        order: ChannelOrder,
    },
    /// Channel `g · (c / groups) + k` becomes channel `k · groups + g` (ShuffleNet).
    ChannelShuffle {
        /// Groups.
        groups: u32,
    },
    /// Enlarges height and width by a whole factor.
    Resize {
        /// The factor.
        factor: u32,
        /// The rule by which the picture is enlarged.
        interpolation: Interpolation,
    },
}

impl Op {
    /// The names of all ops.
    pub const NAMES: [&'static str; 45] = [
        "input",
        "output",
        "conv2d",
        "depthwise",
        "conv2d_transpose",
        "matmul",
        "fusedbatchnorm",
        "relu",
        "relu6",
        "prelu",
        "sigmoid",
        "tanh",
        "add",
        "mul",
        "concat",
        "maxpool",
        "avgpool",
        "mean",
        "identity",
        "zero",
        "slice",
        "paddings",
        "depthtospace",
        "resize",
        "channelaffine",
        "affine",
        "globalmaxpool",
        "crop",
        "spacetodepth",
        "channelshuffle",
        "clip",
        "leakyrelu",
        "elu",
        "selu",
        "celu",
        "hardsigmoid",
        "hardswish",
        "swish",
        "mish",
        "gelu",
        "softplus",
        "softsign",
        "softmax",
        "logsoftmax",
        "lrn",
    ];

    /// The op's name in tokens, drawings and messages: the label stem of the computation-graph format
    /// ([release §1.7](crate::doc::release#s1-7)). ReLU6 has a name of its own here.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Output => "output",
            Op::Conv(conv) if conv.groups > 1 => "depthwise",
            Op::Conv(_) => "conv2d",
            Op::ConvTranspose(_) => "conv2d_transpose",
            Op::Dense { .. } => "matmul",
            Op::BatchNorm => "fusedbatchnorm",
            Op::ChannelAffine { .. } => "channelaffine",
            Op::Affine { .. } => "affine",
            Op::Activation(activation) => activation.name(),
            Op::Relu => "relu",
            Op::Relu6 => "relu6",
            Op::PRelu => "prelu",
            Op::Sigmoid => "sigmoid",
            Op::Tanh => "tanh",
            Op::Add => "add",
            Op::Mul => "mul",
            Op::Concat => "concat",
            Op::Pool(Pool::Max, _) => "maxpool",
            Op::Pool(Pool::Avg | Pool::AvgWithBorder, _) => "avgpool",
            Op::Mean => "mean",
            Op::Max => "globalmaxpool",
            Op::Identity => "identity",
            Op::Zero => "zero",
            Op::Slice { .. } => "slice",
            Op::Pad(_) => "paddings",
            Op::Crop(_) => "crop",
            Op::DepthToSpace { .. } => "depthtospace",
            Op::SpaceToDepth { .. } => "spacetodepth",
            Op::ChannelShuffle { .. } => "channelshuffle",
            Op::Resize { .. } => "resize",
        }
    }
}
