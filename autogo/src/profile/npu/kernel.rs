//! The cost of a kernel wherever its tensors lie: cycles of the array and of the vector unit, and traffic.

use super::block::{self, Block, Task};
use super::key::Key;
use super::machine::{Mapping, Npu, Transposed};
use super::steps::{depth_steps, input_depth, steps, tap_groups};
use super::vector;
use crate::graph::{Conv, Op, Window};
use crate::profile::{Gemm, ProfileError};

/// A kernel's cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    /// Cycles of the array.
    pub(super) compute: f64,
    /// Cycles of the vector unit.
    pub(super) vector: f64,
    /// Multiply-adds that the network needs.
    pub(super) multiply_adds: u64,
    /// Pixels of the first operand that are read for all blocks.
    pub(super) pixels_read: u64,
    /// Channels that one access to a pixel of the first operand fetches; none where whole rows are read.
    pub(super) run: Option<u64>,
    /// Bytes of the weights.
    pub(super) weights: u64,
    /// Bytes of the weights that must be there before the first block.
    pub(super) first_weights: u64,
    /// Times that all weights are read, once for each block over height and width.
    pub(super) weight_passes: u64,
}

impl Key {
    /// The cost on a machine; `node` is named if there is none.
    pub(super) fn cost(&self, npu: &Npu, node: &str) -> Result<Cost, ProfileError> {
        let vector = vector::cycles(self, npu, node)?;
        match self.op {
            Op::Conv(conv) => self.convolution(npu, node, conv, vector),
            Op::ConvTranspose(conv) => self.transposed(npu, node, conv, vector),
            Op::Dense { features, bias } => {
                let window = Window::same(1, 1);
                self.convolution(npu, node, Conv { filters: features, window, groups: 1, bias }, vector)
            }
            Op::Pool(_, window) => {
                let task = self.task(taps(window), pair(window.stride), (1, 1), None);
                self.blocks(npu, node, choose(&task, npu), vector)
            }
            Op::Resize { factor, .. } => {
                let task = self.task((1, 1), (1, 1), (u64::from(factor), u64::from(factor)), None);
                self.blocks(npu, node, choose(&task, npu), vector)
            }
            Op::Input(_)
            | Op::Output
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Mean
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Pad(_)
            | Op::DepthToSpace { .. } => Ok(Cost {
                compute: 0.0,
                vector,
                multiply_adds: 0,
                pixels_read: u64::from(self.input.h) * u64::from(self.input.w),
                run: None,
                weights: 0,
                first_weights: 0,
                weight_passes: 0,
            }),
        }
    }

    fn task(&self, kernel: (u64, u64), stride: (u64, u64), upscale: (u64, u64), input_depth: Option<u64>) -> Task {
        Task { input: self.input, output: self.output, kernel, stride, upscale, input_depth, weights: 0 }
    }

    fn convolution(&self, npu: &Npu, node: &str, conv: Conv, vector: f64) -> Result<Cost, ProfileError> {
        let (high, wide) = taps(conv.window);
        let groups = u64::from(conv.groups);
        let (from, to) = (u64::from(self.input.c) / groups, u64::from(conv.filters) / groups);
        let pixels = u64::from(self.output.h) * u64::from(self.output.w);
        let is_depth_wise = groups > 1 && from == 1;
        let deep = |channels: u64| channels.div_ceil(u64::from(npu.blocks.micro.c));
        let gemm = Gemm { pixels, window: high * wide * from, filters: to, repeats: groups };
        let compute = match npu.mapping {
            Mapping::WeightStationary => gemm.cycles(npu.rows, npu.columns) as f64,
            Mapping::OutputBlocks if is_depth_wise => {
                steps(npu, self.output) * tap_groups(npu, high * wide) as f64 * deep(groups * to) as f64
            }
            Mapping::OutputBlocks => {
                steps(npu, self.output) * depth_steps(npu, high * wide, from) * (deep(to) * groups) as f64
            }
        };
        // A group reads only its own channels.
        let input_depth = (groups == 1).then(|| input_depth(npu, high * wide, from));
        let weights = checked(node, u128::from(high * wide) * u128::from(from) * u128::from(conv.filters))?;
        let task = Task { weights, ..self.task((high, wide), pair(conv.window.stride), (1, 1), input_depth) };
        self.weighted(npu, node, &task, compute, vector)
    }

    fn transposed(&self, npu: &Npu, node: &str, conv: Conv, vector: f64) -> Result<Cost, ProfileError> {
        let (high, wide) = taps(conv.window);
        let (down, across) = pair(conv.window.stride);
        let [from, to] = [self.input.c, conv.filters].map(u64::from);
        // Either one convolution over all output pixels, or one for each phase of the stride over the input's.
        let (shape, (high, wide), phases) = match npu.transposed {
            Transposed::ZeroInserted => (self.output, (high, wide), 1),
            Transposed::SubPixel => (self.input, (high.div_ceil(down), wide.div_ceil(across)), down * across),
        };
        let pixels = u64::from(shape.h) * u64::from(shape.w);
        let compute = match npu.mapping {
            Mapping::WeightStationary => Gemm { pixels, window: high * wide * from, filters: to, repeats: phases }
                .cycles(npu.rows, npu.columns) as f64,
            Mapping::OutputBlocks => {
                let deep = to.div_ceil(u64::from(npu.blocks.micro.c));
                steps(npu, shape) * depth_steps(npu, high * wide, from) * (deep * phases) as f64
            }
        };
        let kernel = taps(conv.window);
        let weights = checked(node, u128::from(kernel.0 * kernel.1) * u128::from(from) * u128::from(to))?;
        let depth = input_depth(npu, high * wide, from);
        let task = Task { weights, ..self.task(kernel, (1, 1), (down, across), Some(depth)) };
        self.weighted(npu, node, &task, compute, vector)
    }

