//! The lines that byte-pair encoding learns from, and the counts of their adjacent pairs.

use super::super::alphabet::{Symbol, UNKNOWN};
use super::super::pieces::PieceId;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Two pieces that stand side by side.
pub(super) type Pair = (PieceId, PieceId);

/// Distinct lines with how often they occur, and the counts of all adjacent pairs in them, kept while pairs are merged.
pub(super) struct Corpus {
    lines: Vec<(Vec<PieceId>, u64)>,
    counts: HashMap<Pair, u64>,
    /// Lines that hold a pair, or did; each once or more.
    places: HashMap<Pair, Vec<u32>>,
    /// Pairs by priority, as they were counted when they were put in.
    queue: BinaryHeap<Candidate>,
    /// Pairs whose counts have grown and that are not in the queue yet.
    fresh: Vec<Pair>,
    /// All pieces of two or more symbols so far.
    pieces: HashSet<Vec<Symbol>>,
    min_count: u64,
    max_len: usize,
}

/// A pair that may be merged next. The greatest is: the highest count, then the shortest piece, then the smallest symbols,
/// then the smallest left part.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    count: u64,
    spelled: Vec<Symbol>,
    pair: Pair,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |one: &Self| (one.count, Reverse(one.spelled.len()));
        key(self)
            .cmp(&key(other))
            .then_with(|| other.spelled.cmp(&self.spelled))
            .then_with(|| other.pair.cmp(&self.pair))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Corpus {
    pub(super) fn new(lines: Vec<Vec<Symbol>>, min_count: u64, max_len: usize) -> Self {
        let mut distinct: HashMap<Vec<Symbol>, u64> = HashMap::new();
        for line in lines {
            *distinct.entry(line).or_default() += 1;
        }
        let mut lines: Vec<_> = distinct.into_iter().collect();
        lines.sort_unstable();
        let mut corpus = Corpus {
            lines: Vec::new(),
            counts: HashMap::new(),
            places: HashMap::new(),
            queue: BinaryHeap::new(),
            fresh: Vec::new(),
            pieces: HashSet::new(),
            min_count: min_count.max(1),
            max_len,
        };
        for (at, (line, times)) in lines.iter().enumerate() {
            for window in line.windows(2) {
                corpus.add((window[0], window[1]), *times, at as u32);
            }
        }
        corpus.lines = lines;
        corpus.fresh = corpus.counts.keys().copied().collect();
        corpus
    }

    fn add(&mut self, pair: Pair, times: u64, line: u32) {
        *self.counts.entry(pair).or_default() += times;
        let places = self.places.entry(pair).or_default();
        if places.last() != Some(&line) {
            places.push(line);
        }
    }

    fn remove(&mut self, pair: Pair, times: u64) {
        if let Some(count) = self.counts.get_mut(&pair) {
            *count -= times;
        }
    }

    /// The pair to merge next; `spelled` are the symbols of every piece. A pair that spells a piece that exists already is
    /// passed over, now and later.
    pub(super) fn best_pair(&mut self, spelled: &[Vec<Symbol>]) -> Option<Pair> {
        let known = |piece: PieceId| spelled.get(piece as usize);
        for pair in std::mem::take(&mut self.fresh) {
            // A symbol that the alphabet does not hold never merges.
            let (Some(left), Some(right)) = (known(pair.0), known(pair.1)) else { continue };
            if pair.0 != UNKNOWN && pair.1 != UNKNOWN && left.len() + right.len() <= self.max_len {
                let count = self.counts.get(&pair).copied().unwrap_or(0);
                self.queue.push(Candidate { count, spelled: [left.as_slice(), right].concat(), pair });
            }
        }
        while let Some(best) = self.queue.pop() {
            let count = self.counts.get(&best.pair).copied().unwrap_or(0);
            if count < self.min_count || self.pieces.contains(&best.spelled) {
                continue;
            }
            // Counts of old pairs only fall: an outdated one goes back to where it belongs now.
            if count < best.count {
                self.queue.push(Candidate { count, ..best });
                continue;
            }
            self.pieces.insert(best.spelled);
            return Some(best.pair);
        }
        None
    }

    /// Replaces the pair from left to right, without overlaps, in every line.
    pub(super) fn merge(&mut self, pair: Pair, merged: PieceId) {
        let mut places = self.places.remove(&pair).unwrap_or_default();
        places.sort_unstable();
        places.dedup();
        for at in places {
            let (mut line, times) = std::mem::take(&mut self.lines[at as usize]);
            self.merge_line(&mut line, times, at, pair, merged);
            self.lines[at as usize] = (line, times);
        }
        self.counts.remove(&pair);
        self.fresh.sort_unstable();
        self.fresh.dedup();
    }

    /// Rewrites a line in place and counts what changes: windows that the pair was in go, windows that the new piece is in
    /// come. Neighbouring replacements share a window, which is counted once.
    fn merge_line(&mut self, line: &mut Vec<PieceId>, times: u64, number: u32, pair: Pair, merged: PieceId) {
        let (mut read, mut write) = (0, 0);
        let mut was_merged = false;
        // The symbol that stood before `read`: rewriting may have overwritten it.
        let mut before = None;
        while read < line.len() {
            let here = line[read];
            let is_pair = read + 1 < line.len() && (here, line[read + 1]) == pair;
            if is_pair {
                if let (false, Some(before)) = (was_merged, before) {
                    self.remove((before, here), times);
                }
                self.remove(pair, times);
                if let Some(&behind) = line.get(read + 2) {
                    self.remove((pair.1, behind), times);
                }
            }
            let new = if is_pair { merged } else { here };
            if (is_pair || was_merged) && write > 0 {
                let window = (line[write - 1], new);
                self.add(window, times, number);
                self.fresh.push(window);
            }
            before = Some(if is_pair { pair.1 } else { here });
            line[write] = new;
            write += 1;
            read += if is_pair { 2 } else { 1 };
            was_merged = is_pair;
        }
        line.truncate(write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: count all windows of all lines, merge the best, count again.
    fn slow(lines: &[Vec<Symbol>], symbols: usize, merges: usize, min_count: u64, max_len: usize) -> Vec<Vec<Symbol>> {
        let mut lines: Vec<Vec<PieceId>> = lines.to_vec();
        let mut spelled: Vec<Vec<Symbol>> = (0..symbols as Symbol).map(|symbol| vec![symbol]).collect();
        while spelled.len() < symbols + merges {
            let mut counts: HashMap<Pair, u64> = HashMap::new();
            lines
                .iter()
                .flat_map(|line| line.windows(2))
                .for_each(|at| *counts.entry((at[0], at[1])).or_default() += 1);
            let candidates =
                counts.into_iter().filter(|(_, count)| *count >= min_count).map(|(pair, count)| Candidate {
                    count,
                    spelled: [spelled[pair.0 as usize].as_slice(), &spelled[pair.1 as usize]].concat(),
                    pair,
                });
            let may = |one: &Candidate| one.spelled.len() <= max_len && !spelled.contains(&one.spelled);
            let Some(best) = candidates.filter(may).max() else { break };
            let merged = spelled.len() as PieceId;
            for line in &mut lines {
                let mut made = Vec::new();
                let mut at = 0;
                while at < line.len() {
                    let is_pair = at + 1 < line.len() && (line[at], line[at + 1]) == best.pair;
                    made.push(if is_pair { merged } else { line[at] });
                    at += if is_pair { 2 } else { 1 };
                }
                *line = made;
            }
            spelled.push(best.spelled);
        }
        spelled.split_off(symbols)
    }

    proptest! {
        #[test]
        fn merges_are_those_of_the_definition(
            lines in prop::collection::vec(prop::collection::vec(0u32..4, 0..40), 1..8),
            min_count in 1u64..4,
            max_len in 2usize..9,
        ) {
            let mut corpus = Corpus::new(lines.clone(), min_count, max_len);
            let mut spelled: Vec<Vec<Symbol>> = (0..4).map(|symbol| vec![symbol]).collect();
            while spelled.len() < 4 + 30 {
                let Some(pair) = corpus.best_pair(&spelled) else { break };
                spelled.push([spelled[pair.0 as usize].as_slice(), &spelled[pair.1 as usize]].concat());
                corpus.merge(pair, spelled.len() as PieceId - 1);
            }
            prop_assert_eq!(spelled.split_off(4), slow(&lines, 4, 30, min_count, max_len));
        }
    }
}
