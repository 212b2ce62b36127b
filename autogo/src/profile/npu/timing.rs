//! A graph's kernels one after the other: each takes as long as the slowest of array, vector unit, on-chip memory and DRAM.

use super::fusion::{Kernel, Plan};
use super::kernel::{Cost, Key};
use super::machine::{Npu, Place};
use super::residency::{Residency, padded};
use crate::graph::{Graph, Op};
use crate::profile::ProfileError;
use serde::{Deserialize, Serialize};

/// What a kernel waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The array.
    Compute,
    /// The vector unit.
    Vector,
    /// On-chip memory.
    Sram,
    /// Off-chip memory.
    Dram,
    /// Nothing: its results are there already.
    Nothing,
}

impl Bound {
    /// The name in frames and tables.
    pub fn name(self) -> &'static str {
        match self {
            Bound::Compute => "compute",
            Bound::Vector => "vector",
            Bound::Sram => "sram",
            Bound::Dram => "dram",
            Bound::Nothing => "nothing",
        }
    }
}

/// A kernel with its time and traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timed {
    pub(super) cycles: u64,
    pub(super) bound: Bound,
    /// Cycles of the array, the vector unit, on-chip memory and DRAM, each alone.
    pub(super) terms: [f64; 4],
    pub(super) sram_bytes: u64,
    pub(super) dram_bytes: u64,
}

/// Times all kernels in order. `costs` stand in the plan's order; `visit` is shown the number and the time of each. Returns the
/// total. O(nodes + edges), and O(tensors on chip) for every tensor that is spilled.
pub(super) fn time(
    npu: &Npu,
    graph: &Graph,
    plan: &Plan,
    costs: &[(Key, Cost)],
    mut visit: impl FnMut(usize, &Timed),
) -> Result<u64, ProfileError> {
    let mut residency = Residency::new(npu, graph, plan)?;
    let mut total = 0u64;
    // Cycles for which the DMA has nothing to do while the kernel before runs: it fetches the next weights.
    let mut idle = 0.0;
    for (at, (kernel, (_, cost))) in plan.kernels.iter().zip(costs).enumerate() {
        let name = || graph.node(kernel.anchor).name.clone();
        if cost.weights > npu.dram_bytes {
            return Err(ProfileError::TooLarge {
                machine: npu.name.clone(),
                node: name(),
                what: "weights",
                bytes: cost.weights,
                dram: npu.dram_bytes,
            });
        }
        let mut traffic = Traffic::default();
        let tensor = plan.tensor_of[kernel.last];
        traffic.dram += residency.place(tensor, at) as f64;
        let waits = move_tensors(npu, graph, plan, (kernel, cost), &residency, &mut traffic);
        let weights = move_weights(npu, cost, waits, idle, &mut traffic);
        plan.reads(graph, kernel, |node| residency.release(plan.tensor_of[node], at));

        let compute = cost.compute + weights.before_start / npu.dram_bytes_per_cycle;
        let terms =
            [compute, cost.vector, traffic.sram / npu.sram_bytes_per_cycle, traffic.dram / npu.dram_bytes_per_cycle];
        let (slowest, longest) = slowest(&terms);
        let cycles = if longest > 0.0 { longest.ceil() + npu.start_cycles as f64 } else { 0.0 };
        let overflow = |what| ProfileError::Overflow { node: name(), what };
        let counted = (1u64 << 53) as f64;
        if cycles >= counted || traffic.sram >= counted || traffic.dram >= counted {
            return Err(overflow("cycles"));
        }
        idle = if weights.are_there { (cycles - terms[3]).max(0.0) } else { 0.0 };
        total = total.checked_add(cycles as u64).filter(|&total| total < 1 << 53).ok_or_else(|| overflow("cycles"))?;
        let timed = Timed {
            cycles: cycles as u64,
            bound: slowest,
            terms,
            sram_bytes: traffic.sram as u64,
            dram_bytes: traffic.dram as u64,
        };
        visit(at, &timed);
    }
    Ok(total)
}

/// Bytes that a kernel moves.
#[derive(Clone, Copy, Debug, Default)]
struct Traffic {
    sram: f64,
    dram: f64,
}

