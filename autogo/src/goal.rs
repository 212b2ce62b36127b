//! The better end of a quantity.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

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

impl Goal {
    /// Orders two values, the better one first; NaN stands behind all numbers.
    ///
    /// ```
    /// use autogo::Goal;
    /// let mut values = [2.0, 3.0, 1.0];
    /// values.sort_by(|a, b| Goal::Maximise.compare(*a, *b));
    /// assert_eq!(values, [3.0, 2.0, 1.0]);
    /// ```
    pub fn compare(self, a: f64, b: f64) -> Ordering {
        let order = match self {
            Goal::Maximise => b.total_cmp(&a),
            Goal::Minimise => a.total_cmp(&b),
        };
        a.is_nan().cmp(&b.is_nan()).then(order)
    }

    /// A value turned so that more is better: as it is, or its negative.
    ///
    /// ```
    /// use autogo::Goal;
    /// assert_eq!((Goal::Maximise.upwards(2.0), Goal::Minimise.upwards(2.0)), (2.0, -2.0));
    /// ```
    pub fn upwards(self, value: f64) -> f64 {
        match self {
            Goal::Maximise => value,
            Goal::Minimise => -value,
        }
    }
}
