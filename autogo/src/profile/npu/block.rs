//! A kernel's output is made block by block; which block, and how often input and weights are read for it.

use super::machine::Blocks;
use crate::graph::Shape;

/// What is cut into blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) kernel: (u64, u64),
    pub(super) stride: (u64, u64),
    /// Factor by which the input is enlarged while it is read.
    pub(super) upscale: (u64, u64),
    /// Channels of the input that lie in the buffer at once; none where output channels read only their own.
    pub(super) input_depth: Option<u64>,
    /// Weights that every block needs.
    pub(super) weights: u64,
}

/// A block and how many of them there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) height: u64,
    pub(super) width: u64,
    pub(super) depth: u64,
    /// Height and width of the input that one block reads.
    pub(super) reads: (u64, u64),
    /// Times that a block's input is read, for the pieces of a large kernel.
    pub(super) pieces: u64,
    /// Blocks over height and width.
    pub(super) spatial: u64,
    /// Blocks over the channels that read the same input.
    pub(super) deep: u64,
}

impl Block {
    /// Pixels of the input that are read for all blocks.
    pub(super) fn pixels_read(&self) -> u128 {
        let area = u128::from(self.reads.0) * u128::from(self.reads.1);
        area * u128::from(self.pieces) * u128::from(self.spatial) * u128::from(self.deep)
    }
}

/// The block with the least traffic that fits, with the other blocks in the buffer, into a buffer of this many bytes.
///
/// Traffic is what is read of the input and the weights for all blocks; it counts less where the whole input fits
/// ([`Blocks::whole_input`]). O(blocks that fit), some hundreds.
pub(super) fn choose(task: &Task, rules: &Blocks, buffer: u64) -> Block {
    let (height, width, channels) = dimensions(task.output);
    let micro = dimensions(rules.micro);
    let largest = dimensions(rules.largest);
    let limit = |size: u64, micro: u64, largest: u64| size.next_multiple_of(micro).min(largest);
    let top =
        (limit(height, micro.0, largest.0), limit(width, micro.1, largest.1), limit(channels, micro.2, largest.2));
    let room = Room::of(rules, buffer);
    let mut best: Option<(f64, Block)> = None;
    for depth in (micro.2..=top.2).step_by(micro.2 as usize) {
        if depth < channels && depth % u64::from(rules.depth_step) != 0 && depth != top.2 {
            continue;
        }
        for high in (micro.0..=top.0).step_by(micro.0 as usize) {
            let mut fitted = false;
            for wide in (micro.1..=top.1).step_by(micro.1 as usize) {
                let reads = reads(task, rules, high, wide);
                let tile = reads.0.saturating_mul(reads.1).saturating_mul(task.input_depth.unwrap_or(depth));
                if !room.holds(high * wide * depth * u64::from(rules.accumulator_bytes), tile) {
                    break;
                }
                fitted = true;
                let traffic = traffic(task, rules, (high, wide, depth), reads, tile);
                if best.is_none_or(|(least, _)| traffic < least) {
                    best = Some((traffic, block(task, rules, (high, wide, depth), reads)));
                }
            }
            if !fitted {
                break;
            }
        }
    }
    let smallest = || block(task, rules, micro, reads(task, rules, micro.0, micro.1));
    best.map_or_else(smallest, |(_, block)| block)
}

fn dimensions(shape: Shape) -> (u64, u64, u64) {
    (u64::from(shape.h), u64::from(shape.w), u64::from(shape.c))
}

/// Height and width of the input under a block, in whole micro blocks.
fn reads(task: &Task, rules: &Blocks, high: u64, wide: u64) -> (u64, u64) {
    let largest = u64::from(rules.kernel_side);
    let along = |size: u64, kernel: u64, stride: u64, upscale: u64, micro: u32| {
        ((size - 1) * stride + kernel.min(largest) + upscale - 1).div_ceil(upscale).next_multiple_of(u64::from(micro))
    };
    (
        along(high, task.kernel.0, task.stride.0, task.upscale.0, rules.micro.h),
        along(wide, task.kernel.1, task.stride.1, task.upscale.1, rules.micro.w),
    )
}

/// The buffer beside the array, shared out among the blocks that lie in it, in bytes.
struct Room {
    buffer: u64,
    blocks: u64,
    bank: u64,
    /// Smallest shares of accumulators and of input.
    shares: (u64, u64),
    /// What is left for both.
    free: u64,
}

