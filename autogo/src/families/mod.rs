//! The systems AutoGO starts from, one file each: configuration, compact string, sampler, enumeration, builder.

mod nb201;

pub use nb201::{CellOp, Nb201};

use crate::error::Error;
use crate::graph::{Conv, Graph, GraphBuilder, GraphError, Op, Window};
use std::fmt;
use std::str::FromStr;

/// A family of networks: every value is one architecture, written as a compact string and built as a [`Graph`].
pub trait Family: Sized + Clone + fmt::Display + FromStr<Err = Error> + Send + Sync + 'static {
    /// The family's name, which is also the prefix of its compact strings.
    const NAME: &'static str;

    /// The architecture as a graph, in execution order.
    fn build(&self) -> Result<Graph, GraphError>;
}

/// What a compact string may look like, for error messages and `--help`.
pub const ACCEPTED_SPECS: &str = "nb201:OP,OP,OP,OP,OP,OP or |OP~0|+|OP~0|OP~1|+|OP~0|OP~1|OP~2| with OP one of none, \
     skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3";

/// The graph of a compact string. The prefix before `:` names the family; without one, six comma-separated operations or
/// a NAS-Bench-201 string stand for themselves.
///
/// ```
/// let graph = autogo::families::graph("nb201:none,none,none,nor_conv_1x1,none,none")?;
/// assert_eq!(graph.input_shape().to_string(), "32×32×3");
/// let error = autogo::families::graph("resnet9000").unwrap_err();
/// assert!(error.to_string().starts_with("`resnet9000`, character 1: names no family"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn graph(spec: &str) -> Result<Graph, Error> {
    let family = spec.split_once(':').map(|(family, _)| family.trim());
    let looks_like_nb201 = spec.contains(',') || spec.contains('|');
    match family {
        Some(Nb201::NAME) => Ok(spec.parse::<Nb201>()?.build()?),
        None if looks_like_nb201 => Ok(spec.parse::<Nb201>()?.build()?),
        _ => Err(Error::Spec {
            spec: spec.into(),
            at: 1,
            reason: "names no family".into(),
            accepted: ACCEPTED_SPECS.into(),
        }),
    }
}

/// Appends the layer sequences that families are written in, and gives every node a path-like name.
pub(crate) struct Layers {
    pub(crate) build: GraphBuilder,
    scope: String,
}

impl Layers {
    pub(crate) fn new(name: &str) -> Self {
        Layers { build: GraphBuilder::new(name), scope: String::new() }
    }

    /// Starts a new scope: the prefix of the names that follow.
    pub(crate) fn scope(&mut self, scope: impl Into<String>) {
        self.scope = scope.into();
    }

    pub(crate) fn add(&mut self, op: Op, operands: &[usize]) -> Result<usize, GraphError> {
        let name = match self.scope.as_str() {
            "" => op.name().to_string(),
            scope => format!("{scope}/{}", op.name()),
        };
        self.build.add(&name, op, operands)
    }

    /// A SAME convolution without bias.
    pub(crate) fn conv(&mut self, kernel: u32, filters: u32, stride: u32, x: usize) -> Result<usize, GraphError> {
        self.add(Op::Conv(Conv { filters, window: Window::same(kernel, stride), groups: 1, bias: false }), &[x])
    }
}
