//! The number of times that each piece of a segmenter occurs in a network.

use crate::graph::Graph;
use crate::segment::{Mining, Segmenter, TokenForm};
use std::collections::BTreeMap;

/// Pieces by number, ascending, with how often each occurs; pieces that do not occur are left out.
pub(super) type Counts = Vec<(usize, f64)>;

/// The mining of pieces that are single ops with their kernels.
pub(super) fn single_ops() -> Mining {
    let tokens = TokenForm { neighbours: false, ..TokenForm::default() };
    Mining { tokens, ..Mining::ngrams(1) }
}

/// The counts of a network's pieces.
pub(super) fn counts(graph: &Graph, segmenter: &Segmenter) -> Counts {
    let mut counts = BTreeMap::new();
    for piece in segmenter.pieces(graph, |_| true).1 {
        *counts.entry(piece.id as usize).or_insert(0.0) += 1.0;
    }
    counts.into_iter().collect()
}

/// The number of times that one piece occurs.
pub(super) fn count_of(counts: &Counts, piece: usize) -> f64 {
    counts.binary_search_by_key(&piece, |entry| entry.0).map_or(0.0, |at| counts[at].1)
}
