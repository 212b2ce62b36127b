//! The archive of what nothing else beats.

use crate::data::Goal;
use serde::{Deserialize, Serialize};

/// Points that no other point dominates, in the order in which they came.
///
/// A point dominates another when it is at least as good in every objective and better in one. Exact duplicates of a
/// member stay, as in the original (specification §7).
///
/// ```
/// use autogo::data::Goal;
/// use autogo::evolve::ParetoArchive;
/// let mut archive = ParetoArchive::new(vec![Goal::Maximise, Goal::Minimise]);
/// assert!(archive.insert(0, vec![90.0, 5.0]));
/// assert!(archive.insert(1, vec![92.0, 7.0]));
/// assert!(!archive.insert(2, vec![89.0, 6.0])); // worse and dearer than 0
/// assert!(archive.insert(3, vec![91.0, 4.0])); // better and cheaper than 0, which goes
/// assert_eq!(archive.ids(), [1, 3]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParetoArchive {
    goals: Vec<Goal>,
    members: Vec<(usize, Vec<f64>)>,
}

impl ParetoArchive {
    /// An empty archive for points with one value for each goal.
    pub fn new(goals: Vec<Goal>) -> Self {
        ParetoArchive { goals, members: Vec::new() }
    }

    /// Whether `a` dominates `b`.
    pub fn dominates(&self, a: &[f64], b: &[f64]) -> bool {
        let mut better = false;
        for ((goal, a), b) in self.goals.iter().zip(a).zip(b) {
            let gain = match goal {
                Goal::Maximise => a - b,
                Goal::Minimise => b - a,
            };
            if gain < 0.0 || gain.is_nan() {
                return false;
            }
            better |= gain > 0.0;
        }
        better
    }

    /// Takes the point in unless a member dominates it or a value is not finite; drops the members it dominates. Says
    /// whether it is in. O(members).
    pub fn insert(&mut self, id: usize, point: Vec<f64>) -> bool {
        let is_beaten = self.members.iter().any(|(_, member)| self.dominates(member, &point));
        if is_beaten || point.len() != self.goals.len() || point.iter().any(|value| !value.is_finite()) {
            return false;
        }
        let mut members = std::mem::take(&mut self.members);
        members.retain(|(_, member)| !self.dominates(&point, member));
        members.push((id, point));
        self.members = members;
        true
    }

    /// Ids of the members, in the order in which they came.
    pub fn ids(&self) -> Vec<usize> {
        self.members.iter().map(|(id, _)| *id).collect()
    }

    /// The members: id and point.
    pub fn members(&self) -> &[(usize, Vec<f64>)] {
        &self.members
    }

    /// Up to `count` members spread evenly along the first objective, both ends included.
    pub fn spread(&self, count: usize) -> Vec<usize> {
        let mut sorted: Vec<&(usize, Vec<f64>)> = self.members.iter().collect();
        sorted.sort_by(|a, b| a.1[0].total_cmp(&b.1[0]).then(a.0.cmp(&b.0)));
        if sorted.len() <= count {
            return sorted.into_iter().map(|member| member.0).collect();
        }
        let last = count.saturating_sub(1).max(1);
        (0..count).map(|at| sorted[at * (sorted.len() - 1) / last].0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_archive_is_the_set_of_undominated_points(
            points in proptest::collection::vec((0u8..6, 0u8..6, 0u8..6), 1..40),
        ) {
            let points: Vec<Vec<f64>> =
                points.iter().map(|&(a, b, c)| vec![f64::from(a), f64::from(b), f64::from(c)]).collect();
            let mut archive = ParetoArchive::new(vec![Goal::Maximise, Goal::Minimise, Goal::Maximise]);
            for (id, point) in points.iter().enumerate() {
                archive.insert(id, point.clone());
            }
            let expected: Vec<usize> = (0..points.len())
                .filter(|&at| !points.iter().any(|other| archive.dominates(other, &points[at])))
                .collect();
            prop_assert_eq!(archive.ids(), expected);
        }
    }

    #[test]
    fn a_spread_keeps_both_ends() {
        let mut archive = ParetoArchive::new(vec![Goal::Maximise, Goal::Maximise]);
        for id in 0..10 {
            archive.insert(id, vec![id as f64, -(id as f64)]);
        }
        assert_eq!(archive.spread(3), [0, 4, 9]);
        assert_eq!(archive.spread(1), [0]);
        assert_eq!(archive.spread(20).len(), 10);
        assert!(!archive.insert(99, vec![f64::NAN, 1.0]));
    }
}
