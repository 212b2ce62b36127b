//! Which end of a quantity is better.

use serde::{Deserialize, Serialize};

/// Whether more or less of a quantity is better.
///
/// ```
/// use autogo::{Goal, evolve::ParetoArchive};
/// // The first number is to be large, the second small: the second member is beaten by the first.
/// let mut front = ParetoArchive::new(vec![Goal::Maximise, Goal::Minimise]);
/// assert!(front.insert(0, vec![93.0, 100.0]));
/// assert!(!front.insert(1, vec![92.0, 120.0]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Goal {
    /// More is better.
    Maximise,
    /// Less is better.
    Minimise,
}
