//! How large the pictures of a mini form are.

use crate::graph::{Conv, Graph, Op, Padding, Shape, Window};
use std::collections::BTreeMap;

/// How small a stride may make a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::train) enum Floor {
    /// 4 pixels a side, or as few as in the full graph.
    Usual,
    /// So many rows and columns.
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
    /// What became of the strides that were dropped.
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
    let windows = |window: &Window, make: &dyn Fn(Window) -> Op| {
        let (window, most) = (shrunk(window), window.stride.0.max(window.stride.1));
        let one = |stride: u32| {
            let stride = (window.stride.0.min(stride), window.stride.1.min(stride));
            (make(Window { stride, ..window }), stride)
        };
        (1..=most).rev().map(one).collect()
    };
    match *op {
        Op::Conv(conv) => windows(&conv.window, &|window| Op::Conv(Conv { window, ..conv })),
        Op::ConvTranspose(conv) => windows(&conv.window, &|window| Op::ConvTranspose(Conv { window, ..conv })),
        Op::Pool(pool, window) => windows(&window, &|window| Op::Pool(pool, window)),
        Op::Resize { factor, interpolation } => {
            (1..=factor).rev().map(|factor| (Op::Resize { factor, interpolation }, (factor, factor))).collect()
        }
        other => vec![(other, (1, 1))],
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
        Op::ConvTranspose(conv) => Op::ConvTranspose(Conv { filters: 1, ..conv }),
        Op::Dense { bias, .. } => Op::Dense { features: 1, bias },
        Op::Slice { .. } => Op::Slice { start: 0, channels: 1 },
        Op::ChannelShuffle { .. } => Op::Identity,
        // The square's side is what counts: a factor of the size.
        Op::DepthToSpace { block, .. } => {
            Op::Resize { factor: block, interpolation: crate::graph::Interpolation::Nearest }
        }
        other => other,
    }
}
