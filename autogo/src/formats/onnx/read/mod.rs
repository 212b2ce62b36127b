//! Reading an ONNX file into a normalised [`Model`]: constants are evaluated, layouts are followed, what has no effect
//! vanishes, and what this library has no operation for is refused with the node's name.

mod activation;
mod broadcast;
mod conv;
mod dense;
mod draft;
mod finish;
mod gate;
mod graph;
mod input;
mod layout;
mod pool;
mod reduce;
mod resize;
mod settle;
mod shuffle;
mod slice;
#[cfg(test)]
mod tests;
mod view;
mod window;

use super::attributes::Call;
use super::constant::{Change, Constant, Evaluator, Store};
use super::model::{Kind, Model, Note};
use super::proto::{self, GraphProto};
use crate::formats::FormatError;
use draft::Draft;
use foldhash::{HashMap, HashMapExt};
use layout::Layout;
use prost::Message;
use prost::bytes::Bytes;
use std::path::PathBuf;
use std::sync::Arc;
use view::View;

/// Operator sets that are read.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=21;
/// The most nodes of a file.
const MOST_NODES: usize = 1_000_000;
/// The largest batch of a file.
const MOST_BATCH: u64 = 1 << 16;

/// The decisions of a caller about a file.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Height and width of the input, where the file gives them names instead of numbers.
    pub input: Option<(u32, u32)>,
    /// The output to read, where the file has several.
    pub output: Option<String>,
    /// The folder of the file, where weights may lie in files of their own.
    pub folder: Option<PathBuf>,
    /// Whether every node becomes one of the graph, also one without effect. Files that this library wrote are read so
    /// anyway.
    pub keep_all: bool,
}

/// Reads a network of one input and one output from the bytes of an ONNX file. Weights are not decoded, only their
/// sizes are looked at; see [`Model::values`].
///
/// # Errors
/// When the bytes are no ONNX model, or a node is not supported: with the node's name, its operation and what would
/// have been accepted.
pub fn read(bytes: Bytes, options: &ReadOptions) -> Result<Model, FormatError> {
    let broken = |error: prost::DecodeError| FormatError::content("file", format!("is no ONNX model: {error}"));
    let model = proto::Model::decode(bytes).map_err(broken)?;
    let opset = model.opset_import.iter().find(|set| set.domain.is_empty() || set.domain == "ai.onnx");
    let opset = match opset {
        Some(set) if OPSETS.contains(&set.version) => set.version,
        set => {
            let found = set.map_or("none".into(), |set| set.version.to_string());
            let range = format!("{} to {}", OPSETS.start(), OPSETS.end());
            return Err(FormatError::content("opset", format!("is {found}; accepted: {range}")));
        }
    };
    let mut file = model.graph.ok_or_else(|| FormatError::content("file", "has no graph"))?;
    if file.node.len() > MOST_NODES {
        return Err(FormatError::content("file", format!("{} nodes; at most {MOST_NODES} are read", file.node.len())));
    }
    let mut store = Store::new(options.folder.clone());
    let weights = graph::initialisers(&mut file, &mut store)?;
    let plan = graph::Plan::new(&file, &weights, options.output.as_deref())?;
    let mut reader = Reader {
        opset,
        evaluator: Evaluator::new(store),
        draft: Draft::new(options.keep_all || model.producer_name == "autogo"),
        batch: 1,
        known: HashMap::with_capacity(plan.reads.len()),
        settled: HashMap::new(),
        notes: plan.notes.clone(),
    };
    reader.inputs(&file, &plan, weights, options)?;
    reader.nodes(&file, &plan)?;
    reader.output(plan.output)?;
    finish::finish(&mut reader.draft)?;
    let (layers, weights) = (reader.draft.layers, reader.draft.weights);
    let producer = format!("{} {}", model.producer_name, model.producer_version);
    let (name, store) = (file.name.clone(), reader.evaluator.store);
    Ok(Model { name, producer: producer.trim().into(), layers, weights, notes: reader.notes, store })
}

/// The value that a name of the file stands for.
#[derive(Clone, Debug)]
enum Known {
    /// A tensor that depends on the input.
    Data(View),
    Constant(Arc<Constant>),
}

/// A node with its operands.
struct Site<'a> {
    call: Call<'a>,
    inputs: Vec<Option<Known>>,
}

impl<'a> std::ops::Deref for Site<'a> {
    type Target = Call<'a>;

    fn deref(&self) -> &Call<'a> {
        &self.call
    }
}

impl Site<'_> {
    /// The operand in this slot, which depends on the input.
    fn data(&self, slot: usize) -> Result<View, FormatError> {
        match self.inputs.get(slot) {
            Some(Some(Known::Data(view))) => Ok(view.clone()),
            Some(Some(Known::Constant(constant))) => {
                self.refuse(format!("reads the constant `{}` as data", constant.name))
            }
            _ => self.refuse(format!("operand {slot} is missing")),
        }
    }

    /// The constant in this slot, if there is one.
    fn constant(&self, slot: usize) -> Result<Option<Arc<Constant>>, FormatError> {
        match self.inputs.get(slot) {
            Some(Some(Known::Constant(constant))) => Ok(Some(constant.clone())),
            Some(Some(Known::Data(_))) => {
                let name = self.input(slot).unwrap_or("");
                self.refuse(format!("`{name}` depends on the input; accepted: a constant"))
            }
            _ => Ok(None),
        }
    }

    /// The constant in this slot, which the operation cannot do without.
    fn weight(&self, slot: usize) -> Result<Arc<Constant>, FormatError> {
        match self.constant(slot)? {
            Some(constant) => Ok(constant),
            None => self.refuse(format!("operand {slot} is missing")),
        }
    }
}

