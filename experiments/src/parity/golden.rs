//! Reading the reference files.

use crate::failure::Failure;
use crate::inputs::plain_text;
use autogo::graph::Shape;
use autogo::release::{CompGraph, CompNode, FramePadding, Limits};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A JSON file, or `None` when it is not there.
pub fn json(path: &Path) -> Result<Option<Value>, Failure> {
    if !path.is_file() {
        return Ok(None);
    }
    let text = plain_text(path)?;
    let value = serde_json::from_str(&text);
    value.map(Some).map_err(|error| Failure::Input(format!("{}:{}: {error}", path.display(), error.line())))
}

/// The reference file of one of the release's graphs, by its name, or `None` when it is not there.
pub fn graph(folder: &Path, name: &str) -> Result<Option<Value>, Failure> {
    json(&folder.join(format!("original/graphs/{name}.json")))
}

/// The files of a folder that end so, with their stems, sorted.
fn paths(folder: &Path, extension: &str) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let has_extension = |path: &PathBuf| path.extension().is_some_and(|other| other == extension);
    let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    paths.into_iter().filter(has_extension).map(|path| (stem(&path), path)).collect()
}

/// The JSON files of a folder with their stems, sorted.
pub fn files(folder: &Path) -> Result<Vec<(String, Value)>, Failure> {
    let mut files = Vec::new();
    for (stem, path) in paths(folder, "json") {
        files.extend(json(&path)?.map(|value| (stem, value)));
    }
    Ok(files)
}

/// A table: its stem, and its rows as values by column.
pub type Table = (String, Vec<HashMap<String, String>>);

/// The tables of a folder, sorted by name. Cells hold no commas.
pub fn tables(folder: &Path) -> Result<Vec<Table>, Failure> {
    let mut tables = Vec::new();
    for (stem, path) in paths(folder, "csv") {
        let text = plain_text(&path)?;
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
        let row = |line: &str| {
            header.iter().zip(line.split(',')).map(|(name, cell)| (name.to_string(), cell.into())).collect()
        };
        tables.push((stem, lines.map(row).collect()));
    }
    Ok(tables)
}

/// Whole numbers, also when they are written as floats.
pub fn numbers(value: &Value) -> Option<Vec<u32>> {
    let number = |value: &Value| value.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as u32);
    value.as_array()?.iter().map(number).collect()
}

/// The shapes that a node reads and makes, which the reference files write interleaved: heights, widths, channels.
pub fn shapes(value: &Value) -> Option<(Shape, Shape)> {
    let [read_h, made_h, read_w, made_w, read_c, made_c] = numbers(value)?.try_into().ok()?;
    Some((Shape::new(read_h, read_w, read_c), Shape::new(made_h, made_w, made_c)))
}

/// A computation graph as the reference files write it.
pub fn comp_graph(value: &Value) -> Result<CompGraph, String> {
    let whole = |name: &str| value[name].as_u64().map(|number| number as u32).ok_or(format!("no number `{name}`"));
    let nodes = value["nodes"].as_array().ok_or("no nodes")?;
    let edges = value["edges"].as_array().ok_or("no edges")?;
    let edge = |edge: &Value| match numbers(edge).as_deref() {
        Some(&[from, to]) => Ok((from as usize, to as usize)),
        _ => Err(format!("edge {edge}")),
    };
    let mut edges = edges.iter().map(edge).collect::<Result<Vec<_>, String>>()?;
    edges.sort_unstable();
    Ok(CompGraph {
        name: value["name"].as_str().unwrap_or_default().into(),
        limits: Limits {
            hidden: whole("max_hidden_size")?,
            kernel: whole("max_kernel_size")?,
            height: whole("max_derived_H")?,
            width: whole("max_derived_W")?,
        },
        weighted: nodes.iter().filter(|node| node["kind"] == "weighted").count(),
        nodes: nodes.iter().map(comp_node).collect::<Result<Vec<_>, String>>()?,
        edges,
    })
}

fn comp_node(value: &Value) -> Result<CompNode, String> {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_string();
    let (input, output) = shapes(&value["resolution"]).ok_or_else(|| format!("resolution {}", value["resolution"]))?;
    let metadata = &value["metadata"];
    let middle = |value: &Value| numbers(value).filter(|list| list.len() == 4).map(|list| (list[1], list[2]));
    // The first two numbers of a shape are divided in some files, the kernel never is.
    let kernel = value["shape"]
        .as_array()
        .filter(|shape| shape.len() == 4)
        .and_then(|shape| numbers(&Value::from(shape[2..].to_vec())).map(|kernel| (kernel[0], kernel[1])));
    Ok(CompNode {
        str_id: text("str_id"),
        label: text("label"),
        op: value["op_type_idx"].as_u64().ok_or("no op_type_idx")? as usize,
        input,
        output,
        kernel,
        strides: middle(&value["strides"]),
        padding: match metadata["padding"].as_str() {
            Some("same") => Some(FramePadding::Same),
            Some("valid") => Some(FramePadding::Valid),
            _ => None,
        },
        window: middle(&metadata["ksize"]),
        bias: metadata["use_bias"].as_bool().unwrap_or(false),
    })
}

/// The first difference between two computation graphs, names and normalisation constants aside.
pub fn difference(ours: &CompGraph, theirs: &CompGraph) -> Option<String> {
    if (ours.nodes.len(), ours.weighted) != (theirs.nodes.len(), theirs.weighted) {
        let counts = |graph: &CompGraph| format!("{} nodes, {} weighted", graph.nodes.len(), graph.weighted);
        return Some(format!("{}; reference: {}", counts(ours), counts(theirs)));
    }
    for (at, (a, b)) in ours.nodes.iter().zip(&theirs.nodes).enumerate() {
        let parts = |node: &CompNode| {
            // A dense layer's bias is implied in some files.
            let bias = node.bias || node.op == 8;
            let name = node.op_name().to_string();
            (name, node.op, (node.input, node.output), node.kernel, node.strides, node.padding, node.window, bias)
        };
        if parts(a) != parts(b) {
            return Some(format!("node {at} ({}): {:?}; reference: {:?}", b.str_id, parts(a), parts(b)));
        }
    }
    let edge = ours.edges.iter().zip(&theirs.edges).find(|(a, b)| a != b);
    match edge {
        Some((a, b)) => Some(format!("edge {a:?}; reference: {b:?}")),
        None if ours.edges.len() != theirs.edges.len() => {
            Some(format!("{} edges; reference: {}", ours.edges.len(), theirs.edges.len()))
        }
        None => None,
    }
}
