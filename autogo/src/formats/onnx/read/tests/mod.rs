//! Every rule of the reader on a network of a few nodes.

mod constants;
mod field;
mod fuzz;
mod layers;
mod layouts;
mod whole;

use super::{ReadOptions, read};
use crate::formats::FormatError;
use crate::formats::onnx::model::{Kind, Model, Shape};
use crate::formats::onnx::proto::{self, Attribute, Entry, GraphProto, NodeProto, OperatorSet, TensorProto, kind};
use prost::Message;

/// A file while it is written.
pub(super) struct File {
    pub(super) graph: GraphProto,
    pub(super) opset: i64,
}

/// An attribute with a name.
pub(super) fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.into(), i: value, kind: kind::INT, ..Attribute::default() }
}

pub(super) fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: name.into(), ints: values.to_vec(), kind: kind::INTS, ..Attribute::default() }
}

pub(super) fn float(name: &str, value: f32) -> Attribute {
    Attribute { name: name.into(), f: value, kind: kind::FLOAT, ..Attribute::default() }
}

pub(super) fn text(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), s: value.into(), kind: kind::STRING, ..Attribute::default() }
}

pub(super) fn tensor(name: &str, value: TensorProto) -> Attribute {
    Attribute { name: name.into(), t: Some(value), kind: kind::TENSOR, ..Attribute::default() }
}

impl File {
    /// A file with the input `x` of these sizes and the output `y`.
    pub(super) fn new(opset: i64, input: &[i64]) -> Self {
        let graph = GraphProto {
            name: "test".into(),
            input: vec![proto::value_info("x", input)],
            output: vec![proto::value_info("y", &[])],
            ..GraphProto::default()
        };
        File { graph, opset }
    }

    /// A node `op` of which the operands and the result stand in `names`: `a b -> c`.
    pub(super) fn node(mut self, op: &str, names: &str, attribute: Vec<Attribute>) -> Self {
        let (input, output) = names.split_once("->").unwrap();
        let list = |names: &str| names.split_whitespace().map(|name| name.trim_matches('_').to_string()).collect();
        let (input, output): (Vec<String>, Vec<String>) = (list(input), list(output));
        self.graph.node.push(NodeProto { input, output, op_type: op.into(), attribute, ..NodeProto::default() });
        self
    }

    /// A weight of zeros.
    pub(super) fn weight(self, name: &str, dims: &[i64]) -> Self {
        let count = dims.iter().product::<i64>() as usize;
        self.floats(name, dims, &vec![0.5; count])
    }

    pub(super) fn floats(mut self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.graph.initializer.push(proto::floats(name, dims, values));
        self
    }

    pub(super) fn ints(mut self, name: &str, values: &[i64]) -> Self {
        self.graph.initializer.push(proto::integers(name, values));
        self
    }

    /// A weight in a file of its own, which is not there.
    pub(super) fn absent(mut self, name: &str, dims: &[i64], location: &str) -> Self {
        let entry = Entry { key: "location".into(), value: location.into() };
        self.graph.initializer.push(TensorProto {
            name: name.into(),
            dims: dims.to_vec(),
            data_type: proto::FLOAT,
            data_location: proto::EXTERNAL,
            external_data: vec![entry],
            ..TensorProto::default()
        });
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let opset_import = vec![OperatorSet { domain: String::new(), version: self.opset }];
        let model = proto::Model { ir_version: 8, graph: Some(self.graph.clone()), opset_import, ..Default::default() };
        model.encode_to_vec()
    }

    pub(super) fn with(&self, options: &ReadOptions) -> Result<Model, FormatError> {
        read(self.bytes().into(), options)
    }

    pub(super) fn read(&self) -> Model {
        self.with(&ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The kinds between input and output.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let layers = self.read().layers;
        layers[1..layers.len() - 1].iter().map(|layer| layer.kind).collect()
    }

    /// The sizes of the output: height, width, channels.
    pub(super) fn made(&self) -> (u32, u32, u32) {
        let Shape { h, w, c } = self.read().output().unwrap();
        (h, w, c)
    }

    /// The reason why the file is refused.
    pub(super) fn refused(&self) -> String {
        self.with(&ReadOptions::default()).unwrap_err().to_string()
    }
}
