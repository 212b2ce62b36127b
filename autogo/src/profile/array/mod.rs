//! A systolic array with its memories, cycle by cycle: the numbers of SCALE-Sim 3.0.0 ([npu §A]), or the same machine
//! without that tool's peculiarities.
//!
//! A layer is a matrix product. It is cut into folds of the size of the array; three operands enter or leave through
//! the array's lanes, a line of demand a cycle; each has a memory on chip, which is filled from, or emptied to, one
//! behind it. That is one layer after the other, without fusion, and the words fetched are those of the product's
//! stream, in which windows repeat them: far more than a network needs. Compare machines with it, not networks' traffic
//! ([npu §A.4]).
//!
//! [npu §A]: crate::doc::npu#sa
//! [npu §A.4]: crate::doc::npu#sa-4

mod clock;
mod demand;
mod estimate;
mod folds;
mod image;
mod layer;
mod machine;
mod misses;
mod prefetch;
#[cfg(any(test, feature = "testing"))]
mod reference;
mod refused;
mod report;
mod simulate;
mod topology;
mod write;

pub use layer::Layer;
pub use machine::{ArrayMachine, Dataflow, Fidelity, Memory};
#[cfg(any(test, feature = "testing"))]
pub use reference::simulate_plainly;
pub use report::{LayerReport, Traffic};
pub use simulate::{frame, simulate, simulate_all};

#[cfg(test)]
mod tests;
