//! From nodes to kernels: nodes that are computed, nodes that are another name for a result, and maps that their
//! readers apply.

use super::kernel::{Kernel, kernel, refused};
use super::parameters::Parameters;
use crate::error::TrainError;
use crate::graph::{Graph, Op};
use autogo_engine::{Clip, Engine};

/// A graph's nodes with their kernels. A node whose result is that of another node (an identity, the output, a ReLU
/// that is part of a batch norm) has that node as its *root*; all lists of nodes below are lists of roots.
pub(super) struct Lowered {
    /// The kernel of every node; none for the input and for nodes that have another root.
    pub kernels: Vec<Option<Kernel>>,
    /// The node whose result is this node's.
    pub root: Vec<usize>,
    /// The readers of a root's result, an entry for every operand slot. The output is a reader.
    pub readers: Vec<Vec<usize>>,
    /// Whether the gradient by the root's result is asked for: the result depends on a weight, or on images whose
    /// gradient is wanted.
    pub wants: Vec<bool>,
    /// Whether the root is a map that its readers apply: its result is never stored.
    pub is_virtual: Vec<bool>,
}

/// Lowers a graph. `reaches_images` asks for the gradient of the images as well. O(nodes + edges).
pub(super) fn lower(
    graph: &Graph,
    parameters: &Parameters,
    engine: Engine,
    reaches_images: bool,
) -> Result<Lowered, TrainError> {
    let mut kernels = Vec::with_capacity(graph.len());
    for index in 0..graph.len() {
        let node = graph.node(index);
        let input = graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
        kernels.push(kernel(engine, &node.op, input).map_err(|error| refused(&node.name, &error))?);
    }
    let names = roots(graph, &vec![false; graph.len()]);
    let readers = readers(graph, &names);
    let mut absorbed = vec![false; graph.len()];
    for index in 0..graph.len() {
        let clip = match &kernels[index] {
            Some(Kernel::Map(clip)) if *clip != Clip::None => *clip,
            _ => continue,
        };
        let before = names[graph.operands(index)[0]];
        if graph.node(before).op == Op::BatchNorm && readers[before].len() == 1 {
            kernels[before] = Some(Kernel::Map(clip));
            kernels[index] = None;
            absorbed[index] = true;
        }
    }
    let root = roots(graph, &absorbed);
    let readers = self::readers(graph, &root);
    let mut wants = vec![false; graph.len()];
    for index in 0..graph.len() {
        let depends = graph.operands(index).iter().any(|&operand| wants[root[operand]]);
        let is_zero = matches!(kernels[index], Some(Kernel::Zero));
        wants[index] = !is_zero && (depends || parameters.first[index].is_some() || (reaches_images && index == 0));
    }
    let applies = |reader: &usize| matches!(kernels[*reader], Some(Kernel::Conv(_) | Kernel::Transpose(_)));
    let is_virtual = (0..graph.len())
        .map(|index| matches!(kernels[index], Some(Kernel::Map(_))) && readers[index].iter().all(applies))
        .collect();
    Ok(Lowered { kernels, root, readers, wants, is_virtual })
}

fn roots(graph: &Graph, absorbed: &[bool]) -> Vec<usize> {
    let mut root: Vec<usize> = Vec::with_capacity(graph.len());
    for index in 0..graph.len() {
        let is_alias = absorbed[index] || matches!(graph.node(index).op, Op::Identity | Op::Output);
        root.push(if is_alias { root[graph.operands(index)[0]] } else { index });
    }
    root
}

/// The readers of every root, the output among them.
fn readers(graph: &Graph, root: &[usize]) -> Vec<Vec<usize>> {
    let mut readers = vec![Vec::new(); graph.len()];
    for index in 0..graph.len() {
        if root[index] == index || graph.node(index).op == Op::Output {
            for &operand in graph.operands(index) {
                readers[root[operand]].push(index);
            }
        }
    }
    readers
}
