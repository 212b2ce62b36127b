//! The places of tensors while a network runs: on chip as long as they fit, else spilled by Belady's rule.

use super::fusion::Plan;
use super::machine::{MemoryLevel, Npu};
use crate::graph::{Graph, Shape};
use crate::profile::ProfileError;

/// The tensors of a graph, walked through kernel by kernel.
#[derive(Clone, Debug)]
pub(super) struct Residency {
    capacity: u64,
    /// For every tensor, by node: its bytes, where it is, and the kernels that read it, as a range of `uses`.
    tensors: Vec<Tensor>,
    /// Readers of all tensors, each tensor's in execution order.
    uses: Vec<usize>,
    /// The tensors that lie on chip.
    resident: Vec<usize>,
    filled: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tensor {
    bytes: u64,
    uses: (usize, usize),
    is_resident: bool,
    /// Whether the tensor has been written to DRAM.
    is_outside: bool,
    /// Whether the tensor is the network's input or output, on a machine that keeps those in DRAM.
    is_fixed: bool,
}

/// The reader after the last one: the world outside.
const OUTSIDE: usize = usize::MAX;

/// Bytes of a tensor in memory, its channels padded.
pub(super) fn padded(shape: Shape, alignment: u32) -> u64 {
    u64::from(shape.h) * u64::from(shape.w) * u64::from(shape.c).next_multiple_of(u64::from(alignment))
}

impl Residency {
    /// Every tensor with its readers. O(nodes + edges).
    pub(super) fn new(npu: &Npu, graph: &Graph, plan: &Plan) -> Result<Self, ProfileError> {
        let count = graph.len();
        let mut tensors = vec![Tensor::default(); count];
        for (index, tensor) in tensors.iter_mut().enumerate() {
            tensor.bytes = padded(graph.node(index).shape, npu.channel_alignment);
            if tensor.bytes > npu.dram_bytes {
                return Err(ProfileError::TooLarge {
                    machine: npu.name.clone(),
                    node: graph.node(index).name.clone(),
                    what: "result",
                    bytes: tensor.bytes,
                    dram: npu.dram_bytes,
                });
            }
        }
        for kernel in &plan.kernels {
            plan.reads(graph, kernel, |node| tensors[plan.tensor_of[node]].uses.1 += 1);
        }
        let output = plan.tensor_of[count - 1];
        tensors[output].uses.1 += 1;
        let mut start = 0;
        for tensor in &mut tensors {
            let uses = tensor.uses.1;
            tensor.uses = (start, start);
            start += uses;
        }
        let mut uses = vec![OUTSIDE; start];
        for (at, kernel) in plan.kernels.iter().enumerate() {
            plan.reads(graph, kernel, |node| {
                let tensor = &mut tensors[plan.tensor_of[node]];
                uses[tensor.uses.1] = at;
                tensor.uses.1 += 1;
            });
        }
        tensors[output].uses.1 += 1;
        let mut residency = Residency { capacity: npu.sram_bytes, tensors, uses, resident: Vec::new(), filled: 0 };
        let is_fixed = npu.io == MemoryLevel::Dram;
        residency.tensors[0].is_fixed = is_fixed;
        residency.tensors[output].is_fixed = is_fixed;
        residency.tensors[0].is_outside = true;
        if !is_fixed {
            residency.place(0, 0);
        }
        Ok(residency)
    }

    /// Whether a tensor lies on chip now.
    pub(super) fn is_resident(&self, tensor: usize) -> bool {
        self.tensors[tensor].is_resident
    }

    /// Makes room for the result of kernel `at` and says how many bytes are written to DRAM for it. Of all that lies on
    /// chip, the result included, what is read last is spilled first; of two of these the larger one.
    pub(super) fn place(&mut self, tensor: usize, at: usize) -> u64 {
        if self.tensors[tensor].is_fixed || self.tensors[tensor].is_resident {
            return 0;
        }
        // A concat's tensor whose first part did not stay on chip stays outside.
        if self.tensors[tensor].is_outside && tensor != 0 {
            return 0;
        }
        self.tensors[tensor].is_resident = true;
        self.resident.push(tensor);
        self.filled = self.filled.saturating_add(self.tensors[tensor].bytes);
        let mut written = 0;
        while self.filled > self.capacity {
            let order = |&tensor: &usize| (self.next_use(tensor, at), self.tensors[tensor].bytes, tensor);
            let Some(victim) = self.resident.iter().copied().max_by_key(order) else { break };
            self.drop_from_chip(victim);
            // The new tensor's own bytes count where it is written.
            if !self.tensors[victim].is_outside {
                self.tensors[victim].is_outside = true;
                written += if victim == tensor { 0 } else { self.tensors[victim].bytes };
            }
        }
        written
    }

    /// Drops a tensor from the chip if no kernel after `at` reads the tensor.
    pub(super) fn release(&mut self, tensor: usize, at: usize) {
        let Tensor { uses: (start, end), is_resident, .. } = self.tensors[tensor];
        let is_last = self.uses[start..end].last().is_none_or(|&last| last <= at);
        if is_resident && is_last {
            self.drop_from_chip(tensor);
        }
    }

    fn next_use(&self, tensor: usize, at: usize) -> usize {
        let (start, end) = self.tensors[tensor].uses;
        self.uses[start..end].iter().copied().find(|&reader| reader >= at).unwrap_or(OUTSIDE)
    }

    fn drop_from_chip(&mut self, tensor: usize) {
        self.tensors[tensor].is_resident = false;
        self.filled -= self.tensors[tensor].bytes;
        self.resident.retain(|&other| other != tensor);
    }
}
