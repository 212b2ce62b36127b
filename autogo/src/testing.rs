//! Random valid graphs for property tests (feature `testing`).

use crate::graph::{Border, Conv, Graph, GraphBuilder, Interpolation, Op, Padding, Pool, Shape, Window};
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
    let window = Window { kernel: (side(x, 5), side(y, 5)), stride: (side(x / 5, 3), side(y / 5, 3)), padding };
    let conv = Conv { filters: side(z, 16), window, groups: 1, bias: z & 1 == 0 };
    // The nodes of the same shape, to be summed with.
    let alike: Vec<usize> = (0..shapes.len()).filter(|&other| shapes[other] == shape).collect();
    let other = alike[usize::from(b) % alike.len()];
    let op = match kind % 24 {
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
        16 => Op::Pool(Pool::Max, window),
        17 => Op::Pool(Pool::Avg, window),
        18 => Op::Identity,
        19 => Op::Zero,
        20 => Op::Slice { channels: side(x, shape.c) },
        21 => Op::Pad(Border { top: side(x, 3), left: 0, bottom: side(y, 2), right: 1 }),
        22 => Op::DepthToSpace { block: side(x, 2) },
        _ => Op::Resize {
            factor: side(x, 3),
            interpolation: if y & 1 == 0 { Interpolation::Nearest } else { Interpolation::Bilinear },
        },
    };
    (op, vec![node])
}
