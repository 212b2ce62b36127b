//! What a network costs on a machine.

pub mod array;
mod systolic;

pub use systolic::{Gemm, Npu, NpuProfile, NpuRow};
