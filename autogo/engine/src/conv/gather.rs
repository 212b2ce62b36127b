//! The plan of a gather: every pixel of the target is a weighted sum of pixels of the source.
//!
//! A convolution's forward pass is a gather of the input, its data gradient a gather of the output's gradient. With a
//! stride, the pixels of the data gradient fall into phases that see different taps of the kernel: one [`Pass`] each.

use super::field::{CELL, Field, seen};
use super::geometry::ConvGeometry;
use super::tile::{LANE_BLOCK, Tile};
use super::winograd::Winograd;
use crate::{Shape, Width};

/// A field larger than this many floats (512 KiB) is filled in bands of rows.
pub(super) const LARGEST_FIELD: usize = 1 << 17;

/// Output pixels of a group of images, about.
const GROUP_PIXELS: usize = 256;

/// The pixels of the target that see the same taps.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// Cells from a pixel's first cell to the cell of each tap.
    pub(super) taps: Vec<usize>,
    /// The position of each tap in the kernel.
    pub(super) positions: Vec<usize>,
    /// First and last step `q` at which the pass has target rows; the last does not count.
    pub(super) rows: (usize, usize),
    /// First and last step `q` at which the pass has target columns; the last does not count.
    pub(super) columns: (usize, usize),
    /// Step `q` makes target row `q·up + phase − border`.
    pub(super) phase: (usize, usize),
    /// The first float of the pass's packed weights.
    pub(super) weights: usize,
}

/// A gather.
#[derive(Clone, Debug)]
pub(super) struct Gather {
    pub(super) source: Shape,
    pub(super) target: Shape,
    pub(super) field: Field,
    pub(super) passes: Vec<Pass>,
    /// Target rows, and target columns, from one step to the next.
    pub(super) up: (usize, usize),
    /// Field rows from one step to the next.
    pub(super) down: usize,
    pub(super) border: (usize, usize),
    /// Steps in all.
    pub(super) steps: usize,
    /// Steps of one band.
    pub(super) band: usize,
    /// Whether a group of images is one line of pixels.
    pub(super) flat: bool,
    pub(super) groups: usize,
    /// Source channels of one group. A depthwise convolution has groups of 16 channels here; the last group has the
    /// rest.
    pub(super) live: usize,
    /// Target channels of one group.
    pub(super) lanes: usize,
    pub(super) depthwise: bool,
    pub(super) tile: Tile,
    /// Floats of the packed weights.
    pub(super) packed: usize,
    /// The plan by tiles, where that is faster.
    pub(super) winograd: Option<Box<Winograd>>,
}

/// Some images as a gather sees them: a line of pixels, or pictures.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) images: usize,
    pub(super) source: (usize, usize),
    pub(super) target: (usize, usize),
}

impl Gather {
    /// The images' own shape, or one line of all their pixels.
    pub(super) fn view(&self, images: usize) -> View {
        if self.flat {
            let line = (1, images * self.source.pixels());
            View { images: 1, source: line, target: line }
        } else {
            View { images, source: (self.source.h, self.source.w), target: (self.target.h, self.target.w) }
        }
    }

    /// The same gather by tiles, if there is a plan.
    pub(super) fn tiled(mut self, winograd: Option<Box<Winograd>>) -> Self {
        self.packed = winograd.as_ref().map_or(self.packed, |plan| plan.packed());
        self.winograd = winograd;
        self
    }

    /// Floats of the scratch.
    pub(super) fn scratch(&self) -> usize {
        self.winograd.as_ref().map_or(self.field.len(), |plan| plan.scratch())
    }

    /// The columns of a pass in a view.
    pub(super) fn columns(&self, pass: &Pass, view: &View) -> (usize, usize) {
        if self.flat { (0, view.target.1) } else { pass.columns }
    }

    /// Chooses bands, tiles and the places of packed weights once field and passes stand.
    fn finish(mut self, width: Width) -> Self {
        let per_step = self.down * self.field.images * self.field.row() * self.field.live.next_multiple_of(CELL);
        if self.field.len() > LARGEST_FIELD && self.field.images == 1 && !self.flat {
            let rest = (self.field.rows - (self.steps - 1) * self.down) * per_step / self.down;
            self.band = (LARGEST_FIELD.saturating_sub(rest) / per_step.max(1)).clamp(1, self.steps);
            self.field.rows -= (self.steps - self.band) * self.down;
        }
        let flat = self.flat;
        let rows = |pass: &Pass| if flat { 1 } else { self.field.images * (pass.rows.1 - pass.rows.0) };
        let columns = |pass: &Pass| if flat { self.field.columns } else { pass.columns.1 - pass.columns.0 };
        self.tile = Tile::best(width, self.lanes, self.passes.iter().map(|pass| (rows(pass), columns(pass))));
        let block = if self.depthwise { LANE_BLOCK } else { self.tile.lanes(width) };
        let per_tap = if self.depthwise {
            self.groups * block
        } else {
            self.groups * self.live * self.lanes.next_multiple_of(block)
        };
        for pass in &mut self.passes {
            pass.weights = self.packed;
            self.packed += pass.taps.len() * per_tap;
        }
        self
    }
}

/// Images of one group: about 256 output pixels, and a field that stays small.
pub(super) fn group(geometry: &ConvGeometry, output: Shape) -> usize {
    let of = |shape: Shape| shape.pixels() * shape.c.next_multiple_of(CELL);
    let floats = of(geometry.input).max(of(output));
    (GROUP_PIXELS / output.pixels()).min(LARGEST_FIELD / floats).max(1)
}

