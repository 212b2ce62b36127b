//! The answer of a program to a repair: new ops, or the reason why there are none.

use super::error::RepairError;
use crate::graph::{Op, Shape};

/// New ops for every node, their cost, and the solver that found them.
pub(super) struct Answer {
    pub(super) ops: Vec<Op>,
    pub(super) cost: i64,
    pub(super) is_optimal: bool,
    pub(super) solver: &'static str,
}

/// Named in records where no solver was needed.
pub(super) const PRESOLVE: &str = "presolve";

/// The reason why there is no answer.
pub(super) enum NoAnswer {
    Infeasible,
    TimedOut,
    /// The program has an answer, but no network does what it says.
    NoNetwork(String),
    Failed(String),
}

impl NoAnswer {
    pub(super) fn into_error(self, inputs: Vec<Shape>, outputs: Vec<Shape>) -> RepairError {
        match self {
            NoAnswer::Infeasible => RepairError::Infeasible { inputs, outputs },
            NoAnswer::TimedOut => RepairError::TimedOut,
            NoAnswer::NoNetwork(reason) => RepairError::SolverDisagrees(reason),
            NoAnswer::Failed(reason) => RepairError::Solver(reason),
        }
    }
}
