//! Whole graphs on a neural processing unit ([npu §B](crate::doc::npu#sb)).
//!
//! A machine ([`Npu`], `machine`) is a value; `presets` holds those of the library, `text` reads and prints them as TOML, `check`
//! refuses those that cannot exist. A machine's compiler is modelled in four steps: nodes are fused into kernels (`fusion`); a
//! kernel's output is cut into blocks that fit the array's buffer (`block`); that gives the kernel's cost (`kernel`, by `key`) on
//! the array (`steps`) and the vector unit (`vector`, `costs`); and tensors find a place on chip or in DRAM (`residency`).
//! `timing` adds the kernels up, each with its `traffic`; `counter` remembers what kernels cost.

mod block;
mod check;
mod costs;
mod counter;
mod fusion;
mod kernel;
mod key;
mod machine;
mod presets;
mod profile;
mod residency;
mod steps;
mod text;
mod timing;
mod traffic;
mod vector;

pub use costs::VectorCosts;
pub use counter::CycleCounter;
pub use machine::{Blocks, Fusion, Mapping, MemoryLevel, Npu, Transposed};
pub use profile::{NpuProfile, NpuRow};
pub use timing::Bound;
