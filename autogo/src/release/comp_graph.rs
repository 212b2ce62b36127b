//! The release's own form of a network: a computation graph of weighted and regular nodes ([release
//! §1](crate::doc::release#s1)).

use super::ops::OP_VOCABULARY;
use crate::error::FormatError;
use crate::graph::Shape;
use serde::{Deserialize, Serialize};

/// The padding rules that this form knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FramePadding {
    /// TensorFlow's SAME.
    Same,
    /// TensorFlow's VALID.
    Valid,
}

/// Constants that predictor features are divided by ([release §1.4](crate::doc::release#s1-4)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limits {
    /// Largest number of channels.
    pub hidden: u32,
    /// Largest kernel.
    pub kernel: u32,
    /// Largest height.
    pub height: u32,
    /// Largest width.
    pub width: u32,
}

impl Default for Limits {
    /// The constants of the five families' caches.
    fn default() -> Self {
        Limits { hidden: 512, kernel: 7, height: 256, width: 256 }
    }
}

/// A node of the release's form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CompNode {
    /// Unique name: `graph position|path`, or a number after a mutation.
    pub str_id: String,
    /// Last part of the path in lower case, possibly with a suffix, such as `fusedbatchnormv3` or `addn_3`.
    pub label: String,
    /// Place in [`OP_VOCABULARY`].
    pub op: usize,
    /// Shape of the tensor that the node reads (of the first operand, where there are several).
    pub input: Shape,
    /// Shape of the tensor that the node makes.
    pub output: Shape,
    /// Height and width of the kernel; 0 × 0 for a dense layer, nothing for regular nodes.
    pub kernel: Option<(u32, u32)>,
    /// Strides of convolutions and pools.
    pub strides: Option<(u32, u32)>,
    /// Padding of convolutions and pools.
    pub padding: Option<FramePadding>,
    /// Window of a pool.
    pub window: Option<(u32, u32)>,
    /// Whether a bias was merged into the node.
    pub bias: bool,
}

/// A network in the release's form. Weighted nodes (convolutions, dense layers) come first, then the regular ones;
/// edges are sorted pairs without repetition, so operands have no order and `x + x` is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompGraph {
    /// Name of the network.
    pub name: String,
    /// Normalisation constants.
    pub limits: Limits,
    /// Number of weighted nodes.
    pub weighted: usize,
    /// All nodes.
    pub nodes: Vec<CompNode>,
    /// Source and target of every edge, sorted.
    pub edges: Vec<(usize, usize)>,
}

impl CompNode {
    /// The name that tokens and the database use ([release §1.7](crate::doc::release#s1-7)).
    pub fn op_name(&self) -> &str {
        let label = self.label.as_str();
        let is_numbered =
            label.rsplit_once('_').is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit()));
        let stem = if is_numbered { label.split('_').next().unwrap_or(label) } else { label };
        match stem {
            _ if stem.contains("relu6") => "relu",
            _ if stem.contains("add") => "add",
            _ if stem.contains("fusedbatchnorm") => "fusedbatchnorm",
            other => other,
        }
    }

    /// Multiply-adds for one operand by the release's counter ([release §1.5](crate::doc::release#s1-5)).
    pub(super) fn macs(&self) -> u64 {
        let (i, o) = (self.input, self.output);
        let taps = self.kernel.map_or(0, |(h, w)| u64::from(h) * u64::from(w));
        let bias = if self.bias { o.elements() } else { 0 };
        match OP_VOCABULARY.get(self.op).copied().unwrap_or_default() {
            "conv" => taps * u64::from(i.c) * o.elements() + bias,
            "depthwise" => taps * u64::from(i.c) * u64::from(o.h) * u64::from(o.w) + bias,
            "matmul" => i.elements() * u64::from(o.c) + u64::from(o.c),
            "batchnorm" => 2 * i.elements(),
            "relu" | "relu6" | "sigmoid" | "tanh" | "swish" => o.elements(),
            "maxpool" | "avgpool" | "mean" | "global" | "add" | "mul" => o.elements(),
            _ => 0,
        }
    }
}

impl CompGraph {
    /// The edges between nodes that are there.
    pub(super) fn real_edges(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let count = self.nodes.len();
        self.edges.iter().copied().filter(move |&(from, to)| from < count && to < count)
    }

    /// Sources of every node, ascending; edges to nodes that are not there are left out. O(nodes + edges).
    pub fn operands(&self) -> Vec<Vec<usize>> {
        let mut operands = vec![Vec::new(); self.nodes.len()];
        for (from, to) in self.real_edges() {
            operands[to].push(from);
        }
        operands
    }

    /// Checks what every reader relies on: numbers of nodes and edges, one input, one output.
    pub(super) fn check(&self) -> Result<(), FormatError> {
        let count = self.nodes.len();
        if self.weighted > count {
            return Err(FormatError::content("weighted nodes", format!("{} of {count} nodes", self.weighted)));
        }
        if let Some((from, to)) = self.edges.iter().find(|(from, to)| *from >= count || *to >= count || from == to) {
            return Err(FormatError::content("edges", format!("{from} to {to} among {count} nodes")));
        }
        if !self.edges.is_sorted_by(|a, b| a < b) {
            return Err(FormatError::content("edges", "are not sorted, or repeat"));
        }
        if let Some(node) = self.nodes.iter().find(|node| node.op >= OP_VOCABULARY.len()) {
            return Err(FormatError::content(
                format!("node `{}`", node.str_id),
                format!("op {} is not in the vocabulary", node.op),
            ));
        }
        let large = |node: &&CompNode| {
            let windows = [node.kernel, node.strides, node.window].into_iter().flatten().flat_map(|(h, w)| [h, w]);
            let shapes = [node.input, node.output].into_iter().flat_map(|shape| [shape.h, shape.w, shape.c]);
            let mut sizes = shapes.chain(windows);
            sizes.any(|size| size > Shape::LIMIT)
        };
        match self.nodes.iter().find(large) {
            Some(node) => {
                Err(FormatError::content(format!("node `{}`", node.str_id), format!("a size above {}", Shape::LIMIT)))
            }
            None => Ok(()),
        }
    }

    /// Multiply-adds of every node by the release's counter: each node counts once for every distinct operand
    /// ([release §1.5](crate::doc::release#s1-5)).
    pub fn macs_per_node(&self) -> Vec<u64> {
        let mut operands = vec![0u64; self.nodes.len()];
        self.edges.iter().for_each(|&(_, to)| operands[to] += 1);
        self.nodes.iter().zip(operands).map(|(node, operands)| node.macs() * operands.max(1)).collect()
    }

    /// All multiply-adds by the release's counter. FLOPs are twice as many.
    pub fn macs(&self) -> u64 {
        self.macs_per_node().into_iter().sum()
    }
}
