//! ONNX: graphs are written as operator set 17, with or without weights; files of operator sets 7 to 21 are read in
//! three steps, from bytes to evaluated constants, to a normalised network, to a graph.

mod attributes;
mod constant;
mod export;
mod lower;
mod model;
mod proto;
mod read;
mod tensors;
#[cfg(test)]
mod tests;
mod weights;

pub(crate) use export::EPSILON;
pub use export::{OPSET, export};
pub use lower::{Imported, import, import_with};
pub use model::Note;
pub use read::ReadOptions;
pub use tensors::{FileWeights, NodeWeights};
pub use weights::{Pooling, Weights, formula};
