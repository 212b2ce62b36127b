//! Bytes that a kernel moves: its operands, its result and its weights, on chip and off.

use super::fusion::{Kernel, Plan};
use super::kernel::Cost;
use super::machine::{MemoryLevel, Npu};
use super::residency::{Residency, padded};
use crate::graph::{Graph, Op};

/// Bytes that a kernel moves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    pub(super) sram: f64,
    pub(super) dram: f64,
}

/// Adds what a kernel reads of its operands. Returns the bytes of its first operand that come from DRAM and may have to
/// be read again for every part of the weights. O(operands).
pub(super) fn move_operands(
    npu: &Npu,
    graph: &Graph,
    plan: &Plan,
    (kernel, cost): (&Kernel, &Cost),
    residency: &Residency,
    traffic: &mut Traffic,
) -> f64 {
    let own = plan.tensor_of[kernel.last];
    let mut waits = 0.0;
    let mut is_first = true;
    plan.reads(graph, kernel, |node| {
        let tensor = plan.tensor_of[node];
        // A concat does not touch what was made in place.
        if tensor == own {
            return;
        }
        let shape = graph.node(node).shape;
        let whole = padded(shape, npu.channel_alignment) as f64;
        let is_windowed = is_first && cost.run.is_some();
        let pixels = if is_windowed { cost.pixels_read as f64 } else { f64::from(shape.h) * f64::from(shape.w) };
        is_first = false;
        let lies = if residency.is_resident(tensor) { MemoryLevel::Sram } else { MemoryLevel::Dram };
        if tensor == 0 && shape.c < npu.channel_alignment {
            // A picture of few channels is not padded: each pixel is an access of its own, mostly wasted.
            let bytes = pixels * f64::from(shape.c);
            let run = if is_windowed { cost.run.unwrap_or(1) } else { u64::MAX };
            *traffic.of(lies) += bytes * waste(npu, lies, run);
            return;
        }
        traffic.sram += pixels * f64::from(shape.c.next_multiple_of(npu.channel_alignment));
        if lies == MemoryLevel::Dram {
            if is_windowed { waits += whole } else { traffic.dram += whole }
        }
    });
    waits
}

/// Adds what a kernel writes of its result. O(operands).
pub(super) fn move_result(
    npu: &Npu,
    graph: &Graph,
    plan: &Plan,
    (kernel, cost): (&Kernel, &Cost),
    residency: &Residency,
    traffic: &mut Traffic,
) {
    let own = plan.tensor_of[kernel.last];
    let shape = graph.node(kernel.last).shape;
    let copied = if matches!(graph.node(kernel.anchor).op, Op::Concat) {
        copied_bytes(npu, graph, plan, kernel)
    } else {
        padded(shape, npu.channel_alignment) as f64
    };
    let lies = if residency.is_resident(own) { MemoryLevel::Sram } else { MemoryLevel::Dram };
    if is_output(graph, plan, own) && (lies == MemoryLevel::Dram || shape.c < npu.channel_alignment) {
        // The network's output is not padded: a pixel is written in pieces of some channels.
        let whole = u64::from(shape.c).next_multiple_of(u64::from(npu.blocks.micro.c));
        let run = whole.min(u64::from(npu.write_channels) * u64::from(npu.cores));
        let run = if cost.run.is_some() { run } else { u64::MAX };
        *traffic.of(lies) += shape.elements() as f64 * waste(npu, lies, run);
    } else {
        *traffic.of(lies) += copied;
    }
}

impl Traffic {
    fn of(&mut self, level: MemoryLevel) -> &mut f64 {
        match level {
            MemoryLevel::Sram => &mut self.sram,
            MemoryLevel::Dram => &mut self.dram,
        }
    }
}

fn is_output(graph: &Graph, plan: &Plan, tensor: usize) -> bool {
    plan.tensor_of[graph.len() - 1] == tensor
}

/// Bytes of the operands that a concat copies.
fn copied_bytes(npu: &Npu, graph: &Graph, plan: &Plan, kernel: &Kernel) -> f64 {
    let operands = graph.operands(kernel.anchor).iter();
    let copied = operands.filter(|&&operand| !plan.is_in_place(graph, operand, kernel.anchor));
    copied.map(|&operand| padded(graph.node(operand).shape, npu.channel_alignment) as f64).sum()
}

/// The bytes that are moved for a useful byte when accesses of `run` bytes are scattered.
fn waste(npu: &Npu, level: MemoryLevel, run: u64) -> f64 {
    let burst = u64::from(match level {
        MemoryLevel::Sram => npu.sram_burst,
        MemoryLevel::Dram => npu.dram_burst,
    });
    burst as f64 / burst.min(run).max(1) as f64
}

/// The state of a kernel's weights when the kernel starts.
pub(super) struct Weights {
    /// Bytes that must arrive before the array can start.
    pub(super) before_start: f64,
    /// All of them were fetched while the kernel before ran.
    pub(super) are_there: bool,
}

/// Adds the traffic of weights, and of the input if it must be read once for each part of them.
pub(super) fn move_weights(npu: &Npu, cost: &Cost, waits: f64, idle: f64, traffic: &mut Traffic) -> Weights {
    let weights = cost.weights as f64;
    if cost.weights == 0 {
        traffic.dram += waits;
        return Weights { before_start: 0.0, are_there: true };
    }
    // Weights that are larger than their share of on-chip memory go through in parts: either the input is read once for
    // each part of the weights, or the weights once for each part of the input.
    let share = (npu.sram_bytes as f64 * npu.weight_share).floor().max(1.0);
    let parts = |bytes: f64| (bytes / share).ceil().max(1.0);
    let moved = (weights + waits * parts(weights)).min(weights * parts(waits) + waits);
    if cost.weight_passes == 1 {
        // Every weight is used once: straight from DRAM to the array.
        traffic.dram += moved;
        return Weights { before_start: 0.0, are_there: false };
    }
    let ahead = (idle * npu.dram_bytes_per_cycle).min(weights).min(share);
    traffic.dram += moved - ahead;
    traffic.sram += weights * cost.weight_passes as f64;
    Weights { before_start: (cost.first_weights as f64).min(weights - ahead), are_there: ahead >= weights }
}
