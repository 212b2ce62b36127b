//! Which end of a quantity is better.

use serde::{Deserialize, Serialize};

/// Whether more or less of a quantity is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Goal {
    /// More is better.
    Maximise,
    /// Less is better.
    Minimise,
}
