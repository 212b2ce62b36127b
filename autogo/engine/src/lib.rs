#![forbid(unsafe_code)]
#![deny(missing_docs)]
//! Kernels that train convolutional networks on a CPU. The crate knows shapes and buffers, no graphs.
//!
//! A tensor is a slice of `f32`: dense NHWC, channels next to each other. The caller owns all memory. A *plan*
//! ([`Conv`], [`Pool`], [`Resize`], …) checks a geometry once and says how much scratch its runs need; a run allocates
//! nothing, takes as many images as its buffers hold, and returns an error where a buffer's length does not fit. There
//! are no threads inside: a caller with several threads cuts a batch into fixed pieces and adds the pieces' gradients
//! in order.
//!
//! | operation | forward | gradients |
//! |---|---|---|
//! | convolution, depthwise, grouped, dilated | [`Conv::forward`] | [`Conv::data_gradient`], [`Conv::weight_gradient`], both: [`Conv::backward`] |
//! | dense layer | a [`Conv`] of [`ConvGeometry::dense`] | the same |
//! | transposed convolution | [`ConvTranspose::forward`] | [`ConvTranspose::data_gradient`], [`ConvTranspose::weight_gradient`] |
//! | bias | `bias` of [`Forward`] | [`channel_sums`] |
//! | batch norm with ReLU or ReLU6 | [`norm::Moments`], [`norm::Folded`], then [`Input::mapped`] or [`norm::apply`] | [`norm::GradientSums`], [`norm::NormGradient`], then `norm` of [`Backward`] or [`norm::backward`] |
//! | max pool, average pool | [`Pool::forward`] | [`Pool::gradient`] |
//! | global mean | [`mean`] | [`mean_gradient`] |
//! | global maximum | a [`Pool`] whose window is the picture | the same |
//! | ReLU, sigmoid, tanh, … | [`Activation::forward`] | [`Activation::gradient`] |
//! | PReLU | [`prelu()`] | [`prelu_gradient`] |
//! | softmax | [`softmax()`] | [`softmax_gradient`] |
//! | softmax, its logarithm, local response normalisation | [`Channelwise::forward`] | [`Channelwise::gradient`] |
//! | identity | [`copy`] | [`copy`] |
//! | zeros in a tensor's shape | `fill(0.0)` | none |
//! | sum of n tensors | [`add_all`], or [`add`] and [`copy`] | [`copy`] |
//! | product of n tensors | [`multiply_all`], or [`multiply`] and [`multiply_by`] | [`multiply_gradient`], or [`multiply`] |
//! | product with 1×1×C, with a number | [`scale_channels`], [`scale`] | [`scale_channels`] and [`scale_channels_gradient`], [`scale`] |
//! | sum and product with sizes of 1 that are repeated | [`repeat()`] | [`repeat_gradient`] |
//! | factor and summand of every channel | [`scale_channels`] of one image, [`add_channels`] | [`scale_channels_gradient`], [`channel_sums`] |
//! | `a·x + b` with two numbers | [`affine`] | [`scale`] |
//! | concatenation, slice of channels | [`copy_channels`] | [`copy_channels`], sides swapped |
//! | channel shuffle | [`shuffle_channels`] | [`shuffle_channels`] with channels / groups |
//! | border of zeros, crop | [`pad`], [`crop`] | [`crop`], [`pad`] |
//! | depth to space | [`DepthToSpace::forward`] | [`DepthToSpace::gradient`] |
//! | space to depth | [`DepthToSpace::gradient`] of the plan that leads back | [`DepthToSpace::forward`] |
//! | resize | [`Resize::forward`] | [`Resize::gradient`] |
//!
//! [`loss`] has the losses, [`optimiser`] the inner loops of optimisers, [`reference`](mod@reference) every kernel once
//! more in `f64`. [`vector`] has the loops over plain vectors that predictors outside networks are computed with.
//!
//! # The same bits everywhere
//!
//! The order of every sum is fixed. Lanes of a vector are channels and never mix, so a result does not depend on the
//! vectors' width. It depends on the [`Arithmetic`] alone: an [`Engine`] with [`Arithmetic::Fused`] computes the same
//! bits with AVX-512 and AVX2 (and, slowly, without), one with [`Arithmetic::Portable`] on every processor.
//! Exponentials and logarithms come from `libm`, not from the system.
//!
//! [`Conv::is_tiled`] says which convolutions are computed by tiles: those have the same bits everywhere as well, other
//! ones than a plain sum.
//!
//! # Speed
//!
//! `cargo run -p autogo-engine --example layers` prints the speed of single layers and of two small networks on one
//! thread. The crate is compiled at level 3 without debug assertions and overflow checks, also in the development
//! profile: with checks the loops run at half their speed. No function has type parameters, so all code is compiled
//! here and not in the crate that calls. Buffers that begin at a multiple of 64 bytes are read fastest ([`Buffer`]).
//!
//! # A training step, by hand
//!
//! One convolution of one channel learns to double its input:
//!
//! ```
//! use autogo_engine::{Arithmetic, Conv, ConvGeometry, Engine, Forward, Input, Shape};
//! use autogo_engine::{loss::Regression, optimiser::Sgd};
//!
//! let engine = Engine::new(Arithmetic::Fused);
//! let conv = Conv::new(engine, ConvGeometry::dense(Shape::new(1, 4, 1), 1))?;
//! let (x, wanted) = ([1.0, -1.0, 2.0, 0.5], [2.0, -2.0, 4.0, 1.0]);
//! let (mut weights, mut velocity) = ([0.0], [0.0]);
//! let (mut packed, mut scratch) = (vec![0.0; conv.packed_len()], vec![0.0; conv.scratch_len()]);
//! let sgd = Sgd { rate: 0.1, momentum: 0.5, nesterov: true, decay: 0.0 };
//! for _ in 0..50 {
//!     conv.pack(&weights, &mut packed)?;
//!     let (mut y, mut dy, mut dw) = ([0.0; 4], [0.0; 4], [0.0]);
//!     conv.forward(Forward {
//!         input: Input::plain(&x),
//!         packed: &packed,
//!         bias: None,
//!         output: &mut y,
//!         moments: None,
//!         scratch: &mut scratch,
//!     })?;
//!     Regression::Squared.gradient(&engine, &y, &wanted, 0.25, &mut dy)?;
//!     conv.weight_gradient(Input::plain(&x), &dy, &mut dw, &mut scratch)?;
//!     sgd.step(&engine, &mut weights, &mut velocity, &dw)?;
//! }
//! assert!((weights[0] - 2.0).abs() < 1e-4);
//! # Ok::<(), autogo_engine::Error>(())
//! ```

