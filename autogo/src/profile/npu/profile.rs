//! A network on a machine, kernel by kernel.

use super::counter::costs;
use super::fusion::Plan;
use super::machine::Npu;
use super::timing::{Bound, time};
use crate::error::Error;
use crate::graph::Graph;
use crate::profile::Gemm;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

impl Npu {
    /// Cycles of a whole network. O(nodes + edges), and O(blocks) for each distinct kernel.
    ///
    /// # Errors
    /// A machine that cannot exist; an op without a cost, a tensor larger than DRAM, or a count that does not fit
    /// ([`ProfileError`](crate::profile::ProfileError)).
    pub fn cycles(&self, graph: &Graph) -> Result<u64, Error> {
        self.check()?;
        let plan = Plan::new(graph, self.fusion);
        let costs = costs(self, graph, &plan)?;
        Ok(time(self, graph, &plan, &costs, |_, _| {})?)
    }

    /// Every kernel with its cycles and traffic. O(nodes + edges), and O(blocks) for each distinct kernel.
    ///
    /// # Errors
    /// Those of [`Npu::cycles`].
    ///
    /// ```
    /// use autogo::profile::Npu;
    /// let profile = Npu::n256().profile(&autogo::families::network("fsrcnn")?)?;
    /// let slowest = profile.rows.iter().max_by_key(|row| row.cycles).map(|row| row.op.as_str());
    /// assert_eq!(slowest, Some("conv2d_transpose"));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn profile(&self, graph: &Graph) -> Result<NpuProfile, Error> {
        self.check()?;
        let plan = Plan::new(graph, self.fusion);
        let costs = costs(self, graph, &plan)?;
        let mut rows = Vec::with_capacity(plan.kernels.len());
        let mut nodes = vec![Vec::new(); plan.kernels.len()];
        for (node, &kernel) in plan.kernel_of.iter().enumerate() {
            if let Some(nodes) = nodes.get_mut(kernel) {
                nodes.push(node);
            }
        }
        time(self, graph, &plan, &costs, |at, timed| {
            let (kernel, cost) = (&plan.kernels[at], &costs[at].1);
            let node = graph.node(kernel.anchor);
            let [compute, vector, sram, dram] = timed.terms;
            rows.push(NpuRow {
                node: node.name.clone(),
                op: node.op.name().into(),
                nodes: std::mem::take(&mut nodes[at]),
                fused: fused(graph, &plan, at),
                cycles: timed.cycles,
                bound: timed.bound,
                compute_cycles: compute,
                vector_cycles: vector,
                sram_cycles: sram,
                dram_cycles: dram,
                multiply_adds: cost.multiply_adds,
                utilisation: cost.multiply_adds as f64 / (timed.cycles.max(1) as f64 * self.units() as f64),
                sram_bytes: timed.sram_bytes,
                dram_bytes: timed.dram_bytes,
                gemm: Gemm::of(graph, kernel.anchor),
            });
        })?;
        Ok(NpuProfile { machine: self.clone(), network: graph.name().into(), rows })
    }
}

/// Names of the ops that are fused behind a kernel's anchor.
fn fused(graph: &Graph, plan: &Plan, at: usize) -> Vec<String> {
    let anchor = plan.kernels[at].anchor;
    let inside = plan.kernel_of.iter().enumerate().filter(|&(node, &kernel)| kernel == at && node != anchor);
    inside.map(|(node, _)| graph.node(node).op.name().to_string()).collect()
}

/// One kernel on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NpuRow {
    /// Name of the node that decides the kernel's cost.
    pub node: String,
    /// Name of the node's op.
    pub op: String,
    /// All nodes of the kernel, by their index in the graph.
    pub nodes: Vec<usize>,
    /// Names of the ops that are fused behind the first.
    pub fused: Vec<String>,
    /// Cycles of the kernel.
    pub cycles: u64,
    /// The resource that takes longest and so bounds the kernel.
    pub bound: Bound,
    /// Cycles of the array alone, with the wait for its first weights.
    pub compute_cycles: f64,
    /// Cycles of the vector unit alone.
    pub vector_cycles: f64,
    /// Cycles of on-chip memory alone.
    pub sram_cycles: f64,
    /// Cycles of off-chip memory alone.
    pub dram_cycles: f64,
    /// Multiply-adds that the network needs.
    pub multiply_adds: u64,
    /// Multiply-adds over what the array could do in these cycles, 0 to 1.
    pub utilisation: f64,
    /// Bytes from and to on-chip memory.
    pub sram_bytes: u64,
    /// Bytes from and to off-chip memory, spills included.
    pub dram_bytes: u64,
    /// The layer as a matrix product; none for an op without weights.
    pub gemm: Option<Gemm>,
}

/// A network on a machine, kernel by kernel.
///
/// ```
/// use autogo::profile::Npu;
/// let profile = Npu::n256().profile(&autogo::tutorials::toy()?)?;
/// assert_eq!(profile.cycles(), profile.rows.iter().map(|row| row.cycles).sum::<u64>());
/// assert!(profile.milliseconds() > 0.0 && profile.utilisation() < 1.0);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NpuProfile {
    /// The machine.
    pub machine: Npu,
    /// Name of the network.
    pub network: String,
    /// The kernels in execution order.
    pub rows: Vec<NpuRow>,
}

impl NpuProfile {
    /// Cycles of the whole network.
    pub fn cycles(&self) -> u64 {
        self.rows.iter().map(|row| row.cycles).sum()
    }

    /// Milliseconds of the whole network.
    pub fn milliseconds(&self) -> f64 {
        self.machine.milliseconds(self.cycles())
    }

    /// Inferences a second.
    pub fn frames_per_second(&self) -> f64 {
        1e3 / self.milliseconds()
    }

    /// Multiply-adds over what the array could do in all cycles, 0 to 1.
    pub fn utilisation(&self) -> f64 {
        let needed: f64 = self.rows.iter().map(|row| row.multiply_adds as f64).sum();
        needed / (self.cycles().max(1) as f64 * self.machine.units() as f64)
    }

    /// Bytes from and to off-chip memory.
    pub fn dram_bytes(&self) -> u64 {
        self.rows.iter().map(|row| row.dram_bytes).sum()
    }

    /// Bytes from and to on-chip memory.
    pub fn sram_bytes(&self) -> u64 {
        self.rows.iter().map(|row| row.sram_bytes).sum()
    }

    /// The kernels as a frame: `node`, `op`, `fused` (ops joined by `+`), `cycles`, `bound`, `utilisation`,
    /// `multiply_adds`, `dram_bytes`, `sram_bytes`.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let count = |of: fn(&NpuRow) -> u64| self.rows.iter().map(of).collect::<Vec<u64>>();
        df!(
            "node" => self.rows.iter().map(|row| row.node.as_str()).collect::<Vec<_>>(),
            "op" => self.rows.iter().map(|row| row.op.as_str()).collect::<Vec<_>>(),
            "fused" => self.rows.iter().map(|row| row.fused.join("+")).collect::<Vec<_>>(),
            "cycles" => count(|row| row.cycles),
            "bound" => self.rows.iter().map(|row| row.bound.name()).collect::<Vec<_>>(),
            "utilisation" => self.rows.iter().map(|row| row.utilisation).collect::<Vec<_>>(),
            "multiply_adds" => count(|row| row.multiply_adds),
            "dram_bytes" => count(|row| row.dram_bytes),
            "sram_bytes" => count(|row| row.sram_bytes),
        )
    }
}
