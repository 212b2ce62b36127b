//! The predictions of the release's two checkpoints, and the triples that they were trained on.

use super::segments::Release;
use super::{Outcome, golden};
use crate::failure::Failure;
use autogo::predict::{Gnn, GraphFeatures, Psc};
use autogo::release::{Checkpoint, CompGraph, Limits, read_tensors, release_triples};
use autogo::segment::Vocabulary;
use serde_json::Value;
use std::path::Path;

/// Largest difference of two predictions that counts as none.
const TOLERANCE: f64 = 1e-5;

pub fn checkpoint(folder: &Path, name: &str) -> Result<Option<Checkpoint>, Failure> {
    let path = folder.join(format!("original/{name}.safetensors"));
    let Ok(bytes) = std::fs::read(&path) else { return Ok(None) };
    let tensors = read_tensors(&bytes).map_err(|error| Failure::input(&path, error))?;
    Ok(Some(tensors))
}

pub fn agree(ours: f64, theirs: &Value) -> Result<(), String> {
    match theirs.as_f64() {
        Some(theirs) if (ours - theirs).abs() <= TOLERANCE => Ok(()),
        _ => Err(format!("predicts {ours}; reference: {theirs}")),
    }
}

/// Suite `gnn`: every released graph under its own normalisation constants and under those of the families.
pub fn gnn(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let file = golden::json(&folder.join("original/gnn_predictions.json"))?;
    let (Some(file), Some(checkpoint)) = (file, checkpoint(folder, "gnn_chkpt")?) else { return Ok(None) };
    let gnn = Gnn::from_release(&checkpoint)?;
    let mut outcome = Outcome::default();
    for (name, entry) in file.as_object().into_iter().flatten() {
        let Some(graph) = golden::graph(folder, name)? else {
            outcome.skipped.push(format!("{name}: the reference has no such graph"));
            continue;
        };
        let graph = golden::comp_graph(&graph).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
        let families = Limits::default();
        for (limits, key) in [(graph.limits, "gnn_pred_native_norm"), (families, "gnn_pred_norm_256_512")] {
            if entry[key].is_null() {
                continue;
            }
            let compared = GraphFeatures::from_release(&graph, limits)
                .and_then(|features| gnn.predict(&[features]))
                .map_err(|error| error.to_string())
                .and_then(|predicted| agree(predicted[0], &entry[key]));
            outcome.count(&format!("{name} {key}"), compared);
        }
    }
    Ok(Some(outcome))
}

/// Suite `psc`: predictions for triples, the parts a network is cut into, and the training triples of five networks.
pub fn psc(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let predictions = golden::json(&folder.join("original/psc_predictions.json"))?;
    let triples = golden::json(&folder.join("original/psc_dataset_triples.json"))?;
    let (Some(predictions), Some(checkpoint), Some(release)) =
        (predictions, checkpoint(folder, "psc_chkpt")?, Release::read(folder)?)
    else {
        return Ok(None);
    };
    let vocabulary = release.vocabulary()?;
    let psc = Psc::from_release(&checkpoint, vocabulary.clone())?;
    let mut outcome = Outcome::default();
    let whole = |name: &str| -> Result<Option<CompGraph>, Failure> {
        let graph = golden::graph(folder, name)?;
        graph.map(|graph| golden::comp_graph(&graph).map_err(Failure::Input)).transpose()
    };
    for (name, entry) in predictions.as_object().into_iter().flatten() {
        let graph = whole(name)?;
        for (number, instance) in entry["instances"].as_array().into_iter().flatten().enumerate() {
            let case = format!("{name} {number}");
            outcome.count(&case, compare_instance(&psc, instance));
            if let Some(graph) = &graph {
                outcome.count(&format!("{case} parts"), compare_parts(graph, instance));
            }
        }
    }
    for (name, entry) in triples.iter().flat_map(|triples| triples.as_object().into_iter().flatten()) {
        match whole(name)? {
            Some(graph) => outcome.count(&format!("{name} triples"), compare_triples(&graph, entry, &vocabulary)),
            None => outcome.skipped.push(format!("{name}: the reference has no such graph")),
        }
    }
    Ok(Some(outcome))
}

const PARTS: [&str; 3] = ["P", "S", "C"];

fn compare_instance(psc: &Psc, instance: &Value) -> Result<(), String> {
    let part = |name: &str| {
        let graph = golden::comp_graph(&instance[name])?;
        GraphFeatures::from_release(&graph, graph.limits).map_err(|error| error.to_string())
    };
    let triple = [part("P")?, part("S")?, part("C")?];
    let predicted = psc.predict(&[triple]).map_err(|error| error.to_string())?;
    agree(predicted[0], &instance["pred"])
}

fn nodes(value: &Value) -> Vec<usize> {
    golden::numbers(value).unwrap_or_default().into_iter().map(|number| number as usize).collect()
}

/// The nodes of each part before pruning are given; what is left of them must be the reference's part.
fn compare_parts(graph: &CompGraph, instance: &Value) -> Result<(), String> {
    for name in PARTS {
        let (ours, _) = graph.part(&nodes(&instance[format!("{name}_nodes")]));
        let theirs = golden::comp_graph(&instance[name])?;
        if let Some(difference) = golden::difference(&ours, &theirs) {
            return Err(format!("{name}: {difference}"));
        }
    }
    Ok(())
}

fn compare_triples(graph: &CompGraph, entry: &Value, vocabulary: &Vocabulary) -> Result<(), String> {
    let ours = release_triples(graph, vocabulary);
    let theirs = entry.as_array().ok_or("no list of triples")?;
    if ours.len() != theirs.len() {
        return Err(format!("{} triples; reference: {}", ours.len(), theirs.len()));
    }
    for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        for (name, ours) in PARTS.iter().zip(ours) {
            let mut theirs = nodes(&theirs[*name]);
            theirs.sort_unstable();
            if *ours != theirs {
                return Err(format!("triple {number}: {name} is {ours:?}; reference: {theirs:?}"));
            }
        }
    }
    Ok(())
}
