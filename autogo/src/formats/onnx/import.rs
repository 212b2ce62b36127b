//! Reading ONNX files.

use super::node::{Node, size};
use super::proto::{self, GraphProto, Model, Size, TensorProto};
use crate::formats::FormatError;
use crate::graph::{Border, Conv, Graph, GraphBuilder, Interpolation, Op, Padding, Pool, Shape, Window};
use prost::Message;
use std::collections::{HashMap, HashSet};

/// Operator sets that are read.
const OPSETS: std::ops::RangeInclusive<i64> = 9..=21;
/// The most nodes of a file.
const MOST_NODES: usize = 1_000_000;

/// Reads a network of one input and one output from an ONNX file. Weights are looked at only for their sizes; those in
/// other files are accepted when they lie in the file's own folder. Reshapes between `1×1×C` and a vector vanish. What this
/// library has no operation for is refused with the node's name.
pub fn import(bytes: &[u8]) -> Result<Graph, FormatError> {
    let broken = |error: prost::DecodeError| FormatError::content("file", format!("is no ONNX model: {error}"));
    let model = Model::decode(bytes).map_err(broken)?;
    let opset = model.opset_import.iter().find(|set| set.domain.is_empty() || set.domain == "ai.onnx");
    match opset {
        Some(set) if OPSETS.contains(&set.version) => {}
        set => {
            let found = set.map_or("none".into(), |set| set.version.to_string());
            return Err(FormatError::content("opset", format!("is {found}; accepted: 9 to 21")));
        }
    }
    let graph = model.graph.ok_or_else(|| FormatError::content("file", "has no graph"))?;
    if graph.node.len() > MOST_NODES {
        return Err(FormatError::content("file", format!("{} nodes; at most {MOST_NODES} are read", graph.node.len())));
    }
    Reader::new(&graph)?.read()
}

/// What a tensor of the file is here: a node's result, flattened or not.
#[derive(Clone, Copy)]
struct Known {
    node: usize,
    /// Whether the file sees a vector of C elements (for a picture: of C·H·W).
    is_flat: bool,
}

struct Reader<'a> {
    file: &'a GraphProto,
    constants: HashMap<&'a str, &'a TensorProto>,
    /// Sizes of weights that are inputs of the graph.
    declared: HashMap<&'a str, Vec<i64>>,
    known: HashMap<&'a str, Known>,
    build: GraphBuilder,
}

/// Operands that are weights, by operation.
fn weight_slots(op: &str) -> &'static [usize] {
    match op {
        "Conv" | "ConvTranspose" | "Gemm" => &[1, 2],
        "BatchNormalization" => &[1, 2, 3, 4],
        "PRelu" | "MatMul" => &[1],
        _ => &[],
    }
}

fn dims_of(info: &proto::ValueInfo) -> Option<Vec<Option<i64>>> {
    let shape = info.kind.as_ref()?.tensor.as_ref()?.shape.as_ref()?;
    let size = |dim: &proto::Dimension| match &dim.size {
        Some(Size::Value(size)) => Some(*size),
        _ => None,
    };
    Some(shape.dim.iter().map(size).collect())
}

impl<'a> Reader<'a> {
    fn new(file: &'a GraphProto) -> Result<Self, FormatError> {
        let mut constants: HashMap<&str, &TensorProto> = HashMap::new();
        for tensor in &file.initializer {
            check_location(tensor)?;
            constants.insert(&tensor.name, tensor);
        }
        for node in file.node.iter().filter(|node| node.op_type == "Constant") {
            let value = node.attribute.iter().find(|attribute| attribute.name == "value");
            if let (Some(name), Some(tensor)) = (node.output.first(), value.and_then(|value| value.t.as_ref())) {
                check_location(tensor)?;
                constants.insert(name, tensor);
            }
        }
        let mut weights: HashSet<&str> = HashSet::new();
        for node in &file.node {
            weights.extend(
                weight_slots(&node.op_type).iter().filter_map(|&slot| node.input.get(slot)).map(String::as_str),
            );
        }
        let free = |info: &&proto::ValueInfo| !constants.contains_key(info.name.as_str());
        let (given, data): (Vec<_>, Vec<_>) =
            file.input.iter().filter(free).partition(|info| weights.contains(info.name.as_str()));
        let mut declared = HashMap::new();
        for info in given {
            let dims = dims_of(info).and_then(|dims| dims.into_iter().collect::<Option<Vec<i64>>>());
            declared.insert(
                info.name.as_str(),
                dims.ok_or_else(|| FormatError::content(&info.name, "is a weight of unknown size"))?,
            );
        }
        let [input] = data[..] else {
            return Err(FormatError::content("graph", format!("has {} inputs instead of one", data.len())));
        };
        let place = format!("input `{}`", input.name);
        let shape = match dims_of(input).as_deref() {
            Some(&[batch, Some(c), Some(h), Some(w)]) if batch.is_none_or(|batch| batch == 1 || batch == 0) => {
                Shape::new(size(h, &place)?, size(w, &place)?, size(c, &place)?)
            }
            other => return Err(FormatError::content(place, format!("has shape {other:?}; accepted: [1, C, H, W]"))),
        };
        let mut build = GraphBuilder::new(&file.name);
        let node = build.add(&input.name, Op::Input(shape), &[])?;
        let known = HashMap::from([(input.name.as_str(), Known { node, is_flat: false })]);
        Ok(Reader { file, constants, declared, known, build })
    }

