//! Many partitions as one set of matrices.

use super::features::{GraphFeatures, KERNELS, NodeFeatures, OPS};
use super::sparse::{Matrix, Sparse, SparsePair};
use crate::partition::Partition;
use dfdx::prelude::*;

/// A graph's features and one way to cut it: what a predictor is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Features of the whole graph.
    pub graph: &'a GraphFeatures,
    /// How it is cut.
    pub partition: &'a Partition,
}

/// The distinct nodes of one kind (weighted or not).
pub(super) struct Kind {
    pub(super) op: SparsePair,
    pub(super) shape: Matrix,
    pub(super) kernel: [SparsePair; 2],
    pub(super) bias: SparsePair,
}

/// The matrices of a batch of cases. Row `3·i + j` of `readout` averages part `j` of case `i`.
pub(super) struct Batch {
    pub(super) regular: Kind,
    pub(super) weighted: Kind,
    /// Takes every node's row from the regular rows followed by the weighted rows.
    pub(super) select: SparsePair,
    /// Sums over the operands inside the same part.
    pub(super) neighbours: SparsePair,
    /// Means over the nodes of each part; an empty part reads zeros.
    pub(super) readout: SparsePair,
    pub(super) cases: usize,
}

impl Batch {
    pub(super) fn new(cases: &[Case<'_>], device: &Cpu) -> Self {
        let mut distinct: [Vec<NodeFeatures>; 2] = [Vec::new(), Vec::new()];
        let mut rows: Vec<(bool, usize)> = Vec::new();
        let mut edges: Vec<Vec<usize>> = Vec::new();
        let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
        for case in cases {
            let offsets = [distinct[0].len(), distinct[1].len()];
            let mut place = Vec::with_capacity(case.graph.distinct.len());
            for features in &case.graph.distinct {
                let kind = &mut distinct[usize::from(features.weighted)];
                place.push((features.weighted, kind.len()));
                kind.push(*features);
            }
            debug_assert!(place.iter().all(|&(weighted, at)| at >= offsets[usize::from(weighted)]));
            let mut row_of = vec![usize::MAX; case.graph.len()];
            for part in case.partition.parts() {
                let start = rows.len();
                for &node in part {
                    row_of[node] = rows.len();
                    rows.push(place[case.graph.node[node]]);
                }
                for &node in part {
                    let inside = |&operand: &usize| {
                        let row = row_of[operand];
                        (row != usize::MAX && row >= start).then_some(row)
                    };
                    edges.push(case.graph.operands[node].iter().filter_map(inside).collect());
                }
                parts.push(start..rows.len());
            }
        }
        let regular_count = distinct[0].len();
        let select = rows.iter().map(|&(weighted, at)| if weighted { regular_count + at } else { at });
        let select = Sparse::one_hot(regular_count + distinct[1].len(), select);
        let mut neighbours = Sparse::new(rows.len());
        edges.into_iter().for_each(|row| neighbours.push_row(row.into_iter().map(|operand| (operand, 1.0))));
        let mut readout = Sparse::new(rows.len());
        for part in parts {
            let weight = 1.0 / part.len().max(1) as f32;
            readout.push_row(part.map(|row| (row, weight)));
        }
        let [regular, weighted] = distinct.map(|nodes| Kind::new(&nodes, device));
        Batch {
            regular,
            weighted,
            select: select.into(),
            neighbours: neighbours.into(),
            readout: readout.into(),
            cases: cases.len(),
        }
    }
}

impl Kind {
    fn new(nodes: &[NodeFeatures], device: &Cpu) -> Self {
        let shape: Vec<f32> = nodes.iter().flat_map(|node| node.shape).collect();
        Kind {
            op: Sparse::one_hot(OPS, nodes.iter().map(|node| node.op)).into(),
            shape: device.tensor_from_vec(shape, (nodes.len(), 6)),
            kernel: [
                Sparse::one_hot(KERNELS, nodes.iter().map(|node| node.kernel.0)).into(),
                Sparse::one_hot(KERNELS, nodes.iter().map(|node| node.kernel.1)).into(),
            ],
            bias: Sparse::one_hot(2, nodes.iter().map(|node| usize::from(node.bias))).into(),
        }
    }
}
