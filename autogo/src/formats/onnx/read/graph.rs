//! The nodes of a file that matter: those on the way to the output.

use crate::formats::FormatError;
use crate::formats::onnx::constant::Store;
use crate::formats::onnx::model::Note;
use crate::formats::onnx::proto::{GraphProto, NodeProto, TensorProto};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

/// The most outputs that are tried to find one that depends on the input.
const MOST_OUTPUTS: usize = 16;

/// Takes the initialisers out of a file. All of them are checked for the place they lie in.
///
/// # Errors
/// When one lies outside the model's folder, or two have one name.
pub(super) fn initialisers(
    file: &mut GraphProto,
    store: &mut Store,
) -> Result<HashMap<String, TensorProto>, FormatError> {
    let mut found = HashMap::with_capacity(file.initializer.len());
    for tensor in std::mem::take(&mut file.initializer) {
        store.check(&tensor)?;
        if let Some(twice) = found.insert(tensor.name.clone(), tensor) {
            return Err(FormatError::content(format!("weight `{}`", twice.name), "is there twice"));
        }
    }
    Ok(found)
}

/// The part of a file that is read.
pub(super) struct Plan<'a> {
    /// Name of the output.
    pub(super) output: &'a str,
    /// Nodes that lead to it, in the file's order.
    pub(super) live: Vec<usize>,
    /// Names that these nodes read, and the output's.
    pub(super) reads: HashSet<&'a str>,
    pub(super) notes: Vec<Note>,
}

/// A node's name, or its first result's.
fn name(node: &NodeProto) -> &str {
    if node.name.is_empty() { node.output.first().map_or("", String::as_str) } else { &node.name }
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        file: &'a GraphProto,
        weights: &HashMap<String, TensorProto>,
        wanted: Option<&str>,
    ) -> Result<Plan<'a>, FormatError> {
        let mut makers: HashMap<&str, usize> = HashMap::with_capacity(file.node.len());
        for (at, node) in file.node.iter().enumerate() {
            for made in node.output.iter().filter(|made| !made.is_empty()) {
                if makers.insert(made, at).is_some() {
                    return Err(FormatError::unsupported(name(node), &node.op_type, format!("makes `{made}` again")));
                }
            }
        }
        let mut notes = Vec::new();
        let inputs: HashSet<&str> =
            file.input.iter().map(|info| info.name.as_str()).filter(|name| !weights.contains_key(*name)).collect();
        let depends = |output: &str| walk(file, &makers, output).1.iter().any(|name| inputs.contains(name));
        let output = output(file, wanted, depends, &mut notes)?;
        let (is_live, reads) = walk(file, &makers, output);
        for (node, _) in file.node.iter().zip(&is_live).filter(|(_, is_live)| !**is_live) {
            if node.op_type != "Constant" {
                notes.push(Note::Dropped { node: name(node).into(), op: node.op_type.clone() });
            }
        }
        let live = (0..file.node.len()).filter(|&at| is_live[at]).collect();
        Ok(Plan { output, live, reads, notes })
    }
}

/// The nodes that lead to an output, and the names that they read.
fn walk<'a>(file: &'a GraphProto, makers: &HashMap<&str, usize>, output: &'a str) -> (Vec<bool>, HashSet<&'a str>) {
    let mut reads: HashSet<&str> = HashSet::with_capacity(2 * file.node.len() + 1);
    reads.insert(output);
    let mut is_live = vec![false; file.node.len()];
    let mut open = vec![output];
    while let Some(name) = open.pop() {
        let Some(&at) = makers.get(name) else { continue };
        if std::mem::replace(&mut is_live[at], true) {
            continue;
        }
        for read in file.node[at].input.iter().filter(|read| !read.is_empty()) {
            if reads.insert(read) {
                open.push(read);
            }
        }
    }
    (is_live, reads)
}

/// The output that is wanted, or the first that depends on an input, or the first.
fn output<'a>(
    file: &'a GraphProto,
    wanted: Option<&str>,
    depends: impl Fn(&str) -> bool,
    notes: &mut Vec<Note>,
) -> Result<&'a str, FormatError> {
    let names: Vec<&str> = file.output.iter().map(|output| output.name.as_str()).collect();
    let list = || if names.is_empty() { "none".into() } else { names.join(", ") };
    let taken = match (wanted, names.as_slice()) {
        (Some(wanted), names) => names.iter().find(|name| **name == wanted),
        (None, [only]) => Some(only),
        // Few outputs are looked at: a walk each.
        (None, names) => names.iter().take(MOST_OUTPUTS).find(|name| depends(name)).or(names.first()),
    };
    let Some(&taken) = taken else {
        let reason =
            wanted.map_or("has no output".into(), |wanted| format!("has no output `{wanted}`; accepted: {}", list()));
        return Err(FormatError::content("graph", reason));
    };
    let others: Vec<String> = names.iter().filter(|name| **name != taken).map(|name| (*name).into()).collect();
    if !others.is_empty() {
        notes.push(Note::Output { output: taken.into(), others });
    }
    Ok(taken)
}
