//! Packed weights: for every pass, group and block of target channels, the vectors in the order in which a tile reads
//! them.

use super::gather::Gather;
use super::tile::LANE_BLOCK;
use crate::Width;

/// Packs weights for a gather. `place(position, source channel, target channel, group)` is the weight's index.
///
/// Layout: `[pass][group][block of target channels][tap][source channel][block]`, zeros behind the last channel.
pub(super) fn pack(
    gather: &Gather,
    width: Width,
    weights: &[f32],
    packed: &mut [f32],
    place: impl Fn(usize, usize, usize, usize) -> usize,
) {
    let block = gather.tile.lanes(width);
    for pass in &gather.passes {
        let mut vectors = packed[pass.weights..].chunks_exact_mut(block);
        for group in 0..gather.groups {
            for from in (0..gather.lanes).step_by(block) {
                let count = (gather.lanes - from).min(block);
                for &position in &pass.positions {
                    for source in 0..gather.live {
                        let Some(vector) = vectors.next() else { return };
                        let (filled, rest) = vector.split_at_mut(count);
                        for (lane, slot) in filled.iter_mut().enumerate() {
                            *slot = weights[place(position, source, from + lane, group)];
                        }
                        rest.fill(0.0);
                    }
                }
            }
        }
    }
}

/// Packs the weights of a depthwise convolution: `[pass][block of 16 channels][tap][16]`.
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
