//! Pieces: runs of tokens in a line.

use super::alphabet::UNKNOWN;
use serde::{Deserialize, Serialize};

/// A number of a piece: below the alphabet's size a single token, above it a merge in the order of learning.
pub type PieceId = u32;

/// A piece that stands somewhere in a line: its number and how many tokens it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The piece; [`UNKNOWN`] for a token outside the alphabet.
    pub id: PieceId,
    /// Number of tokens, at least 1.
    pub len: usize,
}

/// The treatment of tokens that the alphabet does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownTokens {
    /// Each is a piece of its own.
    #[default]
    Single,
    /// Neighbours become one piece, as in SentencePiece.
    Fused,
}

impl UnknownTokens {
    /// The pieces with unknown neighbours treated so.
    pub fn apply(self, pieces: Vec<Piece>) -> Vec<Piece> {
        let mut made: Vec<Piece> = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match made.last_mut() {
                Some(last) if self == UnknownTokens::Fused && last.id == UNKNOWN && piece.id == UNKNOWN => {
                    last.len += piece.len;
                }
                _ => made.push(piece),
            }
        }
        made
    }
}
