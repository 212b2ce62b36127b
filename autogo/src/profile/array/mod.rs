//! A systolic array with its memories, cycle by cycle: the numbers of SCALE-Sim 3.0.0 ([npu §A]), or the same machine
//! without that tool's peculiarities.
//!
//! A layer is a matrix product. The product is cut into folds of the size of the array. Three operands enter or leave
//! through the array's lanes, one line of demand in a cycle. Each operand has a memory on chip, which is filled from
//! DRAM or emptied to DRAM. Layers run one after the other, without fusion. The words that are fetched are those of the
//! stream of windows, in which overlapping windows repeat words: far more words than a network needs. Compare machines
//! with these words, not the traffic of networks ([npu §A.4]).
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
