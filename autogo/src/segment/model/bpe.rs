//! Byte-pair encoding over node tokens: training and encoding ([release §3.4](crate::doc::release#s3-4)).

use super::super::alphabet::{Alphabet, Symbol};
use super::super::pieces::{Piece, PieceId};
use super::super::pipeline::{Limit, SegmentModel, Trainer, enough, not_empty};
use super::corpus::Corpus;
use crate::error::Error;
use crate::interrupt;
use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Trains a [`Vocabulary`].
///
/// The corpus is one line of tokens a graph. The adjacent pair with the highest count (overlapping occurrences count)
/// is merged, again and again. Ties: the shorter piece first, then the smaller sequence of token numbers.
///
/// A merge touches the lines that hold its pair and counts only what changes in them: O(tokens · log pairs) in all, and
/// a scan of those lines for each merge. Deterministic, whatever the number of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BpeTrainer {
    /// The number of merges to learn.
    pub merges: usize,
    /// The most tokens in one piece.
    pub max_piece_len: usize,
    /// A pair that occurs less often is not merged.
    pub min_count: u64,
    /// The rule for a corpus in which fewer pairs than that can be merged.
    pub limit: Limit,
}

impl Default for BpeTrainer {
    /// 813 merges of at most 16 tokens, as in the release, each seen at least twice.
    fn default() -> Self {
        BpeTrainer { merges: 813, max_piece_len: 16, min_count: 2, limit: Limit::Hard }
    }
}

/// Token alphabet and learned merges.
///
/// ```
/// use autogo::segment::{Alphabet, SegmentModel, Vocabulary};
/// let mut alphabet = Alphabet::default();
/// let (conv, relu) = (alphabet.insert("conv"), alphabet.insert("relu"));
/// let vocabulary = Vocabulary::new(alphabet, vec![(conv, relu)])?;
/// assert_eq!(vocabulary.symbols(2), [conv, relu]); // piece 2 is the first merge
/// let lengths: Vec<usize> = vocabulary.encode(&[conv, relu, relu], |_| true).iter().map(|piece| piece.len).collect();
/// assert_eq!(lengths, [2, 1]);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct Vocabulary {
    alphabet: Alphabet,
    /// The pair that made each merged piece.
    merges: Vec<(PieceId, PieceId)>,
    /// The tokens of every piece, singles included.
    spelled: Vec<Vec<Symbol>>,
    /// Every way to put two pieces together into a third.
    joins: HashMap<(PieceId, PieceId), PieceId>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Saved {
    alphabet: Alphabet,
    merges: Vec<(PieceId, PieceId)>,
}

impl From<Vocabulary> for Saved {
    fn from(vocabulary: Vocabulary) -> Self {
        Saved { alphabet: vocabulary.alphabet, merges: vocabulary.merges }
    }
}

impl TryFrom<Saved> for Vocabulary {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self, Error> {
        Vocabulary::new(saved.alphabet, saved.merges)
    }
}

impl Trainer for BpeTrainer {
    type Model = Vocabulary;

    fn train(&self, alphabet: Alphabet, lines: Vec<Vec<Symbol>>) -> Result<Vocabulary, Error> {
        not_empty(&lines)?;
        if self.max_piece_len < 2 {
            return Err(Error::setting("max_piece_len", format!("is {}", self.max_piece_len), "2 or more"));
        }
        let mut corpus = Corpus::new(lines, self.min_count, self.max_piece_len);
        let mut vocabulary = Vocabulary::new(alphabet, Vec::new())?;
        // An interrupted training is one of fewer merges: each is what it would be in a longer one.
        while vocabulary.merges.len() < self.merges && !interrupt::is_asked() {
            let Some(pair) = corpus.best_pair(&vocabulary.spelled) else { break };
            let merged = vocabulary.push(pair);
            corpus.merge(pair, merged);
        }
        let because = format!("no other pair occurs {} times within {} tokens", self.min_count, self.max_piece_len);
        if !interrupt::is_asked() {
            enough("BPE merges", self.merges, vocabulary.merges.len(), self.limit, &because)?;
        }
        vocabulary.joins = joins(&vocabulary.spelled);
        Ok(vocabulary)
    }
}

impl SegmentModel for Vocabulary {
    fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    fn pieces(&self) -> usize {
        self.spelled.len()
    }

