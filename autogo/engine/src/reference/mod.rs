//! Every kernel once more, in `f64` and as plainly as its definition. Tests and students compare with it.
//!
//! Nothing here is fast, and nothing checks lengths: a buffer that is too short panics, as indexing does.

mod channels;
mod conv;
mod element;
mod loss;
mod norm;
mod optimiser;
mod picture;
mod pool;

pub use channels::{channelwise, copy_channels, shuffle_channels, softmax, softmax_gradient};
pub use conv::{conv, conv_data_gradient, conv_transpose, conv_weight_gradient};
pub use element::{activation, derivative, prelu, prelu_gradient, product, product_gradient, scale_channels, sum};
pub use loss::{cross_entropy, cross_entropy_gradient, places, regression, regression_gradient};
pub use norm::{norm, norm_gradient};
pub use optimiser::{adamw, average, rms_prop, sgd};
pub use picture::{crop, depth_to_space, maximum, mean, pad, repeat, resize, space_to_depth};
pub use pool::{pool, pool_gradient};