    fn read(mut self) -> Result<Graph, FormatError> {
        for proto in self.file.node.iter().filter(|node| node.op_type != "Constant") {
            if !proto.domain.is_empty() && proto.domain != "ai.onnx" {
                return Node::new(proto).refuse(format!("domain {}", proto.domain));
            }
            let made = self.node(&Node::new(proto))?;
            if let Some(name) = proto.output.first() {
                self.known.insert(name, made);
            }
        }
        let [output] = self.file.output.as_slice() else {
            return Err(FormatError::content(
                "graph",
                format!("has {} outputs instead of one", self.file.output.len()),
            ));
        };
        let last = self.known.get(output.name.as_str()).copied();
        let last =
            last.ok_or_else(|| FormatError::content(format!("output `{}`", output.name), "is made by no node"))?;
        self.build.add("output", Op::Output, &[last.node])?;
        Ok(self.build.finish()?)
    }

    fn known(&self, node: &Node<'_>, slot: usize) -> Result<Known, FormatError> {
        let name = node.input(slot).unwrap_or("");
        match self.known.get(name) {
            Some(known) => Ok(*known),
            None if self.constants.contains_key(name) => node.refuse(format!("reads the constant `{name}` as data")),
            None => node.refuse(format!("reads `{name}`, which no node before it makes")),
        }
    }

    fn weight_dims(&self, node: &Node<'_>, slot: usize) -> Result<Vec<i64>, FormatError> {
        let name = node.input(slot).unwrap_or("");
        let found =
            self.constants.get(name).map(|tensor| tensor.dims.clone()).or_else(|| self.declared.get(name).cloned());
        match found {
            Some(dims) => Ok(dims),
            None => node.refuse(format!("its weight `{name}` is computed, not given")),
        }
    }

    fn floats(&self, node: &Node<'_>, slot: usize) -> Result<Option<Vec<f32>>, FormatError> {
        let Some(name) = node.input(slot) else { return Ok(None) };
        let values = self.constants.get(name).filter(|tensor| tensor.data_type == proto::FLOAT).map(|tensor| {
            if tensor.raw_data.is_empty() {
                tensor.float_data.clone()
            } else {
                tensor
                    .raw_data
                    .chunks_exact(4)
                    .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                    .collect()
            }
        });
        if values.is_some() { Ok(values) } else { node.refuse(format!("`{name}` is no constant of floats")) }
    }

