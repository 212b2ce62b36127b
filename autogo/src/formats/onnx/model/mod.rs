//! A network as read from a file, normalised: one input, one output, channels-first pictures of known shape, and only
//! operations of [`Kind`].

mod cost;
mod infer;
mod kind;
mod notes;
mod window;

pub use crate::graph::{Border, Pool as PoolKind, Shape};
pub(crate) use infer::{infer, span};
pub use kind::{Inner, Kind, Resize};
pub use notes::Note;
pub use window::{Conv, ConvTranspose, Pool, Window};

use super::constant::{Constant, Store, Values};
use crate::formats::FormatError;
use std::sync::Arc;

/// One operation with its operands.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The name of the node in the file that it stands for; not always unique.
    pub name: String,
    /// The operation of the layer.
    pub kind: Kind,
    /// The layers it reads, each before this one.
    pub operands: Vec<usize>,
    /// Its weights in the order that [`Kind`] says, as indices of [`Model::weights`].
    pub weights: Vec<usize>,
    /// The shape of the result.
    pub shape: Shape,
}

/// A normalised network.
#[derive(Clone, Debug)]
pub struct Model {
    /// The graph's name in the file.
    pub name: String,
    /// The program that wrote the file.
    pub producer: String,
    /// Operations; the first is the input, the last the output.
    pub layers: Vec<Layer>,
    /// Weights in the layout that [`Kind`] says.
    pub weights: Vec<Arc<Constant>>,
    /// The decisions of the reader.
    pub notes: Vec<Note>,
    pub(crate) store: Store,
}

impl Model {
    /// The elements of weight `index` in row-major order. Large weights are decoded here, not when the file is read.
    ///
    /// # Errors
    /// When the file does not have them, or its data contradict the sizes.
    pub fn values(&self, index: usize) -> Result<Vec<f32>, FormatError> {
        let Some(weight) = self.weights.get(index) else {
            return Err(FormatError::content(format!("weight {index}"), "is not there"));
        };
        match weight.load(&self.store)? {
            Ok(Values::Float(values)) => Ok(values.into_iter().map(|value| value as f32).collect()),
            Ok(Values::Int(values)) => Ok(values.into_iter().map(|value| value as f32).collect()),
            Err(reason) => Err(FormatError::content(format!("weight `{}`", weight.name), reason)),
        }
    }

    /// The shape of the input.
    #[cfg(test)]
    pub fn input(&self) -> Option<Shape> {
        self.layers.first().map(|layer| layer.shape)
    }

    /// The shape of the output.
    #[cfg(test)]
    pub fn output(&self) -> Option<Shape> {
        self.layers.last().map(|layer| layer.shape)
    }
}
