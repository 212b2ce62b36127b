//! The release's pickled graphs and token encoder.

use super::comp_graph::{CompGraph, CompNode, FramePadding, Limits};
use super::pickle::{Class, Item, Pickle};
use crate::error::FormatError;
use crate::graph::Shape;

const MODULE: &str = "model_src.comp_graph.tf_comp_graph";
const CLASSES: [Class; 3] = [
    Class { module: MODULE, name: "ComputeGraph", callable: false },
    Class { module: MODULE, name: "RegularNode", callable: false },
    Class { module: MODULE, name: "WeightedNode", callable: false },
];

/// Reads a pickled graph of the release.
///
/// ```
/// let error = autogo::release::read_graph(b"\x80\x02]q\x00.").unwrap_err();
/// assert_eq!(error.to_string(), "graph: is no ComputeGraph");
/// ```
pub fn read_graph(bytes: &[u8]) -> Result<CompGraph, FormatError> {
    let pickle = Pickle::read(bytes, &CLASSES)?;
    let root = pickle.root();
    if root.class() != Some(0) {
        return Err(FormatError::content("graph", "is no ComputeGraph"));
    }
    let list = |name: &str| items(root, "graph", name);
    let weighted = list("weighted_nodes")?;
    let mut nodes = Vec::with_capacity(weighted.len());
    for (item, is_weighted) in
        weighted.iter().map(|item| (*item, true)).chain(list("regular_nodes")?.into_iter().map(|item| (item, false)))
    {
        nodes.push(node(item, is_weighted)?);
    }
    let mut edges = Vec::new();
    for edge in list("edge_pairs")? {
        let ends = sizes(edge, "edges")?;
        match ends[..] {
            [from, to] => edges.push((from as usize, to as usize)),
            _ => return Err(FormatError::content("edges", format!("an edge of {} ends", ends.len()))),
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let limit = |name: &str| size(field(root, "graph", name)?, name);
    let graph = CompGraph {
        name: field(root, "graph", "name")?.text().unwrap_or_default().into(),
        limits: Limits {
            hidden: limit("max_hidden_size")?,
            kernel: limit("max_kernel_size")?,
            height: limit("max_derived_H")?,
            width: limit("max_derived_W")?,
        },
        weighted: weighted.len(),
        nodes,
        edges,
    };
    graph.check()?;
    Ok(graph)
}

fn field<'a>(item: Item<'a>, place: &str, name: &str) -> Result<Item<'a>, FormatError> {
    item.field(name).ok_or_else(|| FormatError::content(place, format!("has no `{name}`")))
}

fn items<'a>(item: Item<'a>, place: &str, name: &str) -> Result<Vec<Item<'a>>, FormatError> {
    field(item, place, name)?.list().ok_or_else(|| FormatError::content(place, format!("`{name}` is no list")))
}

fn size(item: Item<'_>, place: &str) -> Result<u32, FormatError> {
    let number = item.int().and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| FormatError::content(place, "is no whole number from 0 to 4294967295"))
}

fn sizes(item: Item<'_>, place: &str) -> Result<Vec<u32>, FormatError> {
    let list = item.list().ok_or_else(|| FormatError::content(place, "is no list"))?;
    list.into_iter().map(|item| size(item, place)).collect()
}

/// A field that is there and not `None`.
fn given(item: Option<Item<'_>>) -> Option<Item<'_>> {
    item.filter(|item| !item.is_none())
}

fn node(item: Item<'_>, is_weighted: bool) -> Result<CompNode, FormatError> {
    let str_id = field(item, "node", "str_id")?.text().unwrap_or_default().to_string();
    let place = format!("node `{str_id}`");
    if item.class() != Some(if is_weighted { 2 } else { 1 }) {
        return Err(FormatError::content(place, "is of the wrong class for its list"));
    }
    let resolution = sizes(field(item, &place, "resolution")?, &place)?;
    // Heights, widths and channels, each of them read and made.
    let [read_h, made_h, read_w, made_w, read_c, made_c] = resolution
        .try_into()
        .map_err(|list: Vec<u32>| FormatError::content(&place, format!("a resolution of {} numbers", list.len())))?;
    // NHWC: the two in the middle are height and width.
    let middle = |item: Item<'_>| match sizes(item, &place)?[..] {
        [_, h, w, _] => Ok((h, w)),
        _ => Err(FormatError::content(&place, "four numbers are needed")),
    };
    let metadata = given(item.field("metadata"));
    let of_metadata = |name: &str| given(metadata.and_then(|metadata| metadata.field(name)));
    let kernel = match given(item.field("shape")).filter(|_| is_weighted).map(|shape| shape.list()) {
        Some(Some(shape)) if shape.len() == 4 => Some((size(shape[2], &place)?, size(shape[3], &place)?)),
        None if !is_weighted => None,
        _ => return Err(FormatError::content(place, "its `shape` is no list of four")),
    };
    Ok(CompNode {
        label: field(item, &place, "label")?.text().unwrap_or_default().into(),
        op: size(field(item, &place, "op_type_idx")?, &place)? as usize,
        input: Shape::new(read_h, read_w, read_c),
        output: Shape::new(made_h, made_w, made_c),
        kernel,
        strides: given(item.field("strides")).map(middle).transpose()?,
        padding: match of_metadata("padding").map(|item| item.text()) {
            None => None,
            Some(Some("same" | "SAME")) => Some(FramePadding::Same),
            Some(Some("valid" | "VALID")) => Some(FramePadding::Valid),
            Some(other) => return Err(FormatError::content(place, format!("padding {other:?}"))),
        },
        window: of_metadata("ksize").map(middle).transpose()?,
        bias: of_metadata("use_bias").and_then(|item| item.bool()).unwrap_or(false),
        str_id,
    })
}

/// The release's token encoder: every token with its character, in the order of first sight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseEncoder {
    /// Tokens and their characters.
    pub tokens: Vec<(String, char)>,
}

/// Reads the release's token encoder.
pub fn read_encoder(bytes: &[u8]) -> Result<ReleaseEncoder, FormatError> {
    let classes = [Class { module: "encoder.network_encoder", name: "Network_Encoder", callable: false }];
    let pickle = Pickle::read(bytes, &classes)?;
    let root = pickle.root();
    if root.class() != Some(0) {
        return Err(FormatError::content("encoder", "is no Network_Encoder"));
    }
    let table = field(root, "encoder", "op2vocab")?;
    let entries = table.entries().ok_or_else(|| FormatError::content("encoder", "its op2vocab is no dictionary"))?;
    let mut tokens = Vec::with_capacity(entries.len());
    for (token, character) in entries {
        let mut characters = character.text().unwrap_or_default().chars();
        match (token.text(), characters.next(), characters.next()) {
            (Some(token), Some(character), None) => tokens.push((token.to_string(), character)),
            _ => return Err(FormatError::content("encoder", "an entry is not a token and one character")),
        }
    }
    Ok(ReleaseEncoder { tokens })
}
