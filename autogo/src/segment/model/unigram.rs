//! A unigram language model over tokens: the most probable split of a line (Kudo, *Subword Regularization*, ACL 2018).

use super::super::alphabet::{Alphabet, Symbol, UNKNOWN};
use super::super::pieces::{Piece, PieceId};
use super::super::pipeline::{Limit, SegmentModel, Trainer, enough, not_empty};
use crate::error::Error;
use foldhash::HashMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Trains a [`Unigram`] model: many frequent runs of tokens to begin with; expectation-maximisation of their
/// probabilities; the runs whose loss costs least are dropped, a quarter at a time, until `pieces` are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnigramTrainer {
    /// The number of pieces of two and more tokens to keep.
    pub pieces: usize,
    /// The most tokens in one piece.
    pub max_piece_len: usize,
    /// A run that occurs less often is no candidate.
    pub min_count: u64,
    /// The rule for a corpus in which fewer runs than that are candidates.
    pub limit: Limit,
}

impl Default for UnigramTrainer {
    /// The size of the release's BPE vocabulary.
    fn default() -> Self {
        UnigramTrainer { pieces: 813, max_piece_len: 16, min_count: 2, limit: Limit::Hard }
    }
}

/// Candidates for every piece that is kept in the end.
const CANDIDATES: usize = 10;
/// Rounds of expectation-maximisation between two cuts.
const ROUNDS: usize = 2;
/// Share of the candidates that survive a cut.
const SURVIVORS: f64 = 0.75;
/// Lines whose expectations a thread adds up at once. The sum of these pieces in order does not depend on the threads.
const CHUNK: usize = 256;

/// Pieces with log-probabilities, in millionths of a nat: whole numbers, so that every machine splits alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct Unigram {
    alphabet: Alphabet,
    /// The tokens of every piece, singles first.
    spelled: Vec<Vec<Symbol>>,
    scores: Vec<i64>,
    ids: HashMap<Vec<Symbol>, PieceId>,
    longest: usize,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    alphabet: Alphabet,
    pieces: Vec<Vec<Symbol>>,
    scores: Vec<i64>,
}

impl From<Unigram> for Saved {
    fn from(model: Unigram) -> Self {
        let singles = model.alphabet.len();
        Saved { alphabet: model.alphabet, pieces: model.spelled[singles..].to_vec(), scores: model.scores }
    }
}

impl TryFrom<Saved> for Unigram {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self, Error> {
        let (singles, longer) = (saved.alphabet.len(), saved.pieces.len());
        let known = |symbol: &Symbol| (*symbol as usize) < singles;
        if saved.scores.len() != singles + longer || !saved.pieces.iter().all(|piece| piece.iter().all(known)) {
            let reason = format!("{} scores for {singles} tokens and {longer} pieces of them", saved.scores.len());
            return Err(Error::setting("unigram model", reason, "a score for each, and pieces of its own tokens"));
        }
        Ok(Unigram::new(saved.alphabet, saved.pieces, saved.scores))
    }
}

/// Ways to end a run of tokens: for every place the pieces that end there.
struct Lattice<'a> {
    line: &'a [Symbol],
}

impl Lattice<'_> {
    /// Calls `visit` with (start, end, piece) of every piece that stands in the line, by end, the longest first.
    fn walk(&self, model: &Unigram, mut visit: impl FnMut(usize, usize, PieceId)) {
        for end in 1..=self.line.len() {
            for start in end.saturating_sub(model.longest)..end {
                let run = &self.line[start..end];
                let id = match run {
                    [single] if (*single as usize) < model.alphabet.len() => Some(*single),
                    [_] => Some(UNKNOWN),
                    longer => model.ids.get(longer).copied(),
                };
                if let Some(id) = id {
                    visit(start, end, id);
                }
            }
        }
    }
}

