//! What a kernel costs wherever its tensors lie: cycles of the array and of the vector unit, and traffic.

use super::block::{self, Block, Task};
use super::costs::VectorCosts;
use super::fusion::{Kernel, Plan, part};
use super::machine::{Mapping, Npu, Transposed};
use crate::graph::{Conv, Graph, Interpolation, Op, Shape, Window};
use crate::profile::{Gemm, ProfileError};

/// All that the cost of a kernel on a machine depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) op: Op,
    pub(super) input: Shape,
    pub(super) output: Shape,
    /// What is fused.
    pub(super) fused: u8,
    /// Operands of the sum or product, fused or not; channels that a concat copies.
    pub(super) extent: u32,
}

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

/// Cycles of a step of the array on a micro block: one for each of its elements' partial sums.
const STEP: u64 = 4;
/// Bytes of weights that the decoder makes in a cycle.
const DECODED: u64 = 8;
/// Bytes of a bias with its scale and shift.
const BIAS: u64 = 10;
/// Least number of taps that a pool's cost counts.
const LEAST_TAPS: u64 = 4;

impl Key {
    /// The key of a kernel of a graph.
    pub(super) fn of(graph: &Graph, plan: &Plan, kernel: &Kernel) -> Key {
        let operands = graph.operands(kernel.anchor);
        let op = graph.node(kernel.anchor).op;
        let output = graph.node(kernel.anchor).shape;
        let input = operands.first().map_or(output, |&operand| graph.node(operand).shape);
        let extent = match (op, kernel.sum) {
            (Op::Concat, _) => {
                let copied = operands.iter().filter(|&&operand| !plan.is_in_place(graph, operand, kernel.anchor));
                copied.map(|&operand| graph.node(operand).shape.c).sum()
            }
            (Op::Add | Op::Mul, _) => operands.len() as u32,
            (_, Some(sum)) => graph.operands(sum).len() as u32,
            (_, None) => 0,
        };
        Key { op, input, output, fused: kernel.fused, extent }
    }