/// The gather that makes a convolution's output from the input.
pub(super) fn forward(geometry: &ConvGeometry, output: Shape, images: usize, width: Width) -> Gather {
    let (window, input) = (&geometry.window, geometry.input);
    let (span, stride, dilation) = (window.span(), window.stride, window.dilation);
    let depthwise = geometry.is_depthwise();
    let flat = is_flat(geometry, images);
    let live = if depthwise { input.c.min(CELL) } else { input.c / geometry.groups };
    let field = Field {
        images: if flat { 1 } else { images },
        rows: if flat { 1 } else { (output.h - 1) * stride.0 + span.0 },
        phases: stride.1,
        columns: if flat { images * input.pixels() } else { output.w + (span.1 - 1) / stride.1 },
        top: window.border.top,
        left: window.border.left,
        live,
        down: stride.0,
        seen: (seen(window.kernel.0, dilation.0, stride.0), seen(window.kernel.1, dilation.1, stride.1)),
    };
    let mut taps = Vec::new();
    for y in 0..window.kernel.0 {
        for x in 0..window.kernel.1 {
            let along = x * dilation.1;
            taps.push(y * dilation.0 * field.row() + along % stride.1 * field.columns + along / stride.1);
        }
    }
    let steps = if flat { 1 } else { output.h };
    let pass = Pass {
        positions: (0..taps.len()).collect(),
        taps,
        rows: (0, steps),
        columns: (0, output.w),
        phase: (0, 0),
        weights: 0,
    };
    Gather {
        source: input,
        target: output,
        field,
        passes: vec![pass],
        up: (1, 1),
        down: stride.0,
        border: (0, 0),
        steps,
        band: steps,
        flat,
        groups: if depthwise { input.c.div_ceil(CELL) } else { geometry.groups },
        live,
        lanes: if depthwise { live } else { output.c / geometry.groups },
        depthwise,
        tile: Tile::default(),
        packed: 0,
        winograd: None,
    }
    .finish(width)
}

/// The gather that makes the input's gradient from the output's gradient.
///
/// Input row `y` and output row `o` meet under tap `k` where `y + top = o·stride + k·dilation`. With
/// `y + top = q·stride + phase`, tap `k` belongs to the phase `k·dilation mod stride` and sees output row
/// `q − k·dilation / stride`.
pub(super) fn backward(geometry: &ConvGeometry, output: Shape, images: usize, width: Width) -> Gather {
    let (window, input) = (&geometry.window, geometry.input);
    let (stride, border) = (window.stride, (window.border.top, window.border.left));
    let depthwise = geometry.is_depthwise();
    let flat = is_flat(geometry, images);
    let reach = |span: usize, stride: usize| (span - 1) / stride;
    let (span, steps) = (window.span(), |size: usize, border: usize, stride: usize| (size - 1 + border) / stride + 1);
    let (high, wide) = (reach(span.0, stride.0), reach(span.1, stride.1));
    let steps = if flat {
        (1, images * input.pixels())
    } else {
        (steps(input.h, border.0, stride.0), steps(input.w, border.1, stride.1))
    };
    let live = if depthwise { output.c.min(CELL) } else { output.c / geometry.groups };
    let field = Field {
        images: if flat { 1 } else { images },
        rows: steps.0 + high,
        phases: 1,
        columns: steps.1 + wide,
        top: high,
        left: wide,
        live,
        down: 1,
        seen: (1, 1),
    };
    let mut passes = Vec::new();
    for down in 0..stride.0 {
        for right in 0..stride.1 {
            passes.push(backward_pass(geometry, &field, (down, right)));
        }
    }
    Gather {
        source: output,
        target: input,
        field,
        passes,
        up: stride,
        down: 1,
        border,
        steps: steps.0,
        band: steps.0,
        flat,
        groups: if depthwise { input.c.div_ceil(CELL) } else { geometry.groups },
        live,
        lanes: if depthwise { live } else { input.c / geometry.groups },
        depthwise,
        tile: Tile::default(),
        packed: 0,
        winograd: None,
    }
    .finish(width)
}

/// The pass that makes the pixels of one phase.
fn backward_pass(geometry: &ConvGeometry, field: &Field, phase: (usize, usize)) -> Pass {
    let window = &geometry.window;
    let along = |taps: usize, dilation: usize, stride: usize, phase: usize, reach: usize| {
        let taps = (0..taps).filter(move |tap| tap * dilation % stride == phase);
        taps.map(move |tap| (tap, reach - tap * dilation / stride)).collect::<Vec<_>>()
    };
    let rows = along(window.kernel.0, window.dilation.0, window.stride.0, phase.0, field.top);
    let columns = along(window.kernel.1, window.dilation.1, window.stride.1, phase.1, field.left);
    let (mut taps, mut positions) = (Vec::new(), Vec::new());
    for &(y, row) in &rows {
        for &(x, column) in &columns {
            taps.push(row * field.row() + column);
            positions.push(y * window.kernel.1 + x);
        }
    }
    // Steps q with 0 ≤ q·stride + phase − border < size.
    let steps = |size: usize, border: usize, stride: usize, phase: usize| {
        let first = |from: usize| from.saturating_sub(phase).div_ceil(stride);
        (first(border), first(border + size))
    };
    Pass {
        taps,
        positions,
        rows: steps(geometry.input.h, window.border.top, window.stride.0, phase.0),
        columns: steps(geometry.input.w, window.border.left, window.stride.1, phase.1),
        phase,
        weights: 0,
    }
}

fn is_flat(geometry: &ConvGeometry, images: usize) -> bool {
    let channels = geometry.input.c.max(geometry.filters).next_multiple_of(CELL);
    geometry.is_pointwise() && !geometry.is_depthwise() && images * geometry.input.pixels() * channels <= LARGEST_FIELD
}
