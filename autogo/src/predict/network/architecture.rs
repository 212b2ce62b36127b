//! The network of a predictor: which parts it reads, how wide and how deep it is, which layers it is made of.

use super::features::{GraphFeatures, LargeKernels, Reading};
use super::layers::Convolution;
use super::mixing::Mixing;
use super::node_kind::NodeKind;
use super::readouts::Readout;
use super::receives::Receives;
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
    /// The nodes from which a node receives rows.
    #[serde(skip_serializing_if = "is_default")]
    pub receives: Receives,
    /// Whether a node's order and depth in its network are read.
    #[serde(skip_serializing_if = "is_default")]
    pub positions: bool,
    /// What the parts of a cut know of each other before the head reads them.
    #[serde(skip_serializing_if = "is_default")]
    pub mixing: Mixing,
}

/// Whether a choice is the paper's. Such a choice is not written down if it came later than the format: what was written
/// before stays as it is.
fn is_default<T: Default + PartialEq>(choice: &T) -> bool {
    *choice == T::default()
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
            receives: Receives::Operands,
            positions: false,
            mixing: Mixing::Apart,
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
        GraphFeatures::read(graph, self.reading())
    }

    /// The features of a segment by itself, as this network reads them.
    pub(crate) fn segment_features(&self, segment: &Segment) -> Result<GraphFeatures, Error> {
        GraphFeatures::read_segment(segment, self.reading())
    }

    fn reading(&self) -> Reading {
        let Architecture { nodes, large_kernels, receives, positions, .. } = *self;
        Reading { nodes, large_kernels, receives, positions }
    }

    /// Whether a segment has the same row wherever it is put, and adds to the head by itself.
    pub(crate) fn reads_segments_apart(&self) -> bool {
        self.reads.is_cut() && self.nodes == NodeKind::Op && !self.positions && self.mixing == Mixing::Apart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_s_choices_are_written_as_they_were_before_there_were_others() {
        let paper = serde_json::to_string(&Architecture::default()).unwrap();
        assert!(paper.ends_with(r#""nodes":"op","large_kernels":"refused"}"#), "{paper}");
        let changed = Architecture { receives: Receives::Neighbours, positions: true, ..Architecture::default() };
        let written = serde_json::to_string(&changed).unwrap();
        assert!(written.ends_with(r#""receives":"neighbours","positions":true}"#), "{written}");
        assert_eq!(serde_json::from_str::<Architecture>(&written).unwrap(), changed);
    }
}
