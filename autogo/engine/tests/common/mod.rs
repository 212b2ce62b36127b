//! Random numbers and comparisons for the tests.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use autogo_engine::{Arithmetic, Engine, Width};

/// A small generator of random numbers (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + (self.next() % (high - low + 1) as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.between(0, of.len() - 1)]
    }

    /// Numbers between -1 and 1.
    pub fn floats(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0).collect()
    }
}

pub fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

/// Compares with a reference: the largest error relative to the largest value.
#[track_caller]
pub fn close(what: &str, found: &[f32], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let scale = wanted.iter().fold(1e-3f64, |m, x| m.max(x.abs()));
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let error = (f64::from(*found) - wanted).abs() / scale;
        assert!(error <= tolerance, "{what}[{i}]: {found} is not {wanted}, scale {scale}");
    }
}

/// Every engine that the processor has.
pub fn engines(arithmetic: Arithmetic) -> Vec<Engine> {
    let widths = [Width::Bits512, Width::Bits256, Width::Bits128];
    widths.iter().filter_map(|&width| Engine::with_width(arithmetic, width).ok()).collect()
}

/// Some engine that the processor has.
pub fn any_engine(random: &mut Random) -> Engine {
    let arithmetic = random.pick(&ARITHMETICS);
    random.pick(&engines(arithmetic))
}

pub const ARITHMETICS: [Arithmetic; 2] = [Arithmetic::Fused, Arithmetic::Portable];

/// Compares a gradient with central differences of `f` in f64, at some random places.
#[track_caller]
pub fn differences(what: &str, x: &[f64], gradient: &[f64], random: &mut Random, mut f: impl FnMut(&[f64]) -> f64) {
    let mut x = x.to_vec();
    for _ in 0..6.min(x.len()) {
        let i = random.between(0, x.len() - 1);
        let (old, h) = (x[i], 1e-5);
        x[i] = old + h;
        let up = f(&x);
        x[i] = old - h;
        let down = f(&x);
        x[i] = old;
        let slope = (up - down) / (2.0 * h);
        let scale = slope.abs().max(gradient[i].abs()).max(1.0);
        assert!((slope - gradient[i]).abs() / scale < 1e-5, "{what}[{i}]: gradient {} is not {slope}", gradient[i]);
    }
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Bits of floats, to compare them exactly.
pub fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}
