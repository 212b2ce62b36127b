//! Loops over plain vectors, for the linear algebra of predictors. Sums run in lanes whose number and order are fixed.

use crate::Engine;
use crate::lanes::Plain;

/// Lanes of a sum.
const LANES: usize = 32;

/// The scalar product of two vectors of one length; of vectors of different lengths the longer one's rest is left out.
/// O(length).
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, vector::dot};
/// assert_eq!(dot(&Engine::new(Arithmetic::Portable), &[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
pub fn dot(engine: &Engine, a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    engine.loops(Products { a, b, map: |b| b, sum: &mut sum });
    sum
}

/// The sum of `weights[j] · exp(-distances[j])`, with [`decay`] for the exponentials. O(length).
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, vector::weighted_decays};
/// let sum = weighted_decays(&Engine::new(Arithmetic::Portable), &[0.0, 1.0], &[2.0, 1.0]);
/// assert!((sum - (2.0 + (-1f64).exp())).abs() < 1e-15);
/// ```
pub fn weighted_decays(engine: &Engine, distances: &[f64], weights: &[f64]) -> f64 {
    let mut sum = 0.0;
    engine.loops(Products { a: weights, b: distances, map: decay, sum: &mut sum });
    sum
}

/// Adds `factor · x` to `y`, element by element. O(length).
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, vector::add_scaled};
/// let mut y = [1.0, 1.0];
/// add_scaled(&Engine::new(Arithmetic::Portable), &mut y, 2.0, &[3.0, 4.0]);
/// assert_eq!(y, [7.0, 9.0]);
/// ```
pub fn add_scaled(engine: &Engine, y: &mut [f64], factor: f64, x: &[f64]) {
    engine.loops(Added { y, factor, x, map: |x| x });
}

/// Adds `factor · min(x, column[j])` to `sums[j]` for every j: what a value shares with the values of others. O(length).
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, vector::add_minima};
/// let mut sums = [0.0, 0.0];
/// add_minima(&Engine::new(Arithmetic::Portable), &mut sums, 2.0, 3.0, &[1.0, 5.0]);
/// assert_eq!(sums, [2.0, 6.0]);
/// ```
pub fn add_minima(engine: &Engine, sums: &mut [f64], factor: f64, x: f64, column: &[f64]) {
    engine.loops(Added { y: sums, factor, x: column, map: |own| if own < x { own } else { x } });
}

/// exp(-x) within two units of the last place; 0 above 708, where the exponential is smaller than any normal number.
/// There is no branch, so that a loop of it runs in lanes: x is a whole number of ln 2 and a rest of at most half of one,
/// and the rest's exponential is a Taylor polynomial.
///
/// ```
/// use autogo_engine::vector::decay;
/// assert_eq!((decay(0.0), decay(1e9)), (1.0, 0.0));
/// assert!((decay(2.5) / (-2.5f64).exp() - 1.0).abs() < 1e-15);
/// ```
#[inline(always)]
pub fn decay(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    /// 1/13!, 1/12!, …, 1/2!, 1, 1.
    const TAYLOR: [f64; 14] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    /// Adding this number leaves a whole number in the lowest bits of the sum.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let y = (-x).clamp(-708.0, 708.0);
    let shifted = y * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = (y - whole * LN2_HIGH) - whole * LN2_LOW;
    let polynomial = TAYLOR.iter().fold(0.0, |sum, c| sum * rest + c);
    // The exponent's field is moved by the whole number, which stands in the lowest bits.
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    if x > 708.0 { 0.0 } else { polynomial * power }
}

/// Writes the sum of `a[j] · map(b[j])`.
struct Products<'a, F> {
    a: &'a [f64],
    b: &'a [f64],
    map: F,
    sum: &'a mut f64,
}

impl<F: Fn(f64) -> f64> Plain for Products<'_, F> {
    #[inline(always)]
    fn run(self) {
        let mut lanes = [0.0; LANES];
        let length = self.a.len().min(self.b.len());
        let (a, b) = (self.a[..length].chunks_exact(LANES), self.b[..length].chunks_exact(LANES));
        let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * (self.map)(*b)).sum();
        for (a, b) in a.zip(b) {
            for lane in 0..LANES {
                lanes[lane] += a[lane] * (self.map)(b[lane]);
            }
        }
        *self.sum = lanes.iter().sum::<f64>() + rest;
    }
}

/// Adds `factor · map(x[j])` to every `y[j]`.
struct Added<'a, F> {
    y: &'a mut [f64],
    factor: f64,
    x: &'a [f64],
    map: F,
}

impl<F: Fn(f64) -> f64> Plain for Added<'_, F> {
    #[inline(always)]
    fn run(self) {
        for (y, x) in self.y.iter_mut().zip(self.x) {
            *y += self.factor * (self.map)(*x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arithmetic, Width};

    #[test]
    fn decays_are_those_of_libm() {
        for step in -70_000..=70_000 {
            let x = f64::from(step) / 100.0;
            let exact = libm::exp(-x);
            assert!((decay(x) - exact).abs() <= 5e-16 * exact, "{x}: {} {exact}", decay(x));
        }
        assert!(decay(f64::NAN).is_nan());
    }

    #[test]
    fn sums_take_every_element_and_are_the_same_bits_on_every_vector_unit() {
        let engines: Vec<Engine> = [Width::Bits128, Width::Bits256, Width::Bits512]
            .into_iter()
            .filter_map(|width| Engine::with_width(Arithmetic::Portable, width).ok())
            .collect();
        for length in 0..100 {
            let a: Vec<f64> = (0..length).map(|at| f64::from(at) * 0.37 + 0.5).collect();
            let all: Vec<[f64; 2]> =
                engines.iter().map(|engine| [dot(engine, &a, &a), weighted_decays(engine, &a, &a)]).collect();
            assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{length}: {all:?}");
            let plain: f64 = a.iter().map(|a| a * a).sum();
            assert!((all[0][0] - plain).abs() <= 1e-14 * plain, "{length}");
            let plain: f64 = a.iter().map(|a| a * libm::exp(-a)).sum();
            assert!((all[0][1] - plain).abs() <= 1e-13 * plain, "{length}");
        }
    }
}
