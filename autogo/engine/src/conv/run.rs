//! Runs gathers and weight sums over a group of images, band by band.

use super::depthwise::{DepthSums, DepthSweep};
use super::field::{CELL, Field, Fill};
use super::gather::{Gather, View};
use super::sums::{Layout, SumTile, Sums};
use super::tile::Sweep;
use crate::input::Input;
use crate::{Engine, Write};

/// Buffers of a gather, cut to one group of images.
pub(super) struct GatherJob<'a> {
    pub(super) source: Input<'a>,
    pub(super) packed: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
    pub(super) target: &'a mut [f32],
    pub(super) write: Write,
    pub(super) scratch: &'a mut [f32],
}

/// The bands of a plan: first and last step.
fn bands(gather: &Gather) -> impl Iterator<Item = (usize, usize)> {
    let (steps, band) = (gather.steps, gather.band);
    (0..steps).step_by(band).map(move |from| (from, (from + band).min(steps)))
}

/// Fills the field with one band of one group of channels.
fn fill(
    engine: &Engine,
    gather: &Gather,
    view: View,
    source: Input<'_>,
    from_row: usize,
    group: usize,
    cells: &mut [f32],
) {
    engine.run(Fill {
        field: &gather.field,
        source: source.data,
        map: source.map,
        images: view.images,
        height: view.source.0,
        width: view.source.1,
        channels: gather.source.c,
        first: group * gather.live,
        live: gather.live.min(gather.source.c - group * gather.live),
        from: from_row,
        cells,
    });
}

/// Writes the target of a group of images.
pub(super) fn gather(engine: &Engine, gather: &Gather, images: usize, job: GatherJob<'_>) {
    if let Some(winograd) = &gather.winograd {
        return winograd.run(engine, gather, images, job);
    }
    let view = gather.view(images);
    let cells = &mut job.scratch[..gather.field.len()];
    for band in bands(gather) {
        for group in 0..gather.groups {
            fill(engine, gather, view, job.source, band.0 * gather.down, group, cells);
            for pass in &gather.passes {
                let columns = gather.columns(pass, &view);
                if columns.0 >= columns.1 || pass.rows.0.max(band.0) >= pass.rows.1.min(band.1) {
                    continue;
                }
                let weights = if gather.depthwise {
                    &job.packed[pass.weights + group * pass.taps.len() * CELL..]
                } else {
                    let block = gather.tile.lanes(engine.width());
                    let each = pass.taps.len() * gather.live * gather.lanes.next_multiple_of(block);
                    &job.packed[pass.weights + group * each..][..each]
                };
                let (bias, write) = (job.bias, job.write);
                let (cells, target) = (&*cells, &mut *job.target);
                let first = group * gather.lanes;
                let sweep = Sweep { gather, pass, view, band, cells, weights, bias, first, target, write };
                if gather.depthwise {
                    engine.run(DepthSweep(sweep));
                } else {
                    engine.run(sweep);
                }
            }
        }
    }
}

/// The field that holds an output gradient whose channels do not fill vectors.
pub(super) fn gradient_field(gather: &Gather) -> Field {
    let columns = if gather.flat { gather.field.columns } else { gather.target.w };
    let rows = if gather.flat { 1 } else { gather.band };
    Field {
        images: gather.field.images,
        rows,
        phases: 1,
        columns,
        top: 0,
        left: 0,
        live: gather.lanes,
        down: 1,
        seen: (1, 1),
    }
}

/// Buffers of a weight gradient, cut to one group of images.
pub(super) struct SumsJob<'a> {
    /// The convolution's input.
    pub(super) source: Input<'a>,
    /// The output's gradient.
    pub(super) gradient: Input<'a>,
    pub(super) target: &'a mut [f32],
    pub(super) scratch: &'a mut [f32],
}

/// Adds the weight gradient of a group of images.
pub(super) fn sums(engine: &Engine, gather: &Gather, tile: SumTile, images: usize, job: SumsJob<'_>) {
    let view = gather.view(images);
    let (cells, rest) = job.scratch.split_at_mut(gather.field.len());
    let field = gradient_field(gather);
    let block = tile.vectors * engine.width().lanes();
    let filters = gather.target.c;
    for band in bands(gather) {
        for group in 0..gather.groups {
            fill(engine, gather, view, job.source, band.0 * gather.down, group, cells);
            let cells = &*cells;
            let direct = job.gradient.map.is_none() && (gather.depthwise || gather.lanes.is_multiple_of(block));
            let first = group * gather.lanes;
            let (gradient, layout) = if direct {
                let row = view.target.1 * filters;
                let layout =
                    Layout { origin: band.0 * row + first, image: view.target.0 * row, row, pixel: filters, block };
                (job.gradient.data, layout)
            } else {
                let copy = &mut rest[..field.len()];
                engine.run(Fill {
                    field: &field,
                    source: job.gradient.data,
                    map: job.gradient.map,
                    images: view.images,
                    height: view.target.0,
                    width: view.target.1,
                    channels: filters,
                    first,
                    live: gather.lanes.min(filters - first),
                    from: band.0,
                    cells: copy,
                });
                let row = field.row() * CELL;
                let layout =
                    Layout { origin: 0, image: field.rows * row, row, pixel: CELL, block: field.plane() * CELL };
                (&*copy, layout)
            };
            if gather.depthwise {
                engine.run(DepthSums { gather, view, band, cells, gradient, layout, first, target: job.target });
            } else {
                let target = &mut *job.target;
                engine.run(Sums { gather, view, band, cells, gradient, layout, first, filters, tile, target });
            }
        }
    }
}
