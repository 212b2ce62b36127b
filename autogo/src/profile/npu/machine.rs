//! The machine: a value, all of whose constants are fields.

use super::costs::VectorCosts;
use crate::graph::Shape;
use crate::profile::Gemm;
use serde::{Deserialize, Serialize};

/// The way in which products are laid over the array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mapping {
    /// Weights lie in the array, pixels stream through; filled and drained for every fold
    /// ([npu §A.2](crate::doc::npu#sa-2)).
    WeightStationary,
    /// A micro block ([`Blocks::micro`]) is made at once, and each of its elements sums over several input channels in
    /// a cycle (Ethos-U). A step of [`Npu::step_cycles`] cycles sums over that many groups of channels of one tap, or
    /// over one group of channels of that many taps.
    OutputBlocks,
}

/// A level of the memory, from the array's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryLevel {
    /// On chip.
    Sram,
    /// Off chip.
    Dram,
}

/// The form in which a transposed convolution is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transposed {
    /// As a convolution over its input with zeros between the pixels: every output element meets the whole kernel.
    ZeroInserted,
    /// As one small convolution for each phase of the stride: an output element meets only its own taps.
    SubPixel,
}

/// The ops that become part of the kernel that makes their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// Batch norm behind a convolution or dense layer: folded into its weights.
    pub batch_norm: bool,
    /// ReLU, ReLU6, sigmoid and tanh behind a convolution, dense layer, pool, sum or product.
    pub activation: bool,
    /// A sum behind a convolution or dense layer, whose other operands are there already.
    pub add: bool,
}

/// The rules by which a kernel's output is cut into blocks, and by which the buffer beside the array is shared out
/// among them.
///
/// A block is a box of the output, a whole number of micro blocks, whose accumulators lie in the buffer together with
/// the input that is read for the block.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// Pixels of height and width, and channels, that the array makes at once.
    pub micro: Shape,
    /// Pixels of height and width, and channels, of the largest block.
    pub largest: Shape,
    /// Channels; a block that does not cover all channels of the output covers a multiple of this number.
    pub depth_step: u32,
    /// Pixels; a kernel window with a longer side is run in pieces.
    pub kernel_side: u32,
    /// Channels; input is fetched in multiples of this number.
    pub input_step: u32,
    /// Channels of the input that lie in the buffer at once where a step sums over several taps, in multiples of the
    /// channels that an element of a micro block sums over in a cycle. Where a step sums over one tap, the multiple is
    /// [`Npu::step_cycles`].
    pub tap_depth: u32,
    /// Bytes of an accumulator.
    pub accumulator_bytes: u32,
    /// Blocks whose accumulators and input lie in the buffer at once: one is made while another is fetched or written.
    pub in_buffer: u32,
    /// Banks of the buffer.
    pub banks: u32,
    /// Banks in the smallest share of the buffer that accumulators are given.
    pub accumulator_banks: u32,
    /// Banks in the smallest share of the buffer that input is given.
    pub input_banks: u32,
    /// Banks that hold results and tables.
    pub reserved_banks: u32,
    /// Factor of the traffic, 0 to 1, of a block whose whole input fits into the buffer, when blocks are compared.
    pub whole_input: f64,
}

/// A machine: an array of int8 multiply-add units, a vector unit, memory on and off chip, and what its compiler fuses.
///
/// [`Npu::n256`], [`Npu::n512`] and [`Npu::n1024`] are presets; [`Npu::from_toml`] reads others. One element is one
/// byte.
///
/// ```
/// use autogo::profile::Npu;
/// let graph = autogo::families::network("resnet50")?;
/// let profile = Npu::n256().profile(&graph)?;
/// assert_eq!(profile.cycles(), Npu::n256().cycles(&graph)?);
/// assert!((20.0..120.0).contains(&profile.milliseconds()));
/// # Ok::<(), autogo::Error>(())
/// ```
#[doc = include_str!("../../../doc/machine.md")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Npu {
    /// Name of the machine.
    pub name: String,
    /// Rows of the array: elements of a filter that lie in it at once.
    pub rows: u32,
    /// Columns of the array: filters that lie in it at once.
    pub columns: u32,
    /// Clock, in GHz.
    pub clock_ghz: f64,
    /// The way in which products are laid over the array.
    pub mapping: Mapping,
    /// Cores that share the array's units and the vector unit's lanes.
    pub cores: u32,
    /// Cycles of a step of the array on a micro block.
    pub step_cycles: u32,
    /// Bytes of weights that a cycle decodes.
    pub decoder_bytes_per_cycle: u32,
    /// Bytes of a bias with its scale and shift.
    pub bias_bytes: u32,
    /// Lanes of the vector unit.
    pub lanes: u32,
    /// Taps of a window; a pool with a smaller window costs the vector unit as much as one of this size.
    pub least_taps: u32,
    /// Bytes of the buffer beside a core's part of the array, for accumulators and input of the blocks that are made;
    /// the buffers of all cores are equal.
    pub buffer_bytes: u64,
    /// Bytes of on-chip memory.
    pub sram_bytes: u64,
    /// Bytes a cycle between on-chip memory and the array.
    pub sram_bytes_per_cycle: f64,
    /// Bytes of the shortest access to on-chip memory.
    pub sram_burst: u32,
    /// Share of on-chip memory that a kernel's weights may fill, above 0 to 1. Larger weights go through in parts.
    pub weight_share: f64,
    /// Bytes of off-chip memory: the largest tensor there can be.
    pub dram_bytes: u64,
    /// Bytes a cycle from and to off-chip memory.
    pub dram_bytes_per_cycle: f64,
    /// Bytes of the shortest access to off-chip memory.
    pub dram_burst: u32,
    /// The level of memory where the network's input and output lie.
    pub io: MemoryLevel,
    /// Channels that a tensor is padded to in memory.
    pub channel_alignment: u32,
    /// Channels of a pixel that a core writes at once where the network's output is not padded.
    pub write_channels: u32,
    /// Cycles before a kernel starts: one access to memory.
    pub start_cycles: u64,
    /// The form in which a transposed convolution is run.
    pub transposed: Transposed,
    /// The ops that are fused.
    pub fusion: Fusion,
    /// The rules by which a kernel's output is cut into blocks.
    pub blocks: Blocks,
    /// Lane-cycles of the vector unit for an output element, by op.
    pub costs: VectorCosts,
}

impl Npu {
    /// Compute cycles of a matrix product on a weight-stationary array of this size ([`Gemm::cycles`]). O(1).
    pub fn cycles_of(&self, gemm: &Gemm) -> u64 {
        gemm.cycles(self.rows, self.columns)
    }

    /// Multiply-adds a cycle.
    pub fn units(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Milliseconds that this many cycles take.
    ///
    /// ```
    /// // 0.5 GHz: half a million cycles a millisecond.
    /// assert_eq!(autogo::profile::Npu::n256().milliseconds(1_000_000), 2.0);
    /// ```
    pub fn milliseconds(&self, cycles: u64) -> f64 {
        cycles as f64 / (self.clock_ghz * 1e6)
    }
}

impl Blocks {
    /// Elements of a micro block.
    pub(super) fn micro_elements(&self) -> u64 {
        u64::from(self.micro.h) * u64::from(self.micro.w) * u64::from(self.micro.c)
    }
}
