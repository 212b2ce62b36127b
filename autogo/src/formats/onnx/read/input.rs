//! The network's input: which of the file's inputs it is, its sizes, and which of its axes are channels.

use super::draft::is_part;
use super::graph::Plan;
use super::view::View;
use super::{Known, MOST_BATCH, ReadOptions, Reader};
use crate::formats::FormatError;
use crate::formats::onnx::model::{Kind, Layer, Note, Shape};
use crate::formats::onnx::proto::{Dimension, GraphProto, INT64, NodeProto, Size, TensorProto, ValueInfo};
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

/// The most steps from the input to the Transpose that says what its axes are.
const MOST_STEPS: usize = 64;

/// Operands that are weights, by operation.
fn weight_slots(op: &str) -> &'static [usize] {
    match op {
        "Conv" | "ConvTranspose" | "Gemm" => &[1, 2],
        "BatchNormalization" => &[1, 2, 3, 4],
        "PRelu" | "MatMul" => &[1],
        _ => &[],
    }
}

/// A size as the file says it: a number, or a name.
fn text(dim: &Dimension) -> String {
    match &dim.size {
        Some(Size::Value(size)) => size.to_string(),
        Some(Size::Parameter(name)) if !name.is_empty() => format!("`{name}`"),
        _ => "without a size".into(),
    }
}

fn number(dim: &Dimension) -> Option<u64> {
    match &dim.size {
        Some(Size::Value(size)) => u64::try_from(*size).ok().filter(|size| *size > 0),
        _ => None,
    }
}

fn dims(info: &ValueInfo) -> Option<&[Dimension]> {
    Some(info.kind.as_ref()?.tensor.as_ref()?.shape.as_ref()?.dim.as_slice())
}

/// The nodes that read each name: a list a name, all lists in one vector.
struct Readers<'a> {
    /// The beginning of a name's list.
    first: HashMap<&'a str, usize>,
    /// A node and where the list goes on.
    list: Vec<(&'a NodeProto, Option<usize>)>,
}

impl<'a> Readers<'a> {
    fn new(file: &'a GraphProto, plan: &Plan<'a>) -> Self {
        let mut made = Readers { first: HashMap::with_capacity(plan.reads.len()), list: Vec::new() };
        // From the end, so that every list is in the file's order.
        for node in plan.live.iter().rev().map(|&at| &file.node[at]) {
            for name in &node.input {
                let next = made.first.insert(name, made.list.len());
                made.list.push((node, next));
            }
        }
        made
    }

    /// The nodes that read a name, in the file's order.
    fn of(&self, name: &str) -> impl Iterator<Item = &'a NodeProto> {
        let first = self.first.get(name).copied();
        std::iter::successors(first, |&at| self.list[at].1).map(|at| self.list[at].0)
    }
}

/// Whether a factor or summand is named after the node that reads it, as this library does: `norm.scale` of
/// `norm.scaled`, `norm.shift` of `norm`.
fn is_own(node: &NodeProto, name: &str) -> bool {
    let stem = node.name.strip_suffix(".scaled").unwrap_or(&node.name);
    matches!(node.op_type.as_str(), "Mul" | "Add")
        && !stem.is_empty()
        && is_part(name, stem)
        && node.input.get(1).is_some_and(|own| own == name)
}

/// Whether `name` reaches a weight's slot through operations that only look at it differently.
fn is_weight(readers: &Readers<'_>, name: &str, steps: usize) -> bool {
    readers.of(name).any(|node| {
        let is_slot =
            weight_slots(&node.op_type).iter().any(|&slot| node.input.get(slot).is_some_and(|own| own == name));
        let looks = matches!(
            node.op_type.as_str(),
            "Identity" | "Cast" | "Reshape" | "Transpose" | "Unsqueeze" | "Squeeze" | "Flatten"
        );
        is_slot
            || is_own(node, name)
            || (looks && steps > 0 && node.output.iter().any(|made| is_weight(readers, made, steps - 1)))
    })
}

