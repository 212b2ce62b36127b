//! The engine's loops over vectors, with two roundings for a product that is added: the same bits on every processor.

use autogo_engine::{Arithmetic, Engine, vector};
use std::sync::LazyLock;

/// The processor's widest vectors.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(Arithmetic::Portable));

pub(super) use vector::decay;

/// The scalar product. O(length).
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    vector::dot(&ENGINE, a, b)
}

/// Adds `factor · x` to `y`. O(length).
pub(super) fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    vector::add_scaled(&ENGINE, y, factor, x);
}

/// Adds `factor · min(x, column[j])` to `sums[j]`. O(length).
pub(super) fn add_minima(sums: &mut [f64], factor: f64, x: f64, column: &[f64]) {
    vector::add_minima(&ENGINE, sums, factor, x, column);
}

/// The sum of `weights[j] · exp(-distances[j])`. O(length).
pub(super) fn weighted_decays(distances: &[f64], weights: &[f64]) -> f64 {
    vector::weighted_decays(&ENGINE, distances, weights)
}
