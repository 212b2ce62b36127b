//! Places along the layers, after U. Brandes and B. Köpf, *Fast and Simple Horizontal Coordinate Assignment* (GD 2001):
//! vertices that can stand below each other form straight blocks, aligned from above and from below, to the left and to
//! the right; a vertex stands in the middle of what the four ways say. The inner parts of long edges are straight.

use super::layers::Layers;
use super::{GAP, LANE, NODE};
use std::collections::{BTreeMap, HashSet};

/// The middle of every vertex, in pixels from the left edge. O(vertices + edges · log).
pub(super) fn place(layers: &Layers) -> Vec<f64> {
    let conflicts = conflicts(layers);
    let upside_down: Vec<Vec<usize>> = layers.rows.iter().rev().cloned().collect();
    let mut found: Vec<Vec<f64>> = Vec::with_capacity(4);
    for (rows, near) in [(&layers.rows, &layers.above), (&upside_down, &layers.below)] {
        let mirrored: Vec<Vec<usize>> = rows.iter().map(|row| row.iter().rev().copied().collect()).collect();
        found.push(one_way(layers, rows, near, &conflicts));
        found.push(one_way(layers, &mirrored, near, &conflicts).into_iter().map(|middle| -middle).collect());
    }
    let extent = |middles: &[f64]| {
        let sides = middles.iter().enumerate().map(|(vertex, &middle)| (middle, width(layers, vertex) / 2.0));
        sides.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (middle, half)| {
            (low.min(middle - half), high.max(middle + half))
        })
    };
    // All four share one edge with the narrowest: those that lean to the left the left one, the others the right one.
    let extents: Vec<(f64, f64)> = found.iter().map(|middles| extent(middles)).collect();
    let narrowest = (0..4).min_by(|&a, &b| (extents[a].1 - extents[a].0).total_cmp(&(extents[b].1 - extents[b].0)));
    let (low, high) = extents[narrowest.unwrap_or(0)];
    for (at, middles) in found.iter_mut().enumerate() {
        let shift = if at % 2 == 0 { low - extents[at].0 } else { high - extents[at].1 };
        middles.iter_mut().for_each(|middle| *middle += shift);
    }
    let middle = |vertex: usize| {
        let mut four: Vec<f64> = found.iter().map(|middles| middles[vertex]).collect();
        four.sort_by(f64::total_cmp);
        (four[1] + four[2]) / 2.0
    };
    let middles: Vec<f64> = (0..layers.layer.len()).map(middle).collect();
    let left = extent(&middles).0;
    middles.into_iter().map(|middle| middle - left).collect()
}

fn width(layers: &Layers, vertex: usize) -> f64 {
    if layers.is_lane(vertex) { LANE } else { NODE }
}

/// Edges that cross the inner part of a long edge, as (upper vertex, lower vertex): the inner part stays straight, so the
/// other edge may not be.
fn conflicts(layers: &Layers) -> HashSet<(usize, usize)> {
    let places = layers.places();
    let mut found = HashSet::new();
    for pair in layers.rows.windows(2) {
        let (upper, lower) = (&pair[0], &pair[1]);
        let inner = |vertex: usize| {
            layers.above[vertex].first().copied().filter(|&from| layers.is_lane(vertex) && layers.is_lane(from))
        };
        let (mut first, mut seen) = (0, 0);
        for (at, &vertex) in lower.iter().enumerate() {
            let from = inner(vertex);
            if from.is_none() && at + 1 < lower.len() {
                continue;
            }
            let last = from.map_or(upper.len().saturating_sub(1), |from| places[from]);
            for &other in &lower[seen..=at] {
                let outside =
                    layers.above[other].iter().filter(|&&above| places[above] < first || places[above] > last);
                found.extend(outside.filter(|_| inner(other).is_none()).map(|&above| (above, other)));
            }
            (first, seen) = (last, at + 1);
        }
    }
    found
}

/// Middles of all vertices when rows are gone through in this order, vertices are aligned with their median neighbour of
/// `near`, the left one first, and blocks stand as far to the left as they can.
fn one_way(layers: &Layers, rows: &[Vec<usize>], near: &[Vec<usize>], conflicts: &HashSet<(usize, usize)>) -> Vec<f64> {
    let count = layers.layer.len();
    let mut places = vec![0; count];
    for row in rows {
        row.iter().enumerate().for_each(|(place, &vertex)| places[vertex] = place);
    }
    let block = blocks(count, rows, near, &places, conflicts);
    let places = compact(layers, rows, &block);
    (0..count).map(|vertex| places[block[vertex]]).collect()
}

/// The block of every vertex, named by its first vertex. A vertex joins the block of a median neighbour in the row before
/// it, unless the edge crosses one that is aligned already, or the inner part of a long edge.
fn blocks(
    count: usize,
    rows: &[Vec<usize>],
    near: &[Vec<usize>],
    places: &[usize],
    conflicts: &HashSet<(usize, usize)>,
) -> Vec<usize> {
    let mut block: Vec<usize> = (0..count).collect();
    let mut is_taken = vec![false; count];
    for row in rows {
        let mut free_from = 0;
        for &vertex in row {
            let mut others = near[vertex].clone();
            others.sort_by_key(|&other| places[other]);
            let Some(last) = others.len().checked_sub(1) else { continue };
            for median in [last / 2, last.div_ceil(2)] {
                let other = others[median];
                let crosses = conflicts.contains(&(other, vertex)) || conflicts.contains(&(vertex, other));
                if block[vertex] == vertex && places[other] >= free_from && !is_taken[other] && !crosses {
                    block[vertex] = block[other];
                    is_taken[other] = true;
                    free_from = places[other] + 1;
                }
            }
        }
    }
    block
}

/// The place of every block, by the number of its first vertex: as far to the left as the blocks beside it let it, and
/// then as far to the right as it can without moving another.
fn compact(layers: &Layers, rows: &[Vec<usize>], block: &[usize]) -> Vec<f64> {
    let count = block.len();
    let mut right: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); count];
    let mut waiting = vec![0usize; count];
    for pair in rows.iter().flat_map(|row| row.windows(2)) {
        let apart = (width(layers, pair[0]) + width(layers, pair[1])) / 2.0 + GAP;
        let (from, to) = (block[pair[0]], block[pair[1]]);
        let known = right[from].entry(to).or_insert_with(|| {
            waiting[to] += 1;
            0.0
        });
        *known = known.max(apart);
    }
    let mut order: Vec<usize> = (0..count).filter(|&one| block[one] == one && waiting[one] == 0).collect();
    let mut places = vec![0.0f64; count];
    let mut at = 0;
    while let Some(&one) = order.get(at) {
        for (&next, apart) in &right[one] {
            places[next] = places[next].max(places[one] + apart);
            waiting[next] -= 1;
            if waiting[next] == 0 {
                order.push(next);
            }
        }
        at += 1;
    }
    for &one in order.iter().rev() {
        let limit = right[one].iter().map(|(&next, apart)| places[next] - apart).fold(f64::INFINITY, f64::min);
        if limit.is_finite() {
            places[one] = places[one].max(limit);
        }
    }
    places
}
