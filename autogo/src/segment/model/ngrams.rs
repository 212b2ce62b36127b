//! Pieces of one fixed length; of length 1, single ops.

use super::super::alphabet::{Alphabet, Symbol, UNKNOWN};
use super::super::pieces::{Piece, PieceId};
use super::super::pipeline::{SegmentModel, Trainer, not_empty};
use crate::error::Error;
use foldhash::HashMap;
use serde::{Deserialize, Serialize};

/// Trains [`NGrams`]: every run of `length` tokens at a multiple of `length` in some line is a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NGramTrainer {
    /// Tokens in a piece; 1 makes every node a segment of its own.
    pub length: usize,
}

/// Cuts a line every `length` tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub struct NGrams {
    alphabet: Alphabet,
    length: usize,
    /// The longer pieces, in the order in which they were first seen.
    spelled: Vec<Vec<Symbol>>,
    ids: HashMap<Vec<Symbol>, PieceId>,
    singles: Vec<Symbol>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    alphabet: Alphabet,
    length: usize,
    pieces: Vec<Vec<Symbol>>,
}

impl From<NGrams> for Saved {
    fn from(model: NGrams) -> Self {
        Saved { alphabet: model.alphabet, length: model.length, pieces: model.spelled }
    }
}

impl From<Saved> for NGrams {
    fn from(saved: Saved) -> Self {
        let mut model = NGrams::new(saved.alphabet, saved.length);
        saved.pieces.iter().for_each(|piece| model.insert(piece));
        model
    }
}

impl NGrams {
    fn new(alphabet: Alphabet, length: usize) -> Self {
        let singles = (0..alphabet.len() as Symbol).collect();
        NGrams { alphabet, length: length.max(1), spelled: Vec::new(), ids: HashMap::default(), singles }
    }

    fn insert(&mut self, piece: &[Symbol]) {
        let next = (self.alphabet.len() + self.spelled.len()) as PieceId;
        if piece.len() > 1 && !self.ids.contains_key(piece) {
            self.ids.insert(piece.to_vec(), next);
            self.spelled.push(piece.to_vec());
        }
    }
}

impl Trainer for NGramTrainer {
    type Model = NGrams;

    fn train(&self, alphabet: Alphabet, lines: Vec<Vec<Symbol>>) -> Result<NGrams, Error> {
        not_empty(&lines)?;
        if self.length == 0 {
            return Err(Error::setting("n-gram length", "is 0", "1 or more"));
        }
        let mut model = NGrams::new(alphabet, self.length);
        lines.iter().flat_map(|line| line.chunks_exact(self.length)).for_each(|piece| model.insert(piece));
        Ok(model)
    }
}

impl SegmentModel for NGrams {
    fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    fn pieces(&self) -> usize {
        self.alphabet.len() + self.spelled.len()
    }

    fn symbols(&self, piece: PieceId) -> &[Symbol] {
        let at = piece as usize;
        match at.checked_sub(self.alphabet.len()) {
            Some(longer) => self.spelled.get(longer).map_or(&[], Vec::as_slice),
            None => &self.singles[at..=at],
        }
    }

    /// A run that was never seen, or is refused, falls apart into single tokens. O(n).
    fn split(&self, line: &[Symbol], allowed: &dyn Fn(PieceId) -> bool) -> Vec<Piece> {
        let single = |&symbol: &Symbol| {
            let id = if (symbol as usize) < self.alphabet.len() { symbol } else { UNKNOWN };
            Piece { id, len: 1 }
        };
        let mut pieces = Vec::new();
        for run in line.chunks(self.length) {
            match self.ids.get(run) {
                Some(&id) if allowed(id) => pieces.push(Piece { id, len: run.len() }),
                _ => pieces.extend(run.iter().map(single)),
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_every_n_tokens() {
        let alphabet = Alphabet::from(["a", "b", "c"].map(String::from).to_vec());
        let model = NGramTrainer { length: 2 }.train(alphabet.clone(), vec![vec![0, 1, 2, 2, 0]]).unwrap();
        assert_eq!((model.pieces(), model.symbols(3), model.symbols(1)), (5, &[0, 1][..], &[1][..]));
        let lens = |line: &[Symbol], allowed: &dyn Fn(PieceId) -> bool| {
            model.split(line, allowed).iter().map(|piece| piece.len).collect::<Vec<_>>()
        };
        assert_eq!(lens(&[2, 2, 0, 1, 1], &|_| true), [2, 2, 1]);
        assert_eq!(lens(&[2, 2, 0, 1, 1], &|id| id != 3), [2, 1, 1, 1]);
        assert_eq!(lens(&[1, 0, UNKNOWN, 0], &|_| true), [1, 1, 1, 1]);
        let back: NGrams = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
        assert_eq!(back, model);
        let error = NGramTrainer { length: 0 }.train(alphabet, vec![vec![0]]).unwrap_err();
        assert_eq!(error.to_string(), "n-gram length: is 0; accepted: 1 or more");
    }
}
