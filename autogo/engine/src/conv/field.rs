//! The field: a copy of some images with a border of zeros, in cells of 16 channels.
//!
//! A field is `[block of 16 channels][image][row][phase][column][16]`. Column `x` of the padded picture lies in phase
//! `x mod stride` at column `x / stride`, so the pixels that neighbouring windows see under one tap are neighbours.

use crate::input::Affine;
use crate::lanes::{Kernel, Lanes};

/// Channels of one cell.
pub(super) const CELL: usize = 16;

/// Cells behind the last row: a tile may read, and throw away, pixels beyond the end of a row.
const SLACK: usize = 16;

/// The measures of a field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) images: usize,
    /// Rows of one image.
    pub(super) rows: usize,
    /// Column phases: the horizontal stride.
    pub(super) phases: usize,
    /// Columns of one phase.
    pub(super) columns: usize,
    /// Rows of zeros above the picture.
    pub(super) top: usize,
    /// Columns of zeros to its left.
    pub(super) left: usize,
    /// Channels that are in use.
    pub(super) live: usize,
    /// The vertical stride.
    pub(super) down: usize,
    /// The rows (modulo `down`) and the phases that some tap sees, as bits; other rows and phases are not filled.
    pub(super) seen: (u64, u64),
}

/// The remainders modulo a stride that the taps of a kernel have, as bits; all bits for a stride above 64.
pub(super) fn seen(taps: usize, dilation: usize, stride: usize) -> u64 {
    if stride > 64 { !0 } else { (0..taps).fold(0, |seen, tap| seen | 1 << (tap * dilation % stride)) }
}

impl Field {
    /// Cells of one row.
    pub(super) fn row(&self) -> usize {
        self.phases * self.columns
    }

    /// Cells of one block of channels.
    pub(super) fn plane(&self) -> usize {
        self.images * self.rows * self.row()
    }

    /// Whether some tap sees a row, or a phase.
    fn sees(&self, row: usize, phase: usize) -> bool {
        self.seen.0 >> (row % self.down % 64) & 1 == 1 && self.seen.1 >> (phase % 64) & 1 == 1
    }

    /// Floats of the field.
    pub(super) fn len(&self) -> usize {
        (self.plane() * self.live.div_ceil(CELL) + SLACK) * CELL
    }

    /// The columns of a phase that hold pixels of a picture of this width.
    fn inside(&self, phase: usize, width: usize) -> (usize, usize) {
        let first = |from: usize| from.saturating_sub(phase).div_ceil(self.phases).min(self.columns);
        (first(self.left), first(self.left + width))
    }
}

/// Copies images into a field, with a map on the way.
pub(super) struct Fill<'a> {
    pub(super) field: &'a Field,
    pub(super) source: &'a [f32],
    pub(super) map: Option<Affine<'a>>,
    pub(super) images: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Channels of the source.
    pub(super) channels: usize,
    /// The first channel that is copied.
    pub(super) first: usize,
    pub(super) live: usize,
    /// Row of the padded picture that is the field's first.
    pub(super) from: usize,
    pub(super) cells: &'a mut [f32],
}

impl Kernel for Fill<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        for image in 0..self.images {
            for row in 0..self.field.rows {
                for lane in (0..self.live).step_by(L::N) {
                    self.row(lanes, image, row, lane);
                }
            }
        }
    }
}

impl Fill<'_> {
    /// One row of one vector of channels.
    #[inline(always)]
    fn row<L: Lanes>(&mut self, lanes: L, image: usize, row: usize, lane: usize) {
        let field = self.field;
        let live = (self.live - lane).min(L::N);
        let channel = self.first + lane;
        let padded = self.from + row;
        let y = padded.wrapping_sub(field.top);
        for phase in 0..field.phases {
            if !field.sees(row, phase) {
                continue;
            }
            let cell = (lane / CELL) * field.plane() + (image * field.rows + row) * field.row() + phase * field.columns;
            let cells = &mut self.cells[cell * CELL..][..field.columns * CELL];
            let (start, end) = if y < self.height { field.inside(phase, self.width) } else { (0, 0) };
            let zero = lanes.splat(0.0);
            let vectors = L::cast_mut(cells);
            let each = CELL / L::N;
            let offset = (lane % CELL) / L::N;
            for column in (0..start).chain(end..field.columns) {
                vectors[column * each + offset] = zero;
            }
            if start == end {
                continue;
            }
            let x = start * field.phases + phase - field.left;
            let source = &self.source[((image * self.height + y) * self.width + x) * self.channels + channel..];
            let step = self.channels * field.phases;
            if self.map.is_none() && live < L::N {
                let target = &mut cells[start * CELL + lane % CELL..];
                copy_few(source, step, live, target, end - start);
                continue;
            }
            let target = vectors[start * each + offset..].iter_mut().step_by(each).take(end - start);
            match self.map {
                None => copy(lanes, source, step, live, target, |v| v),
                Some(map) => {
                    let scale = lanes.load(&map.scale[channel..][..live]);
                    let shift = lanes.load(&map.shift[channel..][..live]);
                    let (low, high) = map.clip.range();
                    let (low, high) = (lanes.splat(low), lanes.splat(high));
                    copy(lanes, source, step, live, target, |v| {
                        let v = lanes.mul_add(v, scale, shift);
                        let v = lanes.where_greater(low, v, low, v);
                        lanes.where_greater(v, high, high, v)
                    });
                }
            }
        }
    }
}

/// Copies one vector a pixel.
#[inline(always)]
fn copy<'t, L: Lanes>(
    lanes: L,
    source: &[f32],
    step: usize,
    live: usize,
    target: impl Iterator<Item = &'t mut L::V>,
    map: impl Fn(L::V) -> L::V,
) where
    L::V: 't,
{
    let mut at = 0;
    if live == L::N {
        for to in target {
            *to = map(L::cast(&source[at..][..L::N])[0]);
            at += step;
        }
    } else {
        for to in target {
            *to = map(lanes.load(&source[at..][..live]));
            at += step;
        }
    }
}

/// Copies a few channels of some pixels: one and three are the channels of images.
#[inline(always)]
fn copy_few(source: &[f32], step: usize, live: usize, target: &mut [f32], pixels: usize) {
    macro_rules! copy {
        ($count:expr) => {
            for pixel in 0..pixels {
                target[pixel * CELL..][..$count].copy_from_slice(&source[pixel * step..][..$count]);
            }
        };
    }
    match live {
        1 => copy!(1),
        2 => copy!(2),
        3 => copy!(3),
        4 => copy!(4),
        _ => copy!(live),
    }
}
