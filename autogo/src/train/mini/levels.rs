//! The sizes of the pictures of a mini form.

use crate::graph::{Class, Conv, Graph, Op, Padding, Shape, Window};
use std::collections::BTreeMap;

/// The smallest picture that a stride may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::train) enum Floor {
    /// 4 pixels a side, or as few as in the full graph.
    Usual,
    /// These numbers of rows and columns.
    Sides(u32, u32),
}

/// Sides that a stride may leave; full graphs with smaller pictures keep those.
const SMALLEST: u32 = 4;

impl Floor {
    /// Whether a size is large enough that is another one in the full graph.
    fn allows(self, made: Shape, full: Shape) -> bool {
        match self {
            Floor::Usual => made.h >= SMALLEST.min(full.h) && made.w >= SMALLEST.min(full.w),
            Floor::Sides(rows, columns) => made.h >= rows && made.w >= columns,
        }
    }
}

/// Sizes of pictures: every size of the full graph has one size in the mini form.
pub(super) struct Levels {
    sizes: BTreeMap<(u32, u32), (u32, u32)>,
    floor: Floor,
    /// The strides that were dropped, a line each.
    pub dropped: Vec<String>,
}

/// The ops with another stride or factor, from the full one down to 1.
fn strided(op: &Op, input: (u32, u32), full: Shape) -> Vec<(Op, (u32, u32))> {
    let shrunk = |window: &Window| {
        // A window over the whole picture is one over the whole small picture.
        let side = |kernel: u32, full: u32, own: u32| {
            if window.padding == Padding::Valid && kernel == full { own } else { kernel }
        };
        Window { kernel: (side(window.kernel.0, full.h, input.0), side(window.kernel.1, full.w, input.1)), ..*window }
    };
    if let Some(window) = op.window() {
        let (window, most) = (shrunk(&window), window.stride.0.max(window.stride.1));
        let one = |stride: u32| {
            let stride = (window.stride.0.min(stride), window.stride.1.min(stride));
            (op.with_window(Window { stride, ..window }), stride)
        };
        return (1..=most).rev().map(one).collect();
    }
    match op.class() {
        Class::Resize(interpolation) => {
            let factors = (1..=op.enlarges().unwrap_or(1)).rev();
            factors.map(|factor| (Op::Resize { factor, interpolation }, (factor, factor))).collect()
        }
        Class::Input
        | Class::Output
        | Class::Weighted(_)
        | Class::Element
        | Class::Sum
        | Class::Product
        | Class::Concat
        | Class::Pool(..)
        | Class::Reduction
        | Class::Identity
        | Class::Zero
        | Class::Slice
        | Class::Moved => vec![(*op, (1, 1))],
    }
}

impl Levels {
    /// The size of the input is known.
    pub fn new(graph: &Graph, input: (u32, u32), floor: Floor) -> Levels {
        let full = graph.input_shape();
        Levels { sizes: BTreeMap::from([((full.h, full.w), input)]), floor, dropped: Vec::new() }
    }

    /// The op of node `index` on pictures of the mini form, with the full graph's channels.
    pub fn adapt(&mut self, graph: &Graph, index: usize, inputs: &[Shape]) -> Result<Op, String> {
        let node = graph.node(index);
        let Some(input) = inputs.first() else {
            let (h, w) = self.sizes.values().next().copied().unwrap_or((1, 1));
            return Ok(Op::Input(Shape::new(h, w, node.shape.c)));
        };
        let full = graph.node(graph.operands(index)[0]).shape;
        let wanted = self.sizes.get(&(node.shape.h, node.shape.w)).copied();
        let mut last = None;
        for (op, stride) in strided(&node.op, (input.h, input.w), full) {
            // The picture's size depends on no channel count, so one channel and one group stand for all.
            let Ok(made) = one_channel(op).infer(&vec![Shape { c: 1, ..*input }; inputs.len()]) else { continue };
            let fits = match wanted {
                Some(size) => size == (made.h, made.w),
                None => self.floor.allows(made, node.shape),
            };
            last = Some((op, stride));
            if fits {
                break;
            }
        }
        let Some((op, stride)) = last else {
            return Ok(node.op);
        };
        if let Some(window) = node.op.window().filter(|window| window.stride != stride) {
            let (name, from) = (&node.name, window.stride);
            self.dropped.push(format!("{name}: stride {}×{} became {}×{}", from.0, from.1, stride.0, stride.1));
        }
        Ok(op)
    }

    /// Notes the size that a node has got.
    pub fn made(&mut self, graph: &Graph, index: usize, shape: Shape) {
        let full = graph.node(index).shape;
        self.sizes.entry((full.h, full.w)).or_insert((shape.h, shape.w));
    }
}

/// The op on a single channel, for its size alone.
fn one_channel(op: Op) -> Op {
    match op {
        Op::Conv(conv) => Op::Conv(Conv { filters: 1, groups: 1, ..conv }),
        Op::ConvTranspose(conv) => Op::ConvTranspose(Conv { filters: 1, groups: 1, ..conv }),
        Op::Dense { bias, .. } => Op::Dense { features: 1, bias },
        Op::Slice { .. } => Op::Slice { start: 0, channels: 1 },
        Op::ChannelShuffle { .. } => Op::Identity,
        // The square's side is what counts: a factor of the size.
        Op::DepthToSpace { block, .. } => {
            Op::Resize { factor: block, interpolation: crate::graph::Interpolation::Nearest }
        }
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
        | Op::Crop(_)
        | Op::Pad(_)
        | Op::SpaceToDepth { .. }
        | Op::Resize { .. } => op,
    }
}