    fn symbols(&self, piece: PieceId) -> &[Symbol] {
        self.spelled.get(piece as usize).map_or(&[], Vec::as_slice)
    }

    fn split(&self, line: &[Symbol], allowed: &dyn Fn(PieceId) -> bool) -> Vec<Piece> {
        self.encode(line, allowed)
    }
}

/// Every way to put two pieces together into a third.
fn joins(spelled: &[Vec<Symbol>]) -> HashMap<(PieceId, PieceId), PieceId> {
    let ids: HashMap<&[Symbol], PieceId> =
        spelled.iter().enumerate().map(|(id, tokens)| (tokens.as_slice(), id as PieceId)).collect();
    let mut joins = HashMap::new();
    for (id, tokens) in spelled.iter().enumerate() {
        for cut in 1..tokens.len() {
            if let (Some(&left), Some(&right)) = (ids.get(&tokens[..cut]), ids.get(&tokens[cut..])) {
                joins.insert((left, right), id as PieceId);
            }
        }
    }
    joins
}

/// Tokens of the longest piece: merges from a file could double it every time.
const LONGEST: usize = 1 << 16;

impl Vocabulary {
    /// A vocabulary of these tokens and merges. A merge may only join pieces that stand before it.
    ///
    /// # Errors
    /// A merge names a piece that does not stand before it, or makes a piece of more than 65,536 tokens.
    pub fn new(alphabet: Alphabet, merges: Vec<(PieceId, PieceId)>) -> Result<Self, Error> {
        let spelled = (0..alphabet.len() as Symbol).map(|symbol| vec![symbol]).collect();
        let mut vocabulary = Vocabulary { alphabet, merges: Vec::new(), spelled, joins: HashMap::new() };
        for (number, pair) in merges.into_iter().enumerate() {
            let known = vocabulary.spelled.len() as PieceId;
            if pair.0 >= known || pair.1 >= known {
                return Err(Error::setting(
                    "vocabulary",
                    format!("merge {number} joins pieces {} and {}", pair.0, pair.1),
                    &format!("pieces 0 to {}", known as i64 - 1),
                ));
            }
            let length = [pair.0, pair.1].map(|piece| vocabulary.spelled[piece as usize].len()).iter().sum::<usize>();
            if length > LONGEST {
                let reason = format!("merge {number} makes a piece of {length} tokens");
                return Err(Error::setting("vocabulary", reason, &format!("up to {LONGEST}")));
            }
            vocabulary.push(pair);
        }
        vocabulary.joins = joins(&vocabulary.spelled);
        Ok(vocabulary)
    }

