//! Constants of a file: weights, of which the sizes matter, and small tensors, of which the elements matter. An
//! evaluator computes constants of constants, so that everything that does not depend on the input is plain.

mod arithmetic;
mod dtype;
mod evaluate;
mod external;
mod make;
mod reduce;
mod shapes;
mod store;
mod structure;
mod values;

pub use dtype::DataType;
pub(crate) use evaluate::Evaluator;
pub(crate) use shapes::{Cut, axes_of, axis_of, cuts, flattened, parts, reshaped, squeezed, unsqueezed};
pub(crate) use store::Store;
pub(crate) use structure::order;
pub(crate) use values::{Change, Values};

use crate::formats::FormatError;
use std::sync::Arc;

/// A tensor that does not depend on the network's input.
#[derive(Clone, Debug)]
pub struct Constant {
    /// The name in the file.
    pub name: String,
    /// Type of the elements.
    pub dtype: DataType,
    /// Sizes.
    pub dims: Vec<u64>,
    /// Which parameters lie behind the elements: two constants of one identity share their parameters.
    pub identity: usize,
    /// How many parameters these are.
    pub counted: u64,
    pub(crate) data: Data,
}

/// Where the elements of a constant are.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// Here.
    Known(Arc<Values>),
    /// In a tensor of the file, under changes.
    Stored { tensor: usize, changes: Vec<Change> },
    /// Nowhere, for this reason; the sizes are known.
    Absent(Arc<str>),
}

impl Constant {
    /// Number of elements.
    pub fn len(&self) -> u64 {
        self.dims.iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.dims.contains(&0)
    }

    /// The constant after a change that keeps its parameters. Known elements change at once, unless a number does not
    /// fit; then the elements are absent.
    pub(crate) fn changed(&self, change: Change) -> Constant {
        let dims = change.dims(&self.dims);
        let dtype = if let Change::Cast(to) = change { to } else { self.dtype };
        let data = match &self.data {
            Data::Known(values) => match change.apply(values.as_ref().clone(), &self.dims) {
                Some(values) => Data::Known(Arc::new(values)),
                None => Data::Absent("a number does not fit into its type".into()),
            },
            Data::Stored { tensor, changes } => {
                let changes = changes.iter().cloned().chain([change]).collect();
                Data::Stored { tensor: *tensor, changes }
            }
            Data::Absent(reason) => Data::Absent(reason.clone()),
        };
        Constant { name: self.name.clone(), dtype, dims, identity: self.identity, counted: self.counted, data }
    }

    /// The elements, decoded without any limit but the file's own size, or a sentence that says why there are none.
    pub(crate) fn load(&self, store: &Store) -> Result<Result<Values, String>, FormatError> {
        match &self.data {
            Data::Known(values) => Ok(Ok(values.as_ref().clone())),
            Data::Absent(reason) => Ok(Err(reason.to_string())),
            Data::Stored { tensor, changes } => {
                let mut dims = match store.tensors.get(*tensor) {
                    Some(tensor) => store::sizes(tensor)?.0,
                    None => return Ok(Err("it is not there".into())),
                };
                let mut values = match store.values(*tensor)? {
                    Ok(values) => values,
                    Err(reason) => return Ok(Err(reason)),
                };
                for change in changes {
                    values = match change.apply(values, &dims) {
                        Some(values) => values,
                        None => return Ok(Err("a number does not fit into its type".into())),
                    };
                    dims = change.dims(&dims);
                }
                Ok(Ok(values))
            }
        }
    }
}
