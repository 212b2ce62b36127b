//! Writing a graph as ONNX.

use super::proto::{self, Attribute, GraphProto, Model, NodeProto, OperatorSet, kind};
use super::weights::{Pooling, Values, Weights};
use crate::files::{Tensors, take_sized};
use crate::formats::FormatError;
use crate::graph::{Border, Conv, Graph, Interpolation, Op, Pool, Shape, Window};
use prost::Message;

/// The operator set that is written; 9 to 21 are read.
pub const OPSET: i64 = 17;
/// The file format's version that goes with it.
const IR: i64 = 8;
/// TensorFlow's constant against division by zero in batch norm ([release §8.3](crate::doc::release#s8-3)).
const EPSILON: f32 = 1e-3;

/// A graph as an ONNX file: NCHW, batch 1, input `input`, output `output`.
///
/// ```
/// use autogo::formats::onnx::{Pooling, Weights, export, import};
/// let graph = autogo::families::network("nb201:nor_conv_3x3,none,avg_pool_3x3,skip_connect,none,nor_conv_1x1")?;
/// let bytes = export(&graph, Weights::Seeded(0), Pooling::default())?;
/// assert_eq!(import(&bytes)?.content_id(), graph.content_id());
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn export(graph: &Graph, weights: Weights<'_>, pooling: Pooling) -> Result<Vec<u8>, FormatError> {
    let given = if let Weights::Given(tensors) = weights { Some(tensors) } else { None };
    let proto = GraphProto { name: graph.name().into(), ..GraphProto::default() };
    let mut file = Writer { proto, pooling, graph, given };
    let input = graph.input_shape();
    file.proto.input.push(proto::value_info("input", &nchw(input)));
    let mut names: Vec<String> = Vec::with_capacity(graph.len());
    for index in 0..graph.len() {
        let operands: Vec<String> = graph.operands(index).iter().map(|&operand| names[operand].clone()).collect();
        let name = format!("{index}:{}", graph.node(index).name);
        let made = file.node(Values { weights, graph, index }, &name, operands)?;
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
    vec![
        ints("kernel_shape", &[window.kernel.0, window.kernel.1]),
        ints("strides", &[window.stride.0, window.stride.1]),
        ints("pads", &pads(border)),
    ]
}

struct Writer<'a> {
    proto: GraphProto,
    pooling: Pooling,
    graph: &'a Graph,
    given: Option<&'a Tensors>,
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
    fn weight(&mut self, name: String, dims: &[u32], values: Option<Vec<f32>>) -> Result<String, FormatError> {
        let sizes: Vec<usize> = dims.iter().map(|&size| size as usize).collect();
        let dims: Vec<i64> = dims.iter().map(|&size| i64::from(size)).collect();
        let given = self.given.map(|tensors| take_sized(tensors, &name, &sizes)).transpose();
        match given.map_err(|reason| FormatError::unsupported(&name, "weights", &reason))?.or(values) {
            Some(values) => self.proto.initializer.push(proto::floats(&name, &dims, &values)),
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

    fn node(&mut self, values: Values<'_>, name: &str, mut inputs: Vec<String>) -> Result<String, FormatError> {
        let index = values.index;
        let op = *values.op();
        let shape = self.graph.node(index).shape;
        let first = self.graph.operands(index).first().map_or(shape, |&operand| self.graph.node(operand).shape);
        let refuse = |reason: &str| Err(FormatError::unsupported(name, op.name(), reason));
        let plain = |op: &'static str| (op, Vec::new());
        let (kind, attributes) = match op {
            Op::Input(_) => return Ok("input".into()),
            Op::Output => return Ok(self.output(name, inputs, shape)),
            Op::Conv(conv) => {
                let filter = conv.window.kernel.0 * conv.window.kernel.1 * (first.c / conv.groups);
                let dims = [conv.filters, first.c / conv.groups, conv.window.kernel.0, conv.window.kernel.1];
                let count = filter as usize * conv.filters as usize;
                inputs.push(self.weight(format!("{name}.weight"), &dims, values.weights(count, filter as usize))?);
                self.add_bias(&values, name, &conv, &mut inputs)?;
                let mut attributes = window(&conv.window, conv.window.border(first.h, first.w));
                attributes.push(int("group", i64::from(conv.groups)));
                ("Conv", attributes)
            }
            Op::ConvTranspose(conv) => {
                let (h, w) = conv.window.kernel;
                let filter = (h * w * first.c) as usize;
                let dims = [first.c, conv.filters, h, w];
                let weights = values.weights(filter * conv.filters as usize, filter);
                inputs.push(self.weight(format!("{name}.weight"), &dims, weights)?);
                self.add_bias(&values, name, &conv, &mut inputs)?;
                let (border, more) = conv.window.cut();
                let mut attributes = window(&conv.window, border);
                attributes.push(ints("output_padding", &[more.0, more.1]));
                ("ConvTranspose", attributes)
            }
            Op::Dense { features, bias } => {
                if (first.h, first.w) != (1, 1) {
                    return refuse("on more than one pixel");
                }
                let flat = self.push("Flatten", &format!("{name}.flat"), inputs, vec![int("axis", 1)]);
                let weights = values.weights(features as usize * first.c as usize, first.c as usize);
                let mut inputs = vec![flat, self.weight(format!("{name}.weight"), &[features, first.c], weights)?];
                if bias {
                    inputs.push(self.weight(format!("{name}.bias"), &[features], values.bias(features as usize))?);
                }
                let readers = self.graph.readers(index);
                let is_last = readers.iter().all(|&reader| self.graph.node(reader).op == Op::Output);
                if is_last {
                    return Ok(self.push("Gemm", name, inputs, vec![int("transB", 1)]));
                }
                let made = self.push("Gemm", &format!("{name}.flat_out"), inputs, vec![int("transB", 1)]);
                let wanted = self.constant(format!("{name}.shape"), &nchw(shape));
                return Ok(self.push("Reshape", name, vec![made, wanted], Vec::new()));
            }
            Op::BatchNorm => {
                let count = shape.c as usize;
                let given = values.norm(count).map(|parts| parts.map(Some)).unwrap_or([None, None, None, None]);
                for (part, values) in ["scale", "shift", "mean", "variance"].into_iter().zip(given) {
                    inputs.push(self.weight(format!("{name}.{part}"), &[shape.c], values)?);
                }
                ("BatchNormalization", vec![float("epsilon", EPSILON)])
            }
            Op::PRelu => {
                inputs.push(self.weight(format!("{name}.slope"), &[shape.c, 1, 1], values.slopes(shape.c as usize))?);
                plain("PRelu")
            }
            Op::Relu => plain("Relu"),
            Op::Relu6 => {
                inputs.push(self.scalar(format!("{name}.min"), 0.0));
                inputs.push(self.scalar(format!("{name}.max"), 6.0));
                plain("Clip")
            }
            Op::Sigmoid => plain("Sigmoid"),
            Op::Tanh => plain("Tanh"),
            Op::Add if inputs.len() == 2 => plain("Add"),
            Op::Add => plain("Sum"),
            Op::Mul if inputs.len() == 2 => plain("Mul"),
            Op::Mul => return refuse("of more than two operands"),
            Op::Concat => ("Concat", vec![int("axis", 1)]),
            Op::Pool(pool, at) => return Ok(self.pool(name, inputs, pool, &at, first)),
            Op::Mean => plain("GlobalAveragePool"),
            Op::Identity => plain("Identity"),
            Op::Zero => {
                inputs.push(self.scalar(format!("{name}.zero"), 0.0));
                plain("Mul")
            }
            Op::Slice { channels } => {
                for (part, value) in [("starts", 0), ("ends", i64::from(channels)), ("axes", 1)] {
                    inputs.push(self.constant(format!("{name}.{part}"), &[value]));
                }
                plain("Slice")
            }
            Op::Pad(border) => {
                inputs.push(self.constant(format!("{name}.pads"), &pads_of_all(border)));
                plain("Pad")
            }
            Op::DepthToSpace { block } => {
                ("DepthToSpace", vec![int("blocksize", i64::from(block)), text("mode", "CRD")])
            }
            Op::Resize { factor, interpolation } => {
                let scales = [1.0, 1.0, factor as f32, factor as f32];
                self.proto.initializer.push(proto::floats(&format!("{name}.scales"), &[4], &scales));
                inputs.extend([String::new(), format!("{name}.scales")]);
                let (mode, transform) = match interpolation {
                    Interpolation::Nearest => ("nearest", "asymmetric"),
                    Interpolation::Bilinear => ("linear", "half_pixel"),
                };
                let mut attributes = vec![text("mode", mode), text("coordinate_transformation_mode", transform)];
                if interpolation == Interpolation::Nearest {
                    attributes.push(text("nearest_mode", "floor"));
                }
                ("Resize", attributes)
            }
        };
        Ok(self.push(kind, name, inputs, attributes))
    }

    fn add_bias(
        &mut self,
        values: &Values<'_>,
        name: &str,
        conv: &Conv,
        inputs: &mut Vec<String>,
    ) -> Result<(), FormatError> {
        if conv.bias {
            let bias = values.bias(conv.filters as usize);
            inputs.push(self.weight(format!("{name}.bias"), &[conv.filters], bias)?);
        }
        Ok(())
    }

    fn pool(&mut self, name: &str, mut inputs: Vec<String>, pool: Pool, at: &Window, first: Shape) -> String {
        let border = at.border(first.h, first.w);
        let counts = self.pooling == Pooling::CountsPadding && border != Border::default();
        match pool {
            Pool::Max if counts => {
                inputs.push(self.constant(format!("{name}.pads"), &pads_of_all(border)));
                let padded = self.push("Pad", &format!("{name}.padded"), inputs, Vec::new());
                self.push("MaxPool", name, vec![padded], window(at, Border::default()))
            }
            Pool::Max => self.push("MaxPool", name, inputs, window(at, border)),
            Pool::Avg => {
                let mut attributes = window(at, border);
                attributes.push(int("count_include_pad", i64::from(counts)));
                self.push("AveragePool", name, inputs, attributes)
            }
        }
    }

    /// Gives what the network makes the name `output`. Nobody else reads it: the graph has one output.
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
