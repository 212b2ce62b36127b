//! The boxes of a drawing: what they say, and the colour of their stripe.

use crate::graph::op::Class;
use crate::graph::{Cost, Node, Op};

/// A node to draw.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// The number by which callers colour it.
    pub(crate) number: usize,
    pub(crate) node: Node,
    pub(crate) cost: Cost,
    /// Numbers of the operands; those that are not drawn become stubs.
    pub(crate) operands: Vec<usize>,
    /// Whether a node that is not drawn reads this node.
    pub(crate) leaves: bool,
}

/// A box: a node, or a node with the element-wise nodes behind it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Boxed {
    /// The op, in a few words.
    pub(super) label: String,
    /// The ops that were folded into the box.
    pub(super) folded: Vec<&'static str>,
    /// The words that the box shows under the pointer.
    pub(super) about: Vec<String>,
    /// The colour of the stripe at its left side.
    pub(super) stripe: &'static str,
    /// The colour of the box, if it is not plain.
    pub(super) colour: Option<&'static str>,
    /// Places of the operands in the list of boxes.
    pub(super) operands: Vec<usize>,
    /// Whether an operand is not drawn.
    pub(super) enters: bool,
    /// Whether a node that is not drawn reads this box.
    pub(super) leaves: bool,
    /// Whether the op works element by element.
    pub(super) is_element: bool,
}

impl Boxed {
    /// The box of one node, in this colour; `operands` are the places of the operands that are drawn.
    pub(super) fn of(drawn: &Drawn, operands: Vec<usize>, colour: Option<&'static str>) -> Boxed {
        Boxed {
            label: label(&drawn.node.op),
            folded: Vec::new(),
            about: vec![about(drawn)],
            stripe: stripe(&drawn.node.op),
            colour,
            enters: drawn.operands.len() > operands.len(),
            operands,
            leaves: drawn.leaves,
            is_element: drawn.node.op.class() == Class::Element,
        }
    }
}

/// Name, shape of the result, and the costs that are not zero.
fn about(drawn: &Drawn) -> String {
    let Cost { multiply_adds, params, .. } = drawn.cost;
    let counts = [(multiply_adds, "multiply-adds"), (params, "parameters")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    format!("{}: {}{}", drawn.node.name, drawn.node.shape, counts.collect::<String>())
}

/// The colour of an op's kind, the same in every drawing (Okabe and Ito's set): weights blue, element-wise ops orange, pools
/// and means green, sums, products and concats purple, zeros red, everything else grey.
fn stripe(op: &Op) -> &'static str {
    match op.class() {
        Class::Weighted(_) => "#0072b2",
        Class::Element => "#e69f00",
        Class::Pool(..) | Class::Reduction => "#009e73",
        Class::Sum | Class::Product | Class::Concat => "#a65c96",
        Class::Zero => "#d55e00",
        Class::Input | Class::Output | Class::Identity | Class::Slice | Class::Moved | Class::Resize(_) => "#9aa5b1",
    }
}

/// An op in a few words.
fn label(op: &Op) -> String {
    let by = |(h, w): (u32, u32)| format!("{h}×{w}");
    match *op {
        Op::Conv(conv) => {
            let stem = if conv.groups > 1 { "dwconv" } else { "conv" };
            let stride = if conv.window.stride == (1, 1) { "" } else { " /s" };
            format!("{stem} {} →{}{stride}", by(conv.window.kernel), conv.filters)
        }
        Op::Pool(_, window) => {
            let stride = if window.stride == (1, 1) { "" } else { " /s" };
            format!("{} {}{stride}", op.name(), by(window.kernel))
        }
        Op::ConvTranspose(conv) => format!("upconv {} →{}", by(conv.window.kernel), conv.filters),
        Op::Dense { features, .. } => format!("dense →{features}"),
        Op::Slice { start: 0, channels } => format!("first {channels}"),
        Op::Slice { start, channels } => format!("{channels} from {start}"),
        Op::DepthToSpace { block, .. } => format!("depth to space {block}"),
        Op::SpaceToDepth { block, .. } => format!("to depth {}", by(block)),
        Op::ChannelShuffle { groups } => format!("shuffle {groups}"),
        Op::ChannelAffine { .. } => "channel affine".into(),
        Op::Affine { scale, shift } => format!("{scale}·x + {shift}"),
        Op::Max => "global max".into(),
        Op::Resize { factor, .. } => format!("resize ×{factor}"),
        Op::Pad(_) => "pad".into(),
        Op::BatchNorm => "batch norm".into(),
        Op::Input(shape) => format!("input {shape}"),
        Op::Output
        | Op::Relu
        | Op::Relu6
        | Op::PRelu
        | Op::Sigmoid
        | Op::Tanh
        | Op::Activation(_)
        | Op::Crop(_)
        | Op::Add
        | Op::Mul
        | Op::Concat
        | Op::Mean
        | Op::Identity
        | Op::Zero => op.name().into(),
    }
}
