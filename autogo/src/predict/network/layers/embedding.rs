//! The embedding: a row for every node, read off its features ([release §6.1](crate::doc::release#s6-1)).
//!
//! * A node without weights: `[op, shape]`.
//! * A node with weights: `[op, shape, kernel height, kernel width, bias]`.
//!
//! `op` is a row of a table; `shape` is a linear layer of the six sizes; kernel height and width are rows of one table;
//! `bias` is a linear layer of `[1, 0]` (no bias) or `[0, 1]`.
//!
//! # Shapes
//! * `regular_op`: kinds × (hidden - 8); `weighted_op`: kinds × (hidden - 18)
//! * `kernel`: 8 × 4
//! * `shape.weight`: 6 × 8; `shape.bias`: 1 × 8
//! * `bias.weight`: 2 × 2; `bias.bias`: 1 × 2
//! * the embedding: nodes × hidden

use super::linear::{add_bias, linear};
use crate::error::Error;
use crate::predict::network::features::{KERNELS, NodeFeatures};
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector, plus};
use crate::predict::network::sparse::{Sparse, SparsePair};
use dfdx::prelude::*;

/// Columns of the embedding that the shape takes.
const SHAPE: usize = 8;
/// Columns that a side of the kernel takes.
const KERNEL: usize = 4;
/// Columns that the bias takes.
const BIAS: usize = 2;

/// The parameters, for nodes of `kinds` kinds.
pub(in crate::predict::network) fn parameters(kinds: usize, hidden: usize) -> Layout {
    Layout::default()
        .table("regular_op", kinds, hidden - SHAPE)
        .table("weighted_op", kinds, hidden - SHAPE - 2 * KERNEL - BIAS)
        .table("kernel", KERNELS, KERNEL)
        .linear("shape", 6, SHAPE)
        .linear("bias", 2, BIAS)
}

/// Some nodes as matrices.
pub(in crate::predict::network) struct NodeMatrices {
    regular: OneSort,
    weighted: OneSort,
    /// Takes every node's row from the rows of the nodes without weights, followed by those with weights.
    select: SparsePair,
}

/// The nodes without weights, or those with weights.
struct OneSort {
    /// Nodes × kinds.
    op: SparsePair,
    /// Nodes × 6.
    shape: Matrix,
    /// Nodes × 8, for height and width.
    kernel: [SparsePair; 2],
    /// Nodes × 2.
    bias: SparsePair,
}

impl NodeMatrices {
    /// The matrices of some nodes of `kinds` kinds.
    pub(in crate::predict::network) fn new(nodes: &[NodeFeatures], kinds: usize, device: &Cpu) -> Self {
        let of_sort = |weighted: bool| nodes.iter().filter(move |node| node.weighted == weighted).copied();
        let sorts = [false, true].map(|weighted| of_sort(weighted).collect::<Vec<_>>());
        let (mut next_regular, mut next_weighted) = (0, sorts[0].len());
        let place = |node: &NodeFeatures| {
            let next = if node.weighted { &mut next_weighted } else { &mut next_regular };
            *next += 1;
            *next - 1
        };
        let select = Sparse::one_hot(nodes.len(), nodes.iter().map(place).collect::<Vec<_>>());
        let [regular, weighted] = sorts.map(|nodes| OneSort::new(&nodes, kinds, device));
        NodeMatrices { regular, weighted, select: select.into() }
    }
}

impl OneSort {
    fn new(nodes: &[NodeFeatures], kinds: usize, device: &Cpu) -> Self {
        let shape: Vec<f32> = nodes.iter().flat_map(|node| node.shape).collect();
        OneSort {
            op: Sparse::one_hot(kinds, nodes.iter().map(|node| node.kind)).into(),
            shape: device.tensor_from_vec(shape, (nodes.len(), 6)),
            kernel: [
                Sparse::one_hot(KERNELS, nodes.iter().map(|node| node.kernel.0)).into(),
                Sparse::one_hot(KERNELS, nodes.iter().map(|node| node.kernel.1)).into(),
            ],
            bias: Sparse::one_hot(2, nodes.iter().map(|node| usize::from(node.bias))).into(),
        }
    }
}

/// The embeddings of some nodes: nodes × hidden.
pub(in crate::predict::network) fn forward<T: Tape<f32, Cpu>>(
    nodes: &NodeMatrices,
    weights: &Weights<'_>,
) -> Result<Matrix<T>, Error> {
    let kernel = weights.matrix("kernel")?;
    let (shape, bias) = (weights.linear("shape")?, weights.linear("bias")?);
    let embed_shape = |sort: &OneSort| linear::<T>(sort.shape.retaped(), &shape);
    let look_up = |table: &Matrix, rows: &SparsePair| rows.multiply(table.retaped::<T>());
    let sort = &nodes.regular;
    let regular =
        (look_up(&weights.matrix("regular_op")?, &sort.op)?, embed_shape(sort)?).try_concat_along(Axis::<1>)?;
    let sort = &nodes.weighted;
    let biases = add_bias(sort.bias.multiply(bias.0.retaped::<T>())?, &bias.1)?;
    let weighted =
        (look_up(&weights.matrix("weighted_op")?, &sort.op)?, embed_shape(sort)?).try_concat_along(Axis::<1>)?;
    let weighted = (weighted, look_up(&kernel, &sort.kernel[0])?).try_concat_along(Axis::<1>)?;
    let weighted = (weighted, look_up(&kernel, &sort.kernel[1])?).try_concat_along(Axis::<1>)?;
    let weighted = (weighted, biases).try_concat_along(Axis::<1>)?;
    Ok(nodes.select.multiply((regular, weighted).try_concat_along(Axis::<0>)?)?)
}

/// The plain computation of one node's embedding.
#[cfg(test)]
pub(in crate::predict::network) fn reference(node: &NodeFeatures, weights: &PlainWeights<'_>) -> Vector {
    let shape: Vector = node.shape.iter().map(|&x| f64::from(x)).collect();
    let shape = weights.linear_of(&shape, "shape");
    if !node.weighted {
        return [weights.row("regular_op", node.kind), shape].concat();
    }
    let bias = plus(&weights.row("bias.weight", usize::from(node.bias)), &weights.row("bias.bias", 0));
    let kernel = [node.kernel.0, node.kernel.1].map(|size| weights.row("kernel", size)).concat();
    [weights.row("weighted_op", node.kind), shape, kernel, bias].concat()
}
