//! Everything that the cost of a kernel depends on, so that equal kernels are costed once.

use super::fusion::{Kernel, Plan};
use crate::graph::{Class, Graph, Op, Shape};

/// All that the cost of a kernel on a machine depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) op: Op,
    pub(super) input: Shape,
    pub(super) output: Shape,
    /// The ops that are fused, as bits.
    pub(super) fused: u8,
    /// Operands of the sum or product, fused or not; channels that a concat copies.
    pub(super) extent: u32,
}

impl Key {
    /// The key of a kernel of a graph.
    pub(super) fn of(graph: &Graph, plan: &Plan, kernel: &Kernel) -> Key {
        let operands = graph.operands(kernel.anchor);
        let op = graph.node(kernel.anchor).op;
        let output = graph.node(kernel.anchor).shape;
        let input = operands.first().map_or(output, |&operand| graph.node(operand).shape);
        let extent = match op.class() {
            Class::Concat => {
                let copied = operands.iter().filter(|&&operand| !plan.is_in_place(graph, operand, kernel.anchor));
                copied.map(|&operand| graph.node(operand).shape.c).sum()
            }
            Class::Sum | Class::Product => operands.len() as u32,
            Class::Input
            | Class::Output
            | Class::Weighted(_)
            | Class::Element
            | Class::Pool(..)
            | Class::Reduction
            | Class::Identity
            | Class::Zero
            | Class::Slice
            | Class::Moved
            | Class::Resize(_) => kernel.sum.map_or(0, |sum| graph.operands(sum).len() as u32),
        };
        Key { op, input, output, fused: kernel.fused, extent }
    }
}
