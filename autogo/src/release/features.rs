//! The release's form of a graph as a predictor's features.

use super::comp_graph::{CompGraph, CompNode, Limits};
use crate::error::Error;
use crate::predict::{GraphFeatures, LargeKernels, NodeFeatures, SizeLimits};

impl GraphFeatures {
    /// Reads the features of the release's form, in units of these limits: with [`CompGraph`]'s own limits a network
    /// that a search found differs from the same network in a family's table ([release
    /// §1.4](crate::doc::release#s1-4)).
    ///
    /// # Errors
    /// A kernel wider than 7.
    pub fn from_release(graph: &CompGraph, limits: Limits) -> Result<Self, Error> {
        let limits = SizeLimits { height: limits.height, width: limits.width, channels: limits.hidden };
        let node = |node: &CompNode| {
            Ok(NodeFeatures {
                kind: node.op,
                weighted: node.kernel.is_some(),
                shape: limits.scale(node.input, node.output),
                kernel: LargeKernels::Refused.known(&node.str_id, node.kernel.unwrap_or((0, 0)))?,
                bias: node.bias,
                position: [0.0; 2],
            })
        };
        let nodes = graph.nodes.iter().map(node).collect::<Result<Vec<_>, Error>>()?;
        let mut senders = vec![Vec::new(); nodes.len()];
        for &(from, to) in &graph.edges {
            senders[to].push(from);
        }
        Ok(GraphFeatures { nodes, senders })
    }
}