pub mod loss;
pub mod norm;
pub mod optimiser;
pub mod reference;
pub mod vector;

mod activation;
mod arithmetic;
mod buffer;
mod channels;
mod channelwise;
mod conv;
mod engine;
mod error;
mod input;
mod lanes;
mod maps;
mod mean;
mod places;
mod pool;
mod prelu;
mod repeat;
mod resize;
mod shape;
mod softmax;
mod spatial;

pub use activation::{Activation, Reads};
pub use arithmetic::{
    add, add_all, add_channels, affine, copy, multiply, multiply_all, multiply_by, multiply_gradient, scale,
    scale_channels, scale_channels_gradient,
};
pub use buffer::Buffer;
pub use channels::{Channels, copy_channels, shuffle_channels};
pub use channelwise::Channelwise;
pub use conv::{Backward, Conv, ConvGeometry, ConvTranspose, Forward, NormBackward, TransposeGeometry};
pub use engine::{Arithmetic, Engine, Width};
pub use error::Error;
pub use input::{Affine, Clip, Input, Write};
pub use mean::{channel_sums, mean, mean_gradient};
pub use pool::{Pool, PoolKind};
pub use prelu::{prelu, prelu_gradient};
pub use repeat::{Combine, repeat, repeat_gradient};
pub use resize::{Interpolation, Resize};
pub use shape::{Border, Shape, Window};
pub use softmax::{softmax, softmax_gradient};
pub use spatial::{DepthOrder, DepthToSpace, crop, pad};
