//! Metrics of answers, by the textbook definitions.

mod iou;
mod pck;
mod psnr;
mod ssim;

pub use iou::ClassCounts;
pub use pck::PointErrors;
pub use psnr::{Plane, psnr};
pub use ssim::ssim;
