//! Winograd's convolution F(2×2, 3×3) for many channels: four outputs of a channel pair for 16 products instead of 36.
//!
//! Of every 4×4 pixels `d` of the source, each two pixels on, `V = Bᵀ·d·B` is made; of every 3×3 kernel `g`, once a
//! pack, `U = G·g·Gᵀ`. Then each of the 16 places is a dense layer on a line of tiles, `M = Σ U·V` over the channels,
//! and `Aᵀ·M·A` are 2×2 pixels of the target. The dense layers are [`Sweep`]s; sums run over the source channels in
//! their order, so no bit depends on the width of the vectors. Sources: Winograd 1980; Lavin and Gray, "Fast Algorithms
//! for Convolutional Neural Networks", CVPR 2016, §4.1.

use super::field::{CELL, Field, Fill};
use super::gather::{Gather, LARGEST_FIELD, forward};
use super::geometry::ConvGeometry;
use super::pack::{Strides, square};
use super::run::GatherJob;
use super::tile::Sweep;
use crate::lanes::{Kernel, Lanes, Plain, load, store};
use crate::{Engine, Shape, Width, Window, Write};

/// The least channels on both sides at which the products saved are worth the transforms: on pictures of [`LARGE`] and
/// more tiles, and on smaller pictures, where the longer packed weights are read for fewer pixels.
const LEAST: (usize, usize) = (128, 256);
/// The tiles of a picture from which on the first number of [`LEAST`] counts.
const LARGE: usize = 16;
/// Products of a tile.
const PLACES: usize = 16;
/// Tiles of a band, about.
const TILES: usize = 256;
/// Floats between the end of one place's numbers and the beginning of the next place's: places at equal distances of
/// powers of two would displace each other in the cache.
const APART: usize = 144;

/// The plan of a 3×3 gather by tiles.
#[derive(Clone, Debug)]
pub(super) struct Winograd {
    /// The source of a band of tiles with its border.
    field: Field,
    /// Rows and columns of tiles of a picture.
    tiles: (usize, usize),
    /// Rows of tiles of a band.
    band: usize,
    /// A place's dense layer on all tiles of a band.
    dense: Gather,
    /// Whether the kernel is turned by half a circle: the data gradient's.
    turned: bool,
}

impl Winograd {
    /// The plan of a convolution's forward pass.
    pub(super) fn forward(geometry: &ConvGeometry, target: Shape, images: usize, width: Width) -> Option<Box<Self>> {
        let border = (geometry.window.border.top, geometry.window.border.left);
        Winograd::plan(geometry, geometry.input, target, border, images, width, false)
    }

    /// The plan of a convolution's data gradient: a convolution of the output's gradient with the kernel turned.
    pub(super) fn backward(geometry: &ConvGeometry, output: Shape, images: usize, width: Width) -> Option<Box<Self>> {
        let border = geometry.window.border;
        let border = (2usize.checked_sub(border.top)?, 2usize.checked_sub(border.left)?);
        Winograd::plan(geometry, output, geometry.input, border, images, width, true)
    }

    fn plan(
        geometry: &ConvGeometry,
        source: Shape,
        target: Shape,
        border: (usize, usize),
        images: usize,
        width: Width,
        turned: bool,
    ) -> Option<Box<Self>> {
        let Window { kernel, stride, dilation, .. } = geometry.window;
        let is_plain = (kernel, stride, dilation, geometry.groups) == ((3, 3), (1, 1), (1, 1), 1);
        let tiles = (target.h.div_ceil(2), target.w.div_ceil(2));
        let least = if tiles.0 * tiles.1 >= LARGE { LEAST.0 } else { LEAST.1 };
        if !is_plain || source.c.min(target.c) < least {
            return None;
        }
        let most = TILES.min(LARGEST_FIELD / source.c.max(target.c).next_multiple_of(CELL));
        // Several images of a group are small.
        let band = if images > 1 { tiles.0 } else { (most / tiles.1).clamp(1, tiles.0) };
        let count = images * band * tiles.1;
        if count > most {
            return None;
        }
        let line = ConvGeometry::dense(Shape::new(1, 1, source.c), target.c);
        let dense = forward(&line, Shape::new(1, 1, target.c), count, width);
        let field = Field {
            images,
            rows: 2 * band + 2,
            phases: 1,
            columns: 2 * tiles.1 + 2,
            top: border.0,
            left: border.1,
            live: source.c,
            down: 1,
            seen: (1, 1),
        };
        Some(Box::new(Winograd { field, tiles, band, dense, turned }))
    }

