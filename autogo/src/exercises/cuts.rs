//! Step 3: a network is cut in three.

use super::{passed, wrong};
use crate::error::Error;
use crate::partition::Partition;
use crate::report::Page;
use crate::rng::Stream;
use rand::Rng;

/// Drawn groupings beside those of the lesson.
const DRAWN: u64 = 20;

/// Checks a function that cuts a network at one of its groups: `answer(groups, at)` returns the nodes of predecessor,
/// segment and successor. The network's first node is its input and belongs to the predecessor, its last node is its
/// output and belongs to the successor, also where the group that is cut out holds them.
///
/// # Errors
/// The first cut that is wrong, and the right one.
///
/// ```
/// // Input and output are forgotten.
/// let plain = |groups: &[Vec<usize>], at: usize| {
///     [groups[..at].concat(), groups[at].clone(), groups[at + 1..].concat()]
/// };
/// let said = autogo::exercises::cuts(plain).unwrap_err().to_string();
/// assert!(said.starts_with("step 3, [[0, 1], [2, 3], [4]] cut at group 0"));
/// assert!(said.ends_with("accepted: [[0], [1], [2, 3, 4]]"));
/// ```
pub fn cuts(answer: impl Fn(&[Vec<usize>], usize) -> [Vec<usize>; 3]) -> Result<Page, Error> {
    let mut groupings =
        vec![vec![vec![0, 1], vec![2, 3], vec![4]], vec![vec![0, 1, 2]], vec![vec![0], vec![1], vec![2]]];
    for number in 0..DRAWN {
        let mut draw = Stream::new(3, "groups of an exercise").at(number);
        let nodes: Vec<usize> = (0..draw.random_range(3..12)).collect();
        groupings.push(nodes.chunks(draw.random_range(1..4)).map(<[usize]>::to_vec).collect());
    }
    let mut cases = 0;
    for groups in &groupings {
        for at in 0..groups.len() {
            let right = Partition::at(groups, at, 1).parts().map(<[usize]>::to_vec);
            let found = answer(groups, at);
            if found != right {
                return Err(wrong(3, &format!("{groups:?} cut at group {at}"), found, right));
            }
            cases += 1;
        }
    }
    Ok(passed(3, cases))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A solution, as a student writes it.
    fn solution(groups: &[Vec<usize>], at: usize) -> [Vec<usize>; 3] {
        let last = groups.concat().len() - 1;
        let (mut before, mut behind) = (groups[..at].concat(), groups[at + 1..].concat());
        let mut segment = groups[at].clone();
        if segment.contains(&0) {
            before.push(segment.remove(0));
        }
        if segment.last() == Some(&last) {
            behind.extend(segment.pop());
        }
        [before, segment, behind]
    }

    #[test]
    fn a_plain_solution_passes() {
        assert!(cuts(solution).is_ok());
    }
}
