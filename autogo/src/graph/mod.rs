//! The one noun everything else speaks: a computation graph of primitive ops.
//!
//! A [`Graph`] that exists is valid: acyclic, one input, one output, every shape agrees with its op, and every node
//! lies on a path from the input to the output. Nodes stand in execution order, so a node's operands have smaller
//! indices.

mod cost;
mod dot;
mod draw;
mod identity;
mod ids;
mod op;
mod order;
mod shape;
mod terms;

pub use crate::error::GraphError;
pub(crate) use cost::node_cost;
pub use cost::{Convention, Cost};
pub(crate) use draw::Drawn;
pub use draw::{Drawing, PALETTE};
pub(crate) use ids::mix;
pub use ids::{ContentId, FormulaId};
pub use op::{Activation, Border, ChannelOrder, Conv, Float, Interpolation, Op, Padding, Pool, Window};
pub(crate) use op::{Class, Weighted};
pub use shape::Shape;
pub use terms::Zeros;
pub(crate) use terms::{Role, Terms};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

/// A node: an op, its name, and the shape it makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// A name that is unique by convention, for messages and drawings.
    pub name: String,
    /// The operation of the node.
    pub op: Op,
    /// Shape of its result.
    pub shape: Shape,
}

/// A valid computation graph on [`petgraph`]. Edges carry the operand slot they fill, so `x + x` has two edges.
///
/// ```
/// use autogo::graph::{Conv, GraphBuilder, Op, Shape, Window};
/// let mut build = GraphBuilder::new("tiny");
/// let x = build.add("x", Op::Input(Shape::new(8, 8, 3)), &[])?;
/// let conv = Conv { filters: 16, window: Window::same(3, 2), groups: 1, bias: false };
/// let y = build.add("y", Op::Conv(conv), &[x])?;
/// build.add("out", Op::Output, &[y])?;
/// let graph = build.finish()?;
/// assert_eq!(graph.node(y).shape, Shape::new(4, 4, 16));
/// # Ok::<(), autogo::graph::GraphError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Graph {
    name: String,
    dag: DiGraph<Node, u32>,
    /// For every node its operands, in slot order.
    operands: Vec<Vec<usize>>,
    /// For every node its distinct readers, ascending.
    readers: Vec<Vec<usize>>,
}

impl Graph {
    /// The graph's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of nodes.
    #[allow(clippy::len_without_is_empty)] // a valid graph has at least an input and an output
    pub fn len(&self) -> usize {
        self.operands.len()
    }

    /// Number of edges; a node that reads another twice counts two.
    pub fn edge_count(&self) -> usize {
        self.dag.edge_count()
    }

    /// Node `index` in execution order.
    ///
    /// # Panics
    /// When `index` is not below [`Graph::len`], as a slice does.
    pub fn node(&self, index: usize) -> &Node {
        &self.dag[NodeIndex::new(index)]
    }

    /// The nodes in execution order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Node> + '_ {
        self.dag.raw_nodes().iter().map(|node| &node.weight)
    }

    /// The operands of node `index`, in slot order.
    pub fn operands(&self, index: usize) -> &[usize] {
        &self.operands[index]
    }

    /// The distinct nodes that read node `index`, ascending.
    pub fn readers(&self, index: usize) -> &[usize] {
        &self.readers[index]
    }

    /// The shapes of the operands of node `index`.
    pub fn operand_shapes(&self, index: usize) -> Vec<Shape> {
        self.operands[index].iter().map(|&operand| self.node(operand).shape).collect()
    }

    /// Input shape of the network.
    pub fn input_shape(&self) -> Shape {
        self.node(0).shape
    }

    /// The directed graph itself, for petgraph's algorithms. Edge weights are operand slots.
    pub fn dag(&self) -> &DiGraph<Node, u32> {
        &self.dag
    }

    /// Nodes and edges as plain data, for serialisation.
    pub fn to_parts(&self) -> GraphParts {
        GraphParts { name: self.name.clone(), nodes: self.nodes().cloned().collect(), operands: self.operands.clone() }
    }
}

/// A graph as plain data. [`GraphParts::build`] checks it: the declared shapes must be the inferred ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphParts {
    /// The graph's name.
    pub name: String,
    /// Nodes in execution order.
    pub nodes: Vec<Node>,
    /// Operands of every node.
    pub operands: Vec<Vec<usize>>,
}

