//! The release's checkpoints as safetensors.

use super::checkpoint::{Checkpoint, Tensor};
use crate::error::FormatError;
use safetensors::tensor::{Dtype, SafeTensors};

/// Reads all tensors of 32-bit floats of a safetensors file; others are passed over.
pub fn read_tensors(bytes: &[u8]) -> Result<Checkpoint, FormatError> {
    let broken = |error: safetensors::SafeTensorError| FormatError::content("safetensors", error.to_string());
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let mut tensors: Vec<(String, Tensor)> = Vec::new();
    for (name, view) in file.tensors() {
        if view.dtype() == Dtype::F32 {
            let numbers = view.data().chunks_exact(4);
            let values = numbers.map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
            tensors.push((name, Tensor { shape: view.shape().to_vec(), values }));
        }
    }
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Checkpoint { tensors, iteration: None })
}
