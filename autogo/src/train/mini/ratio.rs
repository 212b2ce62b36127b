//! The factor of a mini form's filters.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A factor: `over / under`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// The upper number.
    pub over: u32,
    /// The lower number.
    pub under: u32,
}

impl Ratio {
    /// The factor 1.
    pub const ONE: Ratio = Ratio { over: 1, under: 1 };

    /// `count` times the factor, rounded, at least 1.
    pub(super) fn of(self, count: u32) -> u32 {
        let (over, under) = (u64::from(self.over), u64::from(self.under.max(1)));
        ((u64::from(count) * over + under / 2) / under).clamp(1, u64::from(u32::MAX)) as u32
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.over, self.under)
    }
}
