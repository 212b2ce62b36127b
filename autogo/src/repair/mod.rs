//! Repair: a segment from elsewhere is made to fit the place where it is put.
//!
//! Filters and strides are chosen by a mixed-integer linear program that changes the segment as little as possible; the
//! answer counts only after exact shape inference (paper §3.2, [release §5](crate::doc::release#s5) in the corrected
//! form described in [`repair`]). [`RepairSettings`] holds every choice, [`Repairer`] remembers what it has repaired.

mod answer;
mod channels;
mod classes;
mod corrected;
mod error;
mod fit;
mod original;
mod program;
mod record;
mod repaired;
mod repairer;
mod settings;
mod sizes;
mod solve;
mod steps;
mod strides;
mod sweep;
#[cfg(test)]
mod tests;

pub use error::RepairError;
pub(crate) use fit::infer;
pub use fit::repair;
pub use original::{PartAnswer, PartNode, ReleasePart};
pub use record::{Attempt, RepairRecord};
pub use repaired::{Change, RepairStatus, Repaired};
pub use repairer::{RepairCounts, Repairer};
pub use settings::{ChannelPenalty, ConcatRule, RepairForm, RepairSettings, Solver};
pub use steps::{RepairSteps, repair_table};
