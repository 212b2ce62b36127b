//! A segment: an induced subgraph with its boundary.

use crate::graph::{ContentId, Cost, Drawing, Drawn, Graph, Node, Op, Role, Shape, Terms, Zeros, mix, node_cost};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// The source of an operand of a segment's node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The result of another node of the segment.
    Inner(usize),
    /// A tensor from outside: an index into [`Segment::inputs`].
    Input(usize),
}

/// An induced subgraph with its boundary.
///
/// ```
/// use autogo::segment::{Segment, Source};
/// // Nodes 2 and 3 of the toy: a ReLU, and the sum of the ReLU and of what it reads.
/// let segment = Segment::cut(&autogo::tutorials::toy()?, &[2, 3]).segment;
/// assert_eq!(segment.operands, [vec![Source::Input(0)], vec![Source::Input(0), Source::Inner(0)]]);
/// assert_eq!((segment.inputs.len(), segment.outputs.clone()), (1, vec![1]));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The nodes, in execution order.
    pub nodes: Vec<Node>,
    /// For every node its operands, in slot order.
    pub operands: Vec<Vec<Source>>,
    /// Shapes of the distinct tensors that are read from outside.
    pub inputs: Vec<Shape>,
    /// The nodes whose result is read outside, ascending.
    pub outputs: Vec<usize>,
}

/// A segment as it stands in a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The segment.
    pub segment: Segment,
    /// The graph's nodes it covers, in execution order.
    pub nodes: Vec<usize>,
    /// For every input of the segment the graph node that makes it.
    pub inputs: Vec<usize>,
}

impl Segment {
    /// Cuts the subgraph induced by `nodes` out of a graph. O(edges of the nodes).
    pub fn cut(graph: &Graph, nodes: &[usize]) -> Placed {
        let inside: BTreeSet<usize> = nodes.iter().copied().collect();
        let place: HashMap<usize, usize> = inside.iter().enumerate().map(|(at, &node)| (node, at)).collect();
        let mut inputs: Vec<usize> = Vec::new();
        let mut outputs = Vec::new();
        let mut operands = Vec::with_capacity(inside.len());
        for (at, &node) in inside.iter().enumerate() {
            let source = |&operand: &usize| match place.get(&operand) {
                Some(&inner) => Source::Inner(inner),
                None => Source::Input(inputs.iter().position(|&input| input == operand).unwrap_or_else(|| {
                    inputs.push(operand);
                    inputs.len() - 1
                })),
            };
            operands.push(graph.operands(node).iter().map(source).collect());
            if graph.readers(node).iter().any(|reader| !inside.contains(reader)) {
                outputs.push(at);
            }
        }
        Placed {
            segment: Segment {
                nodes: inside.iter().map(|&node| graph.node(node).clone()).collect(),
                operands,
                inputs: inputs.iter().map(|&node| graph.node(node).shape).collect(),
                outputs,
            },
            nodes: inside.into_iter().collect(),
            inputs,
        }
    }

