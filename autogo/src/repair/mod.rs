//! Repair: a segment from elsewhere is made to fit the place where it is put.
//!
//! Channels and strides are chosen by a mixed-integer linear program that changes the segment as little as possible; the
//! answer counts only after exact shape inference (paper §3.2, specification §5 in the corrected form described in
//! [`repair`]).

mod milp;

pub use milp::repair;

use crate::graph::{Op, Shape};
use crate::segment::Segment;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How a segment came to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RepairStatus {
    /// It fitted as it was.
    Unchanged,
    /// The program was solved to optimality.
    Optimal,
}

/// An op that the repair changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The node's index in the segment.
    pub node: usize,
    /// The op before.
    pub before: Op,
    /// The op after.
    pub after: Op,
}

/// A segment that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// The segment with its new ops and shapes.
    pub segment: Segment,
    /// How it was found.
    pub status: RepairStatus,
    /// Value of the objective: the weighted change of channels and strides.
    pub objective: f64,
    /// What was changed.
    pub changes: Vec<Change>,
}

/// Why a segment cannot be made to fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RepairError {
    /// It reads or makes another number of tensors.
    #[error("the segment has {has:?} inputs and outputs, the place {wants:?}")]
    Arity {
        /// Inputs and outputs of the segment.
        has: (usize, usize),
        /// Inputs and outputs of the place.
        wants: (usize, usize),
    },
    /// No choice of channels and strides connects these shapes.
    #[error("no channels and strides connect {inputs:?} to {outputs:?}")]
    Infeasible {
        /// Shapes it would read.
        inputs: Vec<Shape>,
        /// Shapes it would have to make.
        outputs: Vec<Shape>,
    },
    /// The solver's answer does not survive exact shape inference.
    #[error("the solver's answer is wrong: {0}")]
    SolverDisagrees(String),
    /// The solver gave up.
    #[error("the solver failed: {0}")]
    Solver(String),
}

/// Infers all shapes of a segment from the shapes it reads, or says which node refuses.
pub(crate) fn infer(segment: &mut Segment, inputs: &[Shape]) -> Result<(), String> {
    segment.inputs = inputs.to_vec();
    for at in 0..segment.nodes.len() {
        let node = &segment.nodes[at];
        segment.nodes[at].shape = node
            .op
            .infer(&segment.operand_shapes(at))
            .map_err(|reason| format!("node `{}` ({}) {reason}", node.name, node.op.name()))?;
    }
    Ok(())
}
