//! Networks built from configurations: nodes, order, edges, shapes, FLOPs.

use super::{Outcome, golden};
use crate::failure::Failure;
use autogo::families::{FamilyName, Nb201, SkipAs};
use autogo::graph::Graph;
use autogo::release::{CompGraph, Quirks};
use serde_json::{Value, json};
use std::path::Path;

pub fn run(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let files = golden::files(&folder.join("original/families"))?;
    let mut outcome = Outcome::default();
    for (stem, file) in &files {
        let Some(family) = FamilyName::named(stem).ok() else {
            outcome.skipped.push(format!("{stem}: no such family"));
            continue;
        };
        for (number, entry) in file.as_array().into_iter().flatten().enumerate() {
            if entry.get("config").is_some_and(Value::is_null) {
                outcome.skipped.push(format!("{stem} {number}: the reference has no configuration"));
                continue;
            }
            let skip = if entry["identity_kept"] == true { Quirks::original().nb201_skip } else { SkipAs::PassThrough };
            let quirk = if skip == SkipAs::Identity { " (quirk nb201_skip)" } else { "" };
            outcome.count(&format!("{stem} {number}{quirk}"), compare(family, entry, skip));
        }
    }
    Ok((!files.is_empty()).then_some(outcome))
}

fn build(family: FamilyName, entry: &Value, skip: SkipAs) -> Result<Graph, String> {
    let config = match (family, &entry["config"]) {
        (FamilyName::Nb201, _) => {
            let arch: Nb201 =
                serde_json::from_value(json!({"ops": entry["ops"]})).map_err(|error| error.to_string())?;
            return arch.build_with(skip).map_err(|error| error.to_string());
        }
        (FamilyName::Nb101, _) => json!({"matrix": entry["matrix"], "ops": entry["ops"]}),
        (_, config) => config.clone(),
    };
    family.build_config(&config.to_string()).map_err(|error| error.to_string())
}

fn compare(family: FamilyName, entry: &Value, skip: SkipAs) -> Result<(), String> {
    let ours = CompGraph::from_graph(&build(family, entry, skip)?).map_err(|error| error.to_string())?;
    let theirs = golden::comp_graph(&entry["cg"])?;
    if let Some(difference) = golden::difference(&ours, &theirs) {
        return Err(difference);
    }
    let flops = entry["flops_m"].as_f64().ok_or("the reference has no flops_m")?;
    let own = 2.0 * ours.macs() as f64 / 1e6;
    if (own - flops).abs() > 1e-6 * flops { Err(format!("{own} MFLOPs; reference: {flops}")) } else { Ok(()) }
}
