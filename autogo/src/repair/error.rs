//! Errors of repairs.

use crate::graph::Shape;
use thiserror::Error;

/// The reason why a segment cannot be made to fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RepairError {
    /// The segment reads or makes another number of tensors than the place.
    #[error("the segment has {has:?} inputs and outputs, the place {wants:?}")]
    Arity {
        /// Inputs and outputs of the segment.
        has: (usize, usize),
        /// Inputs and outputs of the place.
        wants: (usize, usize),
    },
    /// The segment holds a concat, and the settings refuse concats.
    #[error("node `{node}` is a concat, and the settings refuse concats")]
    Concat {
        /// Name of the first concat.
        node: String,
    },
    /// No choice of channels and strides connects these shapes.
    #[error("no channels and strides connect {inputs:?} to {outputs:?}")]
    Infeasible {
        /// Shapes it would read.
        inputs: Vec<Shape>,
        /// Shapes it would have to make.
        outputs: Vec<Shape>,
    },
    /// Time ran out before an answer was found.
    #[error("no answer within the time limit")]
    TimedOut,
    /// The program's answer does not survive exact shape inference.
    #[error("the program's answer is no network: {0}")]
    SolverDisagrees(String),
    /// A part in the release's form is no part of a network, or of none that this library knows.
    #[error("the part in the release's form: {0}")]
    Part(String),
    /// The solver gave up.
    #[error("the solver failed: {0}")]
    Solver(String),
}
