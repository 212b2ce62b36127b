//! Tasks whose answer is no single class: a class for every pixel, key points, a larger picture, a picture without
//! noise.
//!
//! A [`DenseTask`] gives pictures to learn from, a loss, and metrics on published test sets; [`DenseName`] names those
//! of this library. [`DenseName::form`] turns a graph into one for the task by rules on shapes alone, so every
//! candidate of a search is treated alike. [`DenseFit`] is the training loop: recipes, checkpoints and random choices
//! with addresses are those of classification, and its bytes depend as little on threads.
//!
//! | task | learns from | loss | measured by | baseline |
//! |---|---|---|---|---|
//! | [`CamVid`] | crops of 367 road scenes | cross-entropy of every pixel | mean IoU of 11 classes | the most frequent class |
//! | [`Faces`] | 3,462 faces | smooth L1 of 68 points | PCK@0.1, NME | the mean face |
//! | [`SuperResolution`] | crops of 400 photographs | L1 | PSNR and SSIM of Y | bicubic |
//! | [`Denoising`] | crops of 400 grey pictures | squared differences | PSNR | the noisy picture itself |

mod any_size;
mod camvid;
mod crop;
mod denoising;
mod faces;
mod fit;
mod form;
mod log;
mod metrics;
mod name;
mod super_resolution;
mod task;
#[cfg(test)]
mod tests;

pub use any_size::AnySize;
pub use camvid::CamVid;
pub use denoising::Denoising;
pub use faces::Faces;
pub use fit::{DenseFit, DenseRun};
pub use log::{DenseLog, DenseMeasure, SetScores};
pub use metrics::{ClassCounts, Plane, PointErrors, psnr, ssim};
pub use name::DenseName;
pub use super_resolution::SuperResolution;
pub use task::{DenseLoss, DenseTask, Example, Metric, Sample};