impl GraphParts {
    /// The graph these parts describe.
    ///
    /// # Errors
    /// As for [`GraphBuilder::add`] and [`GraphBuilder::finish`], [`GraphError::Operands`] when there is not one list
    /// of operands for each node, and [`GraphError::Shape`] when a declared shape is not the inferred one.
    pub fn build(&self) -> Result<Graph, GraphError> {
        if self.operands.len() != self.nodes.len() {
            return Err(GraphError::Operands { nodes: self.nodes.len(), lists: self.operands.len() });
        }
        let mut build = GraphBuilder::new(&self.name);
        for (node, operands) in self.nodes.iter().zip(&self.operands) {
            let made = build.add(&node.name, node.op, operands)?;
            let inferred = build.shape(made);
            if inferred != node.shape {
                return Err(GraphError::Shape {
                    node: node.name.clone(),
                    op: node.op.name(),
                    reason: format!("is declared as {} but makes {inferred}", node.shape),
                });
            }
        }
        build.finish()
    }
}

/// Builds a [`Graph`] in execution order, inferring every shape on the way.
///
/// ```
/// use autogo::graph::{GraphBuilder, Op, Shape};
/// let mut build = GraphBuilder::new("one ReLU");
/// let x = build.add("x", Op::Input(Shape::new(8, 8, 3)), &[])?;
/// let y = build.add("y", Op::Relu, &[x])?;
/// assert_eq!(build.shape(y), Shape::new(8, 8, 3));
/// build.add("out", Op::Output, &[y])?;
/// assert_eq!(build.finish()?.len(), 3);
/// # Ok::<(), autogo::graph::GraphError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GraphBuilder {
    name: String,
    dag: DiGraph<Node, u32>,
}

impl GraphBuilder {
    /// An empty builder for a graph of this name.
    pub fn new(name: &str) -> Self {
        GraphBuilder { name: name.into(), dag: DiGraph::new() }
    }

    /// Appends a node and returns its index. Its operands must stand before it.
    ///
    /// # Errors
    /// [`GraphError::UnknownOperand`] when an operand does not stand before the node, [`GraphError::Shape`] when the
    /// op refuses its operands, [`GraphError::Overflow`] when the cost of the node passes 2⁴⁴.
    pub fn add(&mut self, name: &str, op: Op, operands: &[usize]) -> Result<usize, GraphError> {
        self.add_owned(name.into(), op, operands)
    }

    /// As [`GraphBuilder::add`], with a name that is already owned.
    pub(crate) fn add_owned(&mut self, name: String, op: Op, operands: &[usize]) -> Result<usize, GraphError> {
        let count = self.dag.node_count();
        if let Some(&operand) = operands.iter().find(|operand| **operand >= count) {
            return Err(GraphError::UnknownOperand { node: name, operand, before: count });
        }
        let inputs: Vec<Shape> = operands.iter().map(|&operand| self.shape(operand)).collect();
        let shape = match op.infer(&inputs) {
            Ok(shape) => shape,
            Err(reason) => return Err(GraphError::Shape { node: name, op: op.name(), reason }),
        };
        let first = inputs.first().copied().unwrap_or(shape);
        if let Err(what) = cost::node_cost(&op, first, cost::distinct(operands), shape) {
            return Err(GraphError::Overflow { node: name, what });
        }
        let index = self.dag.add_node(Node { name, op, shape });
        for (slot, &operand) in operands.iter().enumerate() {
            self.dag.add_edge(NodeIndex::new(operand), index, slot as u32);
        }
        Ok(index.index())
    }

    /// Shape of a node that was added.
    ///
    /// # Panics
    /// When there is no such node.
    pub fn shape(&self, index: usize) -> Shape {
        self.dag[NodeIndex::new(index)].shape
    }

