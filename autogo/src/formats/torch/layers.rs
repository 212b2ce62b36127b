//! The layers that own the weights of ops, with the names and sizes of these weights in files.

use super::flat::Layout;
use super::naming::{number, pair};
use super::slots::{input, output};
use super::window::{ANY, Around, Spread, arguments};
use crate::formats::FormatError;
use crate::formats::onnx::EPSILON;
use crate::graph::{Conv, Graph, Op, Shape};

/// Where a node stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub graph: &'a Graph,
    pub layout: &'a Layout,
    pub index: usize,
}

impl Place<'_> {
    pub(super) fn op(&self) -> &Op {
        &self.graph.node(self.index).op
    }

    fn shape(&self) -> Shape {
        self.graph.node(self.index).shape
    }

    /// Shape of the first operand.
    pub(super) fn first(&self) -> Shape {
        self.graph.operands(self.index).first().map_or(self.shape(), |&operand| self.graph.node(operand).shape)
    }

    pub(super) fn unsupported(&self, reason: &str) -> FormatError {
        FormatError::unsupported(&self.graph.node(self.index).name, self.op().name(), reason)
    }

    /// The constructor of the layer, if the op has weights.
    pub(super) fn layer(&self) -> Option<String> {
        let (first, shape) = (self.first(), self.shape());
        match self.op() {
            Op::Conv(conv) => Some(convolution(conv, first)),
            Op::ConvTranspose(conv) => Some(transposed(conv, first)),
            Op::Dense { features, bias } => {
                let without = if *bias { "" } else { ", bias=False" };
                Some(format!("nn.Linear({}, {}{without})", input(first.c), output(*features)))
            }
            Op::BatchNorm => Some(format!("nn.BatchNorm2d({}, eps={})", output(shape.c), number(EPSILON))),
            Op::PRelu => Some(format!("nn.PReLU({})", output(shape.c))),
            Op::ChannelAffine { scale: false, shift: false } => None,
            Op::ChannelAffine { scale, shift } => {
                let without = |is_there: &bool, part: &str| {
                    if *is_there { String::new() } else { format!(", {part}=False") }
                };
                let parts = without(scale, "scale") + &without(shift, "shift");
                Some(format!("ChannelAffine({}{parts})", output(shape.c)))
            }
            Op::Input(_)
            | Op::Output
            | Op::Affine { .. }
            | Op::Relu
            | Op::Relu6
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_)
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Pool(..)
            | Op::Mean
            | Op::Max
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Crop(_)
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::SpaceToDepth { .. }
            | Op::ChannelShuffle { .. }
            | Op::Resize { .. } => None,
        }
    }

    /// The tensors of the layer: the part of their name in files, and their sizes.
    pub(super) fn tensors(&self) -> Vec<(&'static str, Vec<usize>)> {
        let (first, shape) = (self.first(), self.shape());
        let sizes = |dims: &[u32]| dims.iter().map(|&size| size as usize).collect::<Vec<usize>>();
        let bias = |is_there: bool| is_there.then(|| ("bias", sizes(&[shape.c])));
        let mut parts = Vec::new();
        match *self.op() {
            Op::Conv(Conv { window, groups, .. }) => {
                parts.push(("weight", sizes(&[shape.c, first.c / groups, window.kernel.0, window.kernel.1])));
            }
            Op::ConvTranspose(Conv { window, groups, .. }) => {
                parts.push(("weight", sizes(&[first.c, shape.c / groups, window.kernel.0, window.kernel.1])));
            }
            Op::Dense { features, .. } => parts.push(("weight", sizes(&[features, first.c]))),
            Op::BatchNorm => {
                parts.extend(["scale", "shift", "mean", "variance"].map(|part| (part, sizes(&[shape.c]))));
            }
            Op::PRelu => parts.push(("slope", sizes(&[shape.c, 1, 1]))),
            Op::ChannelAffine { scale, shift } => {
                parts.extend(scale.then(|| ("scale", sizes(&[shape.c, 1, 1]))));
                parts.extend(shift.then(|| ("shift", sizes(&[shape.c, 1, 1]))));
            }
            Op::Input(_)
            | Op::Output
            | Op::Affine { .. }
            | Op::Relu
            | Op::Relu6
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_)
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Pool(..)
            | Op::Mean
            | Op::Max
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Crop(_)
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::SpaceToDepth { .. }
            | Op::ChannelShuffle { .. }
            | Op::Resize { .. } => {}
        }
        parts.extend(bias(self.op().has_bias()));
        parts
    }
}

fn convolution(conv: &Conv, first: Shape) -> String {
    let padding = match Around::of(&conv.window, first, "x", ANY) {
        Around::Even(high, wide) => (high, wide),
        Around::Before(_) => (0, 0),
    };
    let sizes = format!("{}, {}, {}", input(first.c), output(conv.filters), pair(conv.window.kernel));
    format!("nn.Conv2d({sizes}{}{})", arguments(&conv.window, padding), others(conv, first))
}

fn transposed(conv: &Conv, first: Shape) -> String {
    let spread = Spread::of(conv);
    let sizes = format!("{}, {}, {}", input(first.c), output(conv.filters), pair(conv.window.kernel));
    let added = match spread.output_padding {
        (0, 0) => String::new(),
        more => format!(", output_padding={}", pair(more)),
    };
    let window = arguments(&conv.window, spread.padding);
    format!("nn.ConvTranspose2d({sizes}{window}{added}{})", others(conv, first))
}

/// Groups and bias of a convolution, where they are not PyTorch's usual ones.
fn others(conv: &Conv, first: Shape) -> String {
    let mut text = match conv.groups {
        1 => String::new(),
        groups if groups == first.c => format!(", groups={}", input(groups)),
        groups => format!(", groups={groups}"),
    };
    if !conv.bias {
        text += ", bias=False";
    }
    text
}
