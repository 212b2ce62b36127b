//! Batch normalisation, with ReLU or ReLU6 as part of it.
//!
//! A batch norm is folded into a map `clip(scale·x + shift)` ([`Affine`](crate::Affine)). The map's reader applies it,
//! so the norm's result is stored only where a caller asks for the result ([`apply`]).
//!
//! ```
//! use autogo_engine::{Affine, Arithmetic, Clip, Engine, norm};
//! let engine = Engine::new(Arithmetic::Portable);
//! let x = [1.0, 10.0, 3.0, 30.0]; // two pixels of two channels
//! let mut moments = norm::Moments::new(2);
//! moments.add(&engine, &x)?;
//! let mut folded = norm::Folded::new(2);
//! folded.batch(&moments, &[1.0, 1.0], &[0.0, 0.5], 0.0)?;
//! let mut y = [0.0; 4];
//! norm::apply(&engine, &x, folded.map(Clip::Relu), &mut y)?;
//! assert_eq!(y, [0.0, 0.0, 1.0, 1.5]);
//! # Ok::<(), autogo_engine::Error>(())
//! ```

mod backward;
mod fold;
mod kernels;
mod moments;

pub use backward::{GradientSums, NormGradient, backward};
pub use fold::{Folded, apply};
pub use moments::Moments;