    /// Floats from the packed weights of one place to those of the next.
    fn weights(&self) -> usize {
        self.dense.packed + APART
    }

    /// Floats of all packed weights.
    pub(super) fn packed(&self) -> usize {
        PLACES * self.weights()
    }

    /// Floats from one place's `V`, and `M`, to the next.
    fn places(&self) -> (usize, usize) {
        (self.dense.field.len() + APART, self.dense.field.columns * self.dense.target.c + APART)
    }

    /// Floats of the scratch.
    pub(super) fn scratch(&self) -> usize {
        let (v, m) = self.places();
        self.field.len() + PLACES * (v + m)
    }

    /// Packs the weights. O(weights).
    pub(super) fn pack(&self, engine: &Engine, weights: &[f32], packed: &mut [f32], strides: Strides) {
        engine.loops(Pack { plan: self, width: engine.width(), weights, packed, strides });
    }

    /// Writes the target of a group of images.
    pub(super) fn run(&self, engine: &Engine, gather: &Gather, images: usize, job: GatherJob<'_>) {
        let (v, m) = self.places();
        let (cells, rest) = job.scratch.split_at_mut(self.field.len());
        let (tiles, rest) = rest.split_at_mut(PLACES * v);
        let products = &mut rest[..PLACES * m];
        for from in (0..self.tiles.0).step_by(self.band) {
            let rows = (self.tiles.0 - from).min(self.band);
            engine.run(Fill {
                field: &self.field,
                source: job.source.data,
                map: job.source.map,
                images,
                height: gather.source.h,
                width: gather.source.w,
                channels: gather.source.c,
                first: 0,
                live: gather.source.c,
                from: 2 * from,
                cells: &mut *cells,
            });
            engine.run(Tiles { plan: self, images, rows, cells, tiles: &mut *tiles });
            let view = self.dense.view(images * rows * self.tiles.1);
            for place in 0..PLACES {
                engine.run(Sweep {
                    gather: &self.dense,
                    pass: &self.dense.passes[0],
                    view,
                    band: (0, 1),
                    cells: &tiles[place * v..][..v],
                    weights: &job.packed[place * self.weights()..][..self.dense.packed],
                    bias: None,
                    first: 0,
                    target: &mut products[place * m..][..m],
                    write: Write::Replace,
                });
            }
            let (bias, write, target) = (job.bias, job.write, &mut *job.target);
            let size = gather.target;
            engine.run(Untile { plan: self, images, from, rows, products, size, bias, write, target });
        }
    }
}

/// Makes `U` of every kernel.
struct Pack<'a> {
    plan: &'a Winograd,
    width: Width,
    weights: &'a [f32],
    packed: &'a mut [f32],
    strides: Strides,
}

/// `G` times three numbers.
#[inline(always)]
fn kernel_line(g: [&[f32; CELL]; 3]) -> [[f32; CELL]; 4] {
    let mut u = [*g[0], *g[0], *g[0], *g[2]];
    for lane in 0..CELL {
        let outer = g[0][lane] + g[2][lane];
        u[1][lane] = 0.5 * (outer + g[1][lane]);
        u[2][lane] = 0.5 * (outer - g[1][lane]);
    }
    u
}

