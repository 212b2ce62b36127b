//! The record of a repair.

use super::error::RepairError;
use super::repaired::{RepairStatus, Repaired};
use crate::graph::Op;
use crate::segment::Segment;
use serde::{Deserialize, Serialize};

/// One repair, written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RepairRecord {
    /// The end of the repair.
    pub status: RepairStatus,
    /// The solver that found the answer: `none` where the segment fitted or was refused at once, `presolve` where exact
    /// means sufficed, else the solver with its version.
    pub solver: String,
    /// The objective: the weighted change of channels and strides. `None` when there is no answer.
    pub objective: Option<f64>,
    /// Wall time. The only field that differs between runs; comparisons leave it out.
    pub milliseconds: f64,
    /// Convolutions in the segment.
    pub convs: usize,
    /// Pools in the segment.
    pub pools: usize,
    /// Concats in the segment.
    pub concats: usize,
    /// Ops that were changed.
    pub changed: usize,
}

impl PartialEq for RepairRecord {
    fn eq(&self, other: &Self) -> bool {
        let parts = |record: &Self| {
            (record.status, record.objective, record.convs, record.pools, record.concats, record.changed)
        };
        parts(self) == parts(other) && self.solver == other.solver
    }
}

impl RepairRecord {
    /// A record of a segment, yet without a result.
    pub(super) fn of(segment: &Segment) -> Self {
        let count = |is_it: fn(&Op) -> bool| segment.nodes.iter().filter(|node| is_it(&node.op)).count();
        RepairRecord {
            status: RepairStatus::Infeasible,
            solver: "none".into(),
            objective: None,
            milliseconds: 0.0,
            convs: count(|op| matches!(op, Op::Conv(_) | Op::ConvTranspose(_))),
            pools: count(|op| matches!(op, Op::Pool(..))),
            concats: count(|op| matches!(op, Op::Concat)),
            changed: 0,
        }
    }

    pub(super) fn finish(mut self, result: &Result<Repaired, RepairError>, milliseconds: f64) -> Self {
        self.milliseconds = milliseconds;
        match result {
            Ok(repaired) => {
                self.status = repaired.status;
                self.objective = Some(repaired.objective);
                self.changed = repaired.changes.len();
            }
            Err(error) => self.status = error.status(),
        }
        self
    }
}

/// One repair: the record and the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The record.
    pub record: RepairRecord,
    /// The segment that fits, or why there is none.
    pub result: Result<Repaired, RepairError>,
}

impl RepairError {
    /// The status that a record gives to this error.
    pub fn status(&self) -> RepairStatus {
        match self {
            RepairError::Arity { .. } | RepairError::Concat { .. } | RepairError::Infeasible { .. } => {
                RepairStatus::Infeasible
            }
            RepairError::TimedOut => RepairStatus::TimedOut,
            RepairError::SolverDisagrees(_) | RepairError::Part(_) | RepairError::Solver(_) => {
                RepairStatus::SolverDisagrees
            }
        }
    }
}
