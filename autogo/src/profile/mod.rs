//! What a network costs on a machine.

mod systolic;

pub use systolic::{Gemm, Npu, NpuProfile, NpuRow};
