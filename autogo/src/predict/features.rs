//! What a predictor sees of a node (specification §6.1).

use crate::error::Error;
use crate::graph::{Graph, Op, Pool};
use std::collections::HashMap;

/// Sizes by which features are divided: the largest height or width, and the largest number of channels
/// (specification §1.4: the constants of all five families).
const MAX_SIZE: f32 = 256.0;
const MAX_CHANNELS: f32 = 512.0;
/// Size of the op vocabulary (specification §1.2), and of the kernel-size embedding.
pub(super) const OPS: usize = 32;
pub(super) const KERNELS: usize = 8;

/// The features of a node. `shape` is H in, H out, W in, W out, C in, C out, each divided by its largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NodeFeatures {
    pub(super) op: usize,
    pub(super) weighted: bool,
    pub(super) shape: [f32; 6],
    pub(super) kernel: (usize, usize),
    pub(super) bias: bool,
}

impl NodeFeatures {
    fn key(&self) -> (usize, [u32; 6], (usize, usize), bool) {
        (self.op, self.shape.map(f32::to_bits), self.kernel, self.bias)
    }

    fn of(graph: &Graph, index: usize) -> Result<Self, Error> {
        let node = graph.node(index);
        let input = graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
        let (kernel, bias) = match node.op {
            Op::Conv(conv) | Op::ConvTranspose(conv) => (conv.window.kernel, conv.bias),
            Op::Dense { bias, .. } => ((0, 0), bias),
            _ => ((0, 0), false),
        };
        let kernel = (kernel.0 as usize, kernel.1 as usize);
        if kernel.0 >= KERNELS || kernel.1 >= KERNELS {
            return Err(Error::setting(
                &format!("predictor features of node `{}`", node.name),
                format!("kernel {}×{}", kernel.0, kernel.1),
                &format!("kernels up to {0}×{0}", KERNELS - 1),
            ));
        }
        Ok(NodeFeatures {
            op: op_index(&node.op),
            weighted: node.op.is_weighted(),
            shape: [
                input.h as f32 / MAX_SIZE,
                node.shape.h as f32 / MAX_SIZE,
                input.w as f32 / MAX_SIZE,
                node.shape.w as f32 / MAX_SIZE,
                input.c as f32 / MAX_CHANNELS,
                node.shape.c as f32 / MAX_CHANNELS,
            ],
            kernel,
            bias,
        })
    }
}

/// The op's index in the vocabulary of 32 (specification §1.2).
fn op_index(op: &Op) -> usize {
    match op {
        Op::Input(_) => 1,
        Op::Output => 2,
        Op::Conv(conv) if conv.groups > 1 => 4,
        Op::Conv(_) | Op::ConvTranspose(_) => 3,
        Op::BatchNorm => 5,
        Op::Relu | Op::PRelu => 6,
        Op::Relu6 => 7,
        Op::Dense { .. } => 8,
        Op::Add => 9,
        Op::Mul => 10,
        Op::Concat => 11,
        Op::Pool(Pool::Max, _) => 12,
        Op::Pool(Pool::Avg, _) => 13,
        Op::Sigmoid => 14,
        Op::Tanh => 15,
        Op::Mean => 19,
        Op::Identity => 25,
        Op::Zero => 26,
        Op::Pad(_) => 18,
        Op::DepthToSpace { .. } => 23,
        // The vocabulary's index for an op it does not hold.
        Op::Slice { .. } | Op::Resize { .. } => 0,
    }
}

/// The features of a graph: its few distinct nodes once, and for every node which of them it is and what it reads.
#[derive(Clone, Debug)]
pub struct GraphFeatures {
    pub(super) distinct: Vec<NodeFeatures>,
    pub(super) node: Vec<usize>,
    pub(super) operands: Vec<Vec<usize>>,
}

impl GraphFeatures {
    /// Reads the features off a graph. Fails for a kernel wider than 7, which the embedding does not hold. O(nodes).
    pub fn new(graph: &Graph) -> Result<Self, Error> {
        let mut known = HashMap::new();
        let mut distinct = Vec::new();
        let mut node = Vec::with_capacity(graph.len());
        for index in 0..graph.len() {
            let features = NodeFeatures::of(graph, index)?;
            node.push(*known.entry(features.key()).or_insert_with(|| {
                distinct.push(features);
                distinct.len() - 1
            }));
        }
        let operands = (0..graph.len()).map(|index| graph.distinct_operands(index)).collect();
        Ok(GraphFeatures { distinct, node, operands })
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.node.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.node.is_empty()
    }
}
