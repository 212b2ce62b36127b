//! The weight gradient: for every tap, the sum over pixels of input × output gradient.

use super::field::CELL;
use super::gather::{Gather, View};
use crate::Width;
use crate::lanes::{Kernel, Lanes};

/// The sums that a kernel keeps in registers: taps × input channels × vectors of output channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SumTile {
    pub(super) taps: usize,
    pub(super) channels: usize,
    pub(super) vectors: usize,
}

impl SumTile {
    /// The tile for groups of `inputs` input channels and `filters` output channels.
    pub(super) fn best(width: Width, inputs: usize, filters: usize) -> SumTile {
        let tile = |taps, channels, vectors| SumTile { taps, channels, vectors };
        match (width, inputs <= 4, filters.is_multiple_of(32)) {
            (Width::Bits512, true, true) => tile(3, 4, 2),
            (Width::Bits512, true, false) => tile(3, 4, 1),
            (Width::Bits512, false, true) => tile(1, 8, 2),
            (Width::Bits512, false, false) => tile(1, 16, 1),
            (Width::Bits256, _, _) => tile(1, 4, 2),
            (Width::Bits128, _, _) => tile(1, 2, 4),
        }
    }
}

/// The layout of the output gradient: its first float, and floats from one image, row, pixel and block of filters to
/// the next.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) origin: usize,
    pub(super) image: usize,
    pub(super) row: usize,
    pub(super) pixel: usize,
    pub(super) block: usize,
}

/// Adds the sums over a band of a group of images to the weight gradient.
pub(super) struct Sums<'a> {
    pub(super) gather: &'a Gather,
    pub(super) view: View,
    pub(super) band: (usize, usize),
    pub(super) cells: &'a [f32],
    pub(super) gradient: &'a [f32],
    pub(super) layout: Layout,
    /// First filter of the group.
    pub(super) first: usize,
    /// Filters of the whole convolution.
    pub(super) filters: usize,
    pub(super) tile: SumTile,
    /// `[tap][input channel][filters]`.
    pub(super) target: &'a mut [f32],
}

/// The part of the weights that one tile sums: first tap, first input channel, block of filters.
#[derive(Clone, Copy)]
struct Part {
    tap: usize,
    channel: usize,
    block: usize,
}

impl Kernel for Sums<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let tile = (self.tile.taps, self.tile.channels, self.tile.vectors);
        if L::N == 16 {
            match tile {
                (3, 4, 2) => self.tiles::<L, 3, 4, 2>(lanes),
                (3, 4, 1) => self.tiles::<L, 3, 4, 1>(lanes),
                (1, 8, 2) => self.tiles::<L, 1, 8, 2>(lanes),
                _ => self.tiles::<L, 1, 16, 1>(lanes),
            }
        } else if L::N == 8 {
            self.tiles::<L, 1, 4, 2>(lanes);
        } else {
            self.tiles::<L, 1, 2, 4>(lanes);
        }
    }
}

impl Sums<'_> {
    #[inline(always)]
    fn tiles<L: Lanes, const T: usize, const C: usize, const V: usize>(&mut self, lanes: L) {
        let (live, taps) = (self.gather.live, self.gather.passes[0].taps.len());
        for block in 0..self.gather.lanes.div_ceil(V * L::N) {
            for tap in (0..taps).step_by(T) {
                for cell in (0..live).step_by(CELL) {
                    for part in 0..CELL / C {
                        let channel = cell + part * C;
                        if channel < live {
                            let sums = self.sum::<L, T, C, V>(lanes, Part { tap, channel: cell, block }, part);
                            self.add(lanes, Part { tap, channel, block }, sums);
                        }
                    }
                }
            }
        }
    }

    /// The sums of one tile over all pixels, row by row.
    #[inline(always)]
    fn sum<L: Lanes, const T: usize, const C: usize, const V: usize>(
        &self,
        lanes: L,
        at: Part,
        part: usize,
    ) -> [[[L::V; V]; C]; T] {
        let (field, layout) = (&self.gather.field, self.layout);
        let all = &self.gather.passes[0].taps;
        // Taps behind the last are summed as the last and not stored.
        let taps: [usize; T] = core::array::from_fn(|tap| all[(at.tap + tap).min(all.len() - 1)]);
        // Cells in parts of as many channels as the tile has.
        let each = CELL / C;
        let cells = &self.cells.as_chunks::<C>().0[at.channel / CELL * field.plane() * each + part..];
        let columns = self.view.target.1;
        let mut sums = [[[lanes.splat(0.0); V]; C]; T];
        for image in 0..self.view.images {
            for row in 0..self.band.1 - self.band.0 {
                let cell = (image * field.rows + row * self.gather.down) * field.row();
                let x: [&[[f32; C]]; T] =
                    core::array::from_fn(|tap| &cells[(cell + taps[tap]) * each..][..(columns - 1) * each + 1]);
                let from = layout.origin + image * layout.image + row * layout.row + at.block * layout.block;
                let gradient = &self.gradient[from..][..(columns - 1) * layout.pixel + V * L::N];
                for pixel in 0..columns {
                    let gradient = L::cast(&gradient[pixel * layout.pixel..][..V * L::N]);
                    for tap in 0..T {
                        for channel in 0..C {
                            let x = lanes.splat(x[tap][pixel * each][channel]);
                            for v in 0..V {
                                sums[tap][channel][v] = lanes.mul_add(x, gradient[v], sums[tap][channel][v]);
                            }
                        }
                    }
                }
            }
        }
        // A copy: `add` indexes its sums with variables, which would keep these out of the registers.
        core::array::from_fn(|tap| core::array::from_fn(|channel| sums[tap][channel]))
    }

    /// Adds the sums of one tile to the gradient.
    #[inline(always)]
    fn add<L: Lanes, const T: usize, const C: usize, const V: usize>(
        &mut self,
        lanes: L,
        at: Part,
        sums: [[[L::V; V]; C]; T],
    ) {
        let (live, taps) = (self.gather.live, self.gather.passes[0].taps.len());
        let from = at.block * V * L::N;
        for tap in 0..T {
            for channel in 0..C {
                if at.tap + tap >= taps || at.channel + channel >= live {
                    continue;
                }
                let weight = ((at.tap + tap) * live + at.channel + channel) * self.filters + self.first;
                for v in 0..V {
                    let lane = from + v * L::N;
                    let count = self.gather.lanes.saturating_sub(lane).min(L::N);
                    if count == L::N {
                        let slot = &mut L::cast_mut(&mut self.target[weight + lane..][..count])[0];
                        *slot = lanes.add(*slot, sums[tap][channel][v]);
                    } else if count > 0 {
                        let slot = &mut self.target[weight + lane..][..count];
                        let sum = lanes.add(lanes.load(slot), sums[tap][channel][v]);
                        lanes.store(slot, sum);
                    }
                }
            }
        }
    }
}
