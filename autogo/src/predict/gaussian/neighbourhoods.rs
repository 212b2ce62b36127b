//! Neighbourhoods of terms, by name: Weisfeiler and Lehman's refinement (Shervashidze et al., Weisfeiler-Lehman graph
//! kernels, 2011).

use super::skeleton::Skeleton;
use crate::graph::mix;

/// The side of a term from which its name grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The terms that it reads.
    Operands,
    /// The terms that read it.
    Readers,
    /// Both.
    Both,
}

impl Side {
    /// All sides, in the order of their groups.
    pub(super) const ALL: [Side; 3] = [Side::Operands, Side::Readers, Side::Both];
}

/// The names of all terms after each of `rounds` rounds, round 0 first: in a round a term's name takes up the names of
/// the terms next to it, whatever their order. O(rounds · edges).
pub(super) fn names(skeleton: &Skeleton, readers: &[Vec<usize>], side: Side, rounds: usize) -> Vec<Vec<u64>> {
    let sum = |names: &[u64], beside: &[usize]| {
        beside.iter().fold(beside.len() as u64, |sum, &term| sum.wrapping_add(mix(SUMMAND, names[term])))
    };
    let mut all = vec![skeleton.kinds.clone()];
    for round in 0..rounds {
        let names = &all[round];
        let next = (0..skeleton.len()).map(|term| {
            let operands = || sum(names, &skeleton.operands[term]);
            let readers = || sum(names, &readers[term]);
            match side {
                Side::Operands => mix(names[term], operands()),
                Side::Readers => mix(names[term], readers()),
                Side::Both => mix(mix(names[term], operands()), readers()),
            }
        });
        all.push(next.collect());
    }
    all
}

/// The state into which a neighbour's name is folded before it is added to others: a sum of names then is not the name
/// of another neighbourhood.
const SUMMAND: u64 = 0x6a09_e667_f3bc_c908;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::network;

    #[test]
    fn every_round_tells_more_neighbourhoods_apart() {
        let skeleton =
            Skeleton::of(&network("nb201:nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_3x3").unwrap());
        let readers = skeleton.readers();
        for side in Side::ALL {
            let names = names(&skeleton, &readers, side, 3);
            let distinct = |round: usize| {
                let mut names = names[round].clone();
                names.sort_unstable();
                names.dedup();
                names.len()
            };
            assert!((0..3).all(|round| distinct(round) <= distinct(round + 1)), "{side:?}");
            assert!(distinct(0) < distinct(3), "{side:?}");
        }
    }
}
