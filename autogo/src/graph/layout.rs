//! The places of drawn nodes: layers by longest path, order inside a layer by the mean of the neighbours.

use std::collections::HashMap;

/// A point for each drawn node, in layers and places; wide layers make `width` grow.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Layer and horizontal place of every node of the range; the place counts in node widths from the left.
    pub(super) places: Vec<(usize, f64)>,
    pub(super) layers: usize,
    pub(super) width: f64,
}

/// Lays out a DAG whose nodes stand in execution order; `operands[v]` are the nodes drawn above `v`. Edges that span
/// layers reserve a lane, so they do not run through nodes. O((nodes + edges · layers) · log).
pub(super) fn layout(operands: &[Vec<usize>]) -> Layout {
    let count = operands.len();
    let mut layer = vec![0usize; count];
    for node in 0..count {
        layer[node] = operands[node].iter().map(|&operand| layer[operand] + 1).max().unwrap_or(0);
    }
    // Vertices are nodes and the lanes of long edges: layer, and neighbours one layer up.
    let mut above: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut layer_of = layer.clone();
    for node in 0..count {
        for &operand in &operands[node] {
            let mut from = operand;
            for between in layer[operand] + 1..layer[node] {
                layer_of.push(between);
                above.push(vec![from]);
                from = above.len() - 1;
            }
            above[node].push(from);
        }
    }
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); above.len()];
    for (vertex, sources) in above.iter().enumerate() {
        sources.iter().for_each(|&source| below[source].push(vertex));
    }
    let layers = layer_of.iter().max().map_or(0, |last| last + 1);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layers];
    for (vertex, &at) in layer_of.iter().enumerate() {
        rows[at].push(vertex);
    }
    let mut place: HashMap<usize, f64> = HashMap::new();
    let centre = |rows: &[Vec<usize>], place: &mut HashMap<usize, f64>| {
        for row in rows {
            let middle = (row.len() as f64 - 1.0) / 2.0;
            row.iter().enumerate().for_each(|(at, &vertex)| {
                place.insert(vertex, at as f64 - middle);
            });
        }
    };
    centre(&rows, &mut place);
    for sweep in 0..4 {
        let (neighbours, order): (&[Vec<usize>], Vec<usize>) =
            if sweep % 2 == 0 { (&above, (0..layers).collect()) } else { (&below, (0..layers).rev().collect()) };
        for at in order {
            let mean = |vertex: &usize| {
                let near = &neighbours[*vertex];
                let sum: f64 = near.iter().map(|other| place[other]).sum();
                if near.is_empty() { place[vertex] } else { sum / near.len() as f64 }
            };
            let mut row: Vec<(f64, usize)> = rows[at].iter().map(|vertex| (mean(vertex), *vertex)).collect();
            row.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows[at] = row.into_iter().map(|(_, vertex)| vertex).collect();
            let moved = rows[at].clone();
            centre(std::slice::from_ref(&moved), &mut place);
        }
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or(1) as f64;
    let places = (0..count).map(|node| (layer[node], place[&node] + (width - 1.0) / 2.0)).collect();
    Layout { places, layers, width }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};

    #[test]
    fn nobody_stands_on_another_and_edges_point_down() {
        let graph = Nb201::at(15_000).build().unwrap();
        let operands: Vec<Vec<usize>> = (0..graph.len()).map(|node| graph.operands(node).to_vec()).collect();
        let layout = layout(&operands);
        for (a, &(layer, x)) in layout.places.iter().enumerate() {
            assert!(layer < layout.layers && (0.0..=layout.width - 1.0).contains(&x));
            for &(other_layer, other_x) in &layout.places[..a] {
                assert!(layer != other_layer || (x - other_x).abs() > 0.99);
            }
            assert!(graph.operands(a).iter().all(|&operand| layout.places[operand].0 < layer));
        }
    }
}
