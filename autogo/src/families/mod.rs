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
mod systems;
mod text;
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
pub use systems::{FamilyName, corpus, network, networks};
pub use two_path::{TwoPath, TwoPathBlock};
pub use unet::UNet;
pub use vgg::Vgg16;

use crate::error::Error;
use crate::graph::{Graph, GraphError};
use rayon::prelude::*;
use std::fmt;
use std::str::FromStr;

/// A family of networks: every value is one architecture, written as a compact string and built as a [`Graph`].
///
/// The families of this library stand in one table, which [`FamilyName`] and [`network`] read. A family of one's own
/// needs no row there: its type is enough for [`sample_of`] and for
/// [`LabelledFamily::of`](crate::data::LabelledFamily::of).
///
/// ```
/// use autogo::prelude::*;
/// use autogo::graph::{Conv, GraphBuilder, GraphError, Op, Shape, Window};
/// use std::{fmt, str::FromStr};
///
/// /// A chain of 3×3 convolutions.
/// #[derive(Clone)]
/// struct Chain(u32);
///
/// impl Family for Chain {
///     const NAME: &'static str = "chain";
///     const ACCEPTED: &'static str = "chain:LENGTH";
///
///     fn sample(_seed: u64, index: u64) -> Self {
///         Chain(1 + index as u32)
///     }
///
///     fn build(&self) -> Result<Graph, GraphError> {
///         let mut build = GraphBuilder::new(&self.to_string());
///         let mut x = build.add("in", Op::Input(Shape::new(8, 8, 3)), &[])?;
///         for at in 0..self.0 {
///             let conv = Conv { filters: 4, window: Window::same(3, 1), groups: 1, bias: true };
///             x = build.add(&format!("conv_{at}"), Op::Conv(conv), &[x])?;
///         }
///         build.add("out", Op::Output, &[x])?;
///         build.finish()
///     }
/// }
///
/// impl fmt::Display for Chain {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         write!(f, "chain:{}", self.0)
///     }
/// }
///
/// impl FromStr for Chain {
///     type Err = Error;
///
///     fn from_str(spec: &str) -> Result<Self, Error> {
///         let length = spec.trim_start_matches("chain:").parse();
///         length.map(Chain).map_err(|_| Error::Spec {
///             spec: spec.into(), at: 1, reason: "is no chain".into(), accepted: Self::ACCEPTED.into(),
///         })
///     }
/// }
///
/// let graphs = autogo::families::sample_of::<Chain>(5, 0)?;
/// assert_eq!(graphs[4].len(), 7);
/// # Ok::<(), autogo::Error>(())
/// ```
pub trait Family: Sized + Clone + fmt::Display + FromStr<Err = Error> + Send + Sync + 'static {
    /// The family's name, which is also the prefix of its compact strings.
    const NAME: &'static str;
    /// The form of the family's compact strings, for messages.
    const ACCEPTED: &'static str;
    /// The number of networks of the family, where it is known.
    const SIZE: Option<usize> = None;
    /// The best network as the release ships it.
    const BEST: Option<&'static str> = None;

    /// The architecture as a graph, in execution order.
    ///
    /// # Errors
    /// A configuration that makes no valid graph.
    fn build(&self) -> Result<Graph, GraphError>;

    /// The architecture with one cell or block wherever the family repeats the same one; the whole architecture where
    /// it repeats none.
    ///
    /// # Errors
    /// As for [`Family::build`].
    fn build_shallow(&self) -> Result<Graph, GraphError> {
        self.build()
    }

    /// The `index`-th sample under `seed`, by the family's published rules. A family of one or two networks repeats
    /// them in turn.
    fn sample(seed: u64, index: u64) -> Self;

    /// Whether a compact string of the family may begin with this, up to the colon.
    fn is_named(head: &str) -> bool {
        head == Self::NAME
    }
}

/// The graphs of the first `count` samples of a family under `seed`. Built on all cores.
///
/// # Errors
/// A sample that makes no valid graph.
pub fn sample_of<F: Family>(count: usize, seed: u64) -> Result<Vec<Graph>, Error> {
    (0..count as u64).into_par_iter().map(|index| Ok(F::sample(seed, index).build()?)).collect()
}