impl Unigram {
    fn new(alphabet: Alphabet, longer: Vec<Vec<Symbol>>, scores: Vec<i64>) -> Self {
        let singles = alphabet.len();
        let ids = longer.iter().enumerate().map(|(at, piece)| (piece.clone(), (singles + at) as PieceId)).collect();
        let longest = longer.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let spelled = (0..singles as Symbol).map(|symbol| vec![symbol]).chain(longer).collect();
        Unigram { alphabet, spelled, scores, ids, longest }
    }

    /// Far below every known token, so that it never matters which pieces stand beside it.
    fn score(&self, piece: PieceId) -> i64 {
        self.scores.get(piece as usize).copied().unwrap_or(-100_000_000)
    }

    /// The split of the highest probability; of equal ones, the one that ends in longer pieces.
    fn best(&self, line: &[Symbol], allowed: &dyn Fn(PieceId) -> bool) -> (i64, Vec<Piece>) {
        let mut best: Vec<Option<(i64, usize, PieceId)>> = vec![None; line.len() + 1];
        best[0] = Some((0, 0, UNKNOWN));
        Lattice { line }.walk(self, |start, end, id| {
            let Some((before, ..)) = best[start] else { return };
            if end - start > 1 && !allowed(id) {
                return;
            }
            let score = before.saturating_add(self.score(id));
            if best[end].is_none_or(|(known, ..)| score > known) {
                best[end] = Some((score, start, id));
            }
        });
        let total = best[line.len()].map_or(0, |(score, ..)| score);
        let mut pieces = Vec::new();
        let mut end = line.len();
        while let (true, Some((_, start, id))) = (end > 0, best[end]) {
            pieces.push(Piece { id, len: end - start });
            end = start;
        }
        pieces.reverse();
        (total, pieces)
    }

    /// The expected number of times that each piece occurs in the lines, by the forward-backward algorithm.
    fn expected(&self, lines: &[(Vec<Symbol>, u64)]) -> Vec<f64> {
        let one = |line: &[Symbol], times: f64, expected: &mut [f64]| {
            let probability = |id: PieceId| (self.score(id) as f64 / 1e6).exp();
            // Probabilities are scaled at every place, as in hidden Markov models, so that they do not vanish.
            let mut forward = vec![0.0; line.len() + 1];
            let mut steps: Vec<(usize, usize, PieceId)> = Vec::new();
            Lattice { line }.walk(self, |start, end, id| steps.push((start, end, id)));
            forward[0] = 1.0;
            let mut scale = vec![1.0; line.len() + 1];
            let mut rest = steps.as_slice();
            for end in 1..=line.len() {
                let count = rest.iter().take_while(|step| step.1 == end).count();
                let mut sum = 0.0;
                for &(start, _, id) in &rest[..count] {
                    // `forward` stands scaled by the product of all scales up to its place.
                    let between: f64 = scale[start + 1..end].iter().product();
                    sum += forward[start] * probability(id) * between;
                }
                rest = &rest[count..];
                scale[end] = if sum > 0.0 { 1.0 / sum } else { 1.0 };
                forward[end] = sum * scale[end];
            }
            let mut backward = vec![0.0; line.len() + 1];
            backward[line.len()] = 1.0;
            for &(start, end, id) in steps.iter().rev() {
                let between: f64 = scale[start + 1..=end].iter().product();
                let share = probability(id) * between * backward[end];
                backward[start] += share;
                if let Some(sum) = expected.get_mut(id as usize) {
                    *sum += times * forward[start] * share;
                }
            }
        };
        let parts: Vec<Vec<f64>> = lines
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut expected = vec![0.0; self.spelled.len()];
                chunk.iter().for_each(|(line, times)| one(line, *times as f64, &mut expected));
                expected
            })
            .collect();
        let mut sum = vec![0.0; self.spelled.len()];
        parts.iter().for_each(|part| sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part));
        sum
    }

    /// The model's pieces with probabilities in proportion to these counts.
    fn with_counts(mut self, counts: &[f64]) -> Self {
        let total: f64 = counts.iter().sum();
        let log = |count: f64| ((count.max(1e-3) / total).ln() * 1e6).round() as i64;
        self.scores = counts.iter().map(|&count| log(count)).collect();
        self
    }

    /// The `keep` longer pieces without which the corpus would lose most.
    fn cut(self, counts: &[f64], keep: usize) -> Self {
        let singles = self.alphabet.len();
        let loss = |at: usize| {
            let id = at as PieceId;
            let (without, _) = self.best(&self.spelled[at], &|other| other != id);
            counts[at] * (self.scores[at] - without) as f64
        };
        let mut longer: Vec<(f64, usize)> =
            (singles..self.spelled.len()).into_par_iter().map(|at| (loss(at), at)).collect();
        longer.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        longer.truncate(keep);
        // By probability, so that the number of a piece says how common it is.
        longer.sort_by_key(|&(_, at)| (std::cmp::Reverse(self.scores[at]), at));
        let scores = (0..singles).chain(longer.iter().map(|&(_, at)| at)).map(|at| self.scores[at]).collect();
        let pieces = longer.iter().map(|&(_, at)| self.spelled[at].clone()).collect();
        Unigram::new(self.alphabet, pieces, scores)
    }
}

