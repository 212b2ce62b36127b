//! The order of the vertices of a layer: by the mean place of their neighbours, up and down, and by exchanging
//! neighbours, as long as edges cross less.

use super::layers::Layers;

/// Sweeps over all layers.
const SWEEPS: usize = 8;

/// Puts the vertices of every layer in an order with few crossings; of the orders that are tried, the best is kept.
pub(super) fn reduce_crossings(layers: &mut Layers) {
    let mut best = layers.rows.clone();
    let mut fewest = crossings(layers);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let count = layers.rows.len();
        match sweep % 2 {
            0 => (1..count).for_each(|row| sort_by_neighbours(layers, row, true)),
            _ => (0..count.saturating_sub(1)).rev().for_each(|row| sort_by_neighbours(layers, row, false)),
        }
        exchange_neighbours(layers);
        let found = crossings(layers);
        if found < fewest {
            (fewest, best) = (found, layers.rows.clone());
        }
    }
    layers.rows = best;
}

/// Sorts a row by the mean place of the neighbours above, or below; a vertex without such neighbours keeps its place.
fn sort_by_neighbours(layers: &mut Layers, row: usize, is_above: bool) {
    let places = layers.places();
    let near = if is_above { &layers.above } else { &layers.below };
    let mean = |&vertex: &usize| {
        let sum: usize = near[vertex].iter().map(|&other| places[other]).sum();
        match near[vertex].len() {
            0 => places[vertex] as f64,
            count => sum as f64 / count as f64,
        }
    };
    let mut sorted: Vec<(f64, usize)> = layers.rows[row].iter().map(|vertex| (mean(vertex), *vertex)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    layers.rows[row] = sorted.into_iter().map(|(_, vertex)| vertex).collect();
}

/// Exchanges two neighbours of a row wherever their edges then cross less, once over all rows.
fn exchange_neighbours(layers: &mut Layers) {
    let mut places = layers.places();
    for row in 0..layers.rows.len() {
        for at in 1..layers.rows[row].len() {
            let (left, right) = (layers.rows[row][at - 1], layers.rows[row][at]);
            let crossed = |a: usize, b: usize| {
                crossed_by(&layers.above[a], &layers.above[b], &places)
                    + crossed_by(&layers.below[a], &layers.below[b], &places)
            };
            if crossed(right, left) < crossed(left, right) {
                layers.rows[row].swap(at - 1, at);
                (places[left], places[right]) = (at, at - 1);
            }
        }
    }
}

/// Crossings of the edges of a vertex with those of a vertex to its right; `left` and `right` are their neighbours.
fn crossed_by(left: &[usize], right: &[usize], places: &[usize]) -> usize {
    left.iter().map(|&a| right.iter().filter(|&&b| places[b] < places[a]).count()).sum()
}

/// The number of crossings of edges between neighbouring layers.
pub(super) fn crossings(layers: &Layers) -> usize {
    let places = layers.places();
    let of_row = |row: &Vec<usize>| -> usize {
        let pairs =
            row.iter().enumerate().flat_map(|(at, &left)| row[at + 1..].iter().map(move |&right| (left, right)));
        pairs.map(|(left, right)| crossed_by(&layers.above[left], &layers.above[right], &places)).sum()
    };
    layers.rows.iter().map(of_row).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_in_the_wrong_order_change_places() {
        // Two chains from one node, whose second nodes stand in the order that crosses.
        let mut layers = Layers::of(&[vec![], vec![0], vec![0], vec![2], vec![1], vec![3, 4]]);
        assert_eq!(crossings(&layers), 1);
        reduce_crossings(&mut layers);
        assert_eq!(crossings(&layers), 0);
    }
}
