//! Which kernel of the engine computes which op.

use crate::graph::{self, Op, Shape};
use autogo_engine as engine;
use autogo_engine::{Activation, Clip, Engine};
use thiserror::Error;

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
    /// A smooth activation, which is computed from its input and differentiated from its output.
    Activation(Activation),
    /// Sum.
    Sum,
    /// Product.
    Product,
    /// Concatenation along the channels; a slice is a concatenation of the first channels of one operand.
    Concat,
    /// Pooling.
    Pool(engine::PoolKind, Box<engine::Pool>),
    /// Mean over the picture.
    Mean,
    /// Zeros.
    Zero,
    /// Zeros around the picture.
    Pad(engine::Border),
    /// Channels become pixels.
    DepthToSpace(Box<engine::DepthToSpace>),
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
    match op {
        Op::Conv(conv) => Some(engine::ConvGeometry {
            input: shape_of(input),
            filters: conv.filters as usize,
            window: window_of(&conv.window, conv.window.border(input.h, input.w)),
            groups: conv.groups as usize,
        }),
        Op::Dense { features, .. } => Some(engine::ConvGeometry::dense(shape_of(input), *features as usize)),
        _ => None,
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
    }
}

/// The window of a pool on pictures of this shape.
pub(crate) fn pool_window(window: &graph::Window, input: Shape) -> engine::Window {
    window_of(window, window.border(input.h, input.w))
}

/// Why an op has no kernel.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    /// The engine refuses the geometry.
    #[error(transparent)]
    Geometry(#[from] engine::Error),
    /// Training does not know the op yet.
    #[error("training knows no {op} yet; accepted: a graph without it")]
    Op {
        /// Name of the op.
        op: &'static str,
    },
}

/// The kernel that computes `op` on an operand of shape `input`, or nothing where there is nothing to compute: the input, the
/// output, the identity.
///
/// Every op is named here: a new op is an error of the compiler, not of a training.
pub(crate) fn kernel(engine: Engine, op: &Op, input: Shape) -> Result<Option<Kernel>, Refusal> {
    let conv = |geometry: Option<engine::ConvGeometry>| match geometry {
        Some(geometry) => Ok(Kernel::Conv(Box::new(engine::Conv::new(engine, geometry)?))),
        None => Err(Refusal::Geometry(engine::Error::Setting { setting: "geometry" })),
    };
    Ok(Some(match op {
        Op::Input(_) | Op::Output | Op::Identity => return Ok(None),
        Op::Conv(_) | Op::Dense { .. } => conv(conv_geometry(op, input))?,
        Op::ConvTranspose(conv) if conv.groups > 1 || conv.window.dilation != (1, 1) => {
            return Err(Refusal::Op { op: "transposed convolution with groups or dilation" });
        }
        Op::ConvTranspose(conv) => {
            Kernel::Transpose(Box::new(engine::ConvTranspose::new(engine, transpose_geometry(conv, input))?))
        }
        Op::BatchNorm => Kernel::Map(Clip::None),
        Op::Relu => Kernel::Map(Clip::Relu),
        Op::Relu6 => Kernel::Map(Clip::Relu6),
        Op::PRelu => Kernel::PRelu,
        Op::Sigmoid => Kernel::Activation(Activation::Sigmoid),
        Op::Tanh => Kernel::Activation(Activation::Tanh),
        Op::Add => Kernel::Sum,
        Op::Mul => Kernel::Product,
        Op::Concat | Op::Slice { start: 0, .. } => Kernel::Concat,
        Op::ChannelAffine { .. }
        | Op::Affine { .. }
        | Op::Activation(_)
        | Op::Max
        | Op::Crop(_)
        | Op::Slice { .. }
        | Op::SpaceToDepth { .. }
        | Op::ChannelShuffle { .. } => return Err(Refusal::Op { op: op.name() }),
        Op::Pool(pool, window) => {
            let kind = match pool {
                graph::Pool::Max => engine::PoolKind::Max,
                graph::Pool::Avg => engine::PoolKind::Average,
                graph::Pool::AvgWithBorder => engine::PoolKind::AverageCounted,
            };
            let plan = engine::Pool::new(engine, kind, shape_of(input), pool_window(window, input))?;
            Kernel::Pool(kind, Box::new(plan))
        }
        Op::Mean => Kernel::Mean,
        Op::Zero => Kernel::Zero,
        Op::Pad(border) => Kernel::Pad(border_of(*border)),
        Op::DepthToSpace { block, order } => {
            let order = match order {
                graph::ChannelOrder::ChannelFirst => engine::DepthOrder::ChannelFirst,
                graph::ChannelOrder::BlockFirst => engine::DepthOrder::BlockFirst,
            };
            Kernel::DepthToSpace(Box::new(engine::DepthToSpace::new(engine, shape_of(input), *block as usize, order)?))
        }
        Op::Resize { factor, interpolation } => {
            let size = ((input.h * factor) as usize, (input.w * factor) as usize);
            let interpolation = match interpolation {
                graph::Interpolation::Nearest => engine::Interpolation::Nearest,
                graph::Interpolation::Bilinear => engine::Interpolation::Bilinear,
                graph::Interpolation::BilinearCorners | graph::Interpolation::BilinearAligned => {
                    return Err(Refusal::Op { op: op.name() });
                }
            };
            Kernel::Resize(Box::new(engine::Resize::new(engine, shape_of(input), size, interpolation)?))
        }
    }))
}