    /// A vocabulary of pieces of two or more symbols, in the order in which they are preferred. Each must be two pieces
    /// that stand before it, put together.
    ///
    /// # Errors
    /// A piece is not two earlier pieces put together, or has more than 65,536 tokens.
    pub fn from_pieces(alphabet: Alphabet, pieces: Vec<Vec<Symbol>>) -> Result<Self, Error> {
        let mut ids: HashMap<Vec<Symbol>, PieceId> =
            (0..alphabet.len() as Symbol).map(|symbol| (vec![symbol], symbol)).collect();
        let mut merges = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let halves = (1..piece.len()).find_map(|cut| Some((*ids.get(&piece[..cut])?, *ids.get(&piece[cut..])?)));
            let halves = halves.ok_or_else(|| {
                Error::setting(
                    "vocabulary",
                    format!("piece {} {piece:?}", merges.len()),
                    "two earlier pieces put together",
                )
            })?;
            merges.push(halves);
            ids.insert(piece, ids.len() as PieceId);
        }
        Self::new(alphabet, merges)
    }

    fn push(&mut self, pair: (PieceId, PieceId)) -> PieceId {
        let tokens = [self.spelled[pair.0 as usize].as_slice(), &self.spelled[pair.1 as usize]].concat();
        self.merges.push(pair);
        self.spelled.push(tokens);
        // Only membership matters while training; `joins` is rebuilt at the end.
        self.joins.insert(pair, self.spelled.len() as PieceId - 1);
        self.spelled.len() as PieceId - 1
    }

    /// The single tokens.
    pub fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    /// The learned merges, in order: the two pieces each of them joins.
    pub fn merges(&self) -> &[(PieceId, PieceId)] {
        &self.merges
    }

    /// Number of pieces: tokens and merges.
    pub fn len(&self) -> usize {
        self.spelled.len()
    }

    /// Whether there is no piece.
    pub fn is_empty(&self) -> bool {
        self.spelled.is_empty()
    }

    /// The tokens of a piece; none for an unknown one.
    pub fn spell(&self, piece: PieceId) -> Vec<&str> {
        let symbols = self.spelled.get(piece as usize).map_or(&[][..], Vec::as_slice);
        symbols.iter().map(|&symbol| self.alphabet.tokens()[symbol as usize].as_str()).collect()
    }

    /// Splits a line of symbols into pieces.
    ///
    /// The adjacent pair whose piece was learned first is joined, the leftmost on ties, until nothing joins. Pieces
    /// that `allowed` refuses still take part and are split back at the end; single tokens are always allowed. An
    /// unknown token is a piece of its own. O(n log n).
    pub fn encode(&self, line: &[Symbol], allowed: impl Fn(PieceId) -> bool) -> Vec<Piece> {
        let mut pieces: Vec<PieceId> = line.to_vec();
        let mut next: Vec<usize> = (1..=line.len()).collect();
        let mut previous: Vec<usize> = (0..line.len()).map(|at| at.wrapping_sub(1)).collect();
        // The pair each refused piece was last joined from, to split it back.
        let mut halves: HashMap<PieceId, (PieceId, PieceId)> = HashMap::new();
        let join = |left: PieceId, right: PieceId| self.joins.get(&(left, right)).copied();
        let first = |at: usize| {
            let (left, right) = (pieces[at - 1], pieces[at]);
            join(left, right).map(|piece| Reverse((piece, at - 1, left, right)))
        };
        let mut heap: BinaryHeap<_> = (1..line.len()).filter_map(first).collect();
        const GONE: PieceId = PieceId::MAX - 1;
        while let Some(Reverse((piece, at, left, right))) = heap.pop() {
            let other = next[at];
            if pieces[at] != left || other >= line.len() || pieces[other] != right {
                continue;
            }
            pieces[at] = piece;
            pieces[other] = GONE;
            if !allowed(piece) {
                halves.insert(piece, (left, right));
            }
            next[at] = next[other];
            if next[at] < line.len() {
                previous[next[at]] = at;
                if let Some(wider) = join(piece, pieces[next[at]]) {
                    heap.push(Reverse((wider, at, piece, pieces[next[at]])));
                }
            }
            if previous[at] < line.len()
                && let Some(wider) = join(pieces[previous[at]], piece)
            {
                heap.push(Reverse((wider, previous[at], pieces[previous[at]], piece)));
            }
        }
        let mut found = Vec::new();
        let mut at = 0;
        while at < line.len() {
            let mut stack = vec![pieces[at]];
            while let Some(id) = stack.pop() {
                match halves.get(&id) {
                    Some(&(left, right)) => stack.extend([right, left]),
                    None => {
                        let len = self.spelled.get(id as usize).map_or(1, Vec::len);
                        found.push(Piece { id, len });
                    }
                }
            }
            at = next[at];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::alphabet::UNKNOWN;
    use super::*;
    use proptest::prelude::*;

    fn train(lines: &[&str], trainer: BpeTrainer) -> Vocabulary {
        let mut alphabet = Alphabet::default();
        for letter in 'a'..='e' {
            alphabet.insert(&letter.to_string());
        }
        let lines = lines
            .iter()
            .map(|line| line.chars().map(|letter| alphabet.symbol(&letter.to_string())).collect())
            .collect();
        trainer.train(alphabet, lines).unwrap()
    }

    fn pieces(vocabulary: &Vocabulary) -> Vec<String> {
        (vocabulary.alphabet().len()..vocabulary.len()).map(|id| vocabulary.spell(id as PieceId).concat()).collect()
    }

    fn encoded(vocabulary: &Vocabulary, line: &str, allowed: impl Fn(&str) -> bool) -> Vec<String> {
        let symbols: Vec<Symbol> = line.chars().map(|c| vocabulary.alphabet().symbol(&c.to_string())).collect();
        vocabulary
            .encode(&symbols, |id| allowed(&vocabulary.spell(id).concat()))
            .into_iter()
            .map(|piece| if piece.id == UNKNOWN { "?".into() } else { vocabulary.spell(piece.id).concat() })
            .collect()
    }

    #[test]
    fn the_toy_example_by_hand() {
        // ab 3 times, bc twice, everything else once: ab first; then abc and de (2 each), the shorter one first.
        let vocabulary = train(&["abcde", "abc", "ab", "de"], BpeTrainer { merges: 3, ..Default::default() });
        assert_eq!(pieces(&vocabulary), ["ab", "de", "abc"]);
        assert_eq!(encoded(&vocabulary, "abcdeab", |_| true), ["abc", "de", "ab"]);
    }

    #[test]
    fn ties_take_the_smaller_tokens_and_overlaps_count() {
        let vocabulary = train(&["cd", "ab", "cd", "ab"], BpeTrainer { merges: 2, ..Default::default() });
        assert_eq!(pieces(&vocabulary), ["ab", "cd"]);
        // aaa holds aa twice: 2 + 1 against bc's 2.
        let vocabulary = train(&["aaa", "aa", "bc", "bc"], BpeTrainer { merges: 1, ..Default::default() });
        assert_eq!(pieces(&vocabulary), ["aa"]);
    }

    #[test]
    fn a_refused_piece_still_merges_and_is_split_back() {
        let vocabulary = train(&["abcde", "abc", "ab", "de"], BpeTrainer { merges: 3, ..Default::default() });
        assert_eq!(encoded(&vocabulary, "abcde", |piece| piece != "abc"), ["ab", "c", "de"]);
        assert_eq!(encoded(&vocabulary, "abcde", |_| false), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn unknown_tokens_stand_alone() {
        let vocabulary = train(&["ab", "ab"], BpeTrainer { merges: 1, ..Default::default() });
        assert_eq!(encoded(&vocabulary, "xxabx", |_| true), ["?", "?", "ab", "?"]);
    }

    #[test]
    fn an_empty_corpus_is_refused() {
        let error = BpeTrainer::default().train(Alphabet::default(), Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "segment corpus: is empty; accepted: at least one graph");
    }

    #[test]
    fn more_merges_than_the_corpus_allows_are_refused_unless_the_limit_is_soft() {
        let alphabet = Alphabet::from(vec!["a".to_string(), "b".to_string()]);
        let lines = vec![vec![0, 1, 0, 1]];
        let trainer = BpeTrainer { merges: 5, ..Default::default() };
        let error = trainer.train(alphabet.clone(), lines.clone()).unwrap_err().to_string();
        let because = "no other pair occurs 2 times within 16 tokens";
        let reason = format!("BPE merges: 5 asked for, but the corpus allows 1: {because}");
        assert_eq!(error, format!("{reason}; accepted: up to 1, or a soft limit"));
        let soft = BpeTrainer { limit: Limit::Soft, ..trainer };
        assert_eq!(soft.train(alphabet, lines).unwrap().merges().len(), 1);
    }

    /// The definition, one merge at a time.
    fn encode_slowly(vocabulary: &Vocabulary, line: &[Symbol]) -> Vec<PieceId> {
        let mut pieces = line.to_vec();
        loop {
            let best = (1..pieces.len())
                .filter_map(|at| vocabulary.joins.get(&(pieces[at - 1], pieces[at])).map(|&piece| (piece, at - 1)))
                .min();
            let Some((piece, at)) = best else { return pieces };
            pieces[at] = piece;
            pieces.remove(at + 1);
        }
    }

    proptest! {
        #[test]
        fn encoding_equals_its_definition(
            corpus in proptest::collection::vec("[a-e]{1,12}", 1..12),
            line in "[a-e]{0,40}",
            merges in 0usize..12,
        ) {
            let lines: Vec<&str> = corpus.iter().map(String::as_str).collect();
            let trainer = BpeTrainer { merges, min_count: 1, limit: Limit::Soft, ..Default::default() };
            let vocabulary = train(&lines, trainer);
            let symbols: Vec<Symbol> = line.chars().map(|c| vocabulary.alphabet().symbol(&c.to_string())).collect();
            let fast: Vec<PieceId> = vocabulary.encode(&symbols, |_| true).iter().map(|piece| piece.id).collect();
            prop_assert_eq!(fast, encode_slowly(&vocabulary, &symbols));
        }
    }
}
