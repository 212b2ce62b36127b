//! What can be wrong with a graph.

use thiserror::Error;

/// Why a graph could not be built. Nodes are named; shapes are printed as `height×width×channels`.
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
        /// What is wrong.
        reason: String,
    },
    /// An operand does not exist yet.
    #[error("node `{node}` reads operand {operand}, but only nodes 0 to {last} stand before it")]
    UnknownOperand {
        /// Name of the node.
        node: String,
        /// Index it asked for.
        operand: usize,
        /// Last index that exists.
        last: isize,
    },
    /// Not exactly one input.
    #[error("a graph has exactly one input node; this one has {0}")]
    Inputs(usize),
    /// Not exactly one output.
    #[error("a graph has exactly one output node; this one has {0}")]
    Outputs(usize),
    /// A node whose result nobody uses.
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
        /// What is wrong with the configuration.
        reason: String,
    },
    /// A count does not fit.
    #[error("node `{node}` counts more than 2^44 {what}")]
    Overflow {
        /// Name of the node.
        node: String,
        /// What was counted.
        what: &'static str,
    },
}
