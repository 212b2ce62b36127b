//! The archive of what nothing else beats.

use crate::goal::Goal;
use serde::{Deserialize, Serialize};

/// Points that no other point dominates, in the order in which they came.
///
/// A point dominates another when it is at least as good in every objective and better in one. Exact duplicates of a
/// member stay, as in the release ([release §7.2](crate::doc::release#s7-2)).
///
/// ```
/// use autogo::Goal;
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

    /// The better end of each objective.
    pub fn goals(&self) -> &[Goal] {
        &self.goals
    }

    /// Ids of the members, in the order in which they came.
    pub fn ids(&self) -> Vec<usize> {
        self.members.iter().map(|(id, _)| *id).collect()
    }

    /// The members: id and point.
    pub fn members(&self) -> &[(usize, Vec<f64>)] {
        &self.members
    }

    /// The volume between the front and a point that every member beats: the larger, the better the front. Members that
    /// do not beat it add nothing, and a point with another number of objectives has no volume. O(members^objectives).
    ///
    /// ```
    /// use autogo::Goal;
    /// use autogo::evolve::ParetoArchive;
    /// let mut archive = ParetoArchive::new(vec![Goal::Maximise, Goal::Minimise]);
    /// archive.insert(0, vec![3.0, 2.0]);
    /// archive.insert(1, vec![1.0, 1.0]);
    /// assert_eq!(archive.hypervolume(&[0.0, 4.0]), 3.0 * 2.0 + 1.0 * 1.0);
    /// ```
    pub fn hypervolume(&self, reference: &[f64]) -> f64 {
        if reference.len() != self.goals.len() || reference.is_empty() {
            return 0.0;
        }
        let gains = |point: &[f64]| -> Vec<f64> {
            let sides = self.goals.iter().zip(point).zip(reference);
            sides
                .map(|((goal, value), from)| if *goal == Goal::Maximise { value - from } else { from - value })
                .collect()
        };
        let boxes = self.members.iter().map(|(_, point)| gains(point));
        volume(boxes.filter(|sides| sides.iter().all(|side| *side > 0.0)).collect())
    }

    /// Up to `count` members spread evenly along the first objective, both ends included; of one member, the end with
    /// the smallest value. O(members · log members).
    pub fn spread(&self, count: usize) -> Vec<usize> {
        let mut sorted: Vec<&(usize, Vec<f64>)> = self.members.iter().collect();
        let first = |member: &(usize, Vec<f64>)| member.1.first().copied().unwrap_or(0.0);
        sorted.sort_by(|a, b| first(a).total_cmp(&first(b)).then(a.0.cmp(&b.0)));
        if sorted.len() <= count {
            return sorted.into_iter().map(|member| member.0).collect();
        }
        let last = count.saturating_sub(1).max(1);
        (0..count).map(|at| sorted[at * (sorted.len() - 1) / last].0).collect()
    }
}

/// The volume of the union of boxes that share a corner: slices along the last side.
fn volume(mut boxes: Vec<Vec<f64>>) -> f64 {
    if boxes.first().is_none_or(|sides| sides.len() == 1) {
        return boxes.iter().map(|sides| sides[0]).fold(0.0, f64::max);
    }
    boxes.sort_by(|a, b| b[b.len() - 1].total_cmp(&a[a.len() - 1]));
    let mut total = 0.0;
    let mut below: Vec<Vec<f64>> = Vec::with_capacity(boxes.len());
    for at in 0..boxes.len() {
        let last = boxes[at].len() - 1;
        let end = boxes.get(at + 1).map_or(0.0, |next| next[last]);
        below.push(boxes[at][..last].to_vec());
        if boxes[at][last] > end {
            total += (boxes[at][last] - end) * volume(below.clone());
        }
    }
    total
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

    proptest! {
        #[test]
        fn the_hypervolume_counts_unit_cubes(
            points in proptest::collection::vec((1u8..5, 1u8..5, 1u8..5), 1..12),
        ) {
            let mut archive = ParetoArchive::new(vec![Goal::Maximise; 3]);
            for (id, &(a, b, c)) in points.iter().enumerate() {
                archive.insert(id, vec![f64::from(a), f64::from(b), f64::from(c)]);
            }
            let cubes = (0..64u8).filter(|at| {
                let (x, y, z) = (at % 4, at / 4 % 4, at / 16);
                points.iter().any(|&(a, b, c)| x < a && y < b && z < c)
            });
            prop_assert_eq!(archive.hypervolume(&[0.0; 3]), cubes.count() as f64);
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
