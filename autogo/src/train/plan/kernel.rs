//! The kernel of the engine for every op.

use crate::error::TrainError;
use crate::graph::{self, Op, Shape, Weighted};
use autogo_engine as engine;
use autogo_engine::{Activation, Channelwise, Clip, Engine};

/// The kernel of one op, planned for the shapes at its place in a graph.
#[derive(Clone, Debug)]
pub(crate) enum Kernel {
    /// A convolution or a dense layer.
    Conv(Box<engine::Conv>),
    /// A transposed convolution.
    Transpose(Box<engine::ConvTranspose>),
    /// `clip(scale·x + shift)`: a batch norm, an activation with corners, or both.
    Map(Clip),
    /// PReLU.
    PRelu,
    /// A factor, a summand or both for every channel: whether there is each.
    ChannelAffine(bool, bool),
    /// Two numbers: factor and summand.
    Affine(f32, f32),
    /// An activation of every element.
    Activation(Activation),
    /// An activation of all channels of a pixel.
    Channelwise(Channelwise),
    /// Sum; sizes of 1 are repeated.
    Sum,
    /// Product; sizes of 1 are repeated.
    Product,
    /// Concatenation along the channels.
    Concat,
    /// Neighbouring channels, from this one.
    Slice(usize),
    /// Other places for the channels, in this number of groups.
    Shuffle(usize),
    /// Pooling.
    Pool(engine::PoolKind, Box<engine::Pool>),
    /// Mean over the picture.
    Mean,
    /// Zeros.
    Zero,
    /// Zeros around the picture.
    Pad(engine::Border),
    /// The picture without its border.
    Crop(engine::Border),
    /// Channels become pixels.
    DepthToSpace(Box<engine::DepthToSpace>),
    /// Pixels become channels: the way back of this plan.
    SpaceToDepth(Box<engine::DepthToSpace>),
    /// A larger picture.
    Resize(Box<engine::Resize>),
}

/// A shape, as the engine writes it.
pub(crate) fn shape_of(shape: Shape) -> engine::Shape {
    engine::Shape::new(shape.h as usize, shape.w as usize, shape.c as usize)
}

/// A border, as the engine writes it.
pub(crate) fn border_of(border: graph::Border) -> engine::Border {
    let graph::Border { top, left, bottom, right } = border;
    engine::Border { top: top as usize, left: left as usize, bottom: bottom as usize, right: right as usize }
}

/// A window without a border, as the engine writes it.
fn window_of(window: &graph::Window, border: graph::Border) -> engine::Window {
    let pair = |pair: (u32, u32)| (pair.0 as usize, pair.1 as usize);
    engine::Window {
        kernel: pair(window.kernel),
        stride: pair(window.stride),
        dilation: pair(window.dilation),
        border: border_of(border),
    }
}

/// The geometry of a convolution or a dense layer; nothing for other ops.
pub(crate) fn conv_geometry(op: &Op, input: Shape) -> Option<engine::ConvGeometry> {
    match op.weighted() {
        Some(Weighted::Conv(conv)) => Some(engine::ConvGeometry {
            input: shape_of(input),
            filters: conv.filters as usize,
            window: window_of(&conv.window, conv.window.border(input.h, input.w)),
            groups: conv.groups as usize,
        }),
        Some(Weighted::Dense { features, .. }) => Some(engine::ConvGeometry::dense(shape_of(input), features as usize)),
        Some(Weighted::Transposed(_)) | None => None,
    }
}

/// The geometry of a transposed convolution.
pub(crate) fn transpose_geometry(conv: &graph::Conv, input: Shape) -> engine::TransposeGeometry {
    let (border, extra) = conv.window.cut();
    engine::TransposeGeometry {
        input: shape_of(input),
        filters: conv.filters as usize,
        window: window_of(&conv.window, border),
        extra: (extra.0 as usize, extra.1 as usize),
        groups: conv.groups as usize,
    }
}

/// The window of a pool on pictures of this shape.
pub(crate) fn pool_window(window: &graph::Window, input: Shape) -> engine::Window {
    window_of(window, window.border(input.h, input.w))
}

/// An order of channels, as the engine writes it.
pub(crate) fn order_of(order: graph::ChannelOrder) -> engine::DepthOrder {
    match order {
        graph::ChannelOrder::ChannelFirst => engine::DepthOrder::ChannelFirst,
        graph::ChannelOrder::BlockFirst => engine::DepthOrder::BlockFirst,
    }
}

/// A way to enlarge pictures, as the engine writes it.
pub(crate) fn interpolation_of(interpolation: graph::Interpolation) -> engine::Interpolation {
    match interpolation {
        graph::Interpolation::Nearest => engine::Interpolation::Nearest,
        graph::Interpolation::Bilinear => engine::Interpolation::Bilinear,
        graph::Interpolation::BilinearCorners => engine::Interpolation::BilinearCorners,
        graph::Interpolation::BilinearAligned => engine::Interpolation::BilinearAligned,
    }
}

/// The reason why an op has no kernel: the engine refuses its geometry.
pub(crate) type Refusal = engine::Error;

/// The error of a node that the engine refuses.
pub(crate) fn refused(node: &str, error: &Refusal) -> TrainError {
    TrainError::Node { node: node.into(), reason: error.to_string() }
}

