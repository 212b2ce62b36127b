//! The features of a node: everything that a predictor reads of the node ([release §6.1](crate::doc::release#s6-1)).

use super::node_kind::{NodeKind, op_number, token_number};
use super::positions::positions;
use super::receives::Receives;
use crate::error::Error;
use crate::graph::{Graph, Op, Shape};
use crate::segment::{Segment, Source, TokenEncoder, TokenForm};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Rows of the table of kernel sizes: 0 (no kernel) to 7.
pub(crate) const KERNELS: usize = 8;

/// The treatment of a kernel wider than 7, for which the table of kernel sizes has no row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LargeKernels {
    /// The network is refused; the error names the node.
    #[default]
    Refused,
    /// The kernel counts as one of width 7.
    AsLargest,
}

impl LargeKernels {
    /// The rows of a kernel's height and width in the table of kernel sizes. The error names `node`.
    pub(crate) fn known(self, node: &str, kernel: (u32, u32)) -> Result<(usize, usize), Error> {
        let kernel = (kernel.0 as usize, kernel.1 as usize);
        let nearest = (kernel.0.min(KERNELS - 1), kernel.1.min(KERNELS - 1));
        if kernel == nearest || self == LargeKernels::AsLargest {
            return Ok(nearest);
        }
        let reason = format!("kernel {}×{}", kernel.0, kernel.1);
        let accepted = format!("kernels up to {0}×{0}", KERNELS - 1);
        Err(Error::predictor(&format!("predictor features of node `{node}`"), reason, &accepted))
    }
}

/// What is read of a graph.
#[derive(Clone, Copy, Default)]
pub(super) struct Reading {
    pub(super) nodes: NodeKind,
    pub(super) large_kernels: LargeKernels,
    pub(super) receives: Receives,
    pub(super) positions: bool,
}

/// The sizes that stand for 1: a feature is a size divided by its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SizeLimits {
    /// Height in pixels.
    pub(crate) height: u32,
    /// Width in pixels.
    pub(crate) width: u32,
    /// Channels.
    pub(crate) channels: u32,
}

impl Default for SizeLimits {
    /// The limits of the release's five families ([release §1.4](crate::doc::release#s1-4)).
    fn default() -> Self {
        SizeLimits { height: 256, width: 256, channels: 512 }
    }
}

impl SizeLimits {
    /// The shapes that a node reads and makes, as features: H in, H out, W in, W out, C in, C out, each in units of its
    /// limit.
    pub(crate) fn scale(self, read: Shape, made: Shape) -> [f32; 6] {
        let sizes = [read.h, made.h, read.w, made.w, read.c, made.c];
        let limits = [self.height, self.height, self.width, self.width, self.channels, self.channels];
        std::array::from_fn(|at| sizes[at] as f32 / limits[at].max(1) as f32)
    }
}

/// The features of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NodeFeatures {
    /// The number of the node's kind: of its op, or of its token.
    pub(crate) kind: usize,
    /// Whether the node holds weights: such nodes have tables of their own, and a kernel and a bias.
    pub(crate) weighted: bool,
    /// H in, H out, W in, W out, C in, C out, each in units of its limit.
    pub(crate) shape: [f32; 6],
    /// Rows of the kernel's height and width in the table of kernel sizes.
    pub(crate) kernel: (usize, usize),
    /// Whether the node adds a bias.
    pub(crate) bias: bool,
    /// Order and depth in the network, each from 0 to 1; zeros where they are not read.
    pub(crate) position: [f32; 2],
}

/// Equal keys are equal features.
pub(super) type FeatureKey = (usize, bool, [u32; 6], (usize, usize), bool, [u32; 2]);

impl NodeFeatures {
    /// The features of an op that reads a first operand of shape `read` and makes `made`.
    fn new(name: &str, op: &Op, read: Shape, made: Shape, large: LargeKernels) -> Result<Self, Error> {
        let (kernel, bias) = kernel_and_bias(op);
        Ok(NodeFeatures {
            kind: op_number(op),
            weighted: op.is_weighted(),
            shape: SizeLimits::default().scale(read, made),
            kernel: large.known(name, kernel)?,
            bias,
            position: [0.0; 2],
        })
    }

    pub(super) fn key(&self) -> FeatureKey {
        (
            self.kind,
            self.weighted,
            self.shape.map(f32::to_bits),
            self.kernel,
            self.bias,
            self.position.map(f32::to_bits),
        )
    }
}

/// The kernel of an op, 0 × 0 where the op has none, and whether the op adds a bias.
fn kernel_and_bias(op: &Op) -> ((u32, u32), bool) {
    (op.conv().map_or((0, 0), |conv| conv.window.kernel), op.has_bias())
}

/// The features of a graph's nodes, and the nodes from which each of them receives.
#[derive(Clone, Debug)]
pub struct GraphFeatures {
    pub(crate) nodes: Vec<NodeFeatures>,
    /// The distinct nodes from which every node receives rows.
    pub(crate) senders: Vec<Vec<usize>>,
}

