//! What a predictor sees of a node ([release §6.1](crate::doc::release#s6-1)).

use super::settings::{Architecture, LargeKernels, NodeKind};
use crate::error::Error;
use crate::graph::{Graph, Op, Pool, Shape};
use crate::release::{CompGraph, Limits};
use crate::segment::{TokenEncoder, TokenForm};

/// Size of the op vocabulary ([release §1.2](crate::doc::release#s1-2)), and of the kernel-size embedding.
pub(super) const OPS: usize = 32;
pub(super) const KERNELS: usize = 8;
/// Rows of the embedding of tokens.
pub(super) const TOKENS: usize = 256;

/// The features of a node. `shape` is H in, H out, W in, W out, C in, C out, each divided by its largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NodeFeatures {
    pub(super) op: usize,
    pub(super) weighted: bool,
    pub(super) shape: [f32; 6],
    pub(super) kernel: (usize, usize),
    pub(super) bias: bool,
}

/// What makes two nodes look the same.
pub(super) type Look = (usize, bool, [u32; 6], (usize, usize), bool);

impl NodeFeatures {
    /// The features of an op over a first operand of shape `read`, by the constants of the five families.
    pub(super) fn new(name: &str, op: &Op, read: Shape, shape: Shape, large: LargeKernels) -> Result<Self, Error> {
        let (kernel, bias) = match op {
            Op::Conv(conv) | Op::ConvTranspose(conv) => (conv.window.kernel, conv.bias),
            Op::Dense { bias, .. } => ((0, 0), *bias),
            Op::Input(_)
            | Op::Output
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Pool(..)
            | Op::Mean
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::Resize { .. } => ((0, 0), false),
        };
        Ok(NodeFeatures {
            op: op_index(op),
            weighted: op.is_weighted(),
            shape: scaled([read.h, shape.h, read.w, shape.w, read.c, shape.c], Limits::default()),
            kernel: known_kernel(name, kernel, large)?,
            bias,
        })
    }

    pub(super) fn look(&self) -> Look {
        (self.op, self.weighted, self.shape.map(f32::to_bits), self.kernel, self.bias)
    }
}

/// The features of a graph's nodes and what each of them reads.
#[derive(Clone, Debug)]
pub struct GraphFeatures {
    pub(super) nodes: Vec<NodeFeatures>,
    /// The distinct operands of every node.
    pub(super) operands: Vec<Vec<usize>>,
}

impl GraphFeatures {
    /// Reads the features off a graph, divided by the constants of the five families
    /// ([release §1.4](crate::doc::release#s1-4)). Fails for a kernel wider than 7, which the embedding does not hold.
    /// O(nodes).
    pub fn new(graph: &Graph) -> Result<Self, Error> {
        Self::with_kernels(graph, LargeKernels::Refused)
    }

    fn with_kernels(graph: &Graph, large: LargeKernels) -> Result<Self, Error> {
        let node = |index: usize| {
            let node = graph.node(index);
            let read = graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
            NodeFeatures::new(&node.name, &node.op, read, node.shape, large)
        };
        let nodes = (0..graph.len()).map(node).collect::<Result<Vec<_>, Error>>()?;
        let operands = (0..graph.len()).map(|index| graph.distinct_operands(index)).collect();
        Ok(GraphFeatures { nodes, operands })
    }

