//! Constants of a file: weights, of which the sizes matter, and small tensors, of which the elements matter. An
//! evaluator computes constants of constants, so that everything that does not depend on the input is plain.

mod arithmetic;
mod dtype;
mod evaluate;
mod external;
#[cfg(test)]
mod fuzz;
mod make;
mod operations;
mod reduce;
mod shapes;
mod store;
mod structure;
#[cfg(test)]
mod tests;
mod values;

pub use dtype::DataType;
pub(crate) use evaluate::Evaluator;
pub(crate) use shapes::{Cut, axes_of, axis_of, cuts, flattened, parts, reshaped, squeezed, unsqueezed};
pub(crate) use store::Store;
pub(crate) use structure::order;
pub(crate) use values::{Change, Values};

use crate::formats::FormatError;
use std::sync::Arc;

/// The most changes of one constant that are kept.
const MOST_CHANGES: usize = 32;
/// The most elements that are changed at once, instead of when they are asked for.
const FEW_ELEMENTS: usize = 32;

/// A tensor that does not depend on the network's input.
#[derive(Clone, Debug)]
pub struct Constant {
    /// The name in the file.
    pub name: String,
    /// Type of the elements.
    pub dtype: DataType,
    /// Sizes.
    pub dims: Vec<u64>,
    /// The identity of the parameters behind the elements: two constants of one identity share their parameters.
    pub identity: usize,
    /// The number of parameters behind the elements.
    pub counted: u64,
    pub(crate) data: Data,
    /// Changes of the data, made in this order when the elements are asked for.
    pub(crate) changes: Vec<Change>,
}

/// The place of a constant's elements.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// Here, under these sizes.
    Known(Arc<Values>, Vec<u64>),
    /// In a tensor of the file.
    Stored(usize),
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

    /// The constant after a change that keeps its parameters. A few known elements change at once; where a number does
    /// not fit, they are absent from then on.
    pub(crate) fn changed(&self, change: Change) -> Constant {
        let mut made = self.clone();
        made.dims = change.dims(&self.dims);
        if let Change::Cast(to) = change {
            made.dtype = to;
        }
        match &self.data {
            Data::Known(values, dims) if self.changes.is_empty() && values.len() <= FEW_ELEMENTS => {
                made.data = match change.apply(values.as_ref().clone(), dims) {
                    Some(values) if values.len() <= FEW_ELEMENTS => Data::Known(Arc::new(values), made.dims.clone()),
                    Some(_) => {
                        made.changes.push(change);
                        Data::Known(values.clone(), dims.clone())
                    }
                    None => Data::Absent(UNFIT.into()),
                };
            }
            Data::Known(..) | Data::Stored(_) if self.changes.len() < MOST_CHANGES => made.changes.push(change),
            Data::Known(..) | Data::Stored(_) => made.data = Data::Absent("it is changed too often".into()),
            Data::Absent(_) => {}
        }
        made
    }

    /// The elements, decoded without any limit but the file's own size, or a sentence that says why there are none.
    pub(crate) fn load(&self, store: &Store) -> Result<Result<Values, String>, FormatError> {
        let (mut values, mut dims) = match &self.data {
            Data::Known(values, dims) => (values.as_ref().clone(), dims.clone()),
            Data::Absent(reason) => return Ok(Err(reason.to_string())),
            Data::Stored(tensor) => match store.values(*tensor)? {
                Ok(found) => found,
                Err(reason) => return Ok(Err(reason)),
            },
        };
        for change in &self.changes {
            values = match change.apply(values, &dims) {
                Some(values) => values,
                None => return Ok(Err(UNFIT.into())),
            };
            dims = change.dims(&dims);
        }
        Ok(Ok(values))
    }
}

/// The reason why elements are absent after a cast.
const UNFIT: &str = "a number does not fit into its type";