impl GraphFeatures {
    /// Reads the features of a graph; node `i` of the features is node `i` of the graph. O(nodes).
    ///
    /// # Errors
    /// A kernel wider than 7: the table of kernel sizes has no row for it.
    ///
    /// ```
    /// use autogo::predict::GraphFeatures;
    /// let graph = autogo::families::network("vgg16")?;
    /// assert_eq!(GraphFeatures::new(&graph)?.len(), graph.len());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn new(graph: &Graph) -> Result<Self, Error> {
        Self::read(graph, Reading::default())
    }

    /// Reads the features of a graph as `reading` says.
    pub(super) fn read(graph: &Graph, reading: Reading) -> Result<Self, Error> {
        let node = |index: usize| {
            let node = graph.node(index);
            let read = graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
            NodeFeatures::new(&node.name, &node.op, read, node.shape, reading.large_kernels)
        };
        let nodes = (0..graph.len()).map(node).collect::<Result<Vec<_>, Error>>()?;
        let operands = (0..graph.len()).map(|index| graph.distinct_operands(index)).collect();
        let mut features = GraphFeatures { nodes, senders: reading.receives.senders(operands) };
        if reading.nodes == NodeKind::Token {
            features.name_by_token(graph);
        }
        if reading.positions {
            features.nodes.iter_mut().zip(positions(graph)).for_each(|(node, position)| node.position = position);
        }
        Ok(features)
    }

    /// Puts the number of each node's token in the place of the number of its op.
    fn name_by_token(&mut self, graph: &Graph) {
        let order: Vec<usize> = (0..graph.len()).collect();
        let mut nodes = self.nodes.iter_mut();
        TokenForm::default().encode(graph, &order, &mut |token| {
            if let Some(node) = nodes.next() {
                node.kind = token_number(token);
            }
        });
    }

    /// Reads the features of a segment by itself: edges from outside are lost. O(nodes).
    ///
    /// # Errors
    /// A kernel wider than 7: the table of kernel sizes has no row for it.
    pub fn of_segment(segment: &Segment) -> Result<Self, Error> {
        Self::read_segment(segment, Reading::default())
    }

    /// Reads the features of a segment as `reading` says, but for what a segment by itself does not know: its nodes'
    /// tokens and positions.
    pub(super) fn read_segment(segment: &Segment, reading: Reading) -> Result<Self, Error> {
        let node = |at: usize| {
            let node = &segment.nodes[at];
            let read = segment.operands[at].first().map_or(node.shape, |&source| segment.source_shape(source));
            NodeFeatures::new(&node.name, &node.op, read, node.shape, reading.large_kernels)
        };
        let inner = |sources: &Vec<Source>| {
            let inner = sources.iter().filter_map(|source| match *source {
                Source::Inner(node) => Some(node),
                Source::Input(_) => None,
            });
            inner.collect::<BTreeSet<usize>>().into_iter().collect()
        };
        Ok(GraphFeatures {
            nodes: (0..segment.nodes.len()).map(node).collect::<Result<Vec<_>, Error>>()?,
            senders: reading.receives.senders(segment.operands.iter().map(inner).collect()),
        })
    }

    /// The features of the subgraph of `nodes`: edges from outside are lost. Node `i` of the part is `nodes[i]` of the
    /// whole.
    ///
    /// ```
    /// use autogo::predict::GraphFeatures;
    /// let features = GraphFeatures::new(&autogo::families::network("vgg16")?)?;
    /// assert_eq!(features.part(&[3, 4, 5]).len(), 3);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn part(&self, nodes: &[usize]) -> Self {
        let mut place = vec![usize::MAX; self.nodes.len()];
        nodes.iter().enumerate().for_each(|(at, &node)| place[node] = at);
        let inside = |&node: &usize| {
            self.senders[node].iter().map(|&sender| place[sender]).filter(|&at| at != usize::MAX).collect()
        };
        GraphFeatures {
            nodes: nodes.iter().map(|&node| self.nodes[node]).collect(),
            senders: nodes.iter().map(inside).collect(),
        }
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, Window};

    #[test]
    fn a_kernel_beyond_the_table_is_refused_by_name_or_counts_as_the_largest() {
        let mut build = GraphBuilder::new("wide");
        let x = build.add("x", Op::Input(Shape::new(32, 32, 3)), &[]).unwrap();
        let conv = Conv { filters: 8, window: Window::same(9, 1), groups: 1, bias: false };
        let y = build.add("wide_conv", Op::Conv(conv), &[x]).unwrap();
        build.add("out", Op::Output, &[y]).unwrap();
        let graph = build.finish().unwrap();
        let error = GraphFeatures::new(&graph).unwrap_err();
        let text = "predictor features of node `wide_conv`: kernel 9×9; accepted: kernels up to 7×7";
        assert_eq!(error.to_string(), text);
        assert!(matches!(error, Error::Predictor { .. }));
        let features =
            GraphFeatures::read(&graph, Reading { large_kernels: LargeKernels::AsLargest, ..Reading::default() });
        let features = features.unwrap();
        assert_eq!(features.nodes[y].kernel, (7, 7));
    }
}