    /// The cost on a machine; `node` is named if there is none.
    pub(super) fn cost(&self, npu: &Npu, node: &str) -> Result<Cost, ProfileError> {
        let vector = self.vector(npu, node)?;
        match self.op {
            Op::Conv(conv) => self.convolution(npu, node, conv, vector),
            Op::ConvTranspose(conv) => self.transposed(npu, node, conv, vector),
            Op::Dense { features, bias } => {
                let window = Window::same(1, 1);
                self.convolution(npu, node, Conv { filters: features, window, groups: 1, bias }, vector)
            }
            Op::Pool(_, window) => {
                let task = self.task(taps(window), pair(window.stride), (1, 1), None);
                self.blocks(npu, node, block::choose(&task, npu.buffer_bytes), vector)
            }
            Op::Resize { factor, .. } => {
                let task = self.task((1, 1), (1, 1), (u64::from(factor), u64::from(factor)), None);
                self.blocks(npu, node, block::choose(&task, npu.buffer_bytes), vector)
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

    /// Cycles of the vector unit: what the anchor takes for an element, at least what its activation takes, and the sum.
    fn vector(&self, npu: &Npu, node: &str) -> Result<f64, ProfileError> {
        let of = |name: &str| {
            npu.costs.get(name).ok_or_else(|| ProfileError::NoRule {
                machine: npu.name.clone(),
                node: node.into(),
                op: name.into(),
            })
        };
        let cost = of(VectorCosts::key(&self.op))?;
        let [h, w, c] = [self.output.h, self.output.w, self.output.c].map(u64::from);
        let even = (h.next_multiple_of(2) * w.next_multiple_of(2) * c) as f64;
        let elements = self.output.elements() as f64;
        let pooled = |taps: u64| even * cost * taps.max(LEAST_TAPS) as f64;
        let activations =
            [(part::RELU, "relu"), (part::RELU6, "relu6"), (part::SIGMOID, "sigmoid"), (part::TANH, "tanh")];
        let activation = match activations.iter().find(|(bit, _)| self.fused & bit != 0) {
            Some((_, name)) => elements * of(name)?,
            None => 0.0,
        };
        let sums = f64::from(self.extent.saturating_sub(1));
        let own = match self.op {
            Op::Pool(_, window) => pooled(taps(window).0.saturating_mul(taps(window).1)),
            Op::Mean => pooled(u64::from(self.input.h) * u64::from(self.input.w)),
            Op::Add | Op::Mul => elements * cost * sums,
            Op::Concat => elements / c as f64 * f64::from(self.extent) * cost,
            Op::Resize { interpolation: Interpolation::Nearest, .. } => even * cost,
            Op::Resize { interpolation: Interpolation::Bilinear, .. } => elements * cost,
            Op::Input(_)
            | Op::Output
            | Op::Conv(_)
            | Op::ConvTranspose(_)
            | Op::Dense { .. }
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Pad(_)
            | Op::DepthToSpace { .. } => elements * cost,
        };
        let sum = if self.fused & part::ADD != 0 { elements * of("add")? * sums } else { 0.0 };
        Ok((own.max(activation) + sum) / f64::from(npu.lanes))
    }

    fn convolution(&self, npu: &Npu, node: &str, conv: Conv, vector: f64) -> Result<Cost, ProfileError> {
        let (high, wide) = taps(conv.window);
        let groups = u64::from(conv.groups);
        let (from, to) = (u64::from(self.input.c) / groups, u64::from(conv.filters) / groups);
        let pixels = u64::from(self.output.h) * u64::from(self.output.w);
        let is_depth_wise = groups > 1 && from == 1;
        let gemm = Gemm { pixels, window: high * wide * from, filters: to, repeats: groups };
        let compute = match npu.mapping {
            Mapping::WeightStationary => gemm.cycles(npu.rows, npu.columns) as f64,
            Mapping::OutputBlocks if is_depth_wise => {
                steps(npu, self.output) * (high * wide).div_ceil(STEP) as f64 * (groups * to).div_ceil(8) as f64
            }
            Mapping::OutputBlocks => {
                steps(npu, self.output) * depth_steps(npu, high * wide, from) * (to.div_ceil(8) * groups) as f64
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
                steps(npu, shape) * depth_steps(npu, high * wide, from) * (to.div_ceil(8) * phases) as f64
            }
        };
        let kernel = taps(conv.window);
        let weights = checked(node, u128::from(kernel.0 * kernel.1) * u128::from(from) * u128::from(to))?;
        let depth = input_depth(npu, high * wide, from);
        let task = Task { weights, ..self.task(kernel, (1, 1), (down, across), Some(depth)) };
        self.weighted(npu, node, &task, compute, vector)
    }

    fn weighted(&self, npu: &Npu, node: &str, task: &Task, compute: f64, vector: f64) -> Result<Cost, ProfileError> {
        let block = block::choose(task, npu.buffer_bytes);
        let cost = self.blocks(npu, node, block, vector)?;
        // The last block's results are written when the array is done.
        let results = (block.height * block.width * block.depth) as f64;
        let tail = results * npu.costs.get(self.op.name()).unwrap_or(0.0) / f64::from(npu.lanes);
        let channels = u64::from(self.output.c);
        let weights = checked(node, u128::from(task.weights) + u128::from(BIAS * channels))?;
        let own = crate::graph::node_cost(&self.op, self.input, 1, self.output).unwrap_or_default();
        Ok(Cost {
            compute: compute + tail,
            multiply_adds: own.multiply_adds,
            run: Some(task.input_depth.unwrap_or(8)),
            weights,
            first_weights: (u128::from(weights) * u128::from(block.depth) / u128::from(channels)) as u64,
            weight_passes: block.spatial,
            ..cost
        })
    }

    fn blocks(&self, npu: &Npu, node: &str, block: Block, vector: f64) -> Result<Cost, ProfileError> {
        let depth = u64::from(self.input.c).next_multiple_of(8).min(u64::from(npu.channel_alignment));
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

fn pair(sizes: (u32, u32)) -> (u64, u64) {
    (u64::from(sizes.0), u64::from(sizes.1))
}

fn taps(window: Window) -> (u64, u64) {
    pair(window.kernel)
}

/// Input channels that an element of a micro block sums over in a cycle.
fn dot(npu: &Npu) -> u64 {
    (npu.units() / (u64::from(npu.cores) * block::MICRO_ELEMENTS)).max(1)
}

/// Whether several taps of few channels are summed in a step rather than many channels of one tap.
fn by_taps(npu: &Npu, taps: u64, channels: u64) -> bool {
    let dot = dot(npu);
    let filled = |useful: u64, room: u64| useful as f64 / room as f64;
    channels <= dot
        || filled(channels * taps, channels.next_multiple_of(dot) * taps.next_multiple_of(STEP))
            > filled(channels, channels.next_multiple_of(STEP * dot))
}

/// Steps that a micro block takes for its sums.
fn depth_steps(npu: &Npu, taps: u64, channels: u64) -> f64 {
    let dot = dot(npu);
    if by_taps(npu, taps, channels) {
        taps.div_ceil(STEP) as f64 * channels.div_ceil(dot) as f64
    } else {
        taps as f64 * channels.div_ceil(STEP * dot) as f64
    }
}

/// Channels of the input that lie in the buffer at once.
fn input_depth(npu: &Npu, taps: u64, channels: u64) -> u64 {
    let most = if by_taps(npu, taps, channels) { 2 * dot(npu) } else { STEP * dot(npu) };
    channels.min(most).next_multiple_of(8)
}

/// Cycles of one step over all micro blocks of a shape's pixels, at least those of decoding its weights.
fn steps(npu: &Npu, shape: Shape) -> f64 {
    let micro_blocks = u64::from(shape.h).div_ceil(2) * u64::from(shape.w).div_ceil(2);
    let decoding = 8 * STEP * dot(npu) / DECODED;
    (STEP * micro_blocks).max(decoding) as f64 / f64::from(npu.cores)
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

    #[test]
    fn vector_ops_take_the_cycles_of_the_table() {
        let npu = Npu::n256();
        let vector = |op: Op, input: Shape, extent: u32| {
            Key { extent, ..key_of_many(op, input, extent.max(1)) }.cost(&npu, "node").unwrap().vector
        };
        // A sum of 32 768 elements: 0.75 cycles each. A 2 × 2 pool to 16 × 16 × 32: half a cycle each.
        assert_eq!(vector(Op::Add, Shape::new(32, 32, 32), 2), 24_576.0);
        let pool = Op::Pool(crate::graph::Pool::Max, Window::same(2, 2));
        assert_eq!(vector(pool, Shape::new(32, 32, 32), 0), 4096.0);
        // The mean of 7 × 7 × 2048: 49 taps over a micro block of 2 × 2.
        assert_eq!(vector(Op::Mean, Shape::new(7, 7, 2048), 0), 50_176.0);
        let error = Key { extent: 2, ..key_of_many(Op::Add, Shape::new(4, 4, 4), 2) }
            .cost(&Npu { costs: VectorCosts::default().without("add"), ..npu }, "sum");
        let text = error.unwrap_err().to_string();
        assert!(text.starts_with("machine N256 has no cost for `add`, which node `sum` computes"), "{text}");
    }

    fn key_of_many(op: Op, input: Shape, operands: u32) -> Key {
        let output = op.infer(&vec![input; operands as usize]).unwrap();
        Key { op, input, output, fused: 0, extent: 0 }
    }
}
