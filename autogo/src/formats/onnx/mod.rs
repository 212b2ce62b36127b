//! ONNX, opset 17: writing graphs with or without weights, reading those whose operations this library knows.

mod export;
mod import;
mod node;
mod proto;
mod weights;

pub use export::{OPSET, export};
pub use import::import;
pub use weights::{Pooling, Weights, formula};
