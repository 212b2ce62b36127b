//! The four stages of mining, as traits. Read in order they say how segments are mined:
//!
//! 1. a [`Linearizer`] puts the nodes of a graph in a line;
//! 2. a [`TokenEncoder`] turns every node into a token;
//! 3. a [`Trainer`] learns from many lines of tokens a [`SegmentModel`], which cuts a line into pieces;
//! 4. a [`SegmentFilter`] says which of the subgraphs behind the pieces are worth keeping.
//!
//! [`super::Mining`] is one value made of four stages that can be saved; each of its fields is a closed choice of what
//! ships here. Code that brings a stage of its own passes it to [`super::SegmentDb::mine`] as the function that cuts a
//! graph.

use super::alphabet::{Alphabet, Symbol};
use super::pieces::{Piece, PieceId};
use super::segment::Segment;
use crate::error::Error;
use crate::graph::Graph;

/// Puts the nodes of a graph in a line.
pub trait Linearizer: Sync {
    /// Every node exactly once, operands before their readers.
    fn order(&self, graph: &Graph) -> Vec<usize>;
}

/// Turns nodes into tokens.
pub trait TokenEncoder: Sync {
    /// Calls `visit` with the token of every node of `order`, in this order. Later stages cannot tell two nodes with
    /// the same token apart.
    fn encode(&self, graph: &Graph, order: &[usize], visit: &mut dyn FnMut(&str));
}

/// Cuts lines of tokens into pieces.
pub trait SegmentModel: Sync {
    /// The tokens it knows.
    fn alphabet(&self) -> &Alphabet;

    /// Number of pieces: those below the alphabet's size are single tokens, the others are longer.
    fn pieces(&self) -> usize;

    /// The tokens of a piece; none for a number that is no piece.
    fn symbols(&self, piece: PieceId) -> &[Symbol];

    /// Splits a line into pieces, whose lengths add up to the line's. A longer piece that `allowed` refuses is not
    /// used; single tokens are always allowed, and an unknown token is a piece of its own.
    fn split(&self, line: &[Symbol], allowed: &dyn Fn(PieceId) -> bool) -> Vec<Piece>;
}

/// Learns a [`SegmentModel`].
pub trait Trainer: Sync {
    /// The model that is learned.
    type Model: SegmentModel;

    /// Learns from lines of symbols of `alphabet`.
    ///
    /// # Errors
    /// An empty corpus, settings that are out of range, or, under [`Limit::Hard`], fewer pieces than were asked for.
    fn train(&self, alphabet: Alphabet, lines: Vec<Vec<Symbol>>) -> Result<Self::Model, Error>;
}

/// Says which segments a database keeps.
pub trait SegmentFilter: Sync {
    /// Whether this one is kept.
    fn keeps(&self, segment: &Segment) -> bool;
}

/// Refuses a corpus without a token.
pub(super) fn not_empty(lines: &[Vec<Symbol>]) -> Result<(), Error> {
    match lines.iter().all(Vec::is_empty) {
        true => Err(Error::setting("segment corpus", "is empty", "at least one graph")),
        false => Ok(()),
    }
}

/// Refuses a vocabulary of which the corpus gives only `found` pieces.
pub(super) fn enough(what: &str, asked: usize, found: usize, limit: Limit, because: &str) -> Result<(), Error> {
    if found >= asked || limit == Limit::Soft {
        return Ok(());
    }
    let reason = format!("{asked} asked for, but the corpus allows {found}: {because}");
    Err(Error::setting(what, reason, &format!("up to {found}, or a soft limit")))
}

/// The rule for a corpus that does not allow as many pieces as were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// An error, as SentencePiece's `hard_vocab_limit`.
    #[default]
    Hard,
    /// A smaller vocabulary.
    Soft,
}
