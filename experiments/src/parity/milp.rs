//! The original's repair program: status and objective of instances that were solved with GLPK, by the sweep and by the
//! integer program; and that our own form has an answer wherever the original's has one.

use super::{Outcome, golden};
use crate::Failure;
use autogo::graph::{Conv, Node, Op, Pool, Shape, Window};
use autogo::repair::{PartNode, ReleasePart, RepairError, RepairSettings, Repairer};
use autogo::segment::{Segment, Source};
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
            match instance.segment() {
                Ok(segment) => {
                    let outputs: Vec<Shape> = instance.outputs.iter().map(|(_, shape)| *shape).collect();
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

/// One program and what the original said of it.
struct Instance {
    part: ReleasePart,
    kernels: Vec<Option<(u32, u32)>>,
    outputs: Vec<(usize, Shape)>,
    /// The objective, where there is a solution.
    objective: Option<f64>,
    /// Whether the original built no program.
    is_refused: bool,
}

impl Instance {
    fn read(value: &Value) -> Result<Instance, String> {
        let input = &value["input"];
        let mut place = HashMap::new();
        let mut nodes = Vec::new();
        let mut kernels = Vec::new();
        for node in input["nodes"].as_array().ok_or("no nodes")? {
            place.insert(node["id"].to_string(), nodes.len());
            let resolution = golden::numbers(&node["resolution"]).and_then(|list| list.try_into().ok());
            let middle =
                |list: Option<Vec<u32>>, at: usize| list.filter(|list| list.len() == 4).map(|l| (l[at], l[at + 1]));
            nodes.push(PartNode {
                op: node["op_name"].as_str().ok_or("no op_name")?.into(),
                resolution: resolution.ok_or_else(|| format!("resolution {}", node["resolution"]))?,
                strides: middle(golden::numbers(&node["strides"]), 1),
                is_same: true,
            });
            kernels.push(middle(golden::numbers(&node["shape"]), 2));
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
        Ok(Instance { part: ReleasePart { nodes, edges: edges? }, kernels, outputs, objective, is_refused })
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

    /// The instance as a segment of ours, its inputs in execution order. Nodes keep the sizes they declare; the repair infers
    /// its own. The file has no windows of pools: 3 × 3 is put there, SAME sizes do not depend on it.
    fn segment(&self) -> Result<Segment, String> {
        let operands = self.part.operands();
        let mut segment = Segment { nodes: vec![], operands: vec![], inputs: vec![], outputs: vec![] };
        let mut made = vec![0; self.part.nodes.len()];
        for at in self.part.topological_order() {
            let node = &self.part.nodes[at];
            let [h, to_h, w, to_w, c, to_c] = node.resolution;
            let (read, shape) = (Shape::new(h, w, c), Shape::new(to_h, to_w, to_c));
            let mut sources: Vec<Source> = operands[at].iter().map(|&operand| Source::Inner(made[operand])).collect();
            if sources.is_empty() {
                sources.push(Source::Input(segment.inputs.len()));
                segment.inputs.push(read);
            }
            let mut push = |name: String, op: Op, sources: Vec<Source>, shape: Shape| {
                segment.nodes.push(Node { name, op, shape });
                segment.operands.push(sources);
                segment.nodes.len() - 1
            };
            let joins = matches!(node.op.as_str(), "add" | "mul" | "concat");
            if sources.len() > 1 && !joins {
                sources = vec![Source::Inner(push(format!("{at}/sum"), Op::Add, sources, read))];
            }
            let window = |kernel: Option<(u32, u32)>| {
                let stride = node.strides.ok_or(format!("node {at} has no strides"))?;
                Ok::<_, String>(Window { kernel: kernel.unwrap_or((3, 3)), stride, ..Window::same(1, 1) })
            };
            let op = match node.op.as_str() {
                "conv2d" => Op::Conv(Conv { filters: to_c, window: window(self.kernels[at])?, groups: 1, bias: false }),
                "depthwise" => Op::Conv(Conv { filters: c, window: window(self.kernels[at])?, groups: c, bias: false }),
                "maxpool" => Op::Pool(Pool::Max, window(None)?),
                "avgpool" => Op::Pool(Pool::Avg, window(None)?),
                "fusedbatchnorm" => Op::BatchNorm,
                "relu" => Op::Relu,
                "sigmoid" => Op::Sigmoid,
                "tanh" => Op::Tanh,
                "identity" => Op::Identity,
                "zero" => Op::Zero,
                _ if joins && sources.len() == 1 => Op::Identity,
                "add" => Op::Add,
                "mul" => Op::Mul,
                "concat" => Op::Concat,
                other => return Err(format!("`{other}` is no movable op here")),
            };
            made[at] = push(at.to_string(), op, sources, shape);
        }
        segment.outputs = self.outputs.iter().map(|(node, _)| made[*node]).collect();
        if !segment.outputs.is_sorted() {
            return Err("its outputs stand in another order".into());
        }
        Ok(segment)
    }
}
