//! From kernels to steps: which tensors there are, how long each lives, and where gradients meet.

use super::arena::Tensor;
use super::kernel::{Kernel, shape_of};
use super::lower::Lowered;
use super::parameters::Parameters;
use super::step::{Give, Source, Step};
use crate::error::TrainError;
use crate::graph::{Graph, Op};
use autogo_engine::{Clip, PoolKind, Reads, Write};

/// Steps in execution order, and their tensors.
///
/// Time 0 to n−1 is the forward pass of nodes 0 to n−1, time n is the loss, time 2n−i the backward pass of node i.
pub(super) struct Flow {
    pub steps: Vec<Step>,
    pub tensors: Vec<Tensor>,
    pub images: usize,
    pub logits: usize,
    pub loss: usize,
    /// The gradient by the images; none where no backward pass reaches them.
    pub image_gradient: Option<usize>,
    /// Channels of every map.
    pub maps: Vec<usize>,
}

struct Builder<'a> {
    graph: &'a Graph,
    parameters: &'a Parameters,
    lowered: Lowered,
    tensors: Vec<Tensor>,
    /// The tensor of every root's result.
    value: Vec<Option<usize>>,
    /// The tensor of the gradient of every root's result.
    gradient: Vec<Option<usize>>,
    /// The map of every root that is one.
    map: Vec<Option<usize>>,
    maps: Vec<usize>,
    /// The step of every root that has one.
    step: Vec<Option<usize>>,
    steps: Vec<Step>,
    packed: usize,
}

/// Plans the steps of a lowered graph. O(nodes + edges).
pub(super) fn flow(graph: &Graph, lowered: Lowered, parameters: &Parameters) -> Result<Flow, TrainError> {
    let n = graph.len();
    let mut build = Builder {
        graph,
        parameters,
        lowered,
        tensors: Vec::new(),
        value: vec![None; n],
        gradient: vec![None; n],
        map: vec![None; n],
        maps: Vec::new(),
        step: vec![None; n],
        steps: Vec::new(),
        packed: 0,
    };
    let images = build.tensor(0, 0);
    build.value[0] = Some(images);
    for index in 1..n {
        build.forward(index);
    }
    build.join_norms();
    let last = build.lowered.root[n - 1];
    let logits = build.stored(last);
    // A caller that asks for the logits asks after the step.
    build.use_at(logits, n);
    build.use_at(logits, 2 * n + 1);
    let loss = build.tensor(last, n);
    build.gradient[last] = Some(loss);
    for index in (1..n).rev() {
        build.backward(index);
    }
    let image_gradient = build.gradient[0];
    if let Some(gradient) = image_gradient {
        build.use_at(gradient, 2 * n + 1);
    }
    let is_trained = |step: &Step| step.parameter.is_some() && step.gradient.is_some();
    if !build.steps.iter().any(is_trained) {
        return Err(TrainError::Untrainable { graph: graph.name().into() });
    }
    let Builder { steps, tensors, maps, .. } = build;
    Ok(Flow { steps, tensors, images, logits, loss, image_gradient, maps })
}

