//! From a graph of ours to the release's form.

use super::comp_graph::{CompGraph, CompNode, FramePadding, Limits};
use super::ops::*;
use crate::error::FormatError;
use crate::graph::{Graph, Op, Padding, Pool, Shape};

impl CompGraph {
    /// The release's form of a graph. Zeros and channel cuts vanish as they do there, a sum whose operands come to be
    /// one node vanishes too, and operands lose their order. O(nodes + edges · log).
    ///
    /// ```
    /// use autogo::release::CompGraph;
    /// let graph = autogo::families::network("hiaml:src1,src1,r30,src3")?;
    /// let form = CompGraph::from_graph(&graph)?;
    /// assert_eq!((form.nodes.len(), form.weighted, form.macs() * 2), (107, 32, 246_314_516));
    /// assert_eq!(form.to_graph()?.graph.content_id(), graph.content_id());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn from_graph(graph: &Graph) -> Result<CompGraph, FormatError> {
        // For every node the nodes that stand for it: itself, or what it vanished into.
        let mut stands: Vec<Vec<usize>> = Vec::with_capacity(graph.len());
        let mut kept: Vec<(CompNode, Vec<usize>)> = Vec::with_capacity(graph.len());
        for (index, node) in graph.nodes().enumerate() {
            let mut sources: Vec<usize> =
                graph.operands(index).iter().flat_map(|&operand| stands[operand].iter().copied()).collect();
            sources.sort_unstable();
            sources.dedup();
            let vanishes = match node.op {
                Op::Zero | Op::Slice { .. } => true,
                Op::Add | Op::Mul | Op::Concat => sources.len() < 2,
                Op::Input(_)
                | Op::Output
                | Op::Conv(_)
                | Op::ConvTranspose(_)
                | Op::Dense { .. }
                | Op::BatchNorm
                | Op::Relu
                | Op::Relu6
                | Op::PRelu
                | Op::Sigmoid
                | Op::Tanh
                | Op::Pool(..)
                | Op::Mean
                | Op::Identity
                | Op::Pad(_)
                | Op::DepthToSpace { .. }
                | Op::Resize { .. } => false,
            };
            if vanishes {
                stands.push(sources);
                continue;
            }
            stands.push(vec![kept.len()]);
            let first = graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
            kept.push((comp_node(kept.len(), &node.name, &node.op, first, node.shape)?, sources));
        }
        let is_weighted = |node: &CompNode| node.kernel.is_some();
        let weighted = kept.iter().filter(|(node, _)| is_weighted(node)).count();
        let mut number = Vec::with_capacity(kept.len());
        let (mut next_weighted, mut next_regular) = (0, weighted);
        for (node, _) in &kept {
            let next = if is_weighted(node) { &mut next_weighted } else { &mut next_regular };
            number.push(*next);
            *next += 1;
        }
        let mut edges: Vec<(usize, usize)> = Vec::with_capacity(kept.len() * 5 / 4);
        for (at, (_, sources)) in kept.iter().enumerate() {
            edges.extend(sources.iter().map(|&source| (number[source], number[at])));
        }
        edges.sort_unstable();
        let mut nodes: Vec<(usize, CompNode)> =
            number.iter().copied().zip(kept.into_iter().map(|(node, _)| node)).collect();
        nodes.sort_unstable_by_key(|(number, _)| *number);
        let nodes = nodes.into_iter().map(|(_, node)| node).collect();
        Ok(CompGraph { name: graph.name().into(), limits: Limits::default(), weighted, nodes, edges })
    }
}

/// A node of the release's form at execution position `at`.
fn comp_node(at: usize, name: &str, op: &Op, first: Shape, shape: Shape) -> Result<CompNode, FormatError> {
    let index = match op {
        Op::Input(_) => INPUT,
        Op::Output => OUTPUT,
        Op::Conv(conv) if conv.groups == 1 => CONV,
        Op::Conv(conv) if conv.groups == first.c && conv.filters == first.c => DEPTHWISE,
        Op::BatchNorm => BATCHNORM,
        Op::Relu => RELU,
        Op::Relu6 => RELU6,
        Op::Dense { .. } => MATMUL,
        Op::Add => ADD,
        Op::Mul => MUL,
        Op::Concat => CONCAT,
        Op::Pool(Pool::Max, _) => MAXPOOL,
        Op::Pool(Pool::Avg, _) => AVGPOOL,
        Op::Sigmoid => SIGMOID,
        Op::Tanh => TANH,
        Op::Mean => MEAN,
        Op::DepthToSpace { .. } => DEPTH_TO_SPACE,
        Op::Identity => IDENTITY,
        Op::Conv(_)
        | Op::ConvTranspose(_)
        | Op::PRelu
        | Op::Zero
        | Op::Slice { .. }
        | Op::Pad(_)
        | Op::Resize { .. } => {
            return Err(FormatError::unsupported(name, op.name(), "the release's form has no such operation"));
        }
    };
    let window = op.window();
    let padding = match window.map(|window| window.padding) {
        None => None,
        Some(Padding::Same) => Some(FramePadding::Same),
        Some(Padding::Valid) => Some(FramePadding::Valid),
        Some(Padding::Explicit(_)) => {
            return Err(FormatError::unsupported(name, op.name(), "the release's form pads by SAME or VALID only"));
        }
    };
    let is_pool = matches!(op, Op::Pool(..));
    Ok(CompNode {
        str_id: format!("{at}|{name}"),
        label: op.name().into(),
        op: index,
        input: first,
        output: shape,
        kernel: match op {
            Op::Conv(conv) => Some(conv.window.kernel),
            Op::Dense { .. } => Some((0, 0)),
            Op::Input(_)
            | Op::Output
            | Op::ConvTranspose(_)
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Pool(..)
            | Op::Mean
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::Resize { .. } => None,
        },
        strides: window.map(|window| window.stride),
        padding,
        window: window.filter(|_| is_pool).map(|window| window.kernel),
        bias: matches!(op, Op::Conv(conv) if conv.bias) || matches!(op, Op::Dense { bias: true, .. }),
    })
}