    /// The same, as predictors of this architecture read them.
    pub(super) fn read_by(architecture: &Architecture, graph: &Graph) -> Result<Self, Error> {
        let mut features = Self::with_kernels(graph, architecture.large_kernels)?;
        if architecture.nodes == NodeKind::Token {
            let order: Vec<usize> = (0..graph.len()).collect();
            let mut at = 0;
            TokenForm::default().encode(graph, &order, &mut |token| {
                // FNV-1a, the same on every machine.
                let hash =
                    token.bytes().fold(0xcbf2_9ce4u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
                features.nodes[at].op = hash as usize % TOKENS;
                at += 1;
            });
        }
        Ok(features)
    }

    /// Reads the features off the release's form, divided by the constants `limits`. Under the constants in a
    /// [`CompGraph`], a network that was found by search has other features than the same network in a family's table
    /// ([release §1.4](crate::doc::release#s1-4)).
    pub fn from_release(graph: &CompGraph, limits: Limits) -> Result<Self, Error> {
        let node = |node: &crate::release::CompNode| {
            Ok(NodeFeatures {
                op: node.op,
                weighted: node.kernel.is_some(),
                shape: scaled(
                    [node.input.h, node.output.h, node.input.w, node.output.w, node.input.c, node.output.c],
                    limits,
                ),
                kernel: known_kernel(&node.str_id, node.kernel.unwrap_or((0, 0)), LargeKernels::Refused)?,
                bias: node.bias,
            })
        };
        let nodes = graph.nodes.iter().map(node).collect::<Result<Vec<_>, Error>>()?;
        let mut operands = vec![Vec::new(); nodes.len()];
        for &(from, to) in &graph.edges {
            operands[to].push(from);
        }
        Ok(GraphFeatures { nodes, operands })
    }

    /// The subgraph of these nodes: edges from outside are lost. Node `i` of the part is `nodes[i]` of the whole.
    pub fn part(&self, nodes: &[usize]) -> Self {
        let mut place = vec![usize::MAX; self.nodes.len()];
        nodes.iter().enumerate().for_each(|(at, &node)| place[node] = at);
        let inside = |&node: &usize| {
            self.operands[node].iter().map(|&operand| place[operand]).filter(|&at| at != usize::MAX).collect()
        };
        GraphFeatures {
            nodes: nodes.iter().map(|&node| self.nodes[node]).collect(),
            operands: nodes.iter().map(inside).collect(),
        }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

fn scaled(sizes: [u32; 6], limits: Limits) -> [f32; 6] {
    let largest = [limits.height, limits.height, limits.width, limits.width, limits.hidden, limits.hidden];
    std::array::from_fn(|at| sizes[at] as f32 / largest[at].max(1) as f32)
}

fn known_kernel(node: &str, kernel: (u32, u32), large: LargeKernels) -> Result<(usize, usize), Error> {
    let kernel = (kernel.0 as usize, kernel.1 as usize);
    let nearest = (kernel.0.min(KERNELS - 1), kernel.1.min(KERNELS - 1));
    if kernel == nearest || large == LargeKernels::AsLargest {
        return Ok(nearest);
    }
    let reason = format!("kernel {}×{}", kernel.0, kernel.1);
    let accepted = format!("kernels up to {0}×{0}", KERNELS - 1);
    Err(Error::setting(&format!("predictor features of node `{node}`"), reason, &accepted))
}

/// The op's index in the vocabulary of 32 ([release §1.2](crate::doc::release#s1-2)).
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, Window};

    #[test]
    fn a_kernel_beyond_the_embedding_is_refused_by_name_or_counts_as_the_largest() {
        let mut build = GraphBuilder::new("wide");
        let x = build.add("x", Op::Input(Shape::new(32, 32, 3)), &[]).unwrap();
        let conv = Conv { filters: 8, window: Window::same(9, 1), groups: 1, bias: false };
        let y = build.add("wide_conv", Op::Conv(conv), &[x]).unwrap();
        build.add("out", Op::Output, &[y]).unwrap();
        let graph = build.finish().unwrap();
        let error = GraphFeatures::new(&graph).unwrap_err().to_string();
        assert_eq!(error, "predictor features of node `wide_conv`: kernel 9×9; accepted: kernels up to 7×7");
        let by = Architecture { large_kernels: LargeKernels::AsLargest, ..Architecture::default() };
        assert_eq!(GraphFeatures::read_by(&by, &graph).unwrap().nodes[y].kernel, (7, 7));
    }
}
