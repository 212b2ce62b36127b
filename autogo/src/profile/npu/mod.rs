//! Whole graphs on a neural processing unit ([npu §B](crate::doc::npu#sb)).
//!
//! A machine's compiler is modelled in four steps, a file each: nodes are fused into kernels (`fusion`), a kernel's output
//! is cut into blocks that fit the array's buffer (`block`), which gives its cycles and traffic (`kernel`), and tensors find
//! a place on chip or in DRAM (`residency`). `timing` puts them together.

mod block;
mod costs;
mod counter;
mod fusion;
mod kernel;
mod machine;
mod profile;
mod residency;
mod timing;

pub use costs::VectorCosts;
pub use counter::CycleCounter;
pub use machine::{Fusion, Mapping, Npu, Place, Transposed};
pub use profile::{NpuProfile, NpuRow};
pub use timing::Bound;