/// The whole numbers that a name stands for, where they are written down: in an initialiser or a Constant node.
fn written(file: &GraphProto, weights: &HashMap<String, TensorProto>, name: &str) -> Option<Vec<i64>> {
    let of = |tensor: &TensorProto| {
        let raw = tensor.raw_data.chunks_exact(8).map(|bytes| bytes.try_into().map(i64::from_le_bytes));
        let raw: Vec<i64> = raw.take(8).collect::<Result<_, _>>().ok()?;
        let all = if raw.is_empty() { tensor.int64_data.clone() } else { raw };
        (tensor.data_type == INT64).then_some(all)
    };
    if let Some(tensor) = weights.get(name) {
        return of(tensor);
    }
    let makes = |node: &&NodeProto| node.op_type == "Constant" && node.output.first().is_some_and(|made| made == name);
    let attribute = file.node.iter().find(makes)?.attribute.first()?;
    match &attribute.t {
        Some(tensor) => of(tensor),
        None => Some(attribute.ints.clone()),
    }
}

/// Whether sizes are those of a grey picture with its channel last, as far as they can say it: either they are a
/// square, or the Reshape that comes first moves the channel to the front. A narrow picture with channels first, a
/// signal of one column, is neither. Under both readings the elements are the same in the same order; only which axis
/// is called what differs.
fn is_grey(sizes: &[Option<u64>], moved: Option<&[i64]>) -> bool {
    let (high, wide) = match *sizes {
        [_, Some(high), Some(wide), Some(1)] => (high, wide),
        // Channels are a number in every file: what has a name is a height.
        [_, None, _, Some(1)] => return true,
        _ => return false,
    };
    let size = |size: u64| i64::try_from(size).ok();
    let is_moved = matches!(moved, Some(&[_, 1, h, w]) if (Some(h), Some(w)) == (size(high), size(wide)));
    high != 1 && (high == wide || is_moved)
}

/// Whether the first thing that happens to a picture is that its channels, the last axis, become the second: by a
/// Transpose, or for a single channel by a Reshape.
fn has_channels_last(readers: &Readers<'_>, info: &ValueInfo, written: impl Fn(&str) -> Option<Vec<i64>>) -> bool {
    let mut name = info.name.as_str();
    let sizes: Vec<Option<u64>> = dims(info).unwrap_or(&[]).iter().map(number).collect();
    for _ in 0..MOST_STEPS {
        let turns = |node: &&NodeProto| {
            let perm = node.attribute.iter().find(|attribute| attribute.name == "perm");
            node.op_type == "Transpose" && perm.is_some_and(|perm| perm.ints == [0, 3, 1, 2])
        };
        if readers.of(name).any(|node| turns(&node)) {
            return true;
        }
        let reshape = readers.of(name).find(|node| node.op_type == "Reshape");
        if reshape.is_some_and(|node| is_grey(&sizes, node.input.get(1).and_then(|name| written(name)).as_deref())) {
            return true;
        }
        let passes = |node: &&NodeProto| {
            matches!(
                node.op_type.as_str(),
                "Identity" | "Cast" | "Sub" | "Div" | "Mul" | "Add" | "Pad" | "Relu" | "Clip" | "Dropout" | "Neg"
            )
        };
        match readers.of(name).find(passes).and_then(|node| node.output.first()) {
            Some(made) => name = made,
            None => return false,
        }
    }
    false
}

impl<'a> Reader<'a> {
    /// Learns all constants of the file and its one input.
    pub(super) fn inputs(
        &mut self,
        file: &'a GraphProto,
        plan: &Plan<'a>,
        mut weights: HashMap<String, TensorProto>,
        options: &ReadOptions,
    ) -> Result<(), FormatError> {
        let readers = Readers::new(file, plan);
        let mut data = Vec::new();
        for info in file.input.iter().filter(|info| !weights.contains_key(&info.name)) {
            if !plan.reads.contains(info.name.as_str()) {
                self.notes.push(Note::UnusedInput { input: info.name.clone() });
            } else if is_weight(&readers, &info.name, 8) {
                let sizes: Option<Vec<u64>> = dims(info).and_then(|dims| dims.iter().map(number).collect());
                let countable = sizes.filter(|sizes| {
                    sizes.iter().try_fold(1u64, |all, &size| all.checked_mul(size)).is_some_and(|all| all < 1 << 40)
                });
                let Some(sizes) = countable else {
                    return Err(FormatError::content(&info.name, "is a weight of unknown size"));
                };
                let weight = self.evaluator.declared(&info.name, sizes);
                self.known.insert(&info.name, Known::Constant(Arc::new(weight)));
            } else {
                data.push(info);
            }
        }
        let is_last = match data[..] {
            [input] => {
                !self.draft.keeps_all && has_channels_last(&readers, input, |name| written(file, &weights, name))
            }
            _ => false,
        };
        // In the order in which they are read.
        for name in plan.live.iter().flat_map(|&at| &file.node[at].input).map(String::as_str).chain([plan.output]) {
            if let Some(tensor) = weights.remove(name) {
                let constant = self.evaluator.stored(name, tensor)?;
                self.known.insert(name, Known::Constant(Arc::new(constant)));
            }
        }
        match data[..] {
            [input] => self.input(input, is_last, options),
            _ => {
                let names: Vec<&str> = data.iter().map(|info| info.name.as_str()).collect();
                let list = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
                Err(FormatError::content("graph", format!("has {} inputs instead of one{list}", names.len())))
            }
        }
    }