    fn weighted(&self, npu: &Npu, node: &str, task: &Task, compute: f64, vector: f64) -> Result<Cost, ProfileError> {
        let block = choose(task, npu);
        let cost = self.blocks(npu, node, block, vector)?;
        // The last block's results are written when the array is done.
        let results = (block.height * block.width * block.depth) as f64;
        let tail = results * npu.costs.get(self.op.name()).unwrap_or(0.0) / f64::from(npu.lanes);
        let channels = u64::from(self.output.c);
        let weights = checked(node, u128::from(task.weights) + u128::from(u64::from(npu.bias_bytes) * channels))?;
        let own = crate::graph::node_cost(&self.op, self.input, 1, self.output).unwrap_or_default();
        Ok(Cost {
            compute: compute + tail,
            multiply_adds: own.multiply_adds,
            run: Some(task.input_depth.unwrap_or(u64::from(npu.blocks.input_step))),
            weights,
            first_weights: (u128::from(weights) * u128::from(block.depth) / u128::from(channels)) as u64,
            weight_passes: block.spatial,
            ..cost
        })
    }

    fn blocks(&self, npu: &Npu, node: &str, block: Block, vector: f64) -> Result<Cost, ProfileError> {
        let fetched = u64::from(self.input.c).next_multiple_of(u64::from(npu.blocks.input_step));
        let depth = fetched.min(u64::from(npu.channel_alignment));
        Ok(Cost {
            compute: 0.0,
            vector,
            multiply_adds: 0,
            pixels_read: checked(node, block.pixels_read())?,
            run: Some(depth),
            weights: 0,
            first_weights: 0,
            weight_passes: 0,
        })
    }
}

fn choose(task: &Task, npu: &Npu) -> Block {
    block::choose(task, &npu.blocks, npu.buffer_bytes)
}

fn pair(sizes: (u32, u32)) -> (u64, u64) {
    (u64::from(sizes.0), u64::from(sizes.1))
}

fn taps(window: Window) -> (u64, u64) {
    pair(window.kernel)
}

fn checked(node: &str, count: u128) -> Result<u64, ProfileError> {
    u64::try_from(count)
        .ok()
        .filter(|&count| count < 1 << 53)
        .ok_or_else(|| ProfileError::Overflow { node: node.into(), what: "bytes that move" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Shape;

    fn key(op: Op, input: Shape) -> Key {
        Key { op, input, output: op.infer(&[input]).unwrap(), fused: 0, extent: 0 }
    }

    fn conv(filters: u32, kernel: u32, groups: u32) -> Op {
        Op::Conv(Conv { filters, window: Window::same(kernel, 1), groups, bias: false })
    }

    /// Cycles of the array without the last block's results.
    fn array(npu: &Npu, key: &Key) -> f64 {
        let cost = key.cost(npu, "node").unwrap();
        let block = cost.compute.fract();
        assert_eq!(block, 0.0);
        cost.compute
    }

    #[test]
    fn full_channels_keep_every_unit_busy() {
        // 64 → 64, 3 × 3, 64 × 64: 1024 micro blocks · 4 cycles · 9 taps · 2 halves of 64 channels · 8 groups of 8 filters,
        // then a block of 8 × 16 × 16 results at four a cycle.
        let key = key(conv(64, 3, 1), Shape::new(64, 64, 64));
        assert_eq!(array(&Npu::n256(), &key), 589_824.0 + 512.0);
        assert_eq!(key.cost(&Npu::n256(), "node").unwrap().multiply_adds, 589_824 * 256);
    }

    #[test]
    fn few_channels_are_summed_four_taps_at_a_time() {
        // 3 → 64, 3 × 3, 32 × 32: 256 micro blocks · 4 cycles · 3 steps of four taps · 8, and a block of 16 × 16 × 16.
        assert_eq!(array(&Npu::n256(), &key(conv(64, 3, 1), Shape::new(32, 32, 3))), 24_576.0 + 1024.0);
    }

    #[test]
    fn depth_wise_layers_use_one_of_eight_units() {
        // 32 × 32 × 32: 256 micro blocks · 4 cycles · 3 steps of four taps · 4 groups of 8 channels.
        let cost = key(conv(32, 3, 32), Shape::new(32, 32, 32)).cost(&Npu::n256(), "node").unwrap();
        assert!((12_288.0..14_400.0).contains(&cost.compute), "{}", cost.compute);
    }

    #[test]
    fn a_transposed_convolution_costs_its_zeros_unless_it_runs_by_phases() {
        let op = Op::ConvTranspose(Conv { filters: 64, window: Window::same(2, 2), groups: 1, bias: false });
        let key = key(op, Shape::new(32, 32, 64));
        let zeros = key.cost(&Npu::n256(), "node").unwrap();
        let phases = key.cost(&Npu { transposed: Transposed::SubPixel, ..Npu::n256() }, "node").unwrap();
        // 1024 micro blocks · 4 cycles · 4 taps · 2 · 8; a quarter of it by phases.
        assert_eq!(zeros.compute - phases.compute, 262_144.0 * 0.75);
        assert_eq!(zeros.multiply_adds, 65_536 * 256);
    }
}
