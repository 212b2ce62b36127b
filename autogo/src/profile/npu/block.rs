//! A kernel's output is made block by block: the choice of the block, and the times that input and weights are read.

use super::machine::Blocks;
use crate::graph::Shape;

/// A kernel that is cut into blocks.
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

/// A block, and the number of blocks.
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
/// Traffic is the bytes of input and weights that are read for all blocks; it counts less where the whole input fits
/// ([`Blocks::whole_input`]). O(blocks that fit), some hundreds.
pub(super) fn choose(task: &Task, rules: &Blocks, buffer: u64) -> Block {
    let (channels, micro) = (u64::from(task.output.c), u64::from(rules.micro.c));
    let deepest = channels.next_multiple_of(micro).min(rules.largest.c.into());
    let (rows, columns) = (Side::rows(task, rules), Side::columns(task, rules));
    let (high, wide) = (rows.cuts(), columns.cuts());
    let (room, pieces) = (Room::of(rules, buffer), pieces(task, rules));
    let (input, input_channels) = (task.input.elements(), f64::from(task.input.c));
    let mut best: Option<(f64, [Cut; 2], u64)> = None;
    for depth in (micro..=deepest).step_by(micro as usize) {
        if depth < channels && depth % u64::from(rules.depth_step) != 0 && depth != deepest {
            continue;
        }
        let deep = task.blocks_over_channels(depth);
        for &row in &high {
            let mut fitted = false;
            for &column in &wide {
                let tile = row.reads.saturating_mul(column.reads).saturating_mul(task.input_depth.unwrap_or(depth));
                if !room.holds(row.size * column.size * depth * u64::from(rules.accumulator_bytes), tile) {
                    break;
                }
                fitted = true;
                // The last blocks of a row or column may be cut short: input counts by area, weights by whole blocks.
                let read = (row.reads * column.reads * pieces * deep) as f64 * input_channels;
                let traffic =
                    read * (row.whole * column.whole) + task.weights as f64 * (row.blocks * column.blocks) as f64;
                let is_whole = input < u64::from(rules.in_buffer) * tile;
                let traffic = if is_whole { traffic * rules.whole_input } else { traffic };
                if best.is_none_or(|(least, ..)| traffic < least) {
                    best = Some((traffic, [row, column], depth));
                }
            }
            if !fitted {
                break;
            }
        }
    }
    let (_, [row, column], depth) = best.unwrap_or_else(|| (0.0, [rows.least(), columns.least()], micro));
    Block {
        height: row.size.min(task.output.h.into()),
        width: column.size.min(task.output.w.into()),
        depth: depth.min(channels),
        reads: (row.reads.min(task.input.h.into()), column.reads.min(task.input.w.into())),
        pieces,
        spatial: row.blocks * column.blocks,
        deep: task.blocks_over_channels(depth),
    }
}

impl Task {
    /// Blocks of this depth that read the same input.
    fn blocks_over_channels(&self, depth: u64) -> u64 {
        if self.input_depth.is_some() { u64::from(self.output.c).div_ceil(depth) } else { 1 }
    }
}

/// The height or the width of a kernel's output, in pixels, to be cut.
struct Side {
    length: u64,
    /// Length of a micro block.
    micro: u64,
    /// Length of the longest block.
    longest: u64,
    /// Length of the window that is run at once, its stride, and the factor by which the input is enlarged.
    window: (u64, u64, u64),
}

/// A side cut into blocks of one length.
#[derive(Clone, Copy)]
struct Cut {
    /// Length of a block of the output.
    size: u64,
    /// Length of the input that a block reads, in whole micro blocks.
    reads: u64,
    /// Number of blocks.
    blocks: u64,
    /// Length of the side over the length of a block: no whole number where the last block is cut short.
    whole: f64,
}

impl Side {
    fn rows(task: &Task, rules: &Blocks) -> Self {
        let kernel = task.kernel.0.min(rules.kernel_side.into());
        Side::new(task.output.h, rules.micro.h, rules.largest.h, (kernel, task.stride.0, task.upscale.0))
    }

    fn columns(task: &Task, rules: &Blocks) -> Self {
        let kernel = task.kernel.1.min(rules.kernel_side.into());
        Side::new(task.output.w, rules.micro.w, rules.largest.w, (kernel, task.stride.1, task.upscale.1))
    }

    fn new(length: u32, micro: u32, largest: u32, window: (u64, u64, u64)) -> Self {
        let (length, micro) = (u64::from(length), u64::from(micro));
        Side { length, micro, longest: length.next_multiple_of(micro).min(largest.into()), window }
    }

    fn cut(&self, size: u64) -> Cut {
        let (kernel, stride, upscale) = self.window;
        let reads = ((size - 1) * stride + kernel + upscale - 1).div_ceil(upscale).next_multiple_of(self.micro);
        Cut { size, reads, blocks: self.length.div_ceil(size), whole: self.length as f64 / size as f64 }
    }

    /// Into the smallest blocks.
    fn least(&self) -> Cut {
        self.cut(self.micro)
    }

    /// Into blocks of every size, the smallest first.
    fn cuts(&self) -> Vec<Cut> {
        (self.micro..=self.longest).step_by(self.micro as usize).map(|size| self.cut(size)).collect()
    }
}

/// The buffer beside the array, shared out among the blocks that lie in it, in bytes.
struct Room {
    buffer: u64,
    blocks: u64,
    bank: u64,
    /// Smallest shares of accumulators and of input.
    shares: (u64, u64),
    /// Bytes that are left for accumulators and input together.
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

    /// Whether a block's accumulators and its tile of the input fit, with those of the other blocks. Both are whole
    /// banks; all blocks together are given whole shares.
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
