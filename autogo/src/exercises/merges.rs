//! Step 2: tokens are merged.

use super::{passed, wrong};
use crate::error::Error;
use crate::report::Page;
use crate::rng::Stream;
use crate::segment::{Alphabet, BpeTrainer, Limit, Symbol, Trainer};
use rand::Rng;

/// Drawn corpora beside those that are written out.
const DRAWN: u64 = 20;

/// Checks a function that learns merges from lines of token numbers: `answer(lines, count)` returns at most `count`
/// pairs of pieces, in the order in which they are joined. A token is a piece with its own number; the first merge
/// makes the piece whose number follows the largest token's, and so on. Joined is the pair that stands side by side
/// most often, counted at every place, at least twice; of equally frequent pairs the one that spells fewer tokens, then
/// the one whose tokens are smaller when compared one by one. A pair is joined from left to right, and no piece has
/// more than 16 tokens.
///
/// # Errors
/// The first corpus with wrong merges, and the right ones.
///
/// ```
/// let said = autogo::exercises::merges(|_, _| vec![(0, 1)]).unwrap_err().to_string();
/// assert!(said.contains("3 merges of [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]"));
/// assert!(said.ends_with("the answer is [(0, 1)]; accepted: [(0, 1), (2, 3), (6, 4)]"));
/// ```
pub fn merges(answer: impl Fn(&[Vec<usize>], usize) -> Vec<(usize, usize)>) -> Result<Page, Error> {
    // Two toys; words of letters, as in the paper on byte-pair encoding.
    let mut corpora = vec![
        (vec![vec![0, 1, 2, 3, 4]; 2], 3),
        (vec![vec![0, 1, 2, 3, 4], vec![0, 1, 2], vec![0, 1], vec![3, 4]], 3),
        (vec![vec![0, 0, 0, 0], vec![0, 0, 1]], 3),
    ];
    for number in 0..DRAWN {
        let mut draw = Stream::new(2, "lines of an exercise").at(number);
        let lines = (0..4).map(|_| (0..draw.random_range(2..9)).map(|_| draw.random_range(0..4)).collect());
        corpora.push((lines.collect(), 4));
    }
    for (lines, count) in &corpora {
        let right = learned(lines, *count)?;
        let found = answer(lines, *count);
        if found != right {
            return Err(wrong(2, &format!("{count} merges of {lines:?}"), found, right));
        }
    }
    Ok(passed(2, corpora.len()))
}

/// The library's own merges.
fn learned(lines: &[Vec<usize>], count: usize) -> Result<Vec<(usize, usize)>, Error> {
    let mut alphabet = Alphabet::default();
    let tokens = lines.iter().flatten().max().map_or(0, |most| most + 1);
    (0..tokens).for_each(|token| {
        alphabet.insert(&token.to_string());
    });
    let lines = lines.iter().map(|line| line.iter().map(|&token| token as Symbol).collect()).collect();
    let trainer = BpeTrainer { merges: count, limit: Limit::Soft, ..BpeTrainer::default() };
    let merges = trainer.train(alphabet, lines)?.merges().to_vec();
    Ok(merges.into_iter().map(|(left, right)| (left as usize, right as usize)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A solution, as a student writes it.
    fn solution(lines: &[Vec<usize>], count: usize) -> Vec<(usize, usize)> {
        let mut lines = lines.to_vec();
        let tokens = lines.iter().flatten().max().map_or(0, |most| most + 1);
        let mut spelled: Vec<Vec<usize>> = (0..tokens).map(|token| vec![token]).collect();
        let mut merges = Vec::new();
        while merges.len() < count {
            let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            for pair in lines.iter().flat_map(|line| line.windows(2)) {
                *counts.entry((pair[0], pair[1])).or_default() += 1;
            }
            let spell = |(a, b): (usize, usize)| [&spelled[a][..], &spelled[b]].concat();
            let pairs = counts.into_iter().filter(|(pair, count)| *count > 1 && spell(*pair).len() <= 16);
            let best = pairs.min_by_key(|&(pair, count)| (usize::MAX - count, spell(pair).len(), spell(pair)));
            let Some((pair, _)) = best else { break };
            let piece = spelled.len();
            spelled.push(spell(pair));
            merges.push(pair);
            for line in &mut lines {
                let mut at = 0;
                while at + 1 < line.len() {
                    if (line[at], line[at + 1]) == pair {
                        line.splice(at..at + 2, [piece]);
                    }
                    at += 1;
                }
            }
        }
        merges
    }

    #[test]
    fn a_plain_solution_passes() {
        assert!(merges(solution).unwrap().html().contains("23 cases"));
    }
}
