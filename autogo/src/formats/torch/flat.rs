//! Vectors and pictures of one pixel: a graph has one kind, PyTorch two.

use crate::graph::{Activation, ChannelOrder, Graph, Op, Shape};

/// The nodes that are vectors (batch × channels) in the module; the others are pictures (batch × channels × height ×
/// width).
pub(super) struct Layout {
    flat: Vec<bool>,
}

impl Layout {
    /// A node of one pixel is a vector where it can be one and all its readers want one: dense layers, the output, and
    /// other vectors. O(nodes + edges).
    pub(super) fn of(graph: &Graph) -> Layout {
        let mut layout = Layout { flat: vec![false; graph.len()] };
        for index in (0..graph.len()).rev() {
            let wanted = graph.readers(index).iter().all(|&reader| layout.reads_flat(graph, reader));
            layout.flat[index] = wanted && is_pixel(graph.node(index).shape) && makes_flat(graph, index);
        }
        layout
    }

    /// Whether the node is a vector.
    pub(super) fn is_flat(&self, index: usize) -> bool {
        self.flat[index]
    }

    /// Whether the node reads its operands as vectors.
    pub(super) fn reads_flat(&self, graph: &Graph, index: usize) -> bool {
        let op = &graph.node(index).op;
        let is_dense = matches!(op, Op::Dense { .. }) && is_pixel(graph.node(index).shape);
        let takes_picture = matches!(op, Op::Mean | Op::Max | Op::SpaceToDepth { .. });
        is_dense || (self.flat[index] && !takes_picture)
    }
}

fn is_pixel(shape: Shape) -> bool {
    (shape.h, shape.w) == (1, 1)
}

/// Whether PyTorch makes a vector of the node where it is one pixel.
fn makes_flat(graph: &Graph, index: usize) -> bool {
    match graph.node(index).op {
        Op::Output
        | Op::Dense { .. }
        | Op::Affine { .. }
        | Op::Relu
        | Op::Relu6
        | Op::PRelu
        | Op::Sigmoid
        | Op::Tanh
        | Op::Add
        | Op::Mul
        | Op::Concat
        | Op::Mean
        | Op::Max
        | Op::Identity
        | Op::Zero
        | Op::Slice { .. } => true,
        Op::Activation(activation) => !matches!(activation, Activation::Lrn { .. }),
        Op::SpaceToDepth { order, .. } => order == ChannelOrder::ChannelFirst,
        Op::Input(_)
        | Op::Conv(_)
        | Op::ConvTranspose(_)
        | Op::BatchNorm
        | Op::ChannelAffine { .. }
        | Op::Pool(..)
        | Op::Crop(_)
        | Op::Pad(_)
        | Op::DepthToSpace { .. }
        | Op::ChannelShuffle { .. }
        | Op::Resize { .. } => false,
    }
}
