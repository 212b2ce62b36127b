//! The pairs of networks that pairwise losses compare.

use crate::error::Error;
use crate::predict::network::{Sparse, SparsePair};

/// Every two networks of a step whose targets differ by more than the noise, the better one first.
pub(super) struct Pairs {
    /// The lead of the better one: pairs × networks, 1 for the better and -1 for the other.
    pub(super) leads: SparsePair,
    /// The distance of the targets of each pair.
    pub(super) distances: Vec<f32>,
}

impl Pairs {
    /// The pairs of some targets. Without any, a single pair of nothing, whose loss is zero. O(targets²).
    pub(super) fn new(targets: &[f32], noise: f32) -> Self {
        let mut leads = Sparse::new(targets.len());
        let mut distances = Vec::new();
        for (a, x) in targets.iter().enumerate() {
            for (b, y) in targets.iter().enumerate() {
                if x - y > noise {
                    leads.push_row([(a, 1.0), (b, -1.0)]);
                    distances.push(x - y);
                }
            }
        }
        if distances.is_empty() {
            leads.push_row([]);
            distances.push(0.0);
        }
        Pairs { leads: leads.into(), distances }
    }
}

/// Refuses steps of one network.
pub(super) fn needs_two(batch: usize) -> Result<(), Error> {
    match batch {
        0 | 1 => Err(Error::setting("batch", format!("is {batch}"), "2 or more for a pairwise loss")),
        _ => Ok(()),
    }
}

/// The mean of `one` over all pairs, given their lead and the distance of their targets.
#[cfg(test)]
pub(super) fn reference(predictions: &[f64], targets: &[f64], noise: f64, one: impl Fn(f64, f64) -> f64) -> f64 {
    let mut losses = Vec::new();
    for a in 0..targets.len() {
        for b in 0..targets.len() {
            let distance = targets[a] - targets[b];
            if distance > noise {
                losses.push(one(predictions[a] - predictions[b], distance));
            }
        }
    }
    losses.iter().sum::<f64>() / losses.len().max(1) as f64
}
