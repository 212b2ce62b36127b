//! The systems AutoGO starts from, one file each: configuration, compact string, sampler, enumeration, builder.

mod edsr;
mod fsrcnn;
mod hiaml;
mod inception;
mod layers;
mod nb101;
mod nb101_hash;
mod nb101_spellings;
mod nb201;
mod nb201_benchmark;
mod resnet;
mod spec;
mod two_path;
mod unet;
mod vgg;

pub use edsr::Edsr;
pub use fsrcnn::Fsrcnn;
pub use hiaml::Hiaml;
pub use inception::{Inception, InceptionBlock, InceptionPath, InceptionSampler, InceptionStage};
pub(crate) use layers::Layers;
pub use nb101::{Nb101, VertexOp};
pub use nb201::{CellOp, Nb201, SkipAs};
pub use resnet::ResNet;
pub(crate) use spec::body;
pub use spec::{ACCEPTED_SPECS, FamilyName, graph};
pub use two_path::{TwoPath, TwoPathBlock};
pub use unet::UNet;
pub use vgg::Vgg16;

use crate::error::Error;
use crate::graph::{Graph, GraphError};
use std::fmt;
use std::str::FromStr;

/// A family of networks: every value is one architecture, written as a compact string and built as a [`Graph`].
pub trait Family: Sized + Clone + fmt::Display + FromStr<Err = Error> + Send + Sync + 'static {
    /// The family's name, which is also the prefix of its compact strings.
    const NAME: &'static str;

    /// The architecture as a graph, in execution order.
    fn build(&self) -> Result<Graph, GraphError>;
}