/// The kernel of an activation that is no op of its own.
pub(crate) fn activation_of(activation: &graph::Activation) -> Kernel {
    use graph::Activation as Named;
    Kernel::Activation(match *activation {
        Named::Clip { min, max } => Activation::Clip { low: min.get(), high: max.get() },
        Named::LeakyRelu { alpha } => Activation::LeakyRelu { slope: alpha.get() },
        Named::Elu { alpha } => Activation::Elu { alpha: alpha.get(), gamma: 1.0 },
        Named::Selu { alpha, gamma } => Activation::Elu { alpha: alpha.get(), gamma: gamma.get() },
        Named::Celu { alpha } => Activation::Celu { alpha: alpha.get() },
        Named::HardSigmoid { alpha, beta } => Activation::HardSigmoid { slope: alpha.get(), offset: beta.get() },
        Named::HardSwish => Activation::HardSwish,
        Named::Swish => Activation::Swish,
        Named::Mish => Activation::Mish,
        Named::Gelu => Activation::Gelu,
        Named::GeluTanh => Activation::GeluTanh,
        Named::Softplus => Activation::Softplus,
        Named::Softsign => Activation::Softsign,
        Named::Softmax => return Kernel::Channelwise(Channelwise::Softmax),
        Named::LogSoftmax => return Kernel::Channelwise(Channelwise::LogSoftmax),
        Named::Lrn { size, alpha, beta, bias } => {
            let (alpha, beta, bias) = (alpha.get(), beta.get(), bias.get());
            return Kernel::Channelwise(Channelwise::Response { size: size as usize, alpha, beta, bias });
        }
    })
}

/// The kernel that computes `op` on an operand of shape `input`, or nothing where there is nothing to compute: the
/// input, the output, the identity.
///
/// Every op is named here: a new op is an error of the compiler, not of a training.
pub(crate) fn kernel(engine: Engine, op: &Op, input: Shape) -> Result<Option<Kernel>, Refusal> {
    let conv = |geometry: Option<engine::ConvGeometry>| match geometry {
        Some(geometry) => Ok(Kernel::Conv(Box::new(engine::Conv::new(engine, geometry)?))),
        None => Err(engine::Error::Setting { setting: "geometry" }),
    };
    Ok(Some(match op {
        Op::Input(_) | Op::Output | Op::Identity => return Ok(None),
        Op::Conv(_) | Op::Dense { .. } => conv(conv_geometry(op, input))?,
        Op::ConvTranspose(conv) => {
            Kernel::Transpose(Box::new(engine::ConvTranspose::new(engine, transpose_geometry(conv, input))?))
        }
        Op::BatchNorm => Kernel::Map(Clip::None),
        Op::Relu => Kernel::Map(Clip::Relu),
        Op::Relu6 => Kernel::Map(Clip::Relu6),
        Op::PRelu => Kernel::PRelu,
        Op::ChannelAffine { scale, shift } => Kernel::ChannelAffine(*scale, *shift),
        Op::Affine { scale, shift } => Kernel::Affine(scale.get(), shift.get()),
        Op::Sigmoid => Kernel::Activation(Activation::Sigmoid),
        Op::Tanh => Kernel::Activation(Activation::Tanh),
        Op::Activation(activation) => activation_of(activation),
        Op::Add => Kernel::Sum,
        Op::Mul => Kernel::Product,
        Op::Concat => Kernel::Concat,
        Op::Slice { start, .. } => Kernel::Slice(*start as usize),
        Op::ChannelShuffle { groups } => Kernel::Shuffle(*groups as usize),
        Op::Pool(kind, window) => pool(engine, *kind, pool_window(window, input), input)?,
        Op::Mean => Kernel::Mean,
        Op::Max => {
            let whole = graph::Window::new((input.h, input.w), (1, 1), graph::Padding::Valid);
            pool(engine, graph::Pool::Max, pool_window(&whole, input), input)?
        }
        Op::Zero => Kernel::Zero,
        Op::Pad(border) => Kernel::Pad(border_of(*border)),
        Op::Crop(border) => Kernel::Crop(border_of(*border)),
        Op::DepthToSpace { block, order } => {
            let (block, order) = (*block as usize, order_of(*order));
            Kernel::DepthToSpace(Box::new(engine::DepthToSpace::new(engine, shape_of(input), block, order)?))
        }
        Op::SpaceToDepth { block, order } => Kernel::SpaceToDepth(Box::new(way_back(engine, *block, *order, input)?)),
        Op::Resize { factor, interpolation } => {
            let size = ((input.h * factor) as usize, (input.w * factor) as usize);
            let interpolation = interpolation_of(*interpolation);
            Kernel::Resize(Box::new(engine::Resize::new(engine, shape_of(input), size, interpolation)?))
        }
    }))
}

fn pool(engine: Engine, kind: graph::Pool, window: engine::Window, input: Shape) -> Result<Kernel, Refusal> {
    let kind = match kind {
        graph::Pool::Max => engine::PoolKind::Max,
        graph::Pool::Avg => engine::PoolKind::Average,
        graph::Pool::AvgWithBorder => engine::PoolKind::AverageCounted,
    };
    Ok(Kernel::Pool(kind, Box::new(engine::Pool::new(engine, kind, shape_of(input), window)?)))
}

/// The depth-to-space that leads back from a space-to-depth of pictures of shape `input`.
fn way_back(
    engine: Engine,
    block: (u32, u32),
    order: graph::ChannelOrder,
    input: Shape,
) -> Result<engine::DepthToSpace, Refusal> {
    let (block, input) = ((block.0 as usize, block.1 as usize), shape_of(input));
    let small = engine::Shape::new(input.h / block.0, input.w / block.1, input.c * block.0 * block.1);
    engine::DepthToSpace::rectangles(engine, small, block, order_of(order))
}
