//! NAS-Bench-101's name of a cell, and the enumeration of all cells by it.

use super::nb101::{MAX_EDGES, MAX_VERTICES, Nb101, VertexOp};
use md5::{Digest, Md5};
use rayon::prelude::*;
use std::collections::HashSet;

impl Nb101 {
    /// All architectures, once each, by ascending [`Nb101::module_hash`]: the benchmark's own order. Takes seconds.
    pub fn all() -> Vec<Nb101> {
        enumerate()
    }

    /// The benchmark's isomorphism-invariant name of the cell: an MD5 in hexadecimal.
    pub fn module_hash(&self) -> String {
        String::from_utf8_lossy(&raw_hash(self)).into_owned()
    }
}

fn hex(text: &[u8]) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest = Md5::digest(text);
    std::array::from_fn(|at| {
        let byte = digest[at / 2];
        DIGITS[usize::from(if at % 2 == 0 { byte >> 4 } else { byte & 15 })]
    })
}

/// The published procedure: every vertex starts as the MD5 of `(out-degree, in-degree, label)`, then as often as there
/// are vertices becomes the MD5 of its sorted in-neighbours, its sorted out-neighbours and itself; the name is the MD5 of
/// the sorted list. Labels are -1 for the input, -2 for the output, else the operation's number.
fn raw_hash(arch: &Nb101) -> [u8; 32] {
    let n = arch.vertices();
    let mut hashes = [[0u8; 32]; MAX_VERTICES];
    for (v, hash) in hashes.iter_mut().enumerate().take(n) {
        let outward = (0..n).filter(|&to| arch.has_edge(v, to)).count();
        let inward = (0..n).filter(|&from| arch.has_edge(from, v)).count();
        let label = match v {
            0 => -1,
            _ if v == n - 1 => -2,
            _ => arch.ops()[v - 1] as i32,
        };
        *hash = hex(format!("({outward}, {inward}, {label})").as_bytes());
    }
    let mut text = Vec::with_capacity(32 * MAX_VERTICES + 2);
    for _ in 0..n {
        let mut next = hashes;
        for (v, hash) in next.iter_mut().enumerate().take(n) {
            text.clear();
            for is_inward in [true, false] {
                let near = |u: &usize| if is_inward { arch.has_edge(*u, v) } else { arch.has_edge(v, *u) };
                let mut neighbours = [[0u8; 32]; MAX_VERTICES];
                let mut count = 0;
                for u in (0..n).filter(near) {
                    neighbours[count] = hashes[u];
                    count += 1;
                }
                neighbours[..count].sort_unstable();
                neighbours[..count].iter().for_each(|hash| text.extend_from_slice(hash));
                text.push(b'|');
            }
            text.extend_from_slice(&hashes[v]);
            *hash = hex(&text);
        }
        hashes = next;
    }
    hashes[..n].sort_unstable();
    let quoted: Vec<String> = hashes[..n].iter().map(|hash| format!("'{}'", String::from_utf8_lossy(hash))).collect();
    hex(format!("[{}]", quoted.join(", ")).as_bytes())
}

/// A cell's edges as one bit for every ordered pair of vertices.
type Edges = u64;

fn edges_under(feeds: &[u8; MAX_VERTICES], n: usize, order: &[usize]) -> Edges {
    let mut edges = 0;
    for from in 0..n {
        let mut rest = feeds[from];
        while rest != 0 {
            let to = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            edges |= 1 << (order[from] * MAX_VERTICES + order[to]);
        }
    }
    edges
}

/// All orders of the inner vertices 1 to n-2; input and output stay.
fn orders(n: usize) -> Vec<Vec<usize>> {
    fn extend(order: &mut Vec<usize>, n: usize, all: &mut Vec<Vec<usize>>) {
        if order.len() == n - 1 {
            all.push(order.iter().copied().chain([n - 1]).collect());
            return;
        }
        for v in 1..n - 1 {
            if !order.contains(&v) {
                order.push(v);
                extend(order, n, all);
                order.pop();
            }
        }
    }
    let mut all = Vec::new();
    extend(&mut vec![0], n, &mut all);
    all
}

