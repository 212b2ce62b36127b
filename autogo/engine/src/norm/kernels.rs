//! Loops over pixels and channels. Each channel is summed in four chains, whatever the width of the vectors is. `data`,
//! `gradient` and `output` are `[pixel][channel]`; every other slice has one number a channel.

use crate::input::Affine;
use crate::lanes::{Kernel, Lanes, load, store};

/// Pixels that are summed in `f32`.
pub(super) const CHUNK: usize = 256;

/// Chains of pixels: pixel `i` of a chunk belongs to chain `i mod 4`.
const CHAINS: usize = 4;

/// The sum of four chains.
#[inline(always)]
fn join<L: Lanes>(lanes: L, [a, b, c, d]: [L::V; CHAINS]) -> L::V {
    lanes.add(lanes.add(a, b), lanes.add(c, d))
}

/// `sums = Σ (x − pivot)`, `squares = Σ (x − pivot)²`.
pub(super) struct Spread<'a> {
    pub(super) data: &'a [f32],
    pub(super) pivot: &'a [f32],
    pub(super) sums: &'a mut [f32],
    pub(super) squares: &'a mut [f32],
}

impl Kernel for Spread<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.pivot.len();
        let pixels = self.data.len() / channels;
        for from in (0..channels).step_by(L::N) {
            let live = (channels - from).min(L::N);
            let pivot = load(lanes, self.pivot, from, live);
            let (mut sums, mut squares) = ([lanes.splat(0.0); CHAINS], [lanes.splat(0.0); CHAINS]);
            for pixel in (0..pixels).step_by(CHAINS) {
                for chain in 0..CHAINS {
                    if pixel + chain < pixels {
                        let x = load(lanes, self.data, (pixel + chain) * channels + from, live);
                        let x = lanes.sub(x, pivot);
                        sums[chain] = lanes.add(sums[chain], x);
                        squares[chain] = lanes.mul_add(x, x, squares[chain]);
                    }
                }
            }
            store(lanes, self.sums, from, live, join(lanes, sums));
            store(lanes, self.squares, from, live, join(lanes, squares));
        }
    }
}

/// `y = clip(scale·x + shift)`.
pub(super) struct Apply<'a> {
    pub(super) data: &'a [f32],
    pub(super) map: Affine<'a>,
    pub(super) output: &'a mut [f32],
}

impl Kernel for Apply<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.map.scale.len();
        let (low, high) = self.map.clip.range();
        let (low, high) = (lanes.splat(low), lanes.splat(high));
        for (x, y) in self.data.chunks_exact(channels).zip(self.output.chunks_exact_mut(channels)) {
            for from in (0..channels).step_by(L::N) {
                let live = (channels - from).min(L::N);
                let scale = load(lanes, self.map.scale, from, live);
                let v = lanes.mul_add(load(lanes, x, from, live), scale, load(lanes, self.map.shift, from, live));
                let v = lanes.where_greater(low, v, low, v);
                store(lanes, y, from, live, lanes.where_greater(v, high, high, v));
            }
        }
    }
}

/// The gradient before the clip: `g` where `low < scale·x + shift < high`, 0 elsewhere.
#[inline(always)]
fn gate<L: Lanes>(lanes: L, z: L::V, range: (L::V, L::V), g: L::V) -> L::V {
    let zero = lanes.splat(0.0);
    lanes.where_greater(z, range.0, lanes.where_greater(range.1, z, g, zero), zero)
}

/// `sums = Σ g`, `products = Σ g·(x − mean)` with the gated gradient `g`.
pub(super) struct GatedSums<'a> {
    pub(super) data: &'a [f32],
    pub(super) gradient: &'a [f32],
    pub(super) map: Affine<'a>,
    pub(super) mean: &'a [f32],
    pub(super) sums: &'a mut [f32],
    pub(super) products: &'a mut [f32],
}

impl Kernel for GatedSums<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.mean.len();
        let pixels = self.data.len() / channels;
        let (low, high) = self.map.clip.range();
        let range = (lanes.splat(low), lanes.splat(high));
        for from in (0..channels).step_by(L::N) {
            let live = (channels - from).min(L::N);
            let mean = load(lanes, self.mean, from, live);
            let (scale, shift) = (load(lanes, self.map.scale, from, live), load(lanes, self.map.shift, from, live));
            let (mut sums, mut products) = ([lanes.splat(0.0); CHAINS], [lanes.splat(0.0); CHAINS]);
            for pixel in (0..pixels).step_by(CHAINS) {
                for chain in 0..CHAINS {
                    if pixel + chain < pixels {
                        let at = (pixel + chain) * channels + from;
                        let x = load(lanes, self.data, at, live);
                        let g = load(lanes, self.gradient, at, live);
                        let g = gate(lanes, lanes.mul_add(x, scale, shift), range, g);
                        sums[chain] = lanes.add(sums[chain], g);
                        products[chain] = lanes.mul_add(g, lanes.sub(x, mean), products[chain]);
                    }
                }
            }
            store(lanes, self.sums, from, live, join(lanes, sums));
            store(lanes, self.products, from, live, join(lanes, products));
        }
    }
}

/// `g ← scale·gated(g) + slope·x + offset`.
pub(super) struct Backward<'a> {
    pub(super) data: &'a [f32],
    pub(super) gradient: &'a mut [f32],
    pub(super) map: Affine<'a>,
    pub(super) slope: &'a [f32],
    pub(super) offset: &'a [f32],
}

impl Kernel for Backward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.slope.len();
        let (low, high) = self.map.clip.range();
        let range = (lanes.splat(low), lanes.splat(high));
        for (x, g) in self.data.chunks_exact(channels).zip(self.gradient.chunks_exact_mut(channels)) {
            for from in (0..channels).step_by(L::N) {
                let live = (channels - from).min(L::N);
                let (scale, shift) = (load(lanes, self.map.scale, from, live), load(lanes, self.map.shift, from, live));
                let (slope, offset) = (load(lanes, self.slope, from, live), load(lanes, self.offset, from, live));
                let x = load(lanes, x, from, live);
                let gated = gate(lanes, lanes.mul_add(x, scale, shift), range, load(lanes, g, from, live));
                let v = lanes.mul_add(scale, gated, lanes.mul_add(slope, x, offset));
                store(lanes, g, from, live, v);
            }
        }
    }
}
