//! Segments: node tokens, byte-pair encoding, and the subgraphs that the pieces stand for.
//!
//! Mining has four stages, which stand as traits in `pipeline.rs`: a [`Linearizer`] puts nodes in a line, a [`TokenEncoder`]
//! makes tokens of them, a [`SegmentModel`] learned by its [`Trainer`] cuts the line into pieces, a [`SegmentFilter`] says
//! what is kept. [`Mining`] is one value of four stages; running it gives a [`Segmenter`] and a [`SegmentDb`].
//!
//! A piece of length L is L consecutive nodes of a graph's topological order. The subgraph they induce is a [`Segment`]:
//! a function from the tensors it reads to the tensors others read of it. A [`SegmentDb`] holds the distinct segments of
//! many graphs, ready to be put in each other's place.

mod alphabet;
mod db;
mod filter;
mod mining;
mod model;
mod order;
mod pieces;
mod pipeline;
#[allow(clippy::module_inception)] // the noun that the room is named after
mod segment;
mod store;
mod tokens;

pub use alphabet::{Alphabet, Symbol, UNKNOWN};
pub use db::{SegmentDb, SegmentRow};
pub use filter::Keep;
pub use mining::{Coverage, Mined, Mining, Segmenter};
pub use model::{BpeTrainer, Model, ModelTrainer, NGramTrainer, NGrams, Unigram, UnigramTrainer, Vocabulary};
pub use order::Order;
pub use pieces::{Piece, PieceId, UnknownTokens};
pub use pipeline::{Limit, Linearizer, SegmentFilter, SegmentModel, TokenEncoder, Trainer};
pub use segment::{Placed, Segment, Source};
pub use tokens::TokenForm;
