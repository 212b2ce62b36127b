//! The release's graphs: pickles, topological order, multiply-adds, parameters, output shape, and back again.

use super::{Outcome, golden};
use crate::failure::Failure;
use autogo::data::{DATA_VARIABLE, folder_from_env};
use autogo::families::network;
use autogo::graph::Graph;
use autogo::release::{CompGraph, read_graph};
use serde_json::Value;
use std::path::Path;

pub fn run(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let files = golden::files(&folder.join("original/graphs"))?;
    let data = folder_from_env();
    let mut outcome = Outcome::default();
    if data.is_none() && !files.is_empty() {
        outcome.skipped.push(format!("the pickles themselves: no {DATA_VARIABLE}"));
    }
    for (stem, file) in &files {
        outcome.count(stem, compare(file, data.as_deref()));
        if let Some((_, spec)) = BUILT.iter().find(|(name, _)| name == stem) {
            outcome.count(&format!("{stem} built here"), compare_built(file, spec));
        }
    }
    Ok((!files.is_empty()).then_some(outcome))
}

/// Graphs of the release that one of the families builds.
const BUILT: [(&str, &str); 3] =
    [("resnet50__resnet50", "resnet50"), ("resnet101__resnet101", "resnet101"), ("vgg__vgg16_bn", "vgg16")];

/// By content: the release leaves the order of the two batch norms in front of a sum to chance.
fn compare_built(file: &Value, spec: &str) -> Result<(), String> {
    let ours = network(spec).map_err(|error| error.to_string())?;
    let theirs = golden::comp_graph(file)?.to_graph().map_err(|error| error.to_string())?.graph;
    if ours.content_id() == theirs.content_id() { Ok(()) } else { Err("the content id differs".into()) }
}

fn compare(file: &Value, data: Option<&Path>) -> Result<(), String> {
    let theirs = golden::comp_graph(file)?;
    let pickle = data.and_then(|data| Some(data.join("autogo").join(file["file"].as_str()?)));
    if let Some(path) = pickle.filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let read = read_graph(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        if read != theirs {
            let difference = golden::difference(&read, &theirs).unwrap_or_else(|| "names or constants".into());
            return Err(format!("the pickle: {difference}"));
        }
    }
    let list = |name: &str| golden::numbers(&file[name]).ok_or(format!("the reference has no {name}"));
    let order: Vec<u32> = theirs.topological_order().into_iter().map(|node| node as u32).collect();
    if order != list("topo_order")? {
        return Err("the topological order".into());
    }
    let macs = file["macs_per_node"].as_array().ok_or("the reference has no macs_per_node")?;
    for (at, (ours, theirs_macs)) in theirs.macs_per_node().into_iter().zip(macs).enumerate() {
        if Some(ours as f64) != theirs_macs.as_f64() {
            return Err(format!(
                "node {at} ({}): {ours} multiply-adds; reference: {theirs_macs}",
                theirs.nodes[at].str_id
            ));
        }
    }
    let flops = file["flops_m"].as_f64().ok_or("the reference has no flops_m")?;
    let own = 2.0 * theirs.macs() as f64 / 1e6;
    if (own - flops).abs() > 1e-6 * flops {
        return Err(format!("{own} MFLOPs; reference: {flops}"));
    }
    let executable = theirs.to_graph().map_err(|error| error.to_string())?;
    let graph = &executable.graph;
    if let Some(params) = file["torch_n_params"].as_u64() {
        // The original counts the running statistics of batch norm as well where the file says how many there are.
        let own = graph.cost().params;
        if own != params {
            return Err(format!("{own} parameters; reference: {params}"));
        }
    }
    if let Some(&[pixels, channels]) = golden::numbers(&file["torch_output_shape"]).as_deref() {
        let shape = graph.node(graph.len() - 1).shape;
        if (shape.h * shape.w, shape.c) != (pixels, channels) {
            return Err(format!("output {shape}; reference: {pixels} × {channels}"));
        }
    }
    round_trip(&theirs, graph)
}

/// Our graph in the release's form is the release's graph, and back again has the same content.
fn round_trip(theirs: &CompGraph, graph: &Graph) -> Result<(), String> {
    let form = CompGraph::from_graph(graph).map_err(|error| error.to_string())?;
    let back = form.to_graph().map_err(|error| error.to_string())?.graph;
    if form.macs() != theirs.macs() && !graph.nodes().any(|node| node.name.ends_with("/sum")) {
        return Err(format!("{} multiply-adds after a round trip; before: {}", form.macs(), theirs.macs()));
    }
    if back.content_id() == graph.content_id() { Ok(()) } else { Err("the content id changes in a round trip".into()) }
}
