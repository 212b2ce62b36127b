//! The nodes that run together: kernels, and the tensors between them.

use super::machine::Fusion;
use crate::graph::{Class, Graph, Op};

/// The ops that are fused behind an anchor, as bits.
pub(super) mod part {
    use crate::graph::Op;

    pub(in super::super) const BATCH_NORM: u8 = 1;
    pub(in super::super) const RELU: u8 = 2;
    pub(in super::super) const RELU6: u8 = 4;
    pub(in super::super) const SIGMOID: u8 = 8;
    pub(in super::super) const TANH: u8 = 16;
    pub(in super::super) const ADD: u8 = 32;
    pub(in super::super) const ACTIVATION: u8 = RELU | RELU6 | SIGMOID | TANH;
    /// The activations that are computed on the way out of an anchor.
    pub(in super::super) const ACTIVATIONS: [(Op, u8); 4] =
        [(Op::Relu, RELU), (Op::Relu6, RELU6), (Op::Sigmoid, SIGMOID), (Op::Tanh, TANH)];
}

/// Nodes that run together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kernel {
    /// The node that reads the kernel's operands and decides its cost.
    pub(super) anchor: usize,
    /// The node whose result leaves the kernel.
    pub(super) last: usize,
    /// The ops that are fused, as bits from [`part`].
    pub(super) fused: u8,
    /// The sum that is fused.
    pub(super) sum: Option<usize>,
}

/// A graph as kernels in execution order.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) kernels: Vec<Kernel>,
    /// For every node its kernel; [`NONE`] for the input and for views.
    pub(super) kernel_of: Vec<usize>,
    /// For every node the tensor that its readers read, as the number of the node that makes it.
    pub(super) tensor_of: Vec<usize>,
}

/// No kernel.
pub(super) const NONE: usize = usize::MAX;

