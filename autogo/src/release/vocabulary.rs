//! The release's byte-pair vocabulary: a token encoder and a SentencePiece model.

use super::ReleaseEncoder;
use crate::error::{Error, FormatError};
use crate::segment::{Alphabet, Symbol, Vocabulary};
use prost::Message;
use std::collections::HashMap;

/// The part of a model that is read, by the field numbers of `sentencepiece_model.proto`.
#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(message, repeated, tag = "1")]
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Message)]
struct Piece {
    #[prost(string, tag = "1")]
    text: String,
    #[prost(float, tag = "2")]
    score: f32,
    #[prost(int32, optional, tag = "3")]
    kind: Option<i32>,
}

/// The kind of pieces that stand for text; others are control symbols.
const NORMAL: i32 = 1;

/// The pieces of a model in the order of their ids, control symbols left out: first the merges in the order in which
/// they were learned, then single characters.
///
/// ```
/// let error = autogo::release::read_sentencepiece(b"\xff").unwrap_err();
/// assert!(error.to_string().starts_with("model: is no SentencePiece model"));
/// ```
pub fn read_sentencepiece(bytes: &[u8]) -> Result<Vec<String>, FormatError> {
    let model = Model::decode(bytes);
    let model = model.map_err(|error| FormatError::content("model", format!("is no SentencePiece model: {error}")))?;
    let normal = model.pieces.into_iter().filter(|piece| piece.kind.unwrap_or(NORMAL) == NORMAL);
    let pieces: Vec<String> = normal.map(|piece| piece.text).collect();
    if pieces.is_empty() { Err(FormatError::content("model", "has no pieces")) } else { Ok(pieces) }
}

impl Vocabulary {
    /// The vocabulary of the release: its token encoder, and the pieces of its SentencePiece model in the order of
    /// their ids ([`read_sentencepiece`]). Single characters among them are the alphabet and are passed over.
    pub fn from_release(encoder: &ReleaseEncoder, pieces: &[String]) -> Result<Self, Error> {
        let mut alphabet = Alphabet::default();
        let mut symbols: HashMap<char, Symbol> = HashMap::new();
        for (token, character) in &encoder.tokens {
            symbols.insert(*character, alphabet.insert(token));
        }
        let spell = |piece: &String| {
            let known = |character: char| symbols.get(&character).copied();
            piece.chars().map(known).collect::<Option<Vec<Symbol>>>().ok_or_else(|| {
                Error::setting("vocabulary", format!("piece `{piece}`"), "pieces of the encoder's characters")
            })
        };
        let spelled = pieces.iter().filter(|piece| piece.chars().nth(1).is_some()).map(spell);
        Self::from_pieces(alphabet, spelled.collect::<Result<Vec<_>, Error>>()?)
    }
}
