//! The weights of a network: names, sizes, places.

use crate::graph::{Graph, Op};
use std::ops::Range;

/// The variance of a weight times its inputs that keeps a signal through ReLUs.
const HE: f64 = 2.0;
/// The variance of a dense layer's weight times its inputs, PyTorch's: a classifier begins near equal odds.
const SMALL: f64 = 1.0 / 3.0;

/// The role of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    /// The weights of a convolution or a dense layer: their variance at the start times the inputs of one output, and
    /// those inputs.
    Matrix { gain: f64, fan_in: usize },
    /// A number for every channel, which begins at this value.
    Channels { start: f32 },
    /// A running statistic of a batch norm, which no gradient changes and which begins at this value.
    Running { start: f32 },
}

/// A named tensor of weights.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// `INDEX:NODE.PART`, as in an exported ONNX file.
    pub name: String,
    /// Sizes as in an exported ONNX file.
    pub sizes: Vec<usize>,
    /// The role of the parameter.
    pub role: Role,
    /// The place of the parameter among the weights, or among the running statistics.
    pub range: Range<usize>,
}

/// All parameters of a network. Matrices come first, so that weight decay is one run over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    /// The parameters, in the order of nodes and parts.
    pub all: Vec<Parameter>,
    /// The first parameter of every node.
    pub first: Vec<Option<usize>>,
    /// Floats of matrices, with what fills their lines.
    pub matrices: usize,
    /// Floats of all weights.
    pub len: usize,
    /// Floats of running statistics.
    pub running: usize,
}

/// Parts of a node's parameters: name, sizes, role.
fn parts(graph: &Graph, index: usize) -> Vec<(&'static str, Vec<usize>, Role)> {
    let node = graph.node(index);
    let shape = node.shape;
    let input = graph.operands(index).first().map_or(shape, |&operand| graph.node(operand).shape);
    let (c, inputs) = (shape.c as usize, input.c as usize);
    let zeros = |channels: usize| ("bias", vec![channels], Role::Channels { start: 0.0 });
    let mut parts = Vec::new();
    match node.op {
        Op::Conv(conv) => {
            let (h, w, i) =
                (conv.window.kernel.0 as usize, conv.window.kernel.1 as usize, inputs / conv.groups as usize);
            parts.push(("weight", vec![c, i, h, w], Role::Matrix { gain: HE, fan_in: i * h * w }));
            parts.extend(conv.bias.then(|| zeros(c)));
        }
        Op::ConvTranspose(conv) => {
            let (h, w) = (conv.window.kernel.0 as usize, conv.window.kernel.1 as usize);
            let each = c / conv.groups as usize;
            parts.push(("weight", vec![inputs, each, h, w], Role::Matrix { gain: HE, fan_in: inputs * h * w }));
            parts.extend(conv.bias.then(|| zeros(c)));
        }
        Op::Dense { bias, .. } => {
            parts.push(("weight", vec![c, inputs], Role::Matrix { gain: SMALL, fan_in: inputs }));
            parts.extend(bias.then(|| zeros(c)));
        }
        Op::BatchNorm => {
            parts.push(("scale", vec![c], Role::Channels { start: 1.0 }));
            parts.push(("shift", vec![c], Role::Channels { start: 0.0 }));
            parts.push(("mean", vec![c], Role::Running { start: 0.0 }));
            parts.push(("variance", vec![c], Role::Running { start: 1.0 }));
        }
        Op::PRelu => parts.push(("slope", vec![c, 1, 1], Role::Channels { start: 0.25 })),
        Op::ChannelAffine { scale, shift } => {
            parts.extend(scale.then(|| ("scale", vec![c, 1, 1], Role::Channels { start: 1.0 })));
            parts.extend(shift.then(|| ("shift", vec![c, 1, 1], Role::Channels { start: 0.0 })));
        }
        Op::Affine { .. }
        | Op::Activation(_)
        | Op::Max
        | Op::Crop(_)
        | Op::SpaceToDepth { .. }
        | Op::ChannelShuffle { .. }
        | Op::Input(_)
        | Op::Output
        | Op::Relu
        | Op::Relu6
        | Op::Sigmoid
        | Op::Tanh
        | Op::Add
        | Op::Mul
        | Op::Concat
        | Op::Pool(..)
        | Op::Mean
        | Op::Identity
        | Op::Zero
        | Op::Slice { .. }
        | Op::Pad(_)
        | Op::DepthToSpace { .. }
        | Op::Resize { .. } => {}
    }
    parts
}

impl Parameters {
    /// The parameters of a graph.
    pub fn of(graph: &Graph) -> Parameters {
        let mut found = Parameters { first: vec![None; graph.len()], ..Parameters::default() };
        for index in 0..graph.len() {
            for (part, sizes, role) in parts(graph, index) {
                found.first[index].get_or_insert(found.all.len());
                let name = format!("{index}:{}.{part}", graph.node(index).name);
                found.all.push(Parameter { name, sizes, role, range: 0..0 });
            }
        }
        let mut place = |from: usize, is_here: fn(&Role) -> bool| {
            let mut at = from;
            for parameter in found.all.iter_mut().filter(|parameter| is_here(&parameter.role)) {
                let count: usize = parameter.sizes.iter().product();
                parameter.range = at..at + count;
                at = (at + count).next_multiple_of(16);
            }
            at
        };
        let matrices = place(0, |role| matches!(role, Role::Matrix { .. }));
        let len = place(matrices, |role| matches!(role, Role::Channels { .. }));
        let running = place(0, |role| matches!(role, Role::Running { .. }));
        (found.matrices, found.len, found.running) = (matrices, len, running);
        found
    }

    /// The place of a parameter.
    pub fn range(&self, parameter: usize) -> Range<usize> {
        self.all[parameter].range.clone()
    }

    /// Number of weights that are trained.
    pub fn count(&self) -> usize {
        let trained = self.all.iter().filter(|parameter| !matches!(parameter.role, Role::Running { .. }));
        trained.map(|parameter| parameter.range.len()).sum()
    }
}

/// Calls `visit(place in the file, place in memory)` for every weight of a matrix of these sizes: files have filters
/// first, as ONNX and PyTorch do, the engine has them last. O(weights).
pub(crate) fn places(sizes: &[usize], mut visit: impl FnMut(usize, usize)) {
    let (filters, channels, pixels) = match *sizes {
        [filters, channels, h, w] => (filters, channels, h * w),
        [filters, channels] => (filters, channels, 1),
        _ => (sizes.iter().product(), 1, 1),
    };
    let mut at = 0;
    for filter in 0..filters {
        for channel in 0..channels {
            for pixel in 0..pixels {
                visit(at, (pixel * channels + channel) * filters + filter);
                at += 1;
            }
        }
    }
}
