//! The layers that own the weights of ops, with the names and sizes of these weights in files.

use super::flat::Layout;
use super::naming::{number, pair};
use super::slots::{input, output};
use super::window::{ANY, Around, Spread, arguments};
use crate::formats::FormatError;
use crate::formats::onnx::EPSILON;
use crate::graph::{Conv, Graph, Op, Shape};

/// A tensor of a layer: the part of its name in files, and its sizes.
type Tensor = (&'static str, Vec<usize>);

/// The place of a node.
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
        self.weighted().map(|(constructor, _)| constructor)
    }

    /// The tensors of the layer.
    pub(super) fn tensors(&self) -> Vec<Tensor> {
        let mut parts = self.weighted().map(|(_, parts)| parts).unwrap_or_default();
        if self.op().has_bias() {
            parts.push(("bias", vec![self.shape().c as usize]));
        }
        parts
    }

    /// The constructor of the layer that owns the weights of an op, and its tensors without the bias.
    fn weighted(&self) -> Option<(String, Vec<Tensor>)> {
        let (first, shape) = (self.first(), self.shape());
        let sizes = |dims: &[u32]| dims.iter().map(|&size| size as usize).collect::<Vec<usize>>();
        // A number a channel, over height and width.
        let channels = || sizes(&[shape.c, 1, 1]);
        match self.op() {
            Op::Conv(conv) => {
                let (h, w) = conv.window.kernel;
                Some((convolution(conv, first), vec![("weight", sizes(&[shape.c, first.c / conv.groups, h, w]))]))
            }
            Op::ConvTranspose(conv) => {
                let (h, w) = conv.window.kernel;
                Some((transposed(conv, first), vec![("weight", sizes(&[first.c, shape.c / conv.groups, h, w]))]))
            }
            Op::Dense { features, bias } => {
                let without = if *bias { "" } else { ", bias=False" };
                let constructor = format!("nn.Linear({}, {}{without})", input(first.c), output(*features));
                Some((constructor, vec![("weight", sizes(&[*features, first.c]))]))
            }
            Op::BatchNorm => {
                let constructor = format!("nn.BatchNorm2d({}, eps={})", output(shape.c), number(EPSILON));
                Some((constructor, ["scale", "shift", "mean", "variance"].map(|part| (part, sizes(&[shape.c]))).into()))
            }
            Op::PRelu => Some((format!("nn.PReLU({})", output(shape.c)), vec![("slope", channels())])),
            Op::ChannelAffine { scale: false, shift: false } => None,
            Op::ChannelAffine { scale, shift } => {
                let (mut without, mut parts) = (String::new(), Vec::new());
                for (part, is_there) in [("scale", *scale), ("shift", *shift)] {
                    if is_there {
                        parts.push((part, channels()));
                    } else {
                        without += &format!(", {part}=False");
                    }
                }
                Some((format!("ChannelAffine({}{without})", output(shape.c)), parts))
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
