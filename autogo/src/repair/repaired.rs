//! A segment that was made to fit.

use crate::graph::Op;
use crate::segment::Segment;
use serde::{Deserialize, Serialize};

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
    /// The status of the repair.
    pub status: RepairStatus,
    /// Value of the objective: the weighted change of channels and strides.
    pub objective: f64,
    /// The ops that the repair changed.
    pub changes: Vec<Change>,
}

/// The end of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairStatus {
    /// The segment fitted as it was.
    Unchanged,
    /// The cheapest change was found.
    Optimal,
    /// A change was found, but time ran out before it was known to be the cheapest.
    Feasible,
    /// No change makes the segment fit.
    Infeasible,
    /// Time ran out before any change was found.
    TimedOut,
    /// The solver failed, or its answer does not survive exact shape inference.
    SolverDisagrees,
}

impl RepairStatus {
    /// Whether there is a segment that fits.
    pub fn fits(self) -> bool {
        matches!(self, RepairStatus::Unchanged | RepairStatus::Optimal | RepairStatus::Feasible)
    }
}
