//! Errors of graphs.

use thiserror::Error;

/// The reason why a graph could not be built. Nodes are named; shapes are printed as `height×width×channels`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GraphError {
    /// An op refused its operands.
    #[error("node `{node}` ({op}) {reason}")]
    Shape {
        /// Name of the node.
        node: String,
        /// Name of its op.
        op: &'static str,
        /// The reason.
        reason: String,
    },
    /// An operand does not exist yet.
    #[error("node `{node}` reads operand {operand}, but {before} nodes stand before it")]
    UnknownOperand {
        /// Name of the node.
        node: String,
        /// Index it asked for.
        operand: usize,
        /// Nodes that stand before it: operands are smaller than this number.
        before: usize,
    },
    /// Not one list of operands for each node.
    #[error("{nodes} nodes have {lists} lists of operands")]
    Operands {
        /// Nodes.
        nodes: usize,
        /// Lists of operands.
        lists: usize,
    },
    /// Not exactly one input.
    #[error("a graph has exactly one input node; this one has {0}")]
    Inputs(usize),
    /// Not exactly one output.
    #[error("a graph has exactly one output node; this one has {0}")]
    Outputs(usize),
    /// A node without a reader.
    #[error("nobody reads the result of node `{0}`; every node must lie on a path to the output")]
    Unused(String),
    /// A node that no input reaches.
    #[error("node `{0}` is not reached from the input")]
    Unreached(String),
    /// A family's configuration cannot be built.
    #[error("{family}: {reason}")]
    Config {
        /// The family.
        family: &'static str,
        /// The reason.
        reason: String,
    },
    /// A count does not fit.
    #[error("node `{node}` counts more than 2^44 {what}")]
    Overflow {
        /// Name of the node.
        node: String,
        /// The quantity that was counted.
        what: &'static str,
    },
}
