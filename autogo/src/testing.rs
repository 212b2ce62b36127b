//! Inputs of property tests (feature `testing`): random valid graphs, and every way to mine segments.

use crate::graph::{
    Activation, Border, ChannelOrder, Conv, Float, Graph, GraphBuilder, Interpolation, Op, Padding, Pool, Shape, Window,
};
use crate::segment::{Mining, Order, TokenForm};
use proptest::prelude::*;

/// One step of a random graph: which op, on which nodes, with which numbers.
type Step = (u8, u16, u16, u8, u8, u8);

/// Valid graphs of up to `steps` random nodes and what joins their loose ends: every op of this library occurs, nodes
/// are read by several others, sums and products have two or three operands, concats up to four. They shrink by losing
/// nodes.
///
/// ```
/// use autogo::testing::graphs;
/// use proptest::prelude::*;
/// proptest!(|(graph in graphs(12))| prop_assert!(graph.to_parts().build().is_ok()));
/// ```
pub fn graphs(steps: usize) -> impl Strategy<Value = Graph> {
    let step = any::<Step>();
    let input = (1u32..=24, 1u32..=24, 1u32..=12);
    (input, prop::collection::vec(step, 0..=steps))
        .prop_filter_map("too large", |((h, w, c), steps)| grow(Shape::new(h, w, c), &steps).ok())
}

/// Every stage of segmentation with every other: models, forms of tokens, orders of nodes.
///
/// ```
/// assert_eq!(autogo::testing::minings().len(), 4 * 4 * 2);
/// ```
pub fn minings() -> Vec<Mining> {
    let base = [Mining::bpe(40), Mining::unigram(40), Mining::ngrams(3), Mining::ngrams(1)];
    let tokens = [
        TokenForm::default(),
        TokenForm::op(),
        TokenForm { channels: true, ..TokenForm::default() },
        TokenForm { resolution_ratio: true, neighbours: false, ..TokenForm::default() },
    ];
    let orders = [Order::Topological, Order::DepthFirst];
    let all = base.iter().flat_map(|base| tokens.map(|tokens| Mining { tokens, ..*base }));
    all.flat_map(|mining| orders.map(|order| Mining { order, ..mining })).collect()
}

fn grow(input: Shape, steps: &[Step]) -> Result<Graph, crate::graph::GraphError> {
    let mut build = GraphBuilder::new("random");
    let mut shapes = vec![input];
    build.add("input", Op::Input(input), &[])?;
    let mut is_read = vec![false];
    for (number, step) in steps.iter().enumerate() {
        let (op, operands) = choose(step, &shapes);
        // What does not fit here is left out: the next step finds another place.
        let Ok(node) = build.add(&format!("n{number}"), op, &operands) else { continue };
        operands.iter().for_each(|&operand| is_read[operand] = true);
        shapes.push(build.shape(node));
        is_read.push(false);
    }
    let mut ends = Vec::new();
    for node in (0..shapes.len()).filter(|&node| !is_read[node]) {
        ends.push(build.add(&format!("mean{node}"), Op::Mean, &[node])?);
    }
    let last = if ends.len() > 1 { build.add("ends", Op::Concat, &ends)? } else { ends[0] };
    build.add("output", Op::Output, &[last])?;
    build.finish()
}

