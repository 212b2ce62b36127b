//! Other people's files, read without trust: the release's pickles and checkpoints, ONNX, GENNAPE's JSON; and our own JSON.

mod checkpoint;
mod comp_graph;
mod comp_part;
mod error;
mod gennape;
mod json;
pub mod onnx;
mod pickle;
mod release;
mod safetensors;
mod sentencepiece;

pub use checkpoint::{Checkpoint, Tensor};
pub use comp_graph::{CompGraph, CompNode, Executable, FramePadding, Limits, OP_VOCABULARY};
pub use error::FormatError;
pub use gennape::{GennapeEntry, read_gennape};
pub use json::{from_json, to_json};
pub use onnx::Pooling;
pub use pickle::{Class, Item, Pickle, PickleError};
pub use release::{ReleaseEncoder, read_encoder, read_graph};
pub use safetensors::read_tensors;
pub use sentencepiece::read_sentencepiece;
