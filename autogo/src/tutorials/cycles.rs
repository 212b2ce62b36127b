//! Lesson 6: a network's cycles on a machine.
//!
//! A machine is a value: an array of multiply-add units, a vector unit, memory on and off the chip, and what its compiler
//! fuses into one kernel. A kernel takes as long as the slowest of the four.
//!
//! The toy runs as three kernels on N256, a machine of the size of an Ethos-U55-256. A ReLU behind a convolution is
//! usually fused with it; here the sum reads the convolution as well, so its result has to be written anyway.
//!
//! | kernel | nodes | cycles |
//! |---|---|---|
//! | 1 | `conv` | 352 |
//! | 2 | `relu` | 352 |
//! | 3 | `add` | 384 |
//!
//! ```
//! use autogo::prelude::*;
//! let profile = Npu::n256().profile(&autogo::tutorials::toy()?)?;
//! let kernels: Vec<(Vec<usize>, u64)> = profile.rows.iter().map(|row| (row.nodes.clone(), row.cycles)).collect();
//! assert_eq!(kernels, [(vec![1], 352), (vec![2], 352), (vec![3], 384)]);
//! assert_eq!(profile.cycles(), 1_088);
//! # Ok::<(), Error>(())
//! ```
//!
//! 6,912 multiply-adds on 256 units would be 27 cycles. The convolution takes 352: a network this small waits for memory
//! and for kernels to begin. This is why fewer FLOPs are not always less time, and why a search asks the machine.
//!
//! **Try it**: which of the three kernels grows fastest with the size of the picture? The machine's constants and where they
//! come from stand in [`doc::npu`](crate::doc::npu).
