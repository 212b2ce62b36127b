//! Tiles: some rows × some pixels × some vectors of sums that stay in registers while the taps go by.

use super::field::CELL;
use super::gather::{Gather, Pass, View};
use crate::lanes::{Kernel, Lanes};
use crate::{Width, Write};

/// Target channels come in blocks of this many at least.
pub(super) const LANE_BLOCK: usize = 16;

/// The sums that a kernel keeps in registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) rows: usize,
    pub(super) pixels: usize,
    pub(super) vectors: usize,
}

impl Tile {
    const fn new(rows: usize, pixels: usize, vectors: usize) -> Self {
        Tile { rows, pixels, vectors }
    }

    /// Tiles of sixteen vectors, for AVX-512: more vectors would leave the registers.
    const WIDE: [Tile; 9] = [
        Tile::new(1, 8, 2),
        Tile::new(1, 16, 1),
        Tile::new(1, 4, 4),
        Tile::new(2, 4, 2),
        Tile::new(2, 8, 1),
        Tile::new(2, 2, 4),
        Tile::new(4, 2, 2),
        Tile::new(4, 4, 1),
        Tile::new(4, 1, 4),
    ];
    /// Tiles of eight vectors, for AVX2.
    const MIDDLE: [Tile; 3] = [Tile::new(1, 4, 2), Tile::new(2, 2, 2), Tile::new(4, 1, 2)];
    /// Tiles of eight vectors, for 128 bits.
    const BASE: [Tile; 2] = [Tile::new(1, 2, 4), Tile::new(2, 1, 4)];

    /// Target channels of the tile.
    pub(super) fn lanes(self, width: Width) -> usize {
        self.vectors * width.lanes()
    }

    /// The tile that wastes least on `passes`, given as rows and columns, with `channels` target channels.
    pub(super) fn best(width: Width, channels: usize, passes: impl Iterator<Item = (usize, usize)>) -> Tile {
        let tiles: &[Tile] = match width {
            Width::Bits512 => &Tile::WIDE,
            Width::Bits256 => &Tile::MIDDLE,
            Width::Bits128 => &Tile::BASE,
        };
        let passes: Vec<(usize, usize)> = passes.collect();
        // A step of a tile multiplies `sums` vectors and loads every pixel and every vector of weights once.
        let cost = |tile: &Tile| {
            let sums = tile.rows * tile.pixels * tile.vectors;
            let step = 4 * sums.max(tile.rows * tile.pixels + tile.vectors) + 3;
            let blocks = channels.div_ceil(tile.lanes(width));
            let tiles = passes.iter().map(|(rows, columns)| rows.div_ceil(tile.rows) * columns.div_ceil(tile.pixels));
            tiles.sum::<usize>() * blocks * step
        };
        tiles.iter().copied().min_by_key(cost).unwrap_or(Tile::WIDE[0])
    }
}

/// One pass over a filled field: writes the target's pixels of that pass.
pub(super) struct Sweep<'a> {
    pub(super) gather: &'a Gather,
    pub(super) pass: &'a Pass,
    pub(super) view: View,
    /// Steps of the band.
    pub(super) band: (usize, usize),
    pub(super) cells: &'a [f32],
    /// Packed weights of the pass and the group.
    pub(super) weights: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
    /// First channel of the group in the target.
    pub(super) first: usize,
    pub(super) target: &'a mut [f32],
    pub(super) write: Write,
}

/// A row of the pass: its first cell, and the float of the target that its first pixel begins at.
#[derive(Clone, Copy, Default)]
pub(super) struct Row {
    pub(super) cell: usize,
    pub(super) target: usize,
}

impl Gather {
    /// The rows of a pass in a band, image by image.
    #[inline(always)]
    pub(super) fn rows(
        &self,
        pass: &Pass,
        view: View,
        band: (usize, usize),
        first: usize,
    ) -> impl Iterator<Item = Row> {
        let (from, to) = (pass.rows.0.max(band.0), pass.rows.1.min(band.1));
        let column = self.columns(pass, &view).0;
        let x = column * self.up.1 + pass.phase.1 - self.border.1;
        let (row_cells, image_cells) = (self.field.row(), self.field.rows * self.field.row());
        let (down, up, phase, border, channels) = (self.down, self.up.0, pass.phase.0, self.border.0, self.target.c);
        (0..view.images).flat_map(move |image| {
            (from..to).map(move |step| {
                let y = step * up + phase - border;
                Row {
                    cell: image * image_cells + (step - band.0) * down * row_cells + column,
                    target: ((image * view.target.0 + y) * view.target.1 + x) * channels + first,
                }
            })
        })
    }
}

impl Kernel for Sweep<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let tile = self.gather.tile;
        macro_rules! choose {
            ($(($rows:literal, $pixels:literal, $vectors:literal))*) => {
                match (tile.rows, tile.pixels, tile.vectors) {
                    $(($rows, $pixels, $vectors) => self.tiles::<L, $rows, $pixels, $vectors>(lanes),)*
                    _ => {}
                }
            };
        }
        if L::N == 16 {
            choose!((1, 8, 2)(1, 16, 1)(1, 4, 4)(2, 4, 2)(2, 8, 1)(2, 2, 4)(4, 2, 2)(4, 4, 1)(4, 1, 4));
        } else if L::N == 8 {
            choose!((1, 4, 2)(2, 2, 2)(4, 1, 2));
        } else {
            choose!((1, 2, 4)(2, 1, 4));
        }
    }
}