impl Builder<'_> {
    /// A new tensor of a node's shape, written at a time.
    fn tensor(&mut self, node: usize, time: usize) -> usize {
        let floats = self.graph.node(node).shape.elements() as usize;
        self.tensors.push(Tensor { floats, first: time, last: time });
        self.tensors.len() - 1
    }

    fn use_at(&mut self, tensor: usize, time: usize) {
        let tensor = &mut self.tensors[tensor];
        (tensor.first, tensor.last) = (tensor.first.min(time), tensor.last.max(time));
    }

    /// The stored result of a root; a virtual one has that of its operand.
    fn stored(&self, root: usize) -> usize {
        let operand = || self.graph.operands(root).first().map_or(0, |&operand| self.lowered.root[operand]);
        self.value[root].or_else(|| self.value[operand()]).unwrap_or_default()
    }

    fn source(&self, node: usize) -> Source {
        let root = self.lowered.root[node];
        let map = match (&self.lowered.kernels[root], self.map[root]) {
            (Some(Kernel::Map(clip)), Some(map)) if self.lowered.is_virtual[root] => Some((map, *clip)),
            _ => None,
        };
        Source { tensor: self.stored(root), map, shape: shape_of(self.graph.node(root).shape) }
    }

    fn forward(&mut self, index: usize) {
        let Some(kernel) = self.lowered.kernels[index].clone() else { return };
        let node = self.graph.node(index);
        let reads: Vec<Source> = self.graph.operands(index).iter().map(|&operand| self.source(operand)).collect();
        for source in &reads {
            self.use_at(source.tensor, index);
        }
        if matches!(kernel, Kernel::Map(_)) {
            self.map[index] = Some(self.maps.len());
            self.maps.push(node.shape.c as usize);
        }
        if !self.lowered.is_virtual[index] {
            self.value[index] = Some(self.tensor(index, index));
        }
        let packed = self.packed;
        self.packed += match &kernel {
            Kernel::Conv(conv) => conv.packed_len().next_multiple_of(16),
            Kernel::Transpose(conv) => conv.packed_len().next_multiple_of(16),
            _ => 0,
        };
        let shape = shape_of(node.shape);
        let input =
            self.graph.operands(index).first().map_or(shape, |&operand| shape_of(self.graph.node(operand).shape));
        self.step[index] = Some(self.steps.len());
        self.steps.push(Step {
            node: node.name.clone(),
            kernel,
            reads,
            value: self.value[index],
            output: shape,
            input,
            parameter: self.parameters.first[index],
            bias: node.op.has_bias(),
            packed,
            map: self.map[index],
            norm: node.op == Op::BatchNorm,
            fills: None,
            follows: None,
            filled: false,
            left: false,
            gradient: None,
            gives: Vec::new(),
        });
    }

    /// Lets convolutions take the statistics of the batch norm that follows.
    fn join_norms(&mut self) {
        for index in 1..self.graph.len() {
            let Some(step) = self.step[index].filter(|&step| self.steps[step].norm) else { continue };
            let before = self.lowered.root[self.graph.operands(index)[0]];
            let Some(conv) = self.step[before] else { continue };
            let makes = matches!(self.steps[conv].kernel, Kernel::Conv(_) | Kernel::Transpose(_));
            if makes && self.steps[conv].fills.is_none() {
                self.steps[conv].fills = self.steps[step].map;
                self.steps[step].filled = true;
            }
        }
    }

    fn backward(&mut self, index: usize) {
        let (Some(step), Some(gradient)) = (self.step[index], self.gradient[index]) else { return };
        let time = 2 * self.graph.len() - index;
        self.use_at(gradient, time);
        for tensor in self.needs(step) {
            self.use_at(tensor, time);
        }
        let mut gives = Vec::new();
        let mut is_shared = false;
        for slot in 0..self.graph.operands(index).len() {
            let operand = self.lowered.root[self.graph.operands(index)[slot]];
            let give = self.give(index, operand, gradient, time, is_shared);
            is_shared |= matches!(give, Give::Shared);
            gives.push(give);
        }
        let before = self.lowered.root[self.graph.operands(index)[0]];
        if let (Kernel::Map(clip), Give::Shared) = (&self.steps[step].kernel, gives[0]) {
            self.leave(step, *clip, before);
        }
        (self.steps[step].gradient, self.steps[step].gives) = (Some(gradient), gives);
    }

    /// The place of one operand's gradient.
    fn give(&mut self, index: usize, operand: usize, gradient: usize, time: usize, is_shared: bool) -> Give {
        let kernel = &self.lowered.kernels[index];
        if !self.lowered.wants[operand] || matches!(kernel, Some(Kernel::Zero)) {
            return Give::Nothing;
        }
        let is_alike = self.graph.node(operand).shape == self.graph.node(index).shape;
        let may_share = matches!(kernel, Some(Kernel::Map(_) | Kernel::Sum)) && is_alike && !is_shared;
        if may_share && self.lowered.readers[operand].len() == 1 {
            self.gradient[operand] = Some(gradient);
            return Give::Shared;
        }
        match self.gradient[operand] {
            Some(there) => {
                self.use_at(there, time);
                Give::To(there, Write::Add)
            }
            None => {
                let new = self.tensor(operand, time);
                self.gradient[operand] = Some(new);
                Give::To(new, Write::Replace)
            }
        }
    }

    /// Leaves the gradient of a map to the convolution before it, if there is one.
    fn leave(&mut self, step: usize, clip: Clip, before: usize) {
        let Some(conv) = self.step[before] else { return };
        if let (Kernel::Conv(_), Some(map)) = (&self.steps[conv].kernel, self.steps[step].map) {
            self.steps[conv].follows = Some((map, clip));
            self.steps[step].left = true;
        }
    }

    /// Tensors of the forward pass that a step's backward pass reads.
    fn needs(&self, step: usize) -> Vec<usize> {
        let step = &self.steps[step];
        let operands = || step.reads.iter().map(|source| source.tensor);
        match &step.kernel {
            Kernel::Conv(_) | Kernel::Transpose(_) => operands().chain(step.follows.and(step.value)).collect(),
            Kernel::Map(_) | Kernel::PRelu | Kernel::Product | Kernel::ChannelAffine(true, _) => operands().collect(),
            Kernel::Activation(activation) if activation.reads() == Reads::Input => operands().collect(),
            Kernel::Activation(_) => step.value.into_iter().collect(),
            Kernel::Pool(PoolKind::Max, _) | Kernel::Channelwise(_) => operands().chain(step.value).collect(),
            Kernel::Pool(_, _)
            | Kernel::ChannelAffine(false, _)
            | Kernel::Affine(_, _)
            | Kernel::Sum
            | Kernel::Concat
            | Kernel::Slice(_)
            | Kernel::Shuffle(_)
            | Kernel::Mean
            | Kernel::Zero
            | Kernel::Pad(_)
            | Kernel::Crop(_)
            | Kernel::DepthToSpace(_)
            | Kernel::SpaceToDepth(_)
            | Kernel::Resize(_) => Vec::new(),
        }
    }
}
