//! The release's form of a graph as a predictor's features.

use super::GraphFeatures;
use super::network::{LargeKernels, NodeFeatures, SizeLimits};
use crate::error::Error;
use crate::formats::{CompGraph, CompNode, Limits};
use crate::graph::Shape;

impl GraphFeatures {
    /// Reads the features of the release's form, in units of these limits: with [`CompGraph`]'s own limits a network
    /// that a search found differs from the same network in a family's table (release §1.4).
    ///
    /// # Errors
    /// A kernel wider than 7.
    pub fn from_release(graph: &CompGraph, limits: Limits) -> Result<Self, Error> {
        let limits = SizeLimits { height: limits.height, width: limits.width, channels: limits.hidden };
        let node = |node: &CompNode| {
            let [h_in, h_out, w_in, w_out, c_in, c_out] = node.resolution;
            Ok(NodeFeatures {
                kind: node.op,
                weighted: node.kernel.is_some(),
                shape: limits.scale(Shape::new(h_in, w_in, c_in), Shape::new(h_out, w_out, c_out)),
                kernel: LargeKernels::Refused.known(&node.str_id, node.kernel.unwrap_or((0, 0)))?,
                bias: node.bias,
            })
        };
        let nodes = graph.nodes.iter().map(node).collect::<Result<Vec<_>, Error>>()?;
        let mut operands = vec![Vec::new(); nodes.len()];
        for &(from, to) in &graph.edges {
            operands[to].push(from);
        }
        Ok(GraphFeatures { nodes, operands })
    }
}