/// Adds what a kernel reads and writes. Returns the bytes of its first operand that come from DRAM and may have to be read
/// again for every part of the weights.
fn move_tensors(
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
        let lies = if residency.is_resident(tensor) { Place::Sram } else { Place::Dram };
        if tensor == 0 && shape.c < npu.channel_alignment {
            // A picture of few channels is not padded: each pixel is an access of its own, mostly wasted.
            let bytes = pixels * f64::from(shape.c);
            let run = if is_windowed { cost.run.unwrap_or(1) } else { u64::MAX };
            *traffic.of(lies) += bytes * waste(npu, lies, run);
            return;
        }
        traffic.sram += pixels * f64::from(shape.c.next_multiple_of(npu.channel_alignment));
        if lies == Place::Dram {
            if is_windowed { waits += whole } else { traffic.dram += whole }
        }
    });
    let shape = graph.node(kernel.last).shape;
    let copied = match graph.node(kernel.anchor).op {
        Op::Concat => copied_bytes(npu, graph, plan, kernel),
        _ => padded(shape, npu.channel_alignment) as f64,
    };
    let lies = if residency.is_resident(own) { Place::Sram } else { Place::Dram };
    if is_output(graph, plan, own) && (lies == Place::Dram || shape.c < npu.channel_alignment) {
        // The network's output is not padded; the array writes 16 channels of a pixel a core at once.
        let run = u64::from(shape.c.next_multiple_of(8)).min(16 * u64::from(npu.cores));
        let run = if cost.run.is_some() { run } else { u64::MAX };
        *traffic.of(lies) += shape.elements() as f64 * waste(npu, lies, run);
    } else {
        *traffic.of(lies) += copied;
    }
    waits
}

impl Traffic {
    fn of(&mut self, place: Place) -> &mut f64 {
        match place {
            Place::Sram => &mut self.sram,
            Place::Dram => &mut self.dram,
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

/// How many bytes are moved for a useful one when accesses of this many bytes are scattered.
fn waste(npu: &Npu, place: Place, run: u64) -> f64 {
    let burst = u64::from(match place {
        Place::Sram => npu.sram_burst,
        Place::Dram => npu.dram_burst,
    });
    burst as f64 / burst.min(run).max(1) as f64
}

/// What became of a kernel's weights.
struct Weights {
    /// Bytes that must arrive before the array can start.
    before_start: f64,
    /// All of them were fetched while the kernel before ran.
    are_there: bool,
}

/// Adds the traffic of weights, and of the input if it must be read once for each part of them.
fn move_weights(npu: &Npu, cost: &Cost, waits: f64, idle: f64, traffic: &mut Traffic) -> Weights {
    let weights = cost.weights as f64;
    if cost.weights == 0 {
        traffic.dram += waits;
        return Weights { before_start: 0.0, are_there: true };
    }
    // Half of on-chip memory is for weights. What is larger goes through in parts: either the input is read once for each
    // part of the weights, or the weights once for each part of the input.
    let half = (npu.sram_bytes / 2).max(1) as f64;
    let parts = |bytes: f64| (bytes / half).ceil().max(1.0);
    let moved = (weights + waits * parts(weights)).min(weights * parts(waits) + waits);
    if cost.weight_passes == 1 {
        // Every weight is used once: straight from DRAM to the array.
        traffic.dram += moved;
        return Weights { before_start: 0.0, are_there: false };
    }
    let ahead = (idle * npu.dram_bytes_per_cycle).min(weights).min(half);
    traffic.dram += moved - ahead;
    traffic.sram += weights * cost.weight_passes as f64;
    Weights { before_start: (cost.first_weights as f64).min(weights - ahead), are_there: ahead >= weights }
}

fn slowest(terms: &[f64; 4]) -> (Bound, f64) {
    let names = [Bound::Compute, Bound::Vector, Bound::Sram, Bound::Dram];
    let first = (Bound::Nothing, 0.0);
    names.into_iter().zip(terms.iter().copied()).fold(first, |best, next| if next.1 > best.1 { next } else { best })
}