impl Sweep<'_> {
    #[inline(always)]
    fn tiles<L: Lanes, const R: usize, const P: usize, const V: usize>(&mut self, lanes: L) {
        let gather = self.gather;
        let (start, end) = gather.columns(self.pass, &self.view);
        let columns = end - start;
        let each = self.pass.taps.len() * gather.live;
        let weights = L::cast(self.weights).as_chunks::<V>().0;
        let cells = self.cells.as_chunks::<CELL>().0;
        let plane = gather.field.plane();
        let pixel = gather.up.1 * gather.target.c;
        for block in 0..gather.lanes.div_ceil(V * L::N) {
            let from = block * V * L::N;
            let width = (gather.lanes - from).min(V * L::N);
            let weights = &weights[block * each..][..each];
            let bias = self.bias.map(|bias| &bias[self.first + from..][..width]);
            let plain = bias.is_none() && self.write == Write::Replace && width == V * L::N;
            let mut rows = gather.rows(self.pass, self.view, self.band, self.first + from);
            while let Some(first) = rows.next() {
                let (mut tile, mut count) = ([first; R], 1);
                for slot in &mut tile[1..] {
                    if let Some(row) = rows.next() {
                        (*slot, count) = (row, count + 1);
                    }
                }
                for pixel0 in (0..columns).step_by(P) {
                    let at: [usize; R] = core::array::from_fn(|row| tile[row].cell + pixel0);
                    let sums = multiply::<L, R, P, V>(lanes, cells, plane, gather.live, &self.pass.taps, at, weights);
                    if plain && count == R && pixel0 + P <= columns {
                        for row in 0..R {
                            let to = tile[row].target + pixel0 * pixel;
                            let slots = &mut self.target[to..][..(P - 1) * pixel + V * L::N];
                            for p in 0..P {
                                L::cast_mut(&mut slots[p * pixel..][..V * L::N]).copy_from_slice(&sums[row][p]);
                            }
                        }
                        continue;
                    }
                    for row in 0..R {
                        for p in 0..P {
                            if row < count && pixel0 + p < columns {
                                let slot = &mut self.target[tile[row].target + (pixel0 + p) * pixel..][..width];
                                put(lanes, slot, sums[row][p], bias, self.write);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The sums of one tile, over taps, then blocks of channels, then channels.
#[inline(always)]
fn multiply<L: Lanes, const R: usize, const P: usize, const V: usize>(
    lanes: L,
    cells: &[[f32; CELL]],
    plane: usize,
    live: usize,
    taps: &[usize],
    at: [usize; R],
    weights: &[[L::V; V]],
) -> [[[L::V; V]; P]; R] {
    let mut sums = [[[lanes.splat(0.0); V]; P]; R];
    let mut weights = weights;
    for &tap in taps {
        let mut left = live;
        let mut base = tap;
        while left > 0 {
            let x: [&[[f32; CELL]]; R] = core::array::from_fn(|row| &cells[at[row] + base..][..P]);
            let count = left.min(CELL);
            let (now, rest) = weights.split_at(count);
            if let Some(now) = now.first_chunk::<CELL>() {
                for channel in 0..CELL {
                    step(lanes, &mut sums, &x, channel, &now[channel]);
                }
            } else {
                for (channel, now) in now.iter().enumerate().take(CELL) {
                    step(lanes, &mut sums, &x, channel, now);
                }
            }
            weights = rest;
            left -= count;
            base += plane;
        }
    }
    sums
}

/// Adds one channel's products to all sums of a tile.
#[inline(always)]
fn step<L: Lanes, const R: usize, const P: usize, const V: usize>(
    lanes: L,
    sums: &mut [[[L::V; V]; P]; R],
    x: &[&[[f32; CELL]]; R],
    channel: usize,
    weights: &[L::V; V],
) {
    for row in 0..R {
        for p in 0..P {
            let x = lanes.splat(x[row][p][channel]);
            for v in 0..V {
                sums[row][p][v] = lanes.mul_add(x, weights[v], sums[row][p][v]);
            }
        }
    }
}

/// Writes the sums of one pixel: as many channels as the slot has.
#[inline(always)]
fn put<L: Lanes, const V: usize>(lanes: L, slot: &mut [f32], sums: [L::V; V], bias: Option<&[f32]>, write: Write) {
    if slot.len() == V * L::N {
        let slot = L::cast_mut(slot);
        for v in 0..V {
            let mut sum = sums[v];
            if let Some(bias) = bias {
                sum = lanes.add(sum, L::cast(bias)[v]);
            }
            slot[v] = if write == Write::Add { lanes.add(slot[v], sum) } else { sum };
        }
    } else {
        for v in 0..V {
            let (from, to) = ((v * L::N).min(slot.len()), ((v + 1) * L::N).min(slot.len()));
            let mut sum = sums[v];
            if let Some(bias) = bias {
                sum = lanes.add(sum, lanes.load(&bias[from..to]));
            }
            if write == Write::Add {
                sum = lanes.add(lanes.load(&slot[from..to]), sum);
            }
            lanes.store(&mut slot[from..to], sum);
        }
    }
}