impl Room {
    fn of(rules: &Blocks, buffer: u64) -> Self {
        let bytes_of = |banks: u32| (buffer * u64::from(banks) / u64::from(rules.banks)).max(1);
        Room {
            buffer,
            blocks: u64::from(rules.in_buffer),
            bank: bytes_of(1),
            shares: (bytes_of(rules.accumulator_banks), bytes_of(rules.input_banks)),
            free: bytes_of(rules.banks - rules.reserved_banks),
        }
    }

    /// Whether a block's accumulators and its tile of the input fit, with those of the other blocks. Both are whole banks;
    /// all blocks together are given whole shares.
    fn holds(&self, accumulators: u64, tile: u64) -> bool {
        if accumulators > self.buffer || tile > self.buffer {
            return false;
        }
        let given = |bytes: u64, share: u64| (self.blocks * bytes.next_multiple_of(self.bank)).next_multiple_of(share);
        given(accumulators, self.shares.0) + given(tile, self.shares.1) <= self.free
    }
}

fn pieces(task: &Task, rules: &Blocks) -> u64 {
    let largest = u64::from(rules.kernel_side);
    task.kernel.0.div_ceil(largest) * task.kernel.1.div_ceil(largest)
}

fn traffic(task: &Task, rules: &Blocks, (high, wide, depth): (u64, u64, u64), reads: (u64, u64), tile: u64) -> f64 {
    let (height, width, channels) = dimensions(task.output);
    let deep = if task.input_depth.is_some() { channels.div_ceil(depth) } else { 1 };
    let spatial = height.div_ceil(high) * width.div_ceil(wide);
    // The last blocks of a row or column may be cut short: input counts by area, weights by whole blocks.
    let area = height as f64 / high as f64 * (width as f64 / wide as f64);
    let input = (reads.0 * reads.1 * pieces(task, rules) * deep) as f64 * f64::from(task.input.c) * area;
    let traffic = input + task.weights as f64 * spatial as f64;
    if task.input.elements() < u64::from(rules.in_buffer) * tile { traffic * rules.whole_input } else { traffic }
}

fn block(task: &Task, rules: &Blocks, (high, wide, deep): (u64, u64, u64), reads: (u64, u64)) -> Block {
    let (height, width, channels) = dimensions(task.output);
    Block {
        height: high.min(height),
        width: wide.min(width),
        depth: deep.min(channels),
        reads: (reads.0.min(u64::from(task.input.h)), reads.1.min(u64::from(task.input.w))),
        pieces: pieces(task, rules),
        spatial: height.div_ceil(high) * width.div_ceil(wide),
        deep: if task.input_depth.is_some() { channels.div_ceil(deep) } else { 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Npu;

    /// The block that N256 chooses.
    fn chosen(task: &Task) -> Block {
        choose(task, &Npu::n256().blocks, Npu::n256().buffer_bytes)
    }

    fn conv(size: u32, from: u32, to: u32, kernel: u64) -> Task {
        Task {
            input: Shape::new(size, size, from),
            output: Shape::new(size, size, to),
            kernel: (kernel, kernel),
            stride: (1, 1),
            upscale: (1, 1),
            input_depth: Some(u64::from(from).min(32)),
            weights: kernel * kernel * u64::from(from) * u64::from(to),
        }
    }

    #[test]
    fn a_point_wise_layer_reads_its_input_once_for_64_channels() {
        // 8 × 8 × 64 four-byte accumulators are 16 KiB, a third of the buffer; two of them and 4 KiB of input fit.
        let block = chosen(&conv(56, 64, 256, 1));
        assert_eq!((block.height, block.width, block.depth), (8, 8, 64));
        assert_eq!((block.spatial, block.deep), (49, 4));
        assert_eq!(block.pixels_read(), 56 * 56 * 4);
    }

    #[test]
    fn a_larger_window_reads_a_border_around_each_block() {
        let block = chosen(&conv(64, 64, 64, 3));
        assert_eq!((block.height, block.width, block.depth), (8, 16, 16));
        assert_eq!(block.reads, (10, 18));
    }

    #[test]
    fn what_never_fits_is_done_in_the_smallest_blocks() {
        let task = Task { stride: (4096, 4096), ..conv(4, 64, 64, 3) };
        let block = chosen(&task);
        assert_eq!((block.height, block.width, block.depth), (2, 2, 8));
    }
}
