//! Writing a graph as ONNX.

mod activation;
mod node;
mod places;

use super::proto::{self, Attribute, GraphProto, Model, NodeProto, OperatorSet, kind};
use super::weights::{Pooling, Values, Weights};
use crate::files::take_sized;
use crate::formats::FormatError;
use crate::graph::{Border, Graph, Shape, Window};
use prost::Message;

/// The operator set that is written; 7 to 21 are read.
pub const OPSET: i64 = 17;
/// The file format's version that goes with it.
const IR: i64 = 8;
/// TensorFlow's constant against division by zero in batch norm ([release §8.3](crate::doc::release#s8-3)).
pub(crate) const EPSILON: f32 = 1e-3;

/// A graph as an ONNX file: NCHW, batch 1, input `input`, output `output`.
///
/// ```
/// use autogo::formats::onnx::{Pooling, Weights, export, import};
/// let graph = autogo::families::network("nb201:nor_conv_3x3,none,avg_pool_3x3,skip_connect,none,nor_conv_1x1")?;
/// let bytes = export(&graph, Weights::Seeded(0), Pooling::default())?;
/// assert_eq!(import(&bytes)?.content_id(), graph.content_id());
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// When an op cannot be written in operator set 17, and when given weights lack those of a node or have other sizes:
/// with the node's name.
pub fn export(graph: &Graph, weights: Weights<'_>, pooling: Pooling) -> Result<Vec<u8>, FormatError> {
    let mut file = Writer { proto: GraphProto { name: graph.name().into(), ..GraphProto::default() }, pooling, graph };
    let input = graph.input_shape();
    file.proto.input.push(proto::value_info("input", &nchw(input)));
    let mut names: Vec<String> = Vec::with_capacity(graph.len());
    for index in 0..graph.len() {
        let operands: Vec<String> = graph.operands(index).iter().map(|&operand| names[operand].clone()).collect();
        let name = format!("{index}:{}", graph.node(index).name);
        let made = file.node(&Values { weights, graph, index }, &name, operands)?;
        names.push(made);
    }
    let model = Model {
        ir_version: IR,
        producer_name: "autogo".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        graph: Some(file.proto),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
    };
    Ok(model.encode_to_vec())
}

fn nchw(shape: Shape) -> [i64; 4] {
    [1, shape.c, shape.h, shape.w].map(i64::from)
}

fn ints(name: &str, values: &[u32]) -> Attribute {
    let ints = values.iter().map(|&value| i64::from(value)).collect();
    Attribute { name: name.into(), ints, kind: kind::INTS, ..Attribute::default() }
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.into(), i: value, kind: kind::INT, ..Attribute::default() }
}

fn float(name: &str, value: f32) -> Attribute {
    Attribute { name: name.into(), f: value, kind: kind::FLOAT, ..Attribute::default() }
}

fn text(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), s: value.into(), kind: kind::STRING, ..Attribute::default() }
}

/// Begin and end along height and width, as ONNX writes pads.
fn pads(border: Border) -> [u32; 4] {
    [border.top, border.left, border.bottom, border.right]
}

fn window(window: &Window, border: Border) -> Vec<Attribute> {
    let mut attributes = vec![
        ints("kernel_shape", &[window.kernel.0, window.kernel.1]),
        ints("strides", &[window.stride.0, window.stride.1]),
        ints("pads", &pads(border)),
    ];
    if window.dilation != (1, 1) {
        attributes.push(ints("dilations", &[window.dilation.0, window.dilation.1]));
    }
    attributes
}

struct Writer<'a> {
    proto: GraphProto,
    pooling: Pooling,
    graph: &'a Graph,
}

impl Writer<'_> {
    /// Appends an ONNX node and returns the name of what it makes.
    fn push(&mut self, op: &str, name: &str, inputs: Vec<String>, attribute: Vec<Attribute>) -> String {
        self.proto.node.push(NodeProto {
            input: inputs,
            output: vec![name.into()],
            name: name.into(),
            op_type: op.into(),
            attribute,
            ..NodeProto::default()
        });
        name.into()
    }

    /// A weight: an initialiser, or an input of the graph when the network has no weights.
    fn weight(
        &mut self,
        of: &Values<'_>,
        name: String,
        dims: &[u32],
        values: Option<Vec<f32>>,
    ) -> Result<String, FormatError> {
        let sizes: Vec<usize> = dims.iter().map(|&size| size as usize).collect();
        let dims: Vec<i64> = dims.iter().map(|&size| i64::from(size)).collect();
        let named = match of.weights {
            Weights::Named(tensors) => {
                let node = || format!("weights of node `{}`", self.graph.node(of.index).name);
                Some(take_sized(tensors, &name, &sizes).map_err(|reason| FormatError::content(node(), reason))?)
            }
            Weights::None | Weights::Formula(_) | Weights::Seeded(_) | Weights::Given(_) => None,
        };
        match named.or(values) {
            Some(values) => self.proto.initializer.push(proto::floats(&name, &dims, &values)),
            None if of.are_given() => {
                let node = &self.graph.node(of.index).name;
                let reason = format!("lacks the weight {name} of sizes {dims:?}");
                return Err(FormatError::content(format!("weights of node `{node}`"), reason));
            }
            None => self.proto.input.push(proto::value_info(&name, &dims)),
        }
        Ok(name)
    }

    fn constant(&mut self, name: String, values: &[i64]) -> String {
        self.proto.initializer.push(proto::integers(&name, values));
        name
    }

    fn scalar(&mut self, name: String, value: f32) -> String {
        self.proto.initializer.push(proto::floats(&name, &[], &[value]));
        name
    }

    /// Gives the network's result the name `output`. No other node reads the result: the graph has one output.
    fn output(&mut self, name: &str, inputs: Vec<String>, shape: Shape) -> String {
        let last = inputs.first().and_then(|input| self.proto.node.iter().rposition(|node| node.output[0] == *input));
        let is_flat = last.is_some_and(|last| self.proto.node[last].op_type == "Gemm");
        let dims = if is_flat { vec![1, i64::from(shape.c)] } else { nchw(shape).to_vec() };
        self.proto.output.push(proto::value_info("output", &dims));
        match last {
            Some(last) => self.proto.node[last].output = vec!["output".into()],
            None => {
                self.push("Identity", "output", inputs, Vec::new());
            }
        }
        name.into()
    }
}

/// Pads along all four axes.
fn pads_of_all(border: Border) -> [i64; 8] {
    let [top, left, bottom, right] = pads(border).map(i64::from);
    [0, 0, top, left, 0, 0, bottom, right]
}
