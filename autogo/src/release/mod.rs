//! The release, as far as this library agrees with it: its form of a graph, its files, its predictors, its
//! peculiarities, and the numbers of its paper.
//!
//! "The release" is the code and data that were published with the paper (Salameh et al., NeurIPS 2023). Only
//! comparisons with the release need this module.

mod checkpoint;
mod comp_graph;
mod database;
mod features;
mod from_graph;
mod networks;
mod ops;
mod paper;
mod part;
mod pickle;
mod pickled;
mod predictors;
mod quirks;
mod safetensors;
mod to_graph;
mod tokens;
mod vocabulary;

pub use checkpoint::{Checkpoint, Tensor};
pub use comp_graph::{CompGraph, CompNode, FramePadding, Limits};
pub use database::{ReleaseRow, release_database};
pub use networks::released;
pub use ops::OP_VOCABULARY;
pub use paper::{paper_latency_change, paper_power_change, paper_srcc};
pub use pickle::{Class, Item, Pickle, PickleError};
pub use pickled::{ReleaseEncoder, read_encoder, read_graph};
pub use predictors::release_triples;
pub use quirks::Quirks;
pub use safetensors::read_tensors;
pub use to_graph::Executable;
pub use vocabulary::read_sentencepiece;