struct Reader<'a> {
    opset: i64,
    evaluator: Evaluator,
    draft: Draft,
    batch: u64,
    known: HashMap<&'a str, Known>,
    /// Layers that turn a view into a picture, by the layer that is seen and the way it is.
    settled: HashMap<(usize, Layout), usize>,
    notes: Vec<Note>,
}

impl<'a> Reader<'a> {
    /// Reads all nodes that lead to the output, in the file's order.
    fn nodes(&mut self, file: &'a GraphProto, plan: &graph::Plan<'a>) -> Result<(), FormatError> {
        for &at in &plan.live {
            let call = Call::new(&file.node[at], self.opset);
            if !call.proto.domain.is_empty() && call.proto.domain != "ai.onnx" {
                return call.refuse(format!("domain `{}`; accepted: ai.onnx", call.proto.domain));
            }
            let mut inputs = Vec::with_capacity(call.slots());
            for slot in 0..call.slots() {
                inputs.push(match call.input(slot) {
                    None => None,
                    Some(name) => match self.known.get(name) {
                        Some(known) => Some(known.clone()),
                        None => return call.refuse(format!("reads `{name}`, which no node before it makes")),
                    },
                });
            }
            let site = Site { call, inputs };
            let made = self.node(&site)?;
            for (slot, name) in site.proto.output.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                match made.get(slot) {
                    Some(known) => {
                        self.known.insert(name, known.clone());
                    }
                    None if plan.reads.contains(name.as_str()) => {
                        return site.refuse(format!("its result `{name}` is read; accepted: the first result alone"));
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// The results of one node.
    fn node(&mut self, site: &Site<'_>) -> Result<Vec<Known>, FormatError> {
        let constants: Option<Vec<Option<Arc<Constant>>>> = site
            .inputs
            .iter()
            .map(|input| match input {
                Some(Known::Data(_)) => None,
                Some(Known::Constant(constant)) => Some(Some(constant.clone())),
                None => Some(None),
            })
            .collect();
        if let Some(constants) = constants {
            return match self.evaluator.run(site, &constants)? {
                Some(made) => Ok(made.into_iter().map(|made| Known::Constant(Arc::new(made))).collect()),
                None => site.refuse("of constants alone"),
            };
        }
        match site.op() {
            "Shape" | "Size" => {
                let sizes = site.data(0)?.sizes();
                let is_shape = site.op() == "Shape";
                let made =
                    if is_shape { self.evaluator.shape(site, &sizes) } else { self.evaluator.size(site, &sizes) };
                Ok(vec![Known::Constant(Arc::new(made?))])
            }
            "Split" => Ok(self.split(site)?.into_iter().map(Known::Data).collect()),
            _ => Ok(vec![Known::Data(self.operation(site)?)]),
        }
    }

    /// The result of an operation that reads data.
    fn operation(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        match site.op() {
            "Identity" | "Dropout" | "Cast" => self.same(site),
            "Transpose" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Expand" | "Tile" => self.seen(site),
            "DepthToSpace" | "SpaceToDepth" => self.blocks(site),
            "Conv" => self.conv(site),
            "ConvTranspose" => self.conv_transpose(site),
            "Gemm" | "MatMul" => self.dense(site),
            "BatchNormalization" => self.batch_norm(site),
            "Add" | "Sum" | "Sub" | "Mul" | "Div" | "Mean" | "Min" | "Max" => self.arithmetic(site),
            "Concat" => self.concat(site),
            "MaxPool" | "AveragePool" => self.pool(site),
            "GlobalAveragePool" | "GlobalMaxPool" | "ReduceMean" | "ReduceMax" | "ReduceSum" => self.reduced(site),
            "Slice" => self.slice(site),
            "Gather" => self.gather(site),
            "Pad" => self.pad(site),
            "Resize" | "Upsample" => self.resize(site),
            _ => self.activation(site),
        }
    }

    /// The numbers of a list in an operand's slot, or in the attribute that older operator sets have instead.
    fn list(&mut self, site: &Site<'_>, slot: usize, attribute: &str) -> Result<Option<Vec<i64>>, FormatError> {
        match site.constant(slot)? {
            Some(constant) => self.evaluator.ints(site, &constant).map(Some),
            None => Ok(site.ints(attribute)?.map(<[i64]>::to_vec)),
        }
    }

    /// The numbers of a constant, if they can be had.
    fn floats(&mut self, site: &Site<'_>, constant: &Constant) -> Result<Option<Vec<f64>>, FormatError> {
        Ok(self.evaluator.elements(site, constant)?.ok().map(|values| values.floats()))
    }

    /// Takes a picture as the output, whatever way it is seen.
    fn output(&mut self, name: &str) -> Result<(), FormatError> {
        let place = format!("output `{name}`");
        let node = proto::NodeProto { name: name.into(), op_type: "output".into(), ..Default::default() };
        let call = Call::new(&node, self.opset);
        let layer = match self.known.get(name).cloned() {
            Some(Known::Data(view)) => self.settled(&call, &view)?.0.layer,
            Some(Known::Constant(_)) => return Err(FormatError::content(place, "does not depend on the input")),
            None => return Err(FormatError::content(place, "is made by no node")),
        };
        self.draft.push(&call, Kind::Output, &[layer], Vec::new())?;
        Ok(())
    }
}

/// A constant in a layer's layout.
fn laid(constant: &Constant, dims: Vec<u64>) -> Constant {
    if constant.dims == dims {
        return constant.clone();
    }
    if constant.len() == 1 {
        return constant.changed(Change::Reshape(vec![1; dims.len()])).changed(Change::Expand(dims));
    }
    constant.changed(Change::Reshape(dims))
}
