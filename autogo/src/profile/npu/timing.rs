//! A graph's kernels one after the other: each takes as long as the slowest of array, vector unit, on-chip memory and
//! DRAM.

use super::fusion::Plan;
use super::kernel::Cost;
use super::key::Key;
use super::machine::Npu;
use super::residency::Residency;
use super::traffic::{Traffic, move_operands, move_result, move_weights};
use crate::graph::Graph;
use crate::profile::ProfileError;
use serde::{Deserialize, Serialize};

/// The resource that a kernel waits for.
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
    /// Nothing: the kernel's results are there already.
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

/// Times all kernels in order. `costs` stand in the plan's order; `visit` is shown the number and the time of each.
/// Returns the total. O(nodes + edges), and O(tensors on chip) for every tensor that is spilled.
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
        let waits = move_operands(npu, graph, plan, (kernel, cost), &residency, &mut traffic);
        move_result(npu, graph, plan, (kernel, cost), &residency, &mut traffic);
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

fn slowest(terms: &[f64; 4]) -> (Bound, f64) {
    let names = [Bound::Compute, Bound::Vector, Bound::Sram, Bound::Dram];
    let first = (Bound::Nothing, 0.0);
    names.into_iter().zip(terms.iter().copied()).fold(first, |best, next| if next.1 > best.1 { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::graph::{Conv, GraphBuilder, Op, Shape, Window};
    use crate::profile::{Fusion, MemoryLevel, NpuProfile, VectorCosts};

    /// Sums of a sigmoid, a tanh and their input, all of 1 KiB; nothing is fused.
    fn sums(sram_bytes: u64) -> Result<NpuProfile, Error> {
        let mut build = GraphBuilder::new("sums");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 16)), &[]).unwrap();
        let a = build.add("a", Op::Sigmoid, &[x]).unwrap();
        let b = build.add("b", Op::Tanh, &[x]).unwrap();
        let c = build.add("c", Op::Add, &[b, x]).unwrap();
        let d = build.add("d", Op::Add, &[c, a]).unwrap();
        build.add("out", Op::Output, &[d]).unwrap();
        let fusion = Fusion { batch_norm: false, activation: false, add: false };
        Npu { sram_bytes, fusion, ..Npu::n256() }.profile(&build.finish().unwrap())
    }

    #[test]
    fn what_fits_stays_on_chip_and_what_is_read_last_is_spilled() {
        let dram = |profile: NpuProfile| profile.rows.iter().map(|row| row.dram_bytes).collect::<Vec<u64>>();
        assert_eq!(dram(sums(4096).unwrap()), [0, 0, 0, 0]);
        // While c is made, x, a and b fill the three places; a and c are read last, and c is made later.
        assert_eq!(dram(sums(3072).unwrap()), [0, 0, 1024, 1024]);
        // With one place: of x and a, a is read later and goes out at once; x stays until c has read it.
        let tight = sums(1024).unwrap();
        assert!(tight.dram_bytes() > 4096 && tight.cycles() > sums(4096).unwrap().cycles(), "{tight:?}");
        // a takes 8 lane-cycles for each of 1024 elements on 8 lanes, and 96 to start.
        assert_eq!(sums(4096).unwrap().rows[0].cycles, 1024 + 96);
        assert_eq!(sums(4096).unwrap().rows[2].sram_bytes, 3 * 1024);
    }

    /// A 3 × 3 convolution of 64 channels behind a long sigmoid, on 32 × 32 pixels.
    fn conv(npu: &Npu, sigmoid: bool) -> NpuProfile {
        let mut build = GraphBuilder::new("conv");
        let x = build.add("x", Op::Input(Shape::new(32, 32, 64)), &[]).unwrap();
        let y = if sigmoid { build.add("s", Op::Sigmoid, &[x]).unwrap() } else { x };
        let conv = Conv { filters: 64, window: Window::same(3, 1), groups: 1, bias: true };
        let y = build.add("y", Op::Conv(conv), &[y]).unwrap();
        let y = build.add("relu", Op::Relu, &[y]).unwrap();
        build.add("out", Op::Output, &[y]).unwrap();
        npu.profile(&build.finish().unwrap()).unwrap()
    }

    #[test]
    fn weights_are_fetched_while_the_kernel_before_runs() {
        let weights = 9 * 64 * 64 + 10 * 64;
        let cold = conv(&Npu::n256(), false);
        let warm = conv(&Npu::n256(), true);
        assert_eq!((cold.rows[0].dram_bytes, warm.rows[1].dram_bytes), (weights, 0));
        // Blocks are 16 channels deep: a quarter of the weights must be there before the first one.
        assert_eq!(cold.rows[0].compute_cycles - warm.rows[1].compute_cycles, (weights / 4) as f64);
        assert_eq!((warm.rows[1].fused.as_slice(), warm.rows[1].bound), (&["relu".to_string()][..], Bound::Compute));
    }

    #[test]
    fn weights_beyond_half_the_memory_are_read_in_parts() {
        // 37 504 bytes of weights in parts of 16 KiB, and an input of 64 KiB that lies in DRAM: the input is read three
        // times, or the weights four times.
        let npu = Npu { sram_bytes: 32 << 10, io: MemoryLevel::Dram, ..Npu::n256() };
        let row = &conv(&npu, false).rows[0];
        let (weights, tensor) = (37_504, 65_536);
        let output = tensor * 128 / 16;
        assert_eq!(row.dram_bytes, (weights + 3 * tensor).min(4 * weights + tensor) + output);
    }

    #[test]
    fn what_cannot_be_run_is_an_error_that_names_the_node() {
        let graph = crate::families::network("nb201:none,none,none,nor_conv_1x1,none,none").unwrap();
        let said = |npu: Npu| npu.cycles(&graph).unwrap_err().to_string();
        let without = Npu { costs: VectorCosts::ethos_u().without("mean"), ..Npu::n256() };
        assert!(said(without).contains("has no cost for `mean`, which node `"));
        let tiny = Npu { dram_bytes: 16_000, ..Npu::n256() };
        assert!(said(tiny).ends_with("bytes for its result; machine N256 has 16000 bytes of DRAM"));
        let slow = Npu { sram_bytes_per_cycle: 1e-300, ..Npu::n256() };
        assert!(said(slow).contains("cycles pass the largest number"));
        let flat = Npu { rows: 0, ..Npu::n256() };
        assert_eq!(said(flat), "machine N256: 0 × 16 units; accepted: 1 to 65536 each");
    }
}