    fn integers(&self, node: &Node<'_>, slot: usize) -> Result<Option<Vec<i64>>, FormatError> {
        let Some(name) = node.input(slot) else { return Ok(None) };
        let values = self.constants.get(name).filter(|tensor| tensor.data_type == proto::INT64).map(|tensor| {
            let raw = tensor.raw_data.chunks_exact(8);
            if tensor.raw_data.is_empty() {
                tensor.int64_data.clone()
            } else {
                raw.map(|eight| eight.iter().rev().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte)) as i64)
                    .collect()
            }
        });
        if values.is_some() { Ok(values) } else { node.refuse(format!("`{name}` is no constant of whole numbers")) }
    }

    fn shape(&self, known: Known) -> Shape {
        self.build.shape(known.node)
    }

    fn add(&mut self, node: &Node<'_>, op: Op, operands: &[usize]) -> Result<Known, FormatError> {
        Ok(Known { node: self.build.add(node.name, op, operands)?, is_flat: false })
    }

    fn all(&self, node: &Node<'_>) -> Result<Vec<usize>, FormatError> {
        let mut operands = Vec::with_capacity(node.proto.input.len());
        for slot in 0..node.proto.input.len() {
            let known = self.known(node, slot)?;
            if known.is_flat && self.shape(known).elements() != u64::from(self.shape(known).c) {
                return node.refuse("on a flattened picture");
            }
            operands.push(known.node);
        }
        Ok(operands)
    }

    fn node(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let op = match node.proto.op_type.as_str() {
            "Relu" => Op::Relu,
            "Sigmoid" => Op::Sigmoid,
            "Tanh" => Op::Tanh,
            "Identity" => Op::Identity,
            "Add" | "Sum" => return self.sum(node),
            "Mul" => return self.product(node),
            "Concat" => {
                let axis = node.int("axis", 1);
                if axis != 1 && axis != -3 {
                    return node.refuse(format!("along axis {axis}; accepted: 1"));
                }
                let operands = self.all(node)?;
                return self.add(node, Op::Concat, &operands);
            }
            "Conv" => return self.conv(node),
            "ConvTranspose" => return self.conv_transpose(node),
            "Gemm" | "MatMul" => return self.dense(node),
            "BatchNormalization" => {
                let (input, dims) = (self.known(node, 0)?, self.weight_dims(node, 1)?);
                if dims != [i64::from(self.shape(input).c)] {
                    return node.refuse(format!("{dims:?} scales for {}", self.shape(input)));
                }
                return self.add(node, Op::BatchNorm, &[input.node]);
            }
            "PRelu" => {
                let (input, dims) = (self.known(node, 0)?, self.weight_dims(node, 1)?);
                if dims.iter().product::<i64>() != i64::from(self.shape(input).c) {
                    return node.refuse("slopes that are not one a channel");
                }
                return self.add(node, Op::PRelu, &[input.node]);
            }
            "Clip" => {
                let old = |name: &str| node.attribute(name).map(|attribute| vec![attribute.f]);
                let low = self.floats(node, 1)?.or(old("min"));
                let high = self.floats(node, 2)?.or(old("max"));
                if (low.as_deref(), high.as_deref()) != (Some(&[0.0]), Some(&[6.0])) {
                    return node.refuse(format!("to {low:?} and {high:?}; accepted: 0 and 6"));
                }
                Op::Relu6
            }
            "MaxPool" | "AveragePool" => {
                let shape = self.shape(self.known(node, 0)?);
                let at = node.window(node.pair("kernel_shape", None)?, shape)?;
                let is_max = node.proto.op_type == "MaxPool";
                let pool = Op::Pool(if is_max { Pool::Max } else { Pool::Avg }, at);
                let padded = at.border(shape.h, shape.w) != Border::default();
                if !is_max && padded && node.int("count_include_pad", 0) != 0 {
                    return node.refuse("that counts its padding");
                }
                if node.int("ceil_mode", 0) != 0 && has_rest(&at, shape) {
                    return node.refuse("with ceil_mode");
                }
                pool
            }
            "GlobalAveragePool" => Op::Mean,
            "ReduceMean" => {
                let axes = node.ints("axes").map(<[i64]>::to_vec).or(self.integers(node, 1)?);
                let mut axes = axes.unwrap_or_default();
                axes.iter_mut().filter(|axis| **axis < 0).for_each(|axis| *axis += 4);
                axes.sort_unstable();
                if axes != [2, 3] {
                    return node.refuse(format!("over axes {axes:?}; accepted: 2 and 3"));
                }
                let input = self.known(node, 0)?;
                let made = self.add(node, Op::Mean, &[input.node])?;
                return Ok(Known { is_flat: node.int("keepdims", 1) == 0, ..made });
            }
            "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => return self.reshape(node),
            "Slice" => return self.slice(node),
            "Pad" => return self.pad(node),
            "DepthToSpace" => {
                let mode = node.text("mode", "DCR");
                if mode != "CRD" {
                    return node.refuse(format!("mode {mode}; accepted: CRD"));
                }
                Op::DepthToSpace { block: size(node.int("blocksize", 0), node.name)? }
            }
            "Resize" | "Upsample" => return self.resize(node),
            _ => return node.refuse("this library has no such operation"),
        };
        let input = self.known(node, 0)?;
        let made = self.add(node, op, &[input.node])?;
        Ok(Known { is_flat: input.is_flat, ..made })
    }

    /// A sum of results; one constant beside a dense layer's result is its bias, which the layer then has.
    fn sum(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let is_data = |slot: usize| node.input(slot).is_some_and(|name| self.known.contains_key(name));
        let data: Vec<usize> = (0..node.proto.input.len()).filter(|&slot| is_data(slot)).collect();
        if data.len() == node.proto.input.len() {
            let operands = self.all(node)?;
            let is_flat = self.known(node, 0)?.is_flat;
            return Ok(Known { is_flat, ..self.add(node, Op::Add, &operands)? });
        }
        let [slot] = data[..] else { return node.refuse("of constants") };
        let known = self.known(node, slot)?;
        match self.build.op(known.node) {
            Op::Dense { features, bias: false } => {
                self.build.replace(known.node, Op::Dense { features, bias: true });
                Ok(known)
            }
            Op::Dense { bias: true, .. } => node.refuse("of a constant, behind a dense layer that has a bias"),
            Op::Input(_)
            | Op::Output
            | Op::Conv(_)
            | Op::ConvTranspose(_)
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
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
            | Op::Resize { .. } => node.refuse("of a constant, behind anything but a dense layer"),
        }
    }

    /// A product of results; the constant zero makes zeros.
    fn product(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        if self.floats(node, 1).ok().flatten().as_deref() == Some(&[0.0]) {
            let input = self.known(node, 0)?;
            return self.add(node, Op::Zero, &[input.node]);
        }
        let operands = self.all(node)?;
        self.add(node, Op::Mul, &operands)
    }

    fn conv(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let (input, dims) = (self.known(node, 0)?, self.weight_dims(node, 1)?);
        let [filters, per_group, h, w] = dims[..] else { return node.refuse(format!("a weight of sizes {dims:?}")) };
        let groups = size(node.int("group", 1), node.name)?;
        let shape = self.shape(input);
        if u64::from(groups) * u64::from(size(per_group, node.name)?) != u64::from(shape.c) {
            return node.refuse(format!("a weight of sizes {dims:?} in {groups} groups over {shape}"));
        }
        let window = node.window((size(h, node.name)?, size(w, node.name)?), shape)?;
        let bias = node.input(2).is_some();
        self.add(node, Op::Conv(Conv { filters: size(filters, node.name)?, window, groups, bias }), &[input.node])
    }

    fn conv_transpose(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let (input, dims) = (self.known(node, 0)?, self.weight_dims(node, 1)?);
        let [_, filters, h, w] = dims[..] else { return node.refuse(format!("a weight of sizes {dims:?}")) };
        if node.int("group", 1) != 1 || node.attribute("output_shape").is_some() {
            return node.refuse("with groups or a fixed output shape");
        }
        if node.pair("dilations", Some((1, 1)))? != (1, 1) {
            return node.refuse("dilated");
        }
        let kernel = (size(h, node.name)?, size(w, node.name)?);
        let same = Window { kernel, stride: node.pair("strides", Some((1, 1)))?, padding: Padding::Same };
        let more = match node.ints("output_padding") {
            Some(&[h, w]) => (u32::try_from(h).unwrap_or(u32::MAX), u32::try_from(w).unwrap_or(u32::MAX)),
            _ => (0, 0),
        };
        let border = node.border("pads")?;
        let padding = if (border, more) == same.cut() {
            Padding::Same
        } else if more != (0, 0) {
            return node.refuse(format!("output_padding {more:?}"));
        } else if border == Border::default() {
            Padding::Valid
        } else {
            Padding::Explicit(border)
        };
        let bias = node.input(2).is_some();
        let conv = Conv { filters: size(filters, node.name)?, window: Window { padding, ..same }, groups: 1, bias };
        self.add(node, Op::ConvTranspose(conv), &[input.node])
    }

    /// A matrix product with a weight. On a flattened picture it is the convolution by a kernel of the picture's size.
    fn dense(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let (input, dims) = (self.known(node, 0)?, self.weight_dims(node, 1)?);
        let [rows, columns] = dims[..] else { return node.refuse(format!("a weight of sizes {dims:?}")) };
        let turned = node.int("transB", 0) != 0;
        let plain = node.attribute("alpha").is_none_or(|alpha| alpha.f == 1.0)
            && node.attribute("beta").is_none_or(|beta| beta.f == 1.0)
            && node.int("transA", 0) == 0;
        if !plain {
            return node.refuse("with alpha, beta or transA");
        }
        let (read, features) = if turned { (columns, rows) } else { (rows, columns) };
        let (features, shape) = (size(features, node.name)?, self.shape(input));
        if !input.is_flat || i64::try_from(shape.elements()).ok() != Some(read) {
            return node.refuse(format!("of {read} elements with {shape}"));
        }
        let bias = node.input(2).is_some();
        let op = if (shape.h, shape.w) == (1, 1) {
            Op::Dense { features, bias }
        } else {
            let window = Window { kernel: (shape.h, shape.w), stride: (1, 1), padding: Padding::Valid };
            Op::Conv(Conv { filters: features, window, groups: 1, bias })
        };
        Ok(Known { is_flat: true, ..self.add(node, op, &[input.node])? })
    }

    /// Reshapes that keep every element in its place: to a vector, or from `C` to `C×1×1`.
    fn reshape(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let input = self.known(node, 0)?;
        let shape = self.shape(input);
        let is_vector = (shape.h, shape.w) == (1, 1);
        let to = match node.proto.op_type.as_str() {
            "Flatten" if node.int("axis", 1) == 1 => return Ok(Known { is_flat: true, ..input }),
            "Squeeze" if is_vector => return Ok(Known { is_flat: true, ..input }),
            "Unsqueeze" if is_vector => return Ok(Known { is_flat: false, ..input }),
            "Reshape" => self.integers(node, 1)?.unwrap_or_default(),
            _ => return node.refuse(format!("of {shape}")),
        };
        let (c, all) = (i64::from(shape.c), i64::try_from(shape.elements()).unwrap_or(i64::MAX));
        match to[..] {
            [-1..=1, length] if length == all || length == -1 => Ok(Known { is_flat: true, ..input }),
            [-1..=1, length, 1, 1] if is_vector && (length == c || length == -1) => {
                Ok(Known { is_flat: false, ..input })
            }
            _ => node.refuse(format!("of {shape} to {to:?}")),
        }
    }

    /// A cut to the first channels.
    fn slice(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let input = self.known(node, 0)?;
        let part =
            |slot: usize, default: &[i64]| Ok::<_, FormatError>(self.integers(node, slot)?.unwrap_or(default.to_vec()));
        let (starts, ends, axes, steps) = (part(1, &[])?, part(2, &[])?, part(3, &[0])?, part(4, &[1])?);
        match (&starts[..], &ends[..], &axes[..], &steps[..]) {
            ([0], [end], [1 | -3], [1]) => {
                let channels = size(*end, node.name)?.min(self.shape(input).c);
                self.add(node, Op::Slice { channels }, &[input.node])
            }
            _ => node.refuse(format!("{starts:?} to {ends:?} along {axes:?}; accepted: the first channels")),
        }
    }

    fn pad(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let input = self.known(node, 0)?;
        let mode = node.text("mode", "constant");
        let value = self.floats(node, 2)?.unwrap_or_default();
        let pads = node.ints("pads").map(<[i64]>::to_vec).or(self.integers(node, 1)?).unwrap_or_default();
        let wide = |value: i64| u32::try_from(value).ok().filter(|width| *width <= Shape::LIMIT);
        match pads[..] {
            [0, 0, top, left, 0, 0, bottom, right] if mode == "constant" && value.iter().all(|value| *value == 0.0) => {
                match (wide(top), wide(left), wide(bottom), wide(right)) {
                    (Some(top), Some(left), Some(bottom), Some(right)) => {
                        self.add(node, Op::Pad(Border { top, left, bottom, right }), &[input.node])
                    }
                    _ => node.refuse(format!("pads {pads:?}")),
                }
            }
            _ => node.refuse(format!("pads {pads:?} in mode {mode}; accepted: zeros around the picture")),
        }
    }

    fn resize(&mut self, node: &Node<'_>) -> Result<Known, FormatError> {
        let input = self.known(node, 0)?;
        let slot = if node.proto.op_type == "Upsample" { 1 } else { 2 };
        let scales = self.floats(node, slot)?.unwrap_or_default();
        let factor = match scales[..] {
            [1.0, 1.0, h, w] if h == w && h.fract() == 0.0 && (1.0..=1024.0).contains(&h) => h as u32,
            _ => return node.refuse(format!("scales {scales:?}; accepted: 1, 1 and twice a whole factor")),
        };
        let transform = node.text("coordinate_transformation_mode", "half_pixel");
        let rounding = node.text("nearest_mode", "round_prefer_floor");
        let is_upsample = node.proto.op_type == "Upsample";
        let interpolation = match (node.text("mode", "nearest"), transform, rounding) {
            ("nearest", _, _) if is_upsample => Interpolation::Nearest,
            // For a whole factor both repeat every pixel.
            ("nearest", "asymmetric", "floor") | ("nearest", "half_pixel", "round_prefer_floor") => {
                Interpolation::Nearest
            }
            ("linear", "half_pixel" | "pytorch_half_pixel", _) if !is_upsample => Interpolation::Bilinear,
            (mode, _, _) => return node.refuse(format!("{mode} by {transform} and {rounding}")),
        };
        self.add(node, Op::Resize { factor, interpolation }, &[input.node])
    }
}

