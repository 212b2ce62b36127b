//! A kernel's output is made block by block; which block, and how often input and weights are read for it.

use crate::graph::Shape;

/// Height, width and channels of what the array makes at once.
const MICRO: (u64, u64, u64) = (2, 2, 8);
/// Elements of a micro block.
pub(super) const MICRO_ELEMENTS: u64 = MICRO.0 * MICRO.1 * MICRO.2;
/// Largest height, width and channels of a block.
const LARGEST: (u64, u64, u64) = (32, 64, 128);
/// A kernel window larger than this on a side is run in pieces.
const PIECE: u64 = 8;
/// Blocks that do not cover all channels cover a multiple of this many.
const DEPTH_STEP: u64 = 16;
/// Bytes of an accumulator.
const ACCUMULATOR: u64 = 4;

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

/// The block with the least traffic that fits: two blocks' accumulators and two blocks' input in a buffer of this many bytes.
///
/// A twelfth of the buffer is for results and tables; accumulators are given a third of it at a time and input a sixth
/// (Ethos-U: 48 banks of 1 KiB in groups of 16 and 8). Traffic is what is read of the input and the weights for all blocks;
/// it counts half where the whole input fits. O(blocks that fit), some hundreds.
pub(super) fn choose(task: &Task, buffer: u64) -> Block {
    let (height, width, channels) = dimensions(task.output);
    let limit = |size: u64, micro: u64, largest: u64| size.next_multiple_of(micro).min(largest);
    let top =
        (limit(height, MICRO.0, LARGEST.0), limit(width, MICRO.1, LARGEST.1), limit(channels, MICRO.2, LARGEST.2));
    let mut best: Option<(f64, Block)> = None;
    for depth in (MICRO.2..=top.2).step_by(MICRO.2 as usize) {
        if depth < channels && depth % DEPTH_STEP != 0 && depth != top.2 {
            continue;
        }
        for high in (MICRO.0..=top.0).step_by(MICRO.0 as usize) {
            let mut fitted = false;
            for wide in (MICRO.1..=top.1).step_by(MICRO.1 as usize) {
                let reads = reads(task, high, wide);
                let tile = reads.0 * reads.1 * task.input_depth.unwrap_or(depth);
                if !fits(high * wide * depth * ACCUMULATOR, tile, buffer) {
                    break;
                }
                fitted = true;
                let traffic = traffic(task, (high, wide, depth), reads, tile);
                if best.is_none_or(|(least, _)| traffic < least) {
                    best = Some((traffic, block(task, (high, wide, depth), reads)));
                }
            }
            if !fitted {
                break;
            }
        }
    }
    let smallest = || block(task, MICRO, reads(task, MICRO.0, MICRO.1));
    best.map_or_else(smallest, |(_, block)| block)
}

fn dimensions(shape: Shape) -> (u64, u64, u64) {
    (u64::from(shape.h), u64::from(shape.w), u64::from(shape.c))
}

/// Height and width of the input under a block, even as the micro block is.
fn reads(task: &Task, high: u64, wide: u64) -> (u64, u64) {
    let along = |size: u64, kernel: u64, stride: u64, upscale: u64| {
        ((size - 1) * stride + kernel.min(PIECE) + upscale - 1).div_ceil(upscale).next_multiple_of(2)
    };
    (
        along(high, task.kernel.0, task.stride.0, task.upscale.0),
        along(wide, task.kernel.1, task.stride.1, task.upscale.1),
    )
}

fn fits(accumulators: u64, tile: u64, buffer: u64) -> bool {
    let share = |bytes: u64, parts: u64| (2 * bytes.next_multiple_of(buffer / 48)).next_multiple_of(buffer / parts);
    share(accumulators, 3) + share(tile, 6) <= buffer / 12 * 11
}

fn pieces(task: &Task) -> u64 {
    task.kernel.0.div_ceil(PIECE) * task.kernel.1.div_ceil(PIECE)
}

fn traffic(task: &Task, (high, wide, depth): (u64, u64, u64), reads: (u64, u64), tile: u64) -> f64 {
    let (height, width, channels) = dimensions(task.output);
    let deep = if task.input_depth.is_some() { channels.div_ceil(depth) } else { 1 };
    let spatial = height.div_ceil(high) * width.div_ceil(wide);
    // The last blocks of a row or column may be cut short: input counts by area, weights by whole blocks.
    let area = height as f64 / high as f64 * (width as f64 / wide as f64);
    let input = (reads.0 * reads.1 * pieces(task) * deep) as f64 * f64::from(task.input.c) * area;
    let traffic = input + task.weights as f64 * spatial as f64;
    if task.input.elements() < 2 * tile { traffic / 2.0 } else { traffic }
}

fn block(task: &Task, (high, wide, deep): (u64, u64, u64), reads: (u64, u64)) -> Block {
    let (height, width, channels) = dimensions(task.output);
    Block {
        height: high.min(height),
        width: wide.min(width),
        depth: deep.min(channels),
        reads: (reads.0.min(u64::from(task.input.h)), reads.1.min(u64::from(task.input.w))),
        pieces: pieces(task),
        spatial: height.div_ceil(high) * width.div_ceil(wide),
        deep: if task.input_depth.is_some() { channels.div_ceil(deep) } else { 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let block = choose(&conv(56, 64, 256, 1), 48 << 10);
        assert_eq!((block.height, block.width, block.depth), (8, 8, 64));
        assert_eq!((block.spatial, block.deep), (49, 4));
        assert_eq!(block.pixels_read(), 56 * 56 * 4);
    }

    #[test]
    fn a_larger_window_reads_a_border_around_each_block() {
        let block = choose(&conv(64, 64, 64, 3), 48 << 10);
        assert_eq!((block.height, block.width, block.depth), (8, 16, 16));
        assert_eq!(block.reads, (10, 18));
    }

    #[test]
    fn what_never_fits_is_done_in_the_smallest_blocks() {
        let task = Task { stride: (4096, 4096), ..conv(4, 64, 64, 3) };
        let block = choose(&task, 48 << 10);
        assert_eq!((block.height, block.width, block.depth), (2, 2, 8));
    }
}
