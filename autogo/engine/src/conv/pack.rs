//! Packed weights: for every pass, group and block of target channels, the vectors in the order in which a tile reads
//! them.

use super::field::CELL;
use super::gather::Gather;
use super::tile::LANE_BLOCK;
use crate::Width;

/// The layout of unpacked weights: floats from one position of the kernel, source channel of a group, target channel of
/// a group and group to the next. The weight of position `p`, source channel `s`, target channel `t` and group `g` is
/// float `p·position + s·source + t·target + g·group`. `source` or `target` is 1.
#[derive(Clone, Copy)]
pub(super) struct Strides {
    pub(super) position: usize,
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) group: usize,
}

/// `[source channel][target channel]`: `sources` × `targets` weights of one position, at most 16 × 16, from float `at`
/// on; zeros behind the last. Whole lines of the cache are read, whichever way the weights lie.
#[inline(always)]
pub(super) fn square(
    weights: &[f32],
    strides: Strides,
    at: usize,
    sources: usize,
    targets: usize,
) -> [[f32; CELL]; CELL] {
    let mut square = [[0.0; CELL]; CELL];
    if targets == 0 {
        return square;
    }
    if strides.target == 1 {
        for source in 0..sources.min(CELL) {
            let line = &weights[at + source * strides.source..][..targets];
            square[source][..targets].copy_from_slice(line);
        }
    } else {
        for target in 0..targets.min(CELL) {
            let line = &weights[at + target * strides.target..][..sources];
            for source in 0..sources.min(CELL) {
                square[source][target] = line[source];
            }
        }
    }
    square
}

/// Packs weights for a gather: `weights` have the layout `strides`. O(weights).
///
/// Layout of `packed`: `[pass][group][block of target channels][tap][source channel][block]`, where a block has
/// [`Tile::lanes`](super::tile::Tile::lanes) target channels; zeros stand behind the last channel.
pub(super) fn pack(gather: &Gather, width: Width, weights: &[f32], packed: &mut [f32], strides: Strides) {
    let block = gather.tile.lanes(width);
    for pass in &gather.passes {
        let mut vectors = packed[pass.weights..].chunks_exact_mut(block);
        for group in 0..gather.groups {
            for from in (0..gather.lanes).step_by(block) {
                for &position in &pass.positions {
                    for source in (0..gather.live).step_by(CELL) {
                        let sources = (gather.live - source).min(CELL);
                        let at = position * strides.position + source * strides.source + group * strides.group;
                        let squares = |lane: usize| {
                            let targets = gather.lanes.saturating_sub(from + lane).min(CELL);
                            square(weights, strides, at + (from + lane) * strides.target, sources, targets)
                        };
                        put(vectors.by_ref().take(sources), block, squares);
                    }
                }
            }
        }
    }
}

/// Writes the lines of up to four squares side by side: every vector has `block` floats, and `squares` makes the square
/// of the target channels from a given lane of the block on.
fn put<'a>(vectors: impl Iterator<Item = &'a mut [f32]>, block: usize, squares: impl Fn(usize) -> [[f32; CELL]; CELL]) {
    // At most four vectors of sixteen floats.
    let mut lines = [[[0.0; CELL]; CELL]; 4];
    for (lane, line) in (0..block).step_by(CELL).zip(&mut lines) {
        *line = squares(lane);
    }
    for (source, vector) in vectors.enumerate() {
        for (to, line) in vector.as_chunks_mut::<CELL>().0.iter_mut().zip(&lines) {
            *to = line[source % CELL];
        }
    }
}

/// Packs the weights of a depthwise convolution, `[position][channel]`, as `[pass][block of 16 channels][tap][16]`.
/// O(weights).
pub(super) fn pack_depthwise(gather: &Gather, weights: &[f32], packed: &mut [f32]) {
    let channels = gather.target.c;
    for pass in &gather.passes {
        let mut vectors = packed[pass.weights..].chunks_exact_mut(LANE_BLOCK);
        for from in (0..channels).step_by(LANE_BLOCK) {
            let count = (channels - from).min(LANE_BLOCK);
            for &position in &pass.positions {
                let Some(vector) = vectors.next() else { return };
                let (filled, rest) = vector.split_at_mut(count);
                filled.copy_from_slice(&weights[position * channels + from..][..count]);
                rest.fill(0.0);
            }
        }
    }
}
