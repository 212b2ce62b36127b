//! The network of a predictor: which parts it reads, how wide and how deep it is, which layers it is made of.

use super::features::{GraphFeatures, LargeKernels};
use super::layers::Convolution;
use super::node_kind::NodeKind;
use super::readouts::Readout;
use crate::error::Error;
use crate::graph::Graph;
use crate::segment::Segment;
use serde::{Deserialize, Serialize};

/// The parts of a network that a predictor reads.
///
/// ```
/// use autogo::predict::{Architecture, Reads};
/// assert_eq!(Architecture::default().reads, Reads::Psc);
/// assert_eq!(Architecture::gnn().reads, Reads::Graph);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// The whole graph: the paper's GNN baseline.
    Graph,
    /// Predecessor, segment and successor of a cut, each by itself: the paper's PSC.
    #[default]
    Psc,
    /// Segment and successor.
    WithoutPredecessor,
    /// Predecessor and segment.
    WithoutSuccessor,
    /// The segment alone.
    SegmentOnly,
}

impl Reads {
    /// Whether networks are cut; only the whole graph is read without a cut.
    ///
    /// ```
    /// use autogo::predict::Reads;
    /// assert!(Reads::SegmentOnly.is_cut() && !Reads::Graph.is_cut());
    /// ```
    pub fn is_cut(self) -> bool {
        self.parts().is_some()
    }

    /// Whether predecessor, segment and successor are read; nothing for the whole graph.
    pub(crate) fn parts(self) -> Option<[bool; 3]> {
        match self {
            Reads::Graph => None,
            Reads::Psc => Some([true, true, true]),
            Reads::WithoutPredecessor => Some([false, true, true]),
            Reads::WithoutSuccessor => Some([true, true, false]),
            Reads::SegmentOnly => Some([false, true, false]),
        }
    }

    /// The number of graphs that one prediction reads.
    pub(crate) fn count(self) -> usize {
        self.parts().map_or(1, |parts| parts.iter().filter(|is_read| **is_read).count())
    }
}

/// The shape of a predictor's network. The default is the paper's PSC.
///
/// ```
/// use autogo::predict::{Architecture, Convolution};
/// let wide_gin = Architecture { hidden: 64, convolution: Convolution::Gin, ..Architecture::default() };
/// assert_eq!(wide_gin.layers, 6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Architecture {
    /// The parts of a network that the predictor reads.
    pub reads: Reads,
    /// Rounds of message passing, 1 to 32.
    pub layers: usize,
    /// Width of a node's embedding, 20 to 1024.
    pub hidden: usize,
    /// The layer by which a node takes up the rows that it receives.
    pub convolution: Convolution,
    /// The readout by which the nodes of a part become one row.
    pub readout: Readout,
    /// The name of a node's kind: its op or its token.
    pub nodes: NodeKind,
    /// The treatment of kernels wider than 7.
    pub large_kernels: LargeKernels,
}

impl Default for Architecture {
    fn default() -> Self {
        Architecture {
            reads: Reads::Psc,
            layers: 6,
            hidden: 32,
            convolution: Convolution::GraphConv,
            readout: Readout::Mean,
            nodes: NodeKind::Op,
            large_kernels: LargeKernels::Refused,
        }
    }
}

impl Architecture {
    /// The paper's GNN baseline.
    pub fn gnn() -> Self {
        Architecture { reads: Reads::Graph, ..Architecture::default() }
    }

    /// Refuses a width or a depth out of range.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong =
            |what: &str, value: usize, accepted: &str| Err(Error::setting(what, format!("is {value}"), accepted));
        if !(20..=1024).contains(&self.hidden) {
            return wrong(
                "hidden",
                self.hidden,
                "20 to 1024: 18 are taken by kernel, bias and shape of a weighted node",
            );
        }
        if !(1..=32).contains(&self.layers) {
            return wrong("layers", self.layers, "1 to 32");
        }
        Ok(())
    }

    /// The features of a graph, as this network reads them.
    pub(crate) fn features(&self, graph: &Graph) -> Result<GraphFeatures, Error> {
        GraphFeatures::read(graph, self.nodes, self.large_kernels)
    }

    /// The features of a segment by itself, as this network reads them.
    pub(crate) fn segment_features(&self, segment: &Segment) -> Result<GraphFeatures, Error> {
        GraphFeatures::read_segment(segment, self.large_kernels)
    }
}
