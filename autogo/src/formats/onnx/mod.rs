//! ONNX, opset 17: writing graphs with or without weights, reading those whose operations this library knows.

mod attributes;
#[allow(dead_code)]
mod constant;
mod export;
mod import;
#[allow(dead_code, unused_imports)]
mod model;
mod node;
mod proto;
#[allow(dead_code)]
mod read;
mod weights;

pub use export::{OPSET, export};
pub use import::import;
pub use weights::{Pooling, Weights, formula};
