//! The costs of a network on a machine: cycles, kernel by kernel, and energy.
//!
//! [`Npu`] times whole graphs: ops are fused into kernels ([`Fusion`]), each kernel is bound by the array, the vector
//! unit, on-chip memory or DRAM, and tensors that do not fit on chip are spilled. [`CycleCounter`] times many similar
//! graphs. [`Gemm`] is one layer on a weight-stationary array, in closed form; [`mod@array`] simulates an array with
//! its memories, cycle by cycle.

mod agreement;
pub mod array;
mod compare;
mod computed_labels;
mod energy;
mod gemm;
mod npu;

pub use crate::error::ProfileError;
pub use agreement::hardware_agreement;
pub use compare::compare;
pub use energy::{Constant, EnergyReport, EnergyTable};
pub use gemm::Gemm;
pub use npu::{
    Blocks, Bound, CycleCounter, Fusion, Mapping, MemoryLevel, Npu, NpuProfile, NpuRow, Transposed, VectorCosts,
};
