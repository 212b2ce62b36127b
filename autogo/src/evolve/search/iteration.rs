//! The record of a round, and why a run ended.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The record of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iteration {
    /// Number of the round, from 1.
    pub generation: usize,
    /// Parents that had children.
    pub parents: usize,
    /// Places in them where something could stand.
    pub places: usize,
    /// Donors that were tried in these places.
    pub donors: usize,
    /// Donors that no repair makes fit.
    pub refused: usize,
    /// Children that were made; all are valid networks.
    pub children: usize,
    /// Children that had been made before.
    pub known: usize,
    /// New children outside a window.
    pub outside: usize,
    /// New children inside, which were scored.
    pub scored: usize,
    /// Size of the front afterwards.
    pub front: usize,
}

/// The reason why a run ended. As text it is a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All generations were made.
    Finished,
    /// As many networks were scored as the budget allows.
    BudgetSpent {
        /// The number of these.
        scored: usize,
    },
    /// No parent has a segment that may be replaced.
    NothingMovable {
        /// The generation.
        generation: usize,
    },
    /// No segment of the database may stand in any place.
    NoDonors {
        /// The generation.
        generation: usize,
    },
    /// Every child had been made before, or none could be made.
    NoNewChildren {
        /// The generation.
        generation: usize,
    },
    /// No new child was inside the windows.
    NothingInside {
        /// The generation.
        generation: usize,
    },
    /// The search was asked to end; see [`interrupt`](crate::interrupt). A run in a folder can be taken up again.
    Interrupted {
        /// The last generation that is complete.
        generation: usize,
    },
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopReason::Finished => write!(f, "all generations were made"),
            StopReason::BudgetSpent { scored } => {
                write!(f, "{scored} networks were scored, as many as the budget allows")
            }
            StopReason::NothingMovable { generation } => {
                write!(f, "no parent of generation {generation} has a segment that may be replaced")
            }
            StopReason::NoDonors { generation } => {
                write!(f, "no segment of the database may stand in any place of generation {generation}")
            }
            StopReason::NoNewChildren { generation } => {
                write!(f, "generation {generation} made no network that was not known before")
            }
            StopReason::NothingInside { generation } => {
                write!(f, "no child of generation {generation} is inside the windows; the front is what it was")
            }
            StopReason::Interrupted { generation } => write!(f, "interrupted after generation {generation}"),
        }
    }
}