fn choose(&(kind, a, b, x, y, z): &Step, shapes: &[Shape]) -> (Op, Vec<usize>) {
    let node = usize::from(a) % shapes.len();
    let shape = shapes[node];
    let side = |value: u8, most: u32| 1 + u32::from(value) % most;
    let padding = match z % 3 {
        0 => Padding::Same,
        1 => Padding::Valid,
        _ => {
            let wide = |value: u8| u32::from(value) % 3;
            Padding::Explicit(Border { top: wide(x), left: wide(y), bottom: wide(z / 3), right: wide(x / 3) })
        }
    };
    let window = Window::new((side(x, 5), side(y, 5)), (side(x / 5, 3), side(y / 5, 3)), padding);
    let conv = Conv { filters: side(z, 16), window, groups: 1, bias: z & 1 == 0 };
    // The nodes of the same shape, to be summed with.
    let alike: Vec<usize> = (0..shapes.len()).filter(|&other| shapes[other] == shape).collect();
    let other = alike[usize::from(b) % alike.len()];
    let op = match kind % 40 {
        0..4 => Op::Conv(conv),
        4 => Op::Conv(Conv { filters: shape.c, groups: shape.c, ..conv }),
        5 => Op::ConvTranspose(conv),
        6 => Op::BatchNorm,
        7 => Op::Relu,
        8 => Op::Relu6,
        9 => Op::PRelu,
        10 => Op::Sigmoid,
        11 => Op::Tanh,
        12 => return (Op::Add, vec![node, other]),
        13 => return (Op::Add, vec![node, other, alike[usize::from(x) % alike.len()]]),
        14 => return (Op::Mul, vec![node, other]),
        15 => {
            let near = |other: &usize| (shapes[*other].h, shapes[*other].w) == (shape.h, shape.w);
            let mut operands: Vec<usize> = (0..shapes.len()).filter(near).take(2 + usize::from(x) % 3).collect();
            operands.push(node);
            return (Op::Concat, operands);
        }
        16 => Op::Pool(Pool::Max, narrow(window)),
        17 => Op::Pool(Pool::Avg, narrow(window)),
        18 => Op::Identity,
        19 => Op::Zero,
        20 => Op::Slice { start: 0, channels: side(x, shape.c) },
        21 => Op::Pad(Border { top: side(x, 3), left: 0, bottom: side(y, 2), right: 1 }),
        22 => Op::DepthToSpace { block: side(x, 2), order: order(y) },
        23 => {
            let interpolation = [Interpolation::Nearest, Interpolation::Bilinear][usize::from(y) % 2];
            Op::Resize { factor: side(x, 3), interpolation }
        }
        24..26 => {
            // An operand that is repeated over the picture.
            let is_vector = |other: &usize| shapes[*other] == Shape { h: 1, w: 1, ..shape };
            let vector = (0..shapes.len()).rfind(is_vector).unwrap_or(node);
            return (if kind & 1 == 0 { Op::Mul } else { Op::Add }, vec![node, vector]);
        }
        26 => Op::Max,
        27 => Op::Conv(Conv { window: Window { dilation: (side(x, 3), side(y, 3)), ..window }, ..conv }),
        28 => Op::ConvTranspose(Conv { filters: 2 * conv.filters, groups: 2, window: cut(window), ..conv }),
        _ => changed(kind % 40, shape, (x, y), window),
    };
    (op, vec![node])
}

/// The window of a pool, which sees more than its border.
fn narrow(window: Window) -> Window {
    let Padding::Explicit(border) = window.padding else { return window };
    let (high, wide) = (window.kernel.0 - 1, window.kernel.1 - 1);
    let (top, bottom) = (border.top.min(high), border.bottom.min(high));
    let border = Border { top, bottom, left: border.left.min(wide), right: border.right.min(wide) };
    Window { padding: Padding::Explicit(border), ..window }
}

/// A transposed convolution's window that adds pixels.
fn cut(window: Window) -> Window {
    let extra = (window.stride.0 - 1, window.stride.1 - 1);
    Window { padding: Padding::Cut { border: Border::default(), extra }, ..window }
}

fn order(value: u8) -> ChannelOrder {
    if value & 1 == 0 { ChannelOrder::ChannelFirst } else { ChannelOrder::BlockFirst }
}

/// Ops of one operand that keep its weights out of the matter.
fn changed(kind: u8, shape: Shape, (x, y): (u8, u8), window: Window) -> Op {
    let (wide, number) = (u32::from(x) % 3, |value: u8| Float::new(f32::from(value) / 64.0 + 0.1));
    match kind {
        29 => Op::Pool(Pool::AvgWithBorder, narrow(window)),
        30 => Op::Slice { start: u32::from(x) % shape.c, channels: 1 },
        31 => Op::Crop(Border { top: 1, left: wide, bottom: u32::from(y) % 2, right: 0 }),
        32 => Op::SpaceToDepth { block: (1 + u32::from(x) % 2, 2), order: order(y) },
        // Groups of one channel would stay where they are.
        33 if shape.c > 2 => Op::ChannelShuffle { groups: 2 },
        34 => Op::Affine { scale: number(x), shift: number(y) },
        // A factor of one channel is a number.
        35 if shape.c > 1 => Op::ChannelAffine { scale: true, shift: x & 1 == 0 },
        36 if shape.c > 1 => Op::ChannelAffine { scale: false, shift: true },
        37 => {
            let interpolation = [Interpolation::BilinearCorners, Interpolation::BilinearAligned][usize::from(y) % 2];
            Op::Resize { factor: 2 + wide, interpolation }
        }
        _ => Op::Activation(match x % 16 {
            0 => Activation::Clip { min: Float::new(-1.0), max: number(y) },
            1 => Activation::LeakyRelu { alpha: number(y) },
            2 => Activation::Elu { alpha: number(y) },
            3 => Activation::Selu { alpha: number(y), gamma: number(x) },
            4 => Activation::Celu { alpha: number(y) },
            5 => Activation::HardSigmoid { alpha: number(y), beta: number(x) },
            6 => Activation::HardSwish,
            7 => Activation::Swish,
            8 => Activation::Mish,
            9 => Activation::Gelu,
            10 => Activation::GeluTanh,
            11 => Activation::Softplus,
            12 => Activation::Softsign,
            13 => Activation::Softmax,
            14 => Activation::LogSoftmax,
            _ => Activation::Lrn { size: 1 + 2 * wide, alpha: number(y), beta: number(x), bias: Float::new(1.0) },
        }),
    }
}
