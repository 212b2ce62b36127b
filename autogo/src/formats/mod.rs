//! Other people's files, read without trust: ONNX and GENNAPE's JSON; our own JSON; and PyTorch source, which is only
//! written.

mod gennape;
mod json;
mod network_file;
pub mod onnx;
pub mod torch;

pub use crate::error::FormatError;
pub use gennape::{GennapeEntry, read_gennape};
pub use json::{from_json, to_json};
pub use network_file::{NETWORK_FILES, read_network};
pub use onnx::Pooling;
