//! How parents are drawn from the front (paper §3.4, [release §7.3b](crate::doc::release#s7-3b)-c).

use super::archive::ParetoArchive;
use crate::goal::Goal;
use crate::rng::{Draw, Stream};
use rand::Rng;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rule by which parents are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// One member of each cell of a grid over the first two objectives, then members at random: the paper's. A front
    /// smaller than the grid is taken whole, and filled up with the best children of the round before.
    Grid(GridEnds),
    /// The members that stand farthest from their neighbours on the front, both ends first (Deb et al., NSGA-II, 2002).
    Crowding,
    /// Members spread evenly along the first objective, both ends included.
    Spread,
    /// All individuals so far, at random: a search without a front.
    Uniform,
}

/// Whether the ends of the front can be drawn from the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridEnds {
    /// A point on the border between cells belongs to one of them.
    #[default]
    Included,
    /// Points on a border, the extremes among them, belong to no cell: the release's rule ([release
    /// §7.3b](crate::doc::release#s7-3b)).
    Excluded,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling::Grid(GridEnds::Included)
    }
}

/// A candidate: its id and its objectives.
pub(in crate::evolve) type Scored = (usize, Vec<f64>);

/// The individuals that may be drawn.
pub(in crate::evolve) struct Candidates<'a> {
    pub(in crate::evolve) archive: &'a ParetoArchive,
    /// The children of the round before.
    pub(in crate::evolve) previous: &'a [Scored],
    /// The number of individuals; all ids are below this number.
    pub(in crate::evolve) everybody: usize,
}

impl Sampling {
    /// At most `count` parents; one may be drawn twice.
    pub(in crate::evolve) fn draw(self, from: &Candidates<'_>, count: usize, rng: &mut Draw) -> Vec<usize> {
        let members = from.archive.members();
        match self {
            Sampling::Grid(ends) => {
                let side = count.isqrt();
                if members.len() < side * side {
                    let mut parents = from.archive.ids();
                    let fresh = from.previous.iter().filter(|(id, _)| !parents.contains(id)).cloned();
                    let best = rank_sum(&fresh.collect::<Vec<_>>(), from.archive.goals());
                    parents.extend(best.into_iter().take(count.saturating_sub(members.len())));
                    return parents;
                }
                let mut parents = grid(members, side, ends, rng);
                while parents.len() < count {
                    parents.push(members[rng.random_range(0..members.len())].0);
                }
                parents
            }
            Sampling::Crowding => {
                let distances = crowding(members);
                let mut order: Vec<usize> = (0..members.len()).collect();
                order.sort_by(|&a, &b| distances[b].total_cmp(&distances[a]).then(a.cmp(&b)));
                order.into_iter().take(count).map(|at| members[at].0).collect()
            }
            Sampling::Spread => from.archive.spread(count),
            Sampling::Uniform => (0..count).map(|_| rng.random_range(0..from.everybody)).collect(),
        }
    }
}

/// One random member of each cell that has any, of `side` × `side` over the first two objectives (one row of cells when
/// there is a single objective). A member is an id and its objectives; no member is drawn from a grid without cells or
/// of more than a million, or when members differ in the number of their objectives. O(members + cells).
///
/// ```
/// use autogo::evolve::{GridEnds, grid_sample};
/// let front: Vec<(usize, Vec<f64>)> = (0..4).map(|at| (at, vec![at as f64, at as f64])).collect();
/// let drawn = grid_sample(&front, 2, GridEnds::Included, 0);
/// assert!(drawn.len() == 2 && drawn[0] < 2 && drawn[1] >= 2);
/// ```
pub fn grid_sample(members: &[(usize, Vec<f64>)], side: usize, ends: GridEnds, seed: u64) -> Vec<usize> {
    let is_even = members.windows(2).all(|pair| pair[0].1.len() == pair[1].1.len());
    if !(1..=1000).contains(&side) || !is_even {
        return Vec::new();
    }
    grid(members, side, ends, &mut Stream::new(seed, "grid").at(0))
}

fn grid(members: &[Scored], side: usize, ends: GridEnds, rng: &mut Draw) -> Vec<usize> {
    let axes = members.first().map_or(0, |(_, point)| point.len().min(2));
    let range = |axis: usize| {
        let values = || members.iter().map(|(_, point)| point[axis]);
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    };
    let ranges: Vec<(f64, f64)> = (0..axes).map(range).collect();
    let cell = |point: &[f64]| -> Option<usize> {
        let mut cell = 0;
        for (&(low, high), &value) in ranges.iter().zip(point) {
            let place = if high > low { (value - low) / (high - low) * side as f64 } else { 0.0 };
            if ends == GridEnds::Excluded && place.fract() == 0.0 {
                return None;
            }
            cell = cell * side + (place as usize).min(side - 1);
        }
        Some(cell)
    };
    let cells: Vec<Option<usize>> = members.iter().map(|(_, point)| cell(point)).collect();
    let mut inside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (member, cell) in members.iter().zip(cells) {
        if let Some(cell) = cell {
            inside.entry(cell).or_default().push(member.0);
        }
    }
    inside.values().filter_map(|ids| ids.choose(rng).copied()).collect()
}

