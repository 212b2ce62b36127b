//! The places of drawn nodes and of the edges between them, after Sugiyama: `layers` puts every node in a layer and gives
//! long edges a lane in the layers that they pass, `order` puts the vertices of a layer in an order with few crossings,
//! `columns` gives every vertex its place along the layer.

mod columns;
mod layers;
mod order;

use layers::Layers;

/// Width of a node, in pixels.
pub(super) const NODE: f64 = 104.0;
/// Width of the lane of an edge.
const LANE: f64 = 6.0;
/// Space between two neighbours of a layer.
const GAP: f64 = 10.0;

/// A place for each drawn node, in layers from the top and in pixels from the left.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// The layer of every node.
    pub(super) layer: Vec<usize>,
    /// The middle of every node.
    pub(super) middle: Vec<f64>,
    /// For every node, the places where its result passes the layers below it on the way to nodes further down. All edges
    /// of a node share these lanes.
    pub(super) lanes: Vec<Vec<f64>>,
    /// The number of layers.
    pub(super) layers: usize,
}

/// Lays out a DAG whose nodes stand in execution order; `operands[v]` are the nodes drawn above `v`. No lane runs through a
/// node. O((nodes + lanes) · log) for each of a fixed number of sweeps, and O(edges²) between two layers.
pub(super) fn layout(operands: &[Vec<usize>]) -> Layout {
    let mut layers = Layers::of(operands);
    order::reduce_crossings(&mut layers);
    let middle = columns::place(&layers);
    let lanes = layers.lanes.iter().map(|lanes| lanes.iter().map(|&lane| middle[lane]).collect()).collect();
    let count = operands.len();
    Layout { layer: layers.layer[..count].to_vec(), middle: middle[..count].to_vec(), lanes, layers: layers.rows.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{FamilyName, network};
    use proptest::prelude::*;

    /// The vertices of a layer from left to right: middle and width.
    fn rows(layout: &Layout) -> Vec<Vec<(f64, f64)>> {
        let mut rows = vec![Vec::new(); layout.layers];
        for (node, (&layer, &middle)) in layout.layer.iter().zip(&layout.middle).enumerate() {
            rows[layer].push((middle, NODE));
            layout.lanes[node].iter().enumerate().for_each(|(below, &lane)| rows[layer + 1 + below].push((lane, LANE)));
        }
        rows.iter_mut().for_each(|row| row.sort_by(|a, b| a.0.total_cmp(&b.0)));
        rows
    }

    fn check(operands: &[Vec<usize>]) {
        let layout = layout(operands);
        for row in rows(&layout) {
            for pair in row.windows(2) {
                let apart = pair[1].0 - pair[0].0 - (pair[0].1 + pair[1].1) / 2.0;
                assert!(apart > GAP - 1e-6, "{apart} between {pair:?}");
            }
        }
        for (node, operands) in operands.iter().enumerate() {
            for &operand in operands {
                let passed = layout.layer[node] - layout.layer[operand] - 1;
                assert!(layout.lanes[operand].len() >= passed);
            }
            assert!(layout.middle[node] >= NODE / 2.0 - 1e-6);
        }
    }

    fn operands_of(spec: &str) -> Vec<Vec<usize>> {
        let graph = network(spec).unwrap();
        (0..graph.len()).map(|node| graph.operands(node).to_vec()).collect()
    }

    #[test]
    fn nothing_stands_on_another_in_any_system() {
        for family in FamilyName::ALL {
            check(&operands_of(&family.sample(0, 4)));
        }
    }

    #[test]
    fn a_chain_is_a_straight_line_and_a_skip_runs_beside_it() {
        let chain = layout(&[vec![], vec![0], vec![1], vec![2]]);
        assert_eq!(chain.middle, [NODE / 2.0; 4]);
        let skip = layout(&[vec![], vec![0], vec![1], vec![2, 0]]);
        assert_eq!((skip.middle[1], skip.lanes[0].len()), (skip.middle[2], 2));
        assert_eq!(skip.lanes[0][0], skip.lanes[0][1]);
    }

    proptest! {
        #[test]
        fn nothing_stands_on_another_in_a_random_graph(
            edges in proptest::collection::vec(proptest::collection::vec(any::<proptest::sample::Index>(), 1..4), 1..40),
        ) {
            let mut operands = vec![Vec::new()];
            for (before, sources) in edges.iter().enumerate() {
                operands.push(sources.iter().map(|source| source.index(before + 1)).collect());
            }
            check(&operands);
        }
    }
}