/// Whether a window leaves pixels over, so that rounding up would make one more.
fn has_rest(at: &Window, shape: Shape) -> bool {
    let border = at.border(shape.h, shape.w);
    let rest = |size: u32, added: u64, kernel: u32, stride: u32| {
        (u64::from(size) + added).checked_sub(u64::from(kernel)).is_none_or(|over| over % u64::from(stride) != 0)
    };
    let (high, wide) =
        (u64::from(border.top) + u64::from(border.bottom), u64::from(border.left) + u64::from(border.right));
    rest(shape.h, high, at.kernel.0, at.stride.0) || rest(shape.w, wide, at.kernel.1, at.stride.1)
}

/// Weights in other files must lie in the model's own folder.
fn check_location(tensor: &TensorProto) -> Result<(), FormatError> {
    if tensor.data_location != proto::EXTERNAL && tensor.external_data.is_empty() {
        return Ok(());
    }
    let location =
        tensor.external_data.iter().find(|entry| entry.key == "location").map_or("", |entry| entry.value.as_str());
    let parts: Vec<&str> = location.split(['/', '\\']).collect();
    let is_outside =
        location.is_empty() || parts.iter().any(|part| part.is_empty() || *part == ".." || part.contains(':'));
    if is_outside {
        return Err(FormatError::content(
            format!("weight `{}`", tensor.name),
            format!("lies in `{location}`, outside the model's folder"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Pooling, Weights, export};
    use super::*;

    fn bytes() -> Vec<u8> {
        export(&crate::families::network("fsrcnn:24x24").unwrap(), Weights::Seeded(0), Pooling::default()).unwrap()
    }

    fn edited(edit: impl Fn(&mut GraphProto)) -> String {
        let mut model = Model::decode(bytes().as_slice()).unwrap();
        edit(model.graph.as_mut().unwrap());
        import(&model.encode_to_vec()).unwrap_err().to_string()
    }

    #[test]
    fn every_family_round_trips() {
        for spec in [
            "nb201:none,skip_connect,nor_conv_3x3,avg_pool_3x3,nor_conv_1x1,none",
            "hiaml:z,r30,src3,t31",
            "nb101:100110100001001010101:02001",
            "resnet50",
            "vgg16",
            "edsr:32x32",
            "fsrcnn",
            "unet:64x64",
            "two_path:conv5x5*/conv5x5*;double3x3*/conv1x1+bottleneck-r2-k3/maxpool3x3+conv3x3*",
        ] {
            let graph = crate::families::network(spec).unwrap();
            for weights in [Weights::None, Weights::Seeded(3)] {
                if spec.starts_with("resnet") && matches!(weights, Weights::Seeded(_)) {
                    continue;
                }
                let back = import(&export(&graph, weights, Pooling::default()).unwrap()).unwrap();
                assert_eq!(back.content_id(), graph.content_id(), "{spec}");
                assert_eq!(back.cost(), graph.cost(), "{spec}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let error = edited(|graph| graph.node[1].op_type = "Softplus".into());
        assert!(error.contains("features/prelu`: Softplus is not supported"), "{error}");
        let error = edited(|graph| graph.node.swap(0, 1));
        assert!(error.contains("which no node before it makes"), "{error}");
        let error = edited(|graph| graph.input.clear());
        assert_eq!(error, "graph: has 0 inputs instead of one");
        let error = edited(|graph| {
            graph.initializer[0].data_location = proto::EXTERNAL;
            graph.initializer[0].external_data =
                vec![proto::Entry { key: "location".into(), value: "../secret".into() }];
        });
        assert!(error.contains("lies in `../secret`, outside the model's folder"), "{error}");
        assert!(import(b"not onnx").unwrap_err().to_string().starts_with("file: is no ONNX model"));
        assert!(import(&bytes()[..300]).is_err());
    }
}