/// Whether every vertex lies on a path from input to output.
fn is_full(feeds: &[u8; MAX_VERTICES], n: usize) -> bool {
    let fed = feeds[..n].iter().fold(1u8, |fed, row| fed | row);
    fed == ((1u16 << n) - 1) as u8 && feeds[..n - 1].iter().all(|row| *row != 0)
}

/// All cells once each, by ascending module hash. Unlabelled cells are told apart by their least edge set under all
/// orders of the inner vertices, labelled ones by their least labels under the orders that keep those edges.
fn enumerate() -> Vec<Nb101> {
    let mut cells: Vec<(usize, [u8; MAX_VERTICES], Vec<Vec<usize>>)> = Vec::new();
    for n in 2..=MAX_VERTICES {
        let orders = orders(n);
        let pairs: Vec<(usize, usize)> = (0..n).flat_map(|from| (from + 1..n).map(move |to| (from, to))).collect();
        let mut seen: HashSet<Edges> = HashSet::new();
        for bits in 0u32..1 << pairs.len() {
            if bits.count_ones() > MAX_EDGES {
                continue;
            }
            let mut feeds = [0u8; MAX_VERTICES];
            let mut rest = bits;
            while rest != 0 {
                let (from, to) = pairs[rest.trailing_zeros() as usize];
                rest &= rest - 1;
                feeds[from] |= 1 << to;
            }
            if !is_full(&feeds, n) {
                continue;
            }
            let own = edges_under(&feeds, n, &orders[0]);
            let mut least = own;
            let mut keeping = Vec::new();
            for (at, order) in orders.iter().enumerate() {
                let edges = edges_under(&feeds, n, order);
                least = least.min(edges);
                if edges == own {
                    keeping.push(at);
                }
            }
            if seen.insert(least) {
                cells.push((n, feeds, keeping.into_iter().map(|at| orders[at].clone()).collect()));
            }
        }
    }
    let mut named: Vec<([u8; 32], Nb101)> =
        cells.par_iter().flat_map_iter(|(n, feeds, keeping)| labelled(*n, *feeds, keeping)).collect();
    named.par_sort_unstable();
    named.into_iter().map(|(_, arch)| arch).collect()
}

fn labelled(n: usize, feeds: [u8; MAX_VERTICES], keeping: &[Vec<usize>]) -> Vec<([u8; 32], Nb101)> {
    let inner = n - 2;
    let mut made = Vec::new();
    for number in 0..3usize.pow(inner as u32) {
        let mut ops = [VertexOp::Conv3x3; MAX_VERTICES - 2];
        let mut rest = number;
        for op in ops[..inner].iter_mut() {
            *op = VertexOp::ALL[rest % 3];
            rest /= 3;
        }
        let is_least = keeping.iter().all(|order| {
            let moved = (1..=inner).map(|v| ops[order[v] - 1]);
            moved.ge(ops[..inner].iter().copied())
        });
        if is_least {
            let arch = Nb101::from_raw(n, feeds, ops);
            made.push((raw_hash(&arch), arch));
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_cells_are_enumerated_completely() {
        // Brute force over cells of up to five vertices: distinct published names.
        let mut names = HashSet::new();
        for n in 2..=5usize {
            let pairs: Vec<(usize, usize)> = (0..n).flat_map(|from| (from + 1..n).map(move |to| (from, to))).collect();
            for bits in 0u32..1 << pairs.len() {
                let edges: Vec<(usize, usize)> =
                    pairs.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, pair)| *pair).collect();
                for number in 0..3usize.pow(n as u32 - 2) {
                    let ops: Vec<VertexOp> =
                        (0..n - 2).map(|v| VertexOp::ALL[number / 3usize.pow(v as u32) % 3]).collect();
                    if let Ok(arch) = Nb101::new(&edges, &ops) {
                        names.insert(arch.module_hash());
                    }
                }
            }
        }
        let listed: Vec<String> =
            enumerate().into_iter().filter(|arch| arch.vertices() <= 5).map(|arch| arch.module_hash()).collect();
        assert_eq!(listed.len(), names.len());
        assert!(listed.iter().all(|name| names.contains(name)));
        assert!(listed.is_sorted());
    }
}