    /// Checks what only the whole can show and returns the graph. O(nodes + edges).
    ///
    /// # Errors
    /// [`GraphError::Inputs`] and [`GraphError::Outputs`] when there is not one of each, [`GraphError::Unused`] when
    /// a node has no reader, [`GraphError::Unreached`] when the first node is not the input, [`GraphError::Shape`]
    /// when a node reads the output.
    pub fn finish(self) -> Result<Graph, GraphError> {
        let count = |wanted: fn(&Op) -> bool| self.dag.node_weights().filter(|node| wanted(&node.op)).count();
        match count(|op| matches!(op, Op::Input(_))) {
            1 => {}
            other => return Err(GraphError::Inputs(other)),
        }
        match count(|op| matches!(op, Op::Output)) {
            1 => {}
            other => return Err(GraphError::Outputs(other)),
        }
        let mut operands = Vec::with_capacity(self.dag.node_count());
        let mut readers = Vec::with_capacity(self.dag.node_count());
        for index in self.dag.node_indices() {
            let node = &self.dag[index];
            let mut sources: Vec<(u32, usize)> = self
                .dag
                .edges_directed(index, Direction::Incoming)
                .map(|edge| (*edge.weight(), edge.source().index()))
                .collect();
            sources.sort_unstable();
            operands.push(sources.into_iter().map(|(_, source)| source).collect());
            let mut targets: Vec<usize> = self.dag.neighbors(index).map(NodeIndex::index).collect();
            targets.sort_unstable();
            targets.dedup();
            match (targets.is_empty(), node.op == Op::Output) {
                (true, false) => return Err(GraphError::Unused(node.name.clone())),
                (false, true) => {
                    return Err(GraphError::Shape {
                        node: node.name.clone(),
                        op: node.op.name(),
                        reason: "is read by another node".into(),
                    });
                }
                _ => readers.push(targets),
            }
        }
        if !matches!(self.dag[NodeIndex::new(0)].op, Op::Input(_)) {
            return Err(GraphError::Unreached(self.dag[NodeIndex::new(0)].name.clone()));
        }
        Ok(Graph { name: self.name, dag: self.dag, operands, readers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder() -> (GraphBuilder, usize) {
        let mut build = GraphBuilder::new("test");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 4)), &[]).unwrap();
        (build, x)
    }

    #[test]
    fn an_operand_read_twice_has_two_edges() {
        let (mut build, x) = builder();
        let sum = build.add("sum", Op::Add, &[x, x]).unwrap();
        build.add("out", Op::Output, &[sum]).unwrap();
        let graph = build.finish().unwrap();
        assert_eq!(graph.operands(sum), [x, x]);
        assert_eq!(graph.readers(x), [sum]);
        assert_eq!(graph.edge_count(), 3);
    }

    #[test]
    fn errors_name_the_node_and_both_shapes() {
        let (mut build, x) = builder();
        let half = build.add("half", Op::Pool(Pool::Max, Window::same(2, 2)), &[x]).unwrap();
        let error = build.add("sum", Op::Add, &[x, half]).unwrap_err();
        assert_eq!(error.to_string(), "node `sum` (add) operands must agree, has 8×8×4 and 4×4×4");
        let error = build.add("late", Op::Relu, &[9]).unwrap_err();
        assert_eq!(error.to_string(), "node `late` reads operand 9, but 2 nodes stand before it");
        let error = GraphBuilder::new("first").add("first", Op::Relu, &[0]).unwrap_err();
        assert_eq!(error.to_string(), "node `first` reads operand 0, but 0 nodes stand before it");
    }

    #[test]
    fn parts_have_one_list_of_operands_for_each_node() {
        let (mut build, x) = builder();
        build.add("out", Op::Output, &[x]).unwrap();
        let parts = build.finish().unwrap().to_parts();
        for lists in [1, 3] {
            let mut other = parts.clone();
            other.operands.resize(lists, Vec::new());
            assert_eq!(other.build().unwrap_err(), GraphError::Operands { nodes: 2, lists });
        }
    }

    #[test]
    fn empty_shapes_and_loose_inputs_are_refused() {
        let mut build = GraphBuilder::new("empty");
        let error = build.add("x", Op::Input(Shape::new(0, 8, 4)), &[]).unwrap_err().to_string();
        assert!(error.contains("makes 0×8×4; every dimension must be 1 to 1048576"), "{error}");
        let (mut build, x) = builder();
        build.add("second", Op::Input(Shape::new(8, 8, 4)), &[]).unwrap();
        build.add("out", Op::Output, &[x]).unwrap();
        assert_eq!(build.finish().unwrap_err(), GraphError::Inputs(2));
    }

    #[test]
    fn a_result_that_nobody_reads_is_refused() {
        let (mut build, x) = builder();
        build.add("dead", Op::Relu, &[x]).unwrap();
        build.add("out", Op::Output, &[x]).unwrap();
        assert_eq!(build.finish().unwrap_err(), GraphError::Unused("dead".into()));
    }

    #[test]
    fn parts_round_trip_and_are_checked() {
        let (mut build, x) = builder();
        let y = build.add("y", Op::Relu, &[x]).unwrap();
        build.add("out", Op::Output, &[y]).unwrap();
        let mut parts = build.finish().unwrap().to_parts();
        assert_eq!(parts.build().unwrap().to_parts(), parts);
        parts.nodes[1].shape.c = 5;
        assert!(parts.build().unwrap_err().to_string().contains("declared as 8×8×5 but makes 8×8×4"));
    }
}