    fn input(&mut self, info: &'a ValueInfo, last: bool, options: &ReadOptions) -> Result<(), FormatError> {
        let place = || format!("input `{}`", info.name);
        let accepted = "accepted: [batch, C, H, W], [batch, H, W, C] in front of a Transpose, [batch, C]";
        let Some(dims) = dims(info) else {
            return Err(FormatError::content(place(), format!("has no sizes; {accepted}")));
        };
        let (batch, c, pixels) = match dims {
            [batch, h, w, c] if last => (batch, c, Some((h, w))),
            [batch, c, h, w] => (batch, c, Some((h, w))),
            [batch, c] => (batch, c, None),
            other => {
                let sizes: Vec<String> = other.iter().map(text).collect();
                return Err(FormatError::content(place(), format!("has sizes [{}]; {accepted}", sizes.join(", "))));
            }
        };
        let is_last = last && pixels.is_some();
        if is_last {
            self.notes.push(Note::ChannelsLast { input: info.name.clone() });
        }
        self.batch = number(batch).unwrap_or(1);
        if self.batch > MOST_BATCH {
            return Err(FormatError::content(place(), format!("has a batch of {}; at most {MOST_BATCH}", self.batch)));
        }
        if number(batch) != Some(1) {
            self.notes.push(Note::Batch { input: info.name.clone(), found: text(batch) });
        }
        let Some(channels) = number(c) else {
            return Err(FormatError::content(place(), format!("has {} as channels; accepted: a number", text(c))));
        };
        let (h, w) = match pixels {
            None => (1, 1),
            Some(pixels) => self.pixels(info, pixels, options)?,
        };
        let shape = Shape::checked(h, w, channels).map_err(|reason| FormatError::content(place(), reason))?;
        if shape.elements().saturating_mul(self.batch) >= 1 << 40 {
            return Err(FormatError::content(place(), format!("has {shape}, too many elements")));
        }
        let layer = Layer { name: info.name.clone(), kind: Kind::Input, operands: vec![], weights: vec![], shape };
        self.draft.layers.push(layer);
        let picture = View::picture(0, shape, self.batch);
        let view = match pixels {
            None => View::new(0, &picture.dims[..2]),
            Some(_) if is_last => picture.transposed(&[0, 2, 3, 1]),
            Some(_) => picture,
        };
        self.known.insert(&info.name, Known::Data(view));
        Ok(())
    }

    /// Height and width: the file's numbers, or the caller's where the file has names.
    fn pixels(
        &mut self,
        info: &ValueInfo,
        (h, w): (&Dimension, &Dimension),
        options: &ReadOptions,
    ) -> Result<(u64, u64), FormatError> {
        let refuse = |reason: String| Err(FormatError::content(format!("input `{}`", info.name), reason));
        let given = options.input.map(|(h, w)| (u64::from(h), u64::from(w)));
        let found = (number(h), number(w));
        match (found, given) {
            ((Some(h), Some(w)), None) => Ok((h, w)),
            ((Some(h), Some(w)), Some(size)) if (h, w) == size => Ok(size),
            ((Some(_), Some(_)), Some(size)) => {
                refuse(format!("has {}×{} pixels, {}×{} were asked for", text(h), text(w), size.0, size.1))
            }
            (_, None) => refuse(format!(
                "has {} as height and {} as width; fix them with the option `input`: height and width in pixels",
                text(h),
                text(w)
            )),
            (_, Some(size)) => {
                let agrees = found.0.is_none_or(|h| h == size.0) && found.1.is_none_or(|w| w == size.1);
                if !agrees {
                    return refuse(format!(
                        "has {} as height and {} as width, {}×{} were asked for",
                        text(h),
                        text(w),
                        size.0,
                        size.1
                    ));
                }
                let size_note = options.input.unwrap_or_default();
                self.notes.push(Note::Fixed { input: info.name.clone(), size: size_note });
                Ok(size)
            }
        }
    }
}
