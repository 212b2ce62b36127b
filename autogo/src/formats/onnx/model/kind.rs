//! The operations of a normalised network. Every attribute is explicit: borders instead of padding rules, sizes instead
//! of formulas.

/// Pixels around a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Border {
    /// Above.
    pub top: u32,
    /// To the left.
    pub left: u32,
    /// Below.
    pub bottom: u32,
    /// To the right.
    pub right: u32,
}

impl Border {
    /// Pixels added along height and along width.
    pub fn sums(self) -> (u64, u64) {
        (u64::from(self.top) + u64::from(self.bottom), u64::from(self.left) + u64::from(self.right))
    }

    /// Both borders, one around the other.
    pub fn plus(self, other: Border) -> Border {
        Border {
            top: self.top.saturating_add(other.top),
            left: self.left.saturating_add(other.left),
            bottom: self.bottom.saturating_add(other.bottom),
            right: self.right.saturating_add(other.right),
        }
    }
}

/// A sliding window: kernel, stride and dilation as (height, width), and the border it starts and ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: (u32, u32),
    /// Stride along height and width.
    pub stride: (u32, u32),
    /// Distance between a kernel's neighbouring taps; 1 is the ordinary kernel.
    pub dilation: (u32, u32),
    /// Pixels around the picture.
    pub border: Border,
}

/// A convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    /// Output channels.
    pub filters: u32,
    /// Kernel, stride, dilation, border.
    pub window: Window,
    /// Channel groups.
    pub groups: u32,
    /// Whether a bias is added.
    pub bias: bool,
}

/// A transposed convolution: `(size - 1) · stride + (kernel - 1) · dilation + 1 + extra` pixels a side, less the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvTranspose {
    /// Kernel, stride and dilation; the border is cut off the result.
    pub conv: Conv,
    /// Pixels added below and to the right (ONNX's `output_padding`).
    pub extra: (u32, u32),
}

/// What a pooling window keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The largest element; the border is never the largest.
    Max,
    /// The mean of the elements inside the picture.
    Avg,
    /// The mean of all elements, the border's zeros among them; not the overhang.
    AvgWithBorder,
}

/// A pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pool {
    /// What stays.
    pub kind: PoolKind,
    /// Kernel, stride, dilation, border.
    pub window: Window,
    /// Pixels by which the last window may hang over the border below and to the right: rounding up (`ceil_mode`).
    pub overhang: (u32, u32),
}

/// Which of the channels' three factors runs slowest where pixels become channels or channels pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Row of the block, column of the block, channel: ONNX's DCR and SpaceToDepth, TensorFlow.
    BlockFirst,
    /// Channel, row of the block, column of the block: ONNX's CRD, PyTorch's pixel shuffle.
    ChannelFirst,
}

/// Which place of the input an output pixel reads, when a picture is resized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coordinates {
    /// `(x + 0.5) / scale - 0.5`.
    HalfPixel,
    /// As [`Coordinates::HalfPixel`]; 0 when the output has one pixel.
    PytorchHalfPixel,
    /// `x / scale`.
    Asymmetric,
    /// `x · (size - 1) / (output - 1)`.
    AlignCorners,
}

/// How pixels between pixels are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The nearest pixel, a coordinate rounded down. By a whole factor with [`Coordinates::Asymmetric`] every pixel is
    /// repeated; other roundings are accepted where they read the same pixels.
    Nearest,
    /// Linear along both axes.
    Linear,
}

/// A picture in another size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resize {
    /// Height and width of the result.
    pub size: (u32, u32),
    /// Factors along height and width; `size` is their product with the input's size, rounded down.
    pub scale: (f32, f32),
    /// Which place is read.
    pub coordinates: Coordinates,
    /// How.
    pub filter: Filter,
}

/// A function of every element alone, or of every pixel's channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// max(0, x).
    Relu,
    /// min(6, max(0, x)).
    Relu6,
    /// min(max, max(min, x)); infinite where there is no bound.
    Clip {
        /// Lower bound.
        min: f64,
        /// Upper bound.
        max: f64,
    },
    /// max(0, x) + a·min(0, x) with a slope a for every channel; weights: the slopes.
    PRelu,
    /// max(0, x) + alpha·min(0, x).
    LeakyRelu {
        /// The slope.
        alpha: f64,
    },
    /// x, or alpha·(exp(x) - 1) below 0.
    Elu {
        /// The factor.
        alpha: f64,
    },
    /// gamma·x, or gamma·alpha·(exp(x) - 1) below 0.
    Selu {
        /// The inner factor.
        alpha: f64,
        /// The outer factor.
        gamma: f64,
    },
    /// x, or alpha·(exp(x / alpha) - 1) below 0.
    Celu {
        /// The factor.
        alpha: f64,
    },
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// min(1, max(0, alpha·x + beta)).
    HardSigmoid {
        /// The slope.
        alpha: f64,
        /// The value at 0.
        beta: f64,
    },
    /// x·min(1, max(0, x / 6 + 1 / 2)).
    HardSwish,
    /// x·sigmoid(x).
    Swish,
    /// x·tanh(softplus(x)).
    Mish,
    /// x·Φ(x).
    Gelu,
    /// x·Φ(x), approximated by a hyperbolic tangent.
    GeluTanh,
    /// Hyperbolic tangent.
    Tanh,
    /// log(1 + exp(x)).
    Softplus,
    /// x / (1 + |x|).
    Softsign,
    /// exp(x) over its sum along the channels.
    Softmax,
    /// The logarithm of the softmax.
    LogSoftmax,
    /// x / (bias + alpha / size · Σ x²)^beta over `size` neighbouring channels.
    Lrn {
        /// Channels in the sum.
        size: u32,
        /// Factor of the sum.
        alpha: f64,
        /// Exponent.
        beta: f64,
        /// Constant.
        bias: f64,
    },
}

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
    /// An activation.
    Activation(Activation),
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
        /// How many.
        count: u32,
    },
    /// The picture without its border.
    Crop(Border),
    /// A constant around the picture; anything but 0 only in front of a max pool, where it vanishes.
    Pad {
        /// How many pixels.
        border: Border,
        /// The constant.
        value: f64,
    },
    /// Channels become pixels: every `block.0 · block.1` channels a rectangle.
    DepthToSpace {
        /// Height and width of the rectangle.
        block: (u32, u32),
        /// How channels are numbered.
        order: Order,
    },
    /// Pixels become channels: every rectangle of `block.0 · block.1` pixels one pixel. A rectangle of the whole picture
    /// makes it a vector.
    SpaceToDepth {
        /// Height and width of the rectangle.
        block: (u32, u32),
        /// How channels are numbered.
        order: Order,
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