impl Plan {
    /// Fuses the ops that the machine allows. A node joins its operand's kernel only if no other node reads that
    /// operand. O(nodes).
    pub(super) fn new(graph: &Graph, fusion: Fusion) -> Plan {
        let count = graph.len();
        let mut plan =
            Plan { kernels: Vec::with_capacity(count), kernel_of: vec![NONE; count], tensor_of: (0..count).collect() };
        for index in 0..count {
            let operands = graph.operands(index);
            let op = graph.node(index).op;
            match (op.class(), operands.first()) {
                (Class::Input, _) | (_, None) => {}
                // Views: their readers read the operand, or some channels of it.
                (Class::Identity | Class::Output | Class::Slice, Some(&operand)) => {
                    plan.tensor_of[index] = plan.tensor_of[operand];
                }
                (
                    Class::Weighted(_)
                    | Class::Element
                    | Class::Sum
                    | Class::Product
                    | Class::Concat
                    | Class::Pool(..)
                    | Class::Reduction
                    | Class::Zero
                    | Class::Moved
                    | Class::Resize(_),
                    Some(_),
                ) => match plan.host(graph, index, op, fusion) {
                    Some((kernel, bit)) => plan.join(kernel, index, bit),
                    None => {
                        plan.kernel_of[index] = plan.kernels.len();
                        plan.kernels.push(Kernel { anchor: index, last: index, fused: 0, sum: None });
                    }
                },
            }
        }
        // Kernels stand where they began; they run where they end.
        let mut order: Vec<usize> = (0..plan.kernels.len()).collect();
        order.sort_unstable_by_key(|&at| plan.kernels[at].last);
        let mut place = vec![NONE; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
        plan.kernels = order.iter().map(|&at| plan.kernels[at]).collect();
        plan.kernel_of.iter_mut().filter(|at| **at != NONE).for_each(|at| *at = place[*at]);
        plan.share_concats(graph);
        plan
    }

    /// The kernel that node `index` may join, and the bit it sets there.
    fn host(&self, graph: &Graph, index: usize, op: Op, fusion: Fusion) -> Option<(usize, u8)> {
        let joins = |operand: usize| {
            let at = self.kernel_of[operand];
            let is_end = at != NONE && self.kernels[at].last == operand && graph.readers(operand) == [index];
            is_end.then(|| (at, self.kernels[at].fused, graph.node(self.kernels[at].anchor).op))
        };
        let operands = graph.operands(index);
        let activation = part::ACTIVATIONS.iter().find(|(activation, _)| *activation == op).map(|(_, bit)| *bit);
        if let Some(activation) = activation.filter(|_| fusion.activation) {
            let (at, fused, anchor) = joins(operands[0])?;
            let is_able =
                anchor.is_weighted() || matches!(anchor, Op::Add | Op::Mul | Op::Pool(..) | Op::Mean | Op::BatchNorm);
            return (is_able && fused & part::ACTIVATION == 0).then_some((at, activation));
        }
        if matches!(op, Op::BatchNorm) && fusion.batch_norm {
            let (at, fused, anchor) = joins(operands[0])?;
            return (anchor.is_weighted() && fused == 0).then_some((at, part::BATCH_NORM));
        }
        if matches!(op, Op::Add) && fusion.add {
            // The operand that is made last: the others are there by then.
            let latest = operands.iter().copied().max()?;
            let (at, fused, anchor) = joins(latest)?;
            let is_once = operands.iter().filter(|&&operand| operand == latest).count() == 1;
            // A result that the sum repeats is not the kernel's own any more.
            let is_whole = graph.node(latest).shape == graph.node(index).shape;
            let is_able = anchor.is_weighted() && is_once && is_whole && fused & (part::ADD | part::ACTIVATION) == 0;
            return is_able.then_some((at, part::ADD));
        }
        None
    }

    fn join(&mut self, at: usize, index: usize, bit: u8) {
        let kernel = &mut self.kernels[at];
        kernel.last = index;
        kernel.fused |= bit;
        if bit == part::ADD {
            kernel.sum = Some(index);
        }
        self.kernel_of[index] = at;
    }

    /// A kernel that makes an operand which only a concat reads writes the operand into the concat's tensor at once.
    fn share_concats(&mut self, graph: &Graph) {
        for index in 0..graph.len() {
            if !matches!(graph.node(index).op, Op::Concat) {
                continue;
            }
            for &operand in graph.operands(index) {
                if self.is_in_place(graph, operand, index) {
                    self.tensor_of[operand] = index;
                }
            }
        }
    }

    /// Whether a concat's operand needs no copy.
    pub(super) fn is_in_place(&self, graph: &Graph, operand: usize, concat: usize) -> bool {
        let is_made = self.kernel_of[operand] != NONE && !matches!(graph.node(operand).op, Op::Concat);
        let is_once = graph.operands(concat).iter().filter(|&&other| other == operand).count() == 1;
        is_made && is_once && graph.readers(operand) == [concat]
    }

    /// The nodes whose tensors a kernel reads: the anchor's operands, first the one that decides its cost, and the
    /// other operands of a fused sum.
    pub(super) fn reads(&self, graph: &Graph, kernel: &Kernel, mut visit: impl FnMut(usize)) {
        for &operand in graph.operands(kernel.anchor) {
            visit(operand);
        }
        if let Some(sum) = kernel.sum {
            let at = self.kernel_of[kernel.anchor];
            graph
                .operands(sum)
                .iter()
                .filter(|&&operand| self.kernel_of[operand] != at)
                .for_each(|&operand| visit(operand));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, Shape, Window};

    const ALL: Fusion = Fusion { batch_norm: true, activation: true, add: true };

    /// conv → norm → add(x) → relu, and a relu of x.
    fn graph() -> Graph {
        let mut build = GraphBuilder::new("fusion");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 16)), &[]).unwrap();
        let conv = Conv { filters: 16, window: Window::same(3, 1), groups: 1, bias: false };
        let y = build.add("conv", Op::Conv(conv), &[x]).unwrap();
        let y = build.add("norm", Op::BatchNorm, &[y]).unwrap();
        let y = build.add("sum", Op::Add, &[y, x]).unwrap();
        let y = build.add("relu", Op::Relu, &[y]).unwrap();
        let z = build.add("other", Op::Relu, &[x]).unwrap();
        let both = build.add("both", Op::Concat, &[y, z]).unwrap();
        build.add("out", Op::Output, &[both]).unwrap();
        build.finish().unwrap()
    }

    #[test]
    fn a_chain_becomes_one_kernel_and_a_switch_cuts_it() {
        let graph = graph();
        let plan = Plan::new(&graph, ALL);
        let ends: Vec<(usize, usize)> = plan.kernels.iter().map(|kernel| (kernel.anchor, kernel.last)).collect();
        assert_eq!(ends, [(1, 4), (5, 5), (6, 6)]);
        assert_eq!(plan.kernels[0].fused, part::BATCH_NORM | part::ADD | part::RELU);
        let mut reads = Vec::new();
        plan.reads(&graph, &plan.kernels[0], |node| reads.push(node));
        assert_eq!(reads, [0, 0]);
        let apart = Plan::new(&graph, Fusion { add: false, ..ALL });
        let ends: Vec<(usize, usize)> = apart.kernels.iter().map(|kernel| (kernel.anchor, kernel.last)).collect();
        assert_eq!(ends, [(1, 2), (3, 4), (5, 5), (6, 6)]);
        let alone = Plan::new(&graph, Fusion { batch_norm: false, activation: false, add: false });
        assert_eq!(alone.kernels.len(), 6);
    }

    #[test]
    fn operands_of_a_concat_are_made_in_place() {
        let plan = Plan::new(&graph(), ALL);
        assert_eq!((plan.tensor_of[4], plan.tensor_of[5], plan.tensor_of[7]), (6, 6, 6));
    }
}
