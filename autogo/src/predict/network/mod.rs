//! The network of a predictor: from a graph to a number.
//!
//! In the order of the data: [`features`](GraphFeatures) are read off a graph; equal computations get one number
//! (`terms`); a network is made ready with its partitions (`prepared`); the distinct computations behind some rows
//! become matrices (`batch`); the `model` walks them: embedding, `layers`, `readouts`, `mixing`, head. `plain` and `reference`
//! compute the same node by node, for the tests.

/// Makes an enum of a table: a variant for every row, the list of all variants, and the functions of the file that a
/// row names.
macro_rules! table {
    ($(#[$about:meta])* enum $kind:ident: $functions:ident { $($(#[$row:meta])* $name:ident => $file:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $kind {
            $($(#[$row])* $name,)*
        }

        impl $kind {
            /// Every variant.
            pub const ALL: &'static [$kind] = &[$($kind::$name,)*];

            /// The functions of the variant's file.
            pub(super) fn functions<T: Tape<f32, Cpu>>(self) -> $functions<T> {
                match self {
                    $($kind::$name => $functions::of::<$file>(),)*
                }
            }
        }
    };
}

mod architecture;
mod batch;
mod features;
mod layers;
mod matrix;
mod mixing;
mod model;
mod node_kind;
mod parameters;
#[cfg(test)]
mod plain;
mod positions;
mod predictions;
mod prepared;
mod readouts;
mod receives;
#[cfg(test)]
pub(crate) mod reference;
mod sparse;
mod terms;

pub use architecture::{Architecture, Reads};
pub use features::{GraphFeatures, LargeKernels};
pub use layers::Convolution;
pub use mixing::Mixing;
pub use node_kind::NodeKind;
pub use readouts::Readout;
pub use receives::Receives;

pub(crate) use batch::Batch;
pub(crate) use features::{NodeFeatures, SizeLimits};
pub(crate) use matrix::Matrix;
pub(crate) use model::{Model, layout};
pub(crate) use parameters::Parameter;
pub(crate) use positions::depths;
pub(crate) use predictions::{encode, predict, predict_each, predict_rows};
pub(crate) use prepared::{Prepared, Row, spread};
pub(crate) use sparse::{Sparse, SparsePair};
pub(crate) use terms::TermTable;