impl Trainer for UnigramTrainer {
    type Model = Unigram;

    /// O(rounds · tokens · `max_piece_len`), on all cores; the bytes do not depend on their number.
    fn train(&self, alphabet: Alphabet, lines: Vec<Vec<Symbol>>) -> Result<Unigram, Error> {
        not_empty(&lines)?;
        let mut distinct: BTreeMap<Vec<Symbol>, u64> = BTreeMap::new();
        lines.into_iter().for_each(|line| *distinct.entry(line).or_default() += 1);
        let lines: Vec<(Vec<Symbol>, u64)> = distinct.into_iter().collect();
        let (candidates, possible) = self.candidates(&lines);
        let because = format!("no other run of up to {} tokens occurs {} times", self.max_piece_len, self.min_count);
        enough("unigram pieces", self.pieces, possible, self.limit, &because)?;
        let mut counts = vec![0.0; alphabet.len()];
        lines.iter().for_each(|(line, times)| line.iter().for_each(|&at| counts[at as usize] += *times as f64));
        counts.extend(candidates.iter().map(|(_, count)| *count as f64));
        let pieces = candidates.into_iter().map(|(piece, _)| piece).collect();
        let mut model = Unigram::new(alphabet, pieces, Vec::new()).with_counts(&counts);
        loop {
            let mut counts = Vec::new();
            for _ in 0..ROUNDS {
                counts = model.expected(&lines);
                model = model.with_counts(&counts);
            }
            let longer = model.spelled.len() - model.alphabet.len();
            let keep = ((longer as f64 * SURVIVORS) as usize).max(self.pieces);
            let last = longer <= self.pieces;
            model = model.cut(&counts, if last { longer } else { keep });
            if last {
                return Ok(model);
            }
        }
    }
}

impl UnigramTrainer {
    /// Frequent runs of two and more tokens, by the tokens they cover, and how many there are in all.
    fn candidates(&self, lines: &[(Vec<Symbol>, u64)]) -> (Vec<(Vec<Symbol>, u64)>, usize) {
        let mut frequent: Vec<(Vec<Symbol>, u64)> = Vec::new();
        for length in 2..=self.max_piece_len {
            let mut counts: HashMap<&[Symbol], u64> = HashMap::default();
            for (line, times) in lines {
                line.windows(length).for_each(|run| *counts.entry(run).or_default() += times);
            }
            frequent.extend(
                counts.into_iter().filter(|(_, count)| *count >= self.min_count).map(|(run, n)| (run.to_vec(), n)),
            );
        }
        let possible = frequent.len();
        frequent.sort_by(|a, b| (b.1 * b.0.len() as u64).cmp(&(a.1 * a.0.len() as u64)).then_with(|| a.0.cmp(&b.0)));
        frequent.truncate(self.pieces.saturating_mul(CANDIDATES));
        (frequent, possible)
    }
}

