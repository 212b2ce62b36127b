//! Depthwise convolutions: lanes are channels of the input and of the output at once.

use super::field::CELL;
use super::gather::{Gather, View};
use super::sums::Layout;
use super::tile::Sweep;
use crate::Write;
use crate::lanes::{Kernel, Lanes};

/// Pixels that are summed in registers at once.
const PIXELS: usize = 8;

/// One pass over a filled field, every channel with its own filter. The weights of the sweep are those of 16 channels,
/// `[tap][16]`; `first` is the first of these channels.
pub(super) struct DepthSweep<'a>(pub(super) Sweep<'a>);

impl Kernel for DepthSweep<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        for offset in 0..CELL / L::N {
            if self.0.first + offset * L::N < self.0.gather.target.c {
                self.vector(lanes, offset);
            }
        }
    }
}

impl DepthSweep<'_> {
    /// All pixels of one vector of channels.
    #[inline(always)]
    fn vector<L: Lanes>(&mut self, lanes: L, offset: usize) {
        let sweep = &mut self.0;
        let (gather, each) = (sweep.gather, CELL / L::N);
        let lane = sweep.first + offset * L::N;
        let live = (gather.target.c - lane).min(L::N);
        let weights = L::cast(sweep.weights);
        let cells = L::cast(sweep.cells);
        let bias = sweep.bias.map(|bias| lanes.load(&bias[lane..][..live]));
        let plain = bias.is_none() && sweep.write == Write::Replace && live == L::N;
        let (start, end) = gather.columns(sweep.pass, &sweep.view);
        let columns = end - start;
        let pixel = gather.up.1 * gather.target.c;
        for row in gather.rows(sweep.pass, sweep.view, sweep.band, lane) {
            for first in (0..columns).step_by(PIXELS) {
                let mut sums = [lanes.splat(0.0); PIXELS];
                for (&tap, weight) in sweep.pass.taps.iter().zip(weights.chunks_exact(each)) {
                    let x = &cells[(row.cell + first + tap) * each..][..PIXELS * each];
                    for p in 0..PIXELS {
                        sums[p] = lanes.mul_add(x[p * each + offset], weight[offset], sums[p]);
                    }
                }
                let slots = &mut sweep.target[row.target + first * pixel..];
                if plain && first + PIXELS <= columns {
                    for p in 0..PIXELS {
                        L::cast_mut(&mut slots[p * pixel..][..L::N])[0] = sums[p];
                    }
                    continue;
                }
                for p in 0..PIXELS {
                    if first + p < columns {
                        let slot = &mut slots[p * pixel..][..live];
                        let sum = bias.map_or(sums[p], |bias| lanes.add(sums[p], bias));
                        let sum = if sweep.write == Write::Add { lanes.add(lanes.load(slot), sum) } else { sum };
                        lanes.store(slot, sum);
                    }
                }
            }
        }
    }
}

/// Taps that are summed in registers at once.
const TAPS: usize = 3;
/// Chains of pixels that are summed in registers at once: pixel `x` of a row belongs to chain `x mod 4`.
const CHAINS: usize = 4;

/// Adds the sums over a band of a group of images to the weight gradient.
pub(super) struct DepthSums<'a> {
    pub(super) gather: &'a Gather,
    pub(super) view: View,
    pub(super) band: (usize, usize),
    pub(super) cells: &'a [f32],
    pub(super) gradient: &'a [f32],
    /// The places of the gradient of these channels.
    pub(super) layout: Layout,
    /// The first of 16 channels.
    pub(super) first: usize,
    /// `[tap][channel]`.
    pub(super) target: &'a mut [f32],
}

impl Kernel for DepthSums<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let taps = self.gather.passes[0].taps.len();
        let channels = self.gather.target.c;
        for lane in (self.first..channels.min(self.first + CELL)).step_by(L::N) {
            let live = (channels - lane).min(L::N);
            for first in (0..taps).step_by(TAPS) {
                let sums = if live == L::N {
                    self.sum(lanes, lane, first, |floats| L::cast(&floats[..L::N])[0])
                } else {
                    self.sum(lanes, lane, first, |floats| lanes.load(&floats[..live]))
                };
                for tap in 0..TAPS.min(taps - first) {
                    let slot = &mut self.target[(first + tap) * channels + lane..][..live];
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
        let cells = &L::cast(self.cells)[(lane - self.first) / L::N..];
        let (layout, columns) = (&self.layout, self.view.target.1);
        let mut sums = [[lanes.splat(0.0); CHAINS]; TAPS];
        for image in 0..self.view.images {
            for step in self.band.0..self.band.1 {
                let cell = (image * field.rows + (step - self.band.0) * gather.down) * field.row();
                let line = layout.origin + image * layout.image + (step - self.band.0) * layout.row;
                let gradient = &self.gradient[line + lane - self.first..];
                for pixel in (0..columns).step_by(CHAINS) {
                    for chain in 0..CHAINS {
                        if pixel + chain < columns {
                            let gradient = load(&gradient[(pixel + chain) * layout.pixel..]);
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