/// Ids by the sum of their ranks in every objective, best first; ties by order ([release
/// §7.3c](crate::doc::release#s7-3c)). An individual without a value in an objective ranks last in that objective.
/// O(objectives · n log n) for n individuals.
///
/// ```
/// use autogo::Goal;
/// use autogo::evolve::rank_sum;
/// // Ranks: 0 + 2, 1 + 0 and 2 + 1.
/// let scored = [(7, vec![3.0, 30.0]), (8, vec![2.0, 10.0]), (9, vec![1.0, 20.0])];
/// assert_eq!(rank_sum(&scored, &[Goal::Maximise, Goal::Minimise]), [8, 7, 9]);
/// ```
pub fn rank_sum(scored: &[(usize, Vec<f64>)], goals: &[Goal]) -> Vec<usize> {
    let mut sums = vec![0usize; scored.len()];
    for (axis, goal) in goals.iter().enumerate() {
        let mut order: Vec<usize> = (0..scored.len()).collect();
        order.sort_by(|&a, &b| {
            let value = |at: usize| scored[at].1.get(axis).copied().unwrap_or(f64::NAN);
            let (a, b) = (value(a), value(b));
            match goal {
                // An individual without a value ranks last.
                _ if a.is_nan() || b.is_nan() => a.is_nan().cmp(&b.is_nan()),
                Goal::Maximise => b.total_cmp(&a),
                Goal::Minimise => a.total_cmp(&b),
            }
        });
        order.into_iter().enumerate().for_each(|(rank, at)| sums[at] += rank);
    }
    let mut order: Vec<usize> = (0..scored.len()).collect();
    order.sort_by_key(|&at| sums[at]);
    order.into_iter().map(|at| scored[at].0).collect()
}

/// The crowding distance of every member: the perimeter of the box its neighbours span, in ranges of the objectives.
fn crowding(members: &[Scored]) -> Vec<f64> {
    let mut distances = vec![0.0; members.len()];
    let axes = members.first().map_or(0, |(_, point)| point.len());
    for axis in 0..axes {
        let value = |at: usize| members[at].1[axis];
        let mut order: Vec<usize> = (0..members.len()).collect();
        order.sort_by(|&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
        let (first, last) = (order[0], order[order.len() - 1]);
        let range = (value(last) - value(first)).max(f64::MIN_POSITIVE);
        (distances[first], distances[last]) = (f64::INFINITY, f64::INFINITY);
        for three in order.windows(3) {
            distances[three[1]] += (value(three[2]) - value(three[0])) / range;
        }
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(points: &[(f64, f64)]) -> ParetoArchive {
        let mut archive = ParetoArchive::new(vec![Goal::Maximise, Goal::Minimise]);
        points.iter().enumerate().for_each(|(id, &(a, b))| assert!(archive.insert(id, vec![a, b])));
        archive
    }

    fn draw(sampling: Sampling, archive: &ParetoArchive, previous: &[Scored], count: usize) -> Vec<usize> {
        let from = Candidates { archive, previous, everybody: 50 };
        sampling.draw(&from, count, &mut Stream::new(1, "test").at(0))
    }

    #[test]
    fn a_small_front_is_taken_whole_and_filled_with_the_best_of_the_round_before() {
        let archive = archive(&[(1.0, 1.0), (2.0, 2.0)]);
        let previous = [(7, vec![0.5, 9.0]), (8, vec![1.5, 3.0]), (1, vec![2.0, 2.0]), (9, vec![1.0, 4.0])];
        assert_eq!(draw(Sampling::default(), &archive, &previous, 4), [0, 1, 8, 9]);
        assert_eq!(draw(Sampling::default(), &archive, &[], 9), [0, 1]);
    }

    #[test]
    fn only_a_grid_with_ends_draws_the_extremes() {
        // On a diagonal front every third of it fills one of nine cells.
        let points: Vec<(f64, f64)> = (0..12).map(|at| (f64::from(at), f64::from(at))).collect();
        let archive = archive(&points);
        for seed in 0..20 {
            let mut rng = Stream::new(seed, "test").at(0);
            let picked = grid(archive.members(), 3, GridEnds::Included, &mut rng);
            assert_eq!(picked.iter().map(|id| id * 3 / 11).map(|third| third.min(2)).collect::<Vec<_>>(), [0, 1, 2]);
            let picked = grid(archive.members(), 3, GridEnds::Excluded, &mut rng);
            assert!(picked.len() == 3 && !picked.contains(&0) && !picked.contains(&11));
        }
        let drawn = |ends| -> Vec<usize> {
            (0..60).flat_map(|seed| grid(archive.members(), 3, ends, &mut Stream::new(seed, "t").at(0))).collect()
        };
        assert!(drawn(GridEnds::Included).contains(&0) && drawn(GridEnds::Included).contains(&11));
        assert_eq!(draw(Sampling::Grid(GridEnds::Excluded), &archive, &[], 10).len(), 10);
    }

    #[test]
    fn crowding_prefers_the_ends_and_the_lonely() {
        let archive = archive(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (8.0, 8.0), (10.0, 10.0)]);
        // Ends first; then 3, whose neighbours are 8 apart, before 2 (7 apart).
        assert_eq!(draw(Sampling::Crowding, &archive, &[], 4), [0, 4, 3, 2]);
    }

    #[test]
    fn ranks_are_summed_over_objectives() {
        let scored = [(0, vec![3.0, 30.0]), (1, vec![2.0, 10.0]), (2, vec![1.0, 20.0])];
        // Ranks: 0 + 2, 1 + 0, 2 + 1.
        assert_eq!(rank_sum(&scored, &[Goal::Maximise, Goal::Minimise]), [1, 0, 2]);
        assert!(draw(Sampling::Uniform, &archive(&[(1.0, 1.0)]), &[], 30).iter().all(|id| *id < 50));
    }
}
