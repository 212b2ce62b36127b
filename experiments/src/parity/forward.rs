//! Forward passes: our exported networks, run in ONNX Runtime, against values of the release's Torch networks.

use super::{Outcome, golden};
use crate::failure::Failure;
use crate::host::{Input, Loaded, OnnxRuntime};
use autogo::formats::onnx::{Weights, export, formula};
use autogo::release::{CompGraph, Quirks};
use ort::environment::Environment;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Largest relative deviation of a logit, relative to the largest logit.
const TOLERANCE: f64 = 1e-4;
/// The stream of the formula that makes the input.
const INPUT_STREAM: u64 = 7992;

pub fn run(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let Some(file) = golden::json(&folder.join("original/forward_torch.json"))? else { return Ok(None) };
    let mut outcome = Outcome::default();
    let Some(runtime) = outcome.runtime() else { return Ok(Some(outcome)) };
    for (name, entry) in file.as_object().into_iter().flatten() {
        let graph = golden::graph(folder, name)?;
        let result = match graph {
            Some(graph) => golden::comp_graph(&graph).and_then(|graph| compare(&runtime, &graph, entry)),
            None => {
                outcome.skipped.push(format!("{name}: the reference has no such graph"));
                continue;
            }
        };
        outcome.count(name, result);
    }
    Ok(Some(outcome))
}

fn compare(runtime: &Environment, graph: &CompGraph, entry: &Value) -> Result<(), String> {
    let orders: HashMap<usize, Vec<usize>> = entry["inputs_in_order"]
        .as_object()
        .ok_or("the reference has no inputs_in_order")?
        .iter()
        .filter_map(|(node, inputs)| {
            let inputs = golden::numbers(inputs)?.into_iter().map(|input| input as usize).collect();
            Some((node.parse().ok()?, inputs))
        })
        .collect();
    let executable = graph.to_graph_with(&|node| orders.get(&node).cloned()).map_err(|error| error.to_string())?;
    let pooling = Quirks::original().pooling;
    let model =
        export(&executable.graph, Weights::Formula(&executable.source), pooling).map_err(|error| error.to_string())?;
    let shape = executable.graph.input_shape();
    let values = formula(shape.elements() as usize, INPUT_STREAM);
    let input = Input::of(shape, |at| values[at as usize] as f32);
    let (_, logits) = OnnxRuntime::open(runtime, &model, input, 2)?.output()?;
    let wanted: Vec<f64> =
        entry["logits"].as_array().ok_or("the reference has no logits")?.iter().filter_map(Value::as_f64).collect();
    if logits.len() != wanted.len() {
        return Err(format!("{} logits; reference: {}", logits.len(), wanted.len()));
    }
    let scale = wanted.iter().fold(f64::MIN_POSITIVE, |scale, value| scale.max(value.abs()));
    let worst = logits.iter().zip(&wanted).map(|(a, b)| (f64::from(*a) - b).abs() / scale).fold(0.0, f64::max);
    if worst <= TOLERANCE { Ok(()) } else { Err(format!("a logit deviates by {worst:.2e} of the largest")) }
}