impl SegmentModel for Unigram {
    fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    fn pieces(&self) -> usize {
        self.spelled.len()
    }

    fn symbols(&self, piece: PieceId) -> &[Symbol] {
        self.spelled.get(piece as usize).map_or(&[], Vec::as_slice)
    }

    /// Viterbi's algorithm. O(n · longest piece).
    fn split(&self, line: &[Symbol], allowed: &dyn Fn(PieceId) -> bool) -> Vec<Piece> {
        self.best(line, allowed).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letters() -> Alphabet {
        Alphabet::from(["a", "b", "c", "d"].map(String::from).to_vec())
    }

    fn train(lines: Vec<Vec<Symbol>>, pieces: usize) -> Unigram {
        let trainer = UnigramTrainer { pieces, limit: Limit::Soft, ..Default::default() };
        trainer.train(letters(), lines).unwrap()
    }

    /// All splits of a line, the sum of their probabilities for each piece in them.
    fn expected_slowly(model: &Unigram, line: &[Symbol]) -> Vec<f64> {
        fn splits(model: &Unigram, line: &[Symbol]) -> Vec<Vec<PieceId>> {
            if line.is_empty() {
                return vec![Vec::new()];
            }
            let piece = |length: usize| match &line[..length] {
                [single] => Some(*single),
                run => model.ids.get(run).copied(),
            };
            (1..=line.len())
                .filter_map(|length| Some((piece(length)?, length)))
                .flat_map(|(id, length)| {
                    let rests = splits(model, &line[length..]);
                    rests.into_iter().map(move |rest| [vec![id], rest].concat())
                })
                .collect()
        }
        let mut expected = vec![0.0; model.pieces()];
        let mut total = 0.0;
        for split in splits(model, line) {
            let p: f64 = split.iter().map(|&id| (model.score(id) as f64 / 1e6).exp()).product();
            total += p;
            split.iter().for_each(|&id| expected[id as usize] += p);
        }
        expected.iter().map(|sum| sum / total).collect()
    }

    #[test]
    fn what_always_stands_together_is_one_piece() {
        let model = train(vec![vec![0, 1, 2], vec![0, 1, 3], vec![2, 0, 1], vec![3, 2, 0, 1]], 1);
        assert_eq!(model.symbols(4), [0, 1]);
        let lens: Vec<usize> = model.split(&[3, 0, 1, UNKNOWN, 0, 1], &|_| true).iter().map(|p| p.len).collect();
        assert_eq!(lens, [1, 2, 1, 2]);
        assert_eq!(model.split(&[0, 1], &|_| false).len(), 2);
        let back: Unigram = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
        assert_eq!(back, model);
        let error = UnigramTrainer { pieces: 99, ..Default::default() }.train(letters(), vec![vec![0, 1, 0, 1]]);
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("unigram pieces: 99 asked for, but the corpus allows 1: no other run"), "{error}");
    }

    proptest! {
        #[test]
        fn expectations_and_the_best_split_equal_their_definitions(
            lines in prop::collection::vec(prop::collection::vec(0u32..4, 1..9), 1..6),
        ) {
            let model = train(lines.clone(), 6);
            for line in &lines {
                let fast = model.expected(&[(line.clone(), 1)]);
                for (fast, slow) in fast.iter().zip(expected_slowly(&model, line)) {
                    prop_assert!((fast - slow).abs() < 1e-9, "{fast} {slow}");
                }
                let pieces = model.split(line, &|_| true);
                prop_assert_eq!(pieces.iter().map(|piece| piece.len).sum::<usize>(), line.len());
            }
        }
    }
}
