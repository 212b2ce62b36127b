//! The segment models that ship, and their trainers, as one choice each.

mod bpe;
mod corpus;
mod ngrams;
mod unigram;

pub use bpe::{BpeTrainer, Vocabulary};
pub use ngrams::{NGramTrainer, NGrams};
pub use unigram::{Unigram, UnigramTrainer};

use super::alphabet::{Alphabet, Symbol};
use super::pieces::{Piece, PieceId};
use super::pipeline::{SegmentModel, Trainer};
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// The trainer of a segment model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
pub enum ModelTrainer {
    /// Byte-pair encoding, the paper's.
    Bpe(BpeTrainer),
    /// A unigram language model.
    Unigram(UnigramTrainer),
    /// Pieces of a fixed length; length 1 is single ops.
    NGrams(NGramTrainer),
}

impl Default for ModelTrainer {
    fn default() -> Self {
        ModelTrainer::Bpe(BpeTrainer::default())
    }
}

/// A segment model that was learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Tokens and merges.
    Bpe(Vocabulary),
    /// Tokens and pieces with probabilities.
    Unigram(Unigram),
    /// Tokens and pieces of a fixed length.
    NGrams(NGrams),
}

impl Trainer for ModelTrainer {
    type Model = Model;

    fn train(&self, alphabet: Alphabet, lines: Vec<Vec<Symbol>>) -> Result<Model, Error> {
        Ok(match self {
            ModelTrainer::Bpe(trainer) => Model::Bpe(trainer.train(alphabet, lines)?),
            ModelTrainer::Unigram(trainer) => Model::Unigram(trainer.train(alphabet, lines)?),
            ModelTrainer::NGrams(trainer) => Model::NGrams(trainer.train(alphabet, lines)?),
        })
    }
}

impl Model {
    fn inner(&self) -> &dyn SegmentModel {
        match self {
            Model::Bpe(model) => model,
            Model::Unigram(model) => model,
            Model::NGrams(model) => model,
        }
    }
}

impl SegmentModel for Model {
    fn alphabet(&self) -> &Alphabet {
        self.inner().alphabet()
    }

    fn pieces(&self) -> usize {
        self.inner().pieces()
    }

    fn symbols(&self, piece: PieceId) -> &[Symbol] {
        self.inner().symbols(piece)
    }

    fn split(&self, line: &[Symbol], allowed: &dyn Fn(PieceId) -> bool) -> Vec<Piece> {
        self.inner().split(line, allowed)
    }
}
