//! One kernel's run: its operands, its result, the places of its gradients.

use super::kernel::Kernel;
use autogo_engine::{Clip, Shape, Write};

/// An operand of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// The tensor.
    pub tensor: usize,
    /// The map that is applied while the tensor is read.
    pub map: Option<(usize, Clip)>,
    /// The tensor's shape.
    pub shape: Shape,
}

/// The place of an operand's gradient.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Give {
    /// Nowhere: the operand depends on no weight.
    Nothing,
    /// The place where the gradient of the step's own result was.
    Shared,
    /// Into a tensor.
    To(usize, Write),
}

/// A kernel with its tensors and parameters.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The node whose result the step makes.
    pub node: String,
    /// The kernel that runs.
    pub kernel: Kernel,
    /// The operands, in slot order.
    pub reads: Vec<Source>,
    /// The result; `None` for a map that its readers apply.
    pub value: Option<usize>,
    /// The shape of the result.
    pub output: Shape,
    /// The shape of the first operand.
    pub input: Shape,
    /// The first of the step's parameters.
    pub parameter: Option<usize>,
    /// Whether the step adds a bias, which is its second parameter.
    pub bias: bool,
    /// The first float of the packed weights.
    pub packed: usize,
    /// The step's own map.
    pub map: Option<usize>,
    /// Whether the map is a batch norm.
    pub norm: bool,
    /// The map of the batch norm that follows: its statistics are taken while the result is made.
    pub fills: Option<usize>,
    /// The map whose gradient is computed right before this convolution's own.
    pub follows: Option<(usize, Clip)>,
    /// Whether another step took the statistics of this norm's input.
    pub filled: bool,
    /// Whether the convolution before this map computes the map's gradient.
    pub left: bool,
    /// The gradient of the result; `None` when the loss does not depend on the result.
    pub gradient: Option<usize>,
    /// The places of the operands' gradients, in slot order.
    pub gives: Vec<Give>,
}