    /// Says what is wrong with a segment that was read from a file: every operand must stand before its node, every
    /// declared shape must be the inferred one, the outputs must be nodes of it.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.operands.len() != self.nodes.len() || self.nodes.is_empty() {
            return Err(format!("{} nodes and {} operand lists", self.nodes.len(), self.operands.len()));
        }
        for (at, node) in self.nodes.iter().enumerate() {
            let stands_before = |source: &Source| match *source {
                Source::Inner(inner) => inner < at,
                Source::Input(input) => input < self.inputs.len(),
            };
            if !self.operands[at].iter().all(stands_before) {
                return Err(format!("node `{}` reads what does not stand before it", node.name));
            }
            let made = node.op.infer(&self.operand_shapes(at))?;
            if made != node.shape {
                return Err(format!("node `{}` is declared as {} but makes {made}", node.name, node.shape));
            }
        }
        match self.outputs.iter().find(|output| **output >= self.nodes.len()) {
            Some(output) => Err(format!("output {output} of {} nodes", self.nodes.len())),
            None if !self.outputs.is_sorted_by(|a, b| a < b) => Err("outputs that are not ascending".into()),
            None => Ok(()),
        }
    }

    /// Shapes of the tensors that others read, in the order of [`Segment::outputs`].
    pub fn output_shapes(&self) -> Vec<Shape> {
        self.outputs.iter().map(|&node| self.nodes[node].shape).collect()
    }

    /// Shapes of the operands of node `at`.
    pub fn operand_shapes(&self, at: usize) -> Vec<Shape> {
        self.operands[at].iter().map(|&source| self.source_shape(source)).collect()
    }

    /// Shape of an operand.
    pub fn source_shape(&self, source: Source) -> Shape {
        match source {
            Source::Inner(node) => self.nodes[node].shape,
            Source::Input(input) => self.inputs[input],
        }
    }

    /// Whether the segment may be replaced or inserted: it holds no op that fixes the network's interface (input,
    /// output, global mean, dense; [release §4.2](crate::doc::release#s4-2)), and it reads and is read.
    pub fn is_movable(&self) -> bool {
        let fixed = |node: &Node| matches!(node.op, Op::Input(_) | Op::Output | Op::Mean | Op::Dense { .. });
        !self.inputs.is_empty() && !self.outputs.is_empty() && !self.nodes.iter().any(fixed)
    }

    /// Whether every node can be reached from every other along edges inside the segment, in whatever direction.
    pub fn is_connected(&self) -> bool {
        let mut roots: Vec<usize> = (0..self.nodes.len()).collect();
        fn root(roots: &[usize], mut at: usize) -> usize {
            while roots[at] != at {
                at = roots[at];
            }
            at
        }
        for (at, sources) in self.operands.iter().enumerate() {
            for source in sources {
                if let Source::Inner(inner) = *source {
                    let (a, b) = (root(&roots, at), root(&roots, inner));
                    roots[a.max(b)] = a.min(b);
                }
            }
        }
        (0..self.nodes.len()).all(|at| root(&roots, at) == 0)
    }

    /// The cost of the segment by itself.
    pub fn cost(&self) -> Cost {
        (0..self.nodes.len()).map(|at| self.node_cost(at)).fold(Cost::default(), Cost::plus)
    }

    /// The cost of node `at`.
    fn node_cost(&self, at: usize) -> Cost {
        let sources = &self.operands[at];
        let distinct = (0..sources.len()).filter(|&slot| !sources[..slot].contains(&sources[slot])).count();
        let first = sources.first().map_or(self.nodes[at].shape, |&source| self.source_shape(source));
        // A node that a graph was built with has counts that fit.
        node_cost(&self.nodes[at].op, first, distinct, self.nodes[at].shape).unwrap_or_default()
    }

    /// An id that depends on what the segment computes of its inputs, by the same rules as [`Graph::content_id`].
    pub fn content_id(&self) -> ContentId {
        let offset = self.inputs.len();
        let inputs = self.inputs.iter().map(|shape| mix(0x1b, Op::Input(*shape).colour(*shape)));
        let nodes = self.nodes.iter().enumerate().map(|(at, node)| {
            let read = self.operand_shapes(at).first().copied().unwrap_or(node.shape);
            node.op.colour(read)
        });
        // A reader outside stands for all that read an output.
        let readers = self.outputs.iter().map(|_| 0x2f);
        let colours: Vec<u64> = inputs.chain(nodes).chain(readers).collect();
        let place = |source: &Source| match *source {
            Source::Input(input) => input,
            Source::Inner(node) => offset + node,
        };
        let mut operands = vec![Vec::new(); offset];
        operands.extend(self.operands.iter().map(|sources| sources.iter().map(place).collect::<Vec<_>>()));
        operands.extend(self.outputs.iter().map(|&output| vec![offset + output]));
        let term = || Role::Term { ordered: false };
        let mut roles: Vec<Role> = (0..offset).map(|_| term()).collect();
        roles.extend(self.nodes.iter().map(|node| node.op.role()));
        roles.extend(self.outputs.iter().map(|_| term()));
        Terms::new(colours, roles, &operands, Zeros::Kept).content_id()
    }

    /// A drawing of the segment; stubs are its inputs and outputs.
    pub fn draw(&self) -> Drawing {
        let number = |source: &Source| match *source {
            Source::Inner(node) => node,
            Source::Input(_) => usize::MAX,
        };
        let drawn = |at: usize| Drawn {
            number: at,
            node: self.nodes[at].clone(),
            cost: self.node_cost(at),
            operands: self.operands[at].iter().map(number).collect(),
            leaves: self.outputs.binary_search(&at).is_ok(),
        };
        Drawing::new((0..self.nodes.len()).map(drawn).collect())
    }

    /// The ops in execution order, for people: `relu conv2d3 fusedbatchnorm`.
    pub fn describe(&self) -> String {
        let word = |node: &Node| {
            let name = if node.op == Op::BatchNorm { "batchnorm" } else { node.op.name() };
            match node.op.window().map(|window| window.kernel) {
                // A transposed convolution goes without.
                Some((high, wide)) if !matches!(node.op, Op::ConvTranspose(_)) => format!("{name}{high}×{wide}"),
                _ => name.into(),
            }
        };
        self.nodes.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};

    fn graph(index: usize) -> Graph {
        Nb201::at(index).build().unwrap()
    }

    #[test]
    fn the_boundary_counts_distinct_tensors() {
        let graph = graph(0); // every edge is `none`: each cell is six zeros and three adds
        let place = |name: &str| graph.nodes().position(|node| node.name == name).unwrap();
        let inner = place("cell_0_0/add"); // zero + zero
        let zero = place("cell_0_0/none_5/zero");
        let placed = Segment::cut(&graph, &[zero, inner]);
        assert_eq!(placed.segment.inputs.len(), 2);
        assert_eq!(placed.segment.outputs, [1]);
        assert_eq!(placed.segment.operands[1], [Source::Inner(0)]);
        assert_eq!(placed.segment.describe(), "add zero");
    }

    #[test]
    fn the_id_sees_stride_kernel_and_bias_but_not_names() {
        let graph = graph(Nb201::COUNT - 1);
        let relu = |cell: usize, edge: usize| {
            let prefix = format!("cell_0_{cell}/avg_pool_3x3_{edge}/avgpool");
            let at = graph.nodes().position(|node| node.name == prefix).unwrap();
            Segment::cut(&graph, &[at, at + 1]).segment
        };
        assert_eq!(relu(0, 0).content_id(), relu(1, 0).content_id());
        let mut strided = relu(0, 0);
        if let Op::Pool(_, window) = &mut strided.nodes[0].op {
            window.stride = (2, 2);
        }
        assert_ne!(strided.content_id(), relu(0, 0).content_id());
    }

    #[test]
    fn the_segments_of_a_graph_cost_what_the_graph_costs() {
        let graph = graph(4_000);
        let halves = [0..graph.len() / 2, graph.len() / 2..graph.len()];
        let costs = halves.map(|half| Segment::cut(&graph, &half.collect::<Vec<_>>()).segment.cost());
        assert_eq!(costs[0].plus(costs[1]), graph.cost());
    }
}
