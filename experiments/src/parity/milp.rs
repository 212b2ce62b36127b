//! The release's repair program: status and objective of instances that were solved with GLPK, by the sweep and by the
//! integer program; and that our own form has an answer wherever the release's has one.

use super::{Outcome, golden};
use crate::failure::Failure;
use autogo::graph::Shape;
use autogo::repair::{PartNode, ReleasePart, RepairError, RepairSettings, Repairer};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Suite `milp`.
pub fn run(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let Some(file) = golden::json(&folder.join("original/milp_instances.json"))? else { return Ok(None) };
    let ours = Repairer::new(RepairSettings::default())?;
    let mut outcome = Outcome::default();
    for (number, value) in file.as_array().into_iter().flatten().enumerate() {
        let name = format!("instance {number}");
        let instance = match Instance::read(value) {
            Ok(instance) => instance,
            Err(difference) => {
                outcome.count(&name, Err(difference));
                continue;
            }
        };
        for presolve in [true, false] {
            let how = if presolve { "sweep" } else { "program" };
            outcome.count(&format!("{name}, {how}"), instance.compare(presolve));
        }
        if instance.objective.is_some() {
            let nodes: Vec<usize> = instance.outputs.iter().map(|(node, _)| *node).collect();
            match instance.part.to_segment(&nodes) {
                Ok((segment, numbers)) => {
                    let mut outputs = instance.outputs.clone();
                    outputs.sort_unstable_by_key(|(node, _)| numbers[*node]);
                    let outputs: Vec<Shape> = outputs.into_iter().map(|(_, shape)| shape).collect();
                    let repaired = ours.repair(&segment, &segment.inputs, &outputs);
                    let result = repaired.map(drop).map_err(|error| error.to_string());
                    outcome.count(&format!("{name}, our form"), result);
                }
                Err(reason) => outcome.skipped.push(format!("{name}, our form: {reason}")),
            }
        }
    }
    Ok(Some(outcome))
}

/// One program and what the release said of it.
struct Instance {
    part: ReleasePart,
    outputs: Vec<(usize, Shape)>,
    /// The objective, where there is a solution.
    objective: Option<f64>,
    /// Whether the release built no program.
    is_refused: bool,
}

impl Instance {
    fn read(value: &Value) -> Result<Instance, String> {
        let input = &value["input"];
        let mut place = HashMap::new();
        let mut nodes = Vec::new();
        for node in input["nodes"].as_array().ok_or("no nodes")? {
            place.insert(node["id"].to_string(), nodes.len());
            let (input, output) =
                golden::shapes(&node["resolution"]).ok_or_else(|| format!("resolution {}", node["resolution"]))?;
            let middle =
                |list: Option<Vec<u32>>, at: usize| list.filter(|list| list.len() == 4).map(|l| (l[at], l[at + 1]));
            let op = node["op_name"].as_str().ok_or("no op_name")?;
            nodes.push(PartNode {
                op: op.into(),
                // The file has no windows of pools; sizes under SAME do not depend on them.
                kernel: middle(golden::numbers(&node["shape"]), 2).or(op.ends_with("pool").then_some((3, 3))),
                input,
                output,
                strides: middle(golden::numbers(&node["strides"]), 1),
                is_same: true,
            });
        }
        let at = |id: String| place.get(&id).copied().ok_or(format!("no node {id}"));
        let edge = |edge: &Value| Ok((at(edge[0].to_string())?, at(edge[1].to_string())?));
        let edges: Result<Vec<(usize, usize)>, String> =
            input["edges"].as_array().ok_or("no edges")?.iter().map(edge).collect();
        let output = |(id, sizes): (&String, &Value)| match golden::numbers(sizes).as_deref() {
            Some(&[h, w, c]) => Ok((at(id.clone())?, Shape::new(h, w, c))),
            _ => Err(format!("target {sizes}")),
        };
        let mut outputs: Vec<(usize, Shape)> = value["target_outputs"]
            .as_object()
            .ok_or("no target_outputs")?
            .iter()
            .map(output)
            .collect::<Result<_, String>>()?;
        outputs.sort_unstable_by_key(|(node, _)| *node);
        let objective = value["objective"].as_f64();
        let is_refused = value["model_none"].as_bool().ok_or("no model_none")?;
        let is_known = match value["termination"].as_str() {
            Some("optimal") => objective.is_some(),
            Some("infeasible") => objective.is_none(),
            _ => is_refused,
        };
        if !is_known {
            return Err(format!("termination {} with objective {}", value["termination"], value["objective"]));
        }
        Ok(Instance { part: ReleasePart { nodes, edges: edges? }, outputs, objective, is_refused })
    }

    fn compare(&self, presolve: bool) -> Result<(), String> {
        let settings = RepairSettings { presolve, ..RepairSettings::original() };
        match (self.part.repair(&self.outputs, &settings), self.objective) {
            (Ok(answer), Some(objective)) if (answer.objective as f64 - objective).abs() < 1e-6 => Ok(()),
            (Ok(answer), objective) => Err(format!("objective {}; reference: {objective:?}", answer.objective)),
            (Err(RepairError::Concat { .. }), None) if self.is_refused => Ok(()),
            (Err(RepairError::Infeasible { .. }), None) if !self.is_refused => Ok(()),
            (Err(error), objective) => Err(format!("{error}; reference: {objective:?}")),
        }
    }
}
