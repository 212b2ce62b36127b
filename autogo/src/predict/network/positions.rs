//! Where a node stands in its network: its *order*, the place in the topological order, and its *depth*, the length of the
//! longest path that leads to it, each in units of the network's largest. A part of a network keeps those of the whole.

use crate::graph::Graph;

/// Order and depth of every node, each from 0 to 1. O(nodes + edges).
pub(super) fn positions(graph: &Graph) -> Vec<[f32; 2]> {
    let (mut place, depth) = (vec![0usize; graph.len()], depths(graph));
    graph.topological_order().iter().enumerate().for_each(|(at, &node)| place[node] = at);
    let deepest = depth.iter().copied().max().unwrap_or(0);
    let share = |number: usize, largest: usize| number as f32 / largest.max(1) as f32;
    let last = graph.len().saturating_sub(1);
    (0..graph.len()).map(|node| [share(place[node], last), share(depth[node], deepest)]).collect()
}

/// The length of the longest path to every node. O(nodes + edges).
pub(crate) fn depths(graph: &Graph) -> Vec<usize> {
    let mut depth = vec![0; graph.len()];
    for &node in graph.topological_order().iter() {
        depth[node] = graph.operands(node).iter().map(|&operand| depth[operand] + 1).max().unwrap_or(0);
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_depth_run_from_nought_to_one() {
        let graph = crate::families::network("resnet50").unwrap();
        let positions = positions(&graph);
        for side in [0, 1] {
            let of_side = || positions.iter().map(|position| position[side]);
            assert_eq!((of_side().fold(1.0, f32::min), of_side().fold(0.0, f32::max)), (0.0, 1.0));
        }
        for node in 0..graph.len() {
            for &operand in graph.operands(node) {
                assert!((0..2).all(|side| positions[operand][side] < positions[node][side]), "{operand} and {node}");
            }
        }
    }
}
