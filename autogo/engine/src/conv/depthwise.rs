//! Depthwise convolutions: lanes are channels of the input and of the output at once.

use super::field::CELL;
use super::gather::{Gather, Pass, View};
use crate::Write;
use crate::lanes::{Kernel, Lanes};

/// Pixels whose sums are in registers.
const PIXELS: usize = 8;

/// One pass over a filled field, every channel with its own filter.
pub(super) struct DepthSweep<'a> {
    pub(super) gather: &'a Gather,
    pub(super) pass: &'a Pass,
    pub(super) view: View,
    pub(super) band: (usize, usize),
    pub(super) cells: &'a [f32],
    /// `[block of 16 channels][tap][16]`.
    pub(super) weights: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
    pub(super) target: &'a mut [f32],
    pub(super) write: Write,
}

impl Kernel for DepthSweep<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        for lane in (0..self.gather.lanes).step_by(L::N) {
            self.vector(lanes, lane);
        }
    }
}

impl DepthSweep<'_> {
    /// All pixels of one vector of channels.
    #[inline(always)]
    fn vector<L: Lanes>(&mut self, lanes: L, lane: usize) {
        let (gather, each) = (self.gather, CELL / L::N);
        let (block, offset) = (lane / CELL, lane % CELL / L::N);
        let live = (gather.lanes - lane).min(L::N);
        let taps = &self.pass.taps;
        let weights = &L::cast(self.weights)[block * taps.len() * each..][..taps.len() * each];
        let cells = &L::cast(self.cells)[block * gather.field.plane() * each..];
        let bias = self.bias.map_or(lanes.splat(0.0), |bias| lanes.load(&bias[lane..][..live]));
        let (start, end) = gather.columns(self.pass, &self.view);
        let columns = end - start;
        let pixel = gather.up.1 * gather.target.c;
        for row in gather.rows(self.pass, self.view, self.band, lane) {
            for first in (0..columns).step_by(PIXELS) {
                let mut sums = [lanes.splat(0.0); PIXELS];
                for (&tap, weight) in taps.iter().zip(weights.chunks_exact(each)) {
                    let x = &cells[(row.cell + first + tap) * each..][..PIXELS * each];
                    for p in 0..PIXELS {
                        sums[p] = lanes.mul_add(x[p * each + offset], weight[offset], sums[p]);
                    }
                }
                for p in 0..PIXELS {
                    if first + p < columns {
                        let slot = &mut self.target[row.target + (first + p) * pixel..][..live];
                        let mut sum = sums[p];
                        if self.bias.is_some() {
                            sum = lanes.add(sum, bias);
                        }
                        if self.write == Write::Add {
                            sum = lanes.add(lanes.load(slot), sum);
                        }
                        if live == L::N {
                            L::cast_mut(slot)[0] = sum;
                        } else {
                            lanes.store(slot, sum);
                        }
                    }
                }
            }
        }
    }
}

/// Taps and chains of pixels whose sums are in registers.
const TAPS: usize = 3;
const CHAINS: usize = 4;

/// Adds the sums over a band of a group of images to the weight gradient.
pub(super) struct DepthSums<'a> {
    pub(super) gather: &'a Gather,
    pub(super) view: View,
    pub(super) band: (usize, usize),
    pub(super) cells: &'a [f32],
    pub(super) gradient: &'a [f32],
    /// `[tap][channel]`.
    pub(super) target: &'a mut [f32],
}

impl Kernel for DepthSums<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let taps = self.gather.passes[0].taps.len();
        for lane in (0..self.gather.lanes).step_by(L::N) {
            let live = (self.gather.lanes - lane).min(L::N);
            for first in (0..taps).step_by(TAPS) {
                let sums = if live == L::N {
                    self.sum(lanes, lane, first, |floats| L::cast(&floats[..L::N])[0])
                } else {
                    self.sum(lanes, lane, first, |floats| lanes.load(&floats[..live]))
                };
                for tap in 0..TAPS.min(taps - first) {
                    let slot = &mut self.target[(first + tap) * self.gather.lanes + lane..][..live];
                    let [a, b, c, d] = sums[tap];
                    let sum = lanes.add(lanes.add(a, b), lanes.add(c, d));
                    let sum = lanes.add(lanes.load(slot), sum);
                    lanes.store(slot, sum);
                }
            }
        }
    }
}

impl DepthSums<'_> {
    /// The sums of three taps over all pixels; pixel `x` of a row belongs to chain `x mod 4`.
    #[inline(always)]
    fn sum<L: Lanes>(
        &self,
        lanes: L,
        lane: usize,
        first: usize,
        load: impl Fn(&[f32]) -> L::V,
    ) -> [[L::V; CHAINS]; TAPS] {
        let (gather, each) = (self.gather, CELL / L::N);
        let (field, all) = (&gather.field, &gather.passes[0].taps);
        let taps: [usize; TAPS] = core::array::from_fn(|tap| all[(first + tap).min(all.len() - 1)]);
        let cells = &L::cast(self.cells)[lane / CELL * field.plane() * each + lane % CELL / L::N..];
        let (height, columns) = self.view.target;
        let channels = gather.target.c;
        let mut sums = [[lanes.splat(0.0); CHAINS]; TAPS];
        for image in 0..self.view.images {
            for step in self.band.0..self.band.1 {
                let cell = (image * field.rows + (step - self.band.0) * gather.down) * field.row();
                let gradient = &self.gradient[(image * height + step) * columns * channels + lane..];
                for pixel in (0..columns).step_by(CHAINS) {
                    for chain in 0..CHAINS {
                        if pixel + chain < columns {
                            let gradient = load(&gradient[(pixel + chain) * channels..]);
                            for tap in 0..TAPS {
                                let x = cells[(cell + taps[tap] + pixel + chain) * each];
                                sums[tap][chain] = lanes.mul_add(x, gradient, sums[tap][chain]);
                            }
                        }
                    }
                }
            }
        }
        sums
    }
}