impl Plain for Pack<'_> {
    #[inline(always)]
    fn run(self) {
        let Pack { plan, width, weights, packed, strides } = self;
        let (dense, each) = (&plan.dense, plan.weights());
        let block = dense.tile.lanes(width);
        for first in (0..dense.lanes).step_by(block) {
            for from in (0..dense.live).step_by(CELL) {
                let sources = (dense.live - from).min(CELL);
                for lane in (0..block).step_by(CELL) {
                    let targets = dense.lanes.saturating_sub(first + lane).min(CELL);
                    let at = from * strides.source + (first + lane) * strides.target;
                    let mut g = [[[0.0; CELL]; CELL]; 9];
                    for (position, g) in g.iter_mut().enumerate() {
                        let position = if plan.turned { 8 - position } else { position };
                        *g = square(weights, strides, at + position * strides.position, sources, targets);
                    }
                    for source in 0..sources {
                        let to = (first * dense.live + (from + source) * block) + lane;
                        let mut rows = [[[0.0; CELL]; 4]; 3];
                        for x in 0..3 {
                            rows[x] = kernel_line([&g[x][source], &g[3 + x][source], &g[6 + x][source]]);
                        }
                        for y in 0..4 {
                            let u = kernel_line([&rows[0][y], &rows[1][y], &rows[2][y]]);
                            for x in 0..4 {
                                packed[(4 * y + x) * each + to..][..CELL].copy_from_slice(&u[x]);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `Bᵀ` times four numbers.
#[inline(always)]
fn spread<L: Lanes>(lanes: L, d: [L::V; 4]) -> [L::V; 4] {
    [lanes.sub(d[0], d[2]), lanes.add(d[1], d[2]), lanes.sub(d[2], d[1]), lanes.sub(d[1], d[3])]
}

/// `Aᵀ` times four numbers.
#[inline(always)]
fn gathered<L: Lanes>(lanes: L, m: [L::V; 4]) -> [L::V; 2] {
    [lanes.add(lanes.add(m[0], m[1]), m[2]), lanes.sub(lanes.sub(m[1], m[2]), m[3])]
}

/// Makes `V` of every 4×4 pixels.
struct Tiles<'a> {
    plan: &'a Winograd,
    images: usize,
    rows: usize,
    cells: &'a [f32],
    tiles: &'a mut [f32],
}

impl Kernel for Tiles<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Tiles { plan, images, rows, cells, tiles } = self;
        let (field, columns, place) = (&plan.field, plan.tiles.1, plan.places().0);
        let each = CELL / L::N;
        let vectors = L::cast(cells);
        for part in 0..field.live.div_ceil(CELL) * each {
            let (cell, part) = (part / each, part % each);
            let mut tile = cell * plan.dense.field.plane();
            for image in 0..images {
                for row in 0..rows {
                    for column in 0..columns {
                        let from = cell * field.plane() + (image * field.rows + 2 * row) * field.row() + 2 * column;
                        let mut d = [[lanes.splat(0.0); 4]; 4];
                        for y in 0..4 {
                            let line = &vectors[(from + y * field.row()) * each..][..4 * each];
                            d[y] = spread(
                                lanes,
                                [line[part], line[each + part], line[2 * each + part], line[3 * each + part]],
                            );
                        }
                        for x in 0..4 {
                            let v = spread(lanes, [d[0][x], d[1][x], d[2][x], d[3][x]]);
                            for y in 0..4 {
                                let to = (4 * y + x) * place + tile * CELL + part * L::N;
                                store(lanes, tiles, to, L::N, v[y]);
                            }
                        }
                        tile += 1;
                    }
                }
            }
        }
    }
}

/// Makes 2×2 pixels of every tile's sums.
struct Untile<'a> {
    plan: &'a Winograd,
    images: usize,
    /// The first row of tiles.
    from: usize,
    /// Rows of tiles.
    rows: usize,
    products: &'a [f32],
    size: Shape,
    bias: Option<&'a [f32]>,
    write: Write,
    target: &'a mut [f32],
}

impl Kernel for Untile<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Untile { plan, images, from, rows, products, size, bias, write, target } = self;
        let (place, channels) = (plan.places().1, size.c);
        let mut tile = 0;
        for image in 0..images {
            for row in from..from + rows {
                for column in 0..plan.tiles.1 {
                    for lane in (0..channels).step_by(L::N) {
                        let live = (channels - lane).min(L::N);
                        let at = tile * channels + lane;
                        let mut m = [[lanes.splat(0.0); 2]; 4];
                        for y in 0..4 {
                            let mut line = [lanes.splat(0.0); 4];
                            for x in 0..4 {
                                line[x] = load(lanes, products, (4 * y + x) * place + at, live);
                            }
                            m[y] = gathered(lanes, line);
                        }
                        for x in 0..2 {
                            let sums = gathered(lanes, [m[0][x], m[1][x], m[2][x], m[3][x]]);
                            for y in 0..2 {
                                let (y, x, mut sum) = (2 * row + y, 2 * column + x, sums[y]);
                                if y >= size.h || x >= size.w {
                                    continue;
                                }
                                let to = ((image * size.h + y) * size.w + x) * channels + lane;
                                if let Some(bias) = bias {
                                    sum = lanes.add(sum, load(lanes, bias, lane, live));
                                }
                                if write == Write::Add {
                                    sum = lanes.add(load(lanes, target, to, live), sum);
                                }
                                store(lanes, target, to, live, sum);
                            }
                        }
                    }
                    tile += 1;
                }
            }
        }
    }
}
