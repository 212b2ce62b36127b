//! Pareto fronts, ranks and grids of the release's search, and the mutants it made.

use super::predictors::{agree, checkpoint};
use super::segments::Release;
use super::{Outcome, golden};
use crate::failure::Failure;
use autogo::Goal;
use autogo::evolve::{GridEnds, ParetoArchive, grid_sample, rank_sum};
use autogo::predict::{Gnn, GraphFeatures, Psc};
use autogo::release::{Checkpoint, Limits};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// More accuracy, fewer FLOPs.
const GOALS: [Goal; 2] = [Goal::Maximise, Goal::Minimise];

/// Suite `pareto`: fronts, the order by sums of ranks, and the members that may be drawn from a grid.
pub fn pareto(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let Some(file) = golden::json(&folder.join("original/search_helpers.json"))? else { return Ok(None) };
    let mut outcome = Outcome::default();
    for (kind, compare) in [("pareto", front as Compare), ("rank_sort", ranks), ("grid", cells)] {
        for (number, case) in file[kind].as_array().into_iter().flatten().enumerate() {
            let compared = points(case).and_then(|points| compare(&points, case));
            outcome.count(&format!("{kind} {number}"), compared);
        }
    }
    for (number, root) in file["isqrt"].as_object().into_iter().flatten() {
        let own = number.parse::<u64>().map(u64::isqrt).ok();
        outcome.count(&format!("isqrt {number}"), same(own, root.as_u64(), "the root"));
    }
    Ok(Some(outcome))
}

type Compare = fn(&[Scored], &Value) -> Result<(), String>;
type Scored = (usize, Vec<f64>);

fn points(case: &Value) -> Result<Vec<Scored>, String> {
    let point = |(at, row): (usize, &Value)| {
        let numbers: Option<Vec<f64>> = row.as_array()?.iter().map(Value::as_f64).collect();
        Some((at, numbers?))
    };
    let rows = case["data"].as_array().ok_or("the reference has no data")?;
    rows.iter().enumerate().map(point).collect::<Option<Vec<_>>>().ok_or("the reference has no numbers".into())
}

fn indices(value: &Value) -> Option<Vec<usize>> {
    Some(golden::numbers(value)?.into_iter().map(|number| number as usize).collect())
}

fn same<T: PartialEq + std::fmt::Debug>(ours: T, theirs: T, what: &str) -> Result<(), String> {
    if ours == theirs { Ok(()) } else { Err(format!("{what} is {ours:?}; reference: {theirs:?}")) }
}

fn archive(points: &[Scored]) -> ParetoArchive {
    let mut archive = ParetoArchive::new(GOALS.to_vec());
    points.iter().for_each(|(id, point)| _ = archive.insert(*id, point.clone()));
    archive
}

fn front(points: &[Scored], case: &Value) -> Result<(), String> {
    same(Some(archive(points).ids()), indices(&case["allindices"]), "the front")
}

/// Where figures are equal the reference leaves the order to its sorting routine, so the sums of ranks are compared,
/// each within what the ties leave open; without ties that is the order itself.
fn ranks(points: &[Scored], case: &Value) -> Result<(), String> {
    let theirs = indices(&case["result"]).ok_or("the reference has no result")?;
    let count = case["k"].as_u64().unwrap_or(0) as usize;
    let has_ties = (0..2).any(|axis| {
        let values: BTreeSet<u64> = points.iter().map(|(_, point)| point[axis].to_bits()).collect();
        values.len() < points.len()
    });
    let ours: Vec<usize> = rank_sum(points, &GOALS).into_iter().take(count).collect();
    let better = |axis: usize, a: f64, b: f64| if axis == 0 { a > b } else { a < b };
    let bounds = |id: usize| {
        let own = &points[id].1;
        let before = |axis: usize, equal: bool| {
            let counts = points.iter().filter(|(other, point)| {
                better(axis, point[axis], own[axis]) || (equal && *other != id && point[axis] == own[axis])
            });
            counts.count()
        };
        (before(0, false) + before(1, false), before(0, true) + before(1, true))
    };
    // Equal sums stand in an order that the reference leaves open, too.
    let sums = |ids: &[usize]| ids.iter().map(|&id| bounds(id)).collect::<Vec<_>>();
    match has_ties {
        false => same(sums(&ours), sums(&theirs), "the order of sums"),
        true => match ours.windows(2).chain(theirs.windows(2)).find(|pair| bounds(pair[0]).0 > bounds(pair[1]).1) {
            None => same(ours.len(), theirs.len(), "the number of ranks"),
            Some(pair) => Err(format!("{} cannot stand before {}", pair[0], pair[1])),
        },
    }
}

/// The members that are drawn are left to chance; the number of cells with a member is not, nor are the members that
/// can never be drawn.
fn cells(points: &[Scored], case: &Value) -> Result<(), String> {
    let theirs = indices(&case["result"]).ok_or("the reference has no result")?;
    let count = case["k"].as_u64().unwrap_or(0) as usize;
    let side = count.isqrt();
    if points.len() < side * side {
        return same((0..points.len()).collect(), theirs, "a small front");
    }
    let mut can_be_drawn = BTreeSet::new();
    let mut filled = 0;
    for seed in 0..200 {
        let drawn = grid_sample(points, side, GridEnds::Excluded, seed);
        filled = drawn.len();
        can_be_drawn.extend(drawn);
    }
    match theirs.iter().take(filled).find(|id| !can_be_drawn.contains(id)) {
        None => Ok(()),
        Some(id) => Err(format!("{id} is never drawn from the grid here")),
    }
}

/// Suite `mutations`: every mutant of the release is a valid network here or refused with a reason; FLOPs, parameters,
/// the window and the checkpoints' predictions agree.
pub fn mutations(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let file = golden::json(&folder.join("original/mutations.json"))?;
    let checkpoints = checkpoint(folder, "gnn_chkpt")?.zip(checkpoint(folder, "psc_chkpt")?);
    let (Some(file), Some((gnn, psc)), Some(release)) = (file, checkpoints, Release::read(folder)?) else {
        return Ok(None);
    };
    let judge = Judge::new(&gnn, &psc, &release)?;
    let mut outcome = Outcome::default();
    for (name, run) in file.as_object().into_iter().flatten() {
        let base = base_flops(run, folder)?;
        for (number, mutant) in run["mutants"].as_array().into_iter().flatten().enumerate() {
            let case = format!("{name} {number}");
            match judge.compare(mutant, base) {
                // What the release executes must be a network here; of what it does not, the reason is said.
                Ok(Some(refused)) if mutant["torch_executable"] == true => outcome.count(&case, Err(refused)),
                Ok(Some(refused)) => {
                    outcome.skipped.push(format!("{case} is no network: {refused}"));
                    outcome.count(&case, Ok(()));
                }
                Ok(None) => outcome.count(&case, Ok(())),
                Err(difference) => outcome.count(&case, Err(difference)),
            }
        }
    }
    Ok(Some(outcome))
}

/// MFLOPs of the network a run of the release started from.
fn base_flops(run: &Value, folder: &Path) -> Result<Option<f64>, Failure> {
    let Some(stem) = run["file"].as_str().and_then(|file| Path::new(file).file_stem()?.to_str()) else {
        return Ok(None);
    };
    let graph = golden::graph(folder, stem)?;
    Ok(graph.and_then(|graph| graph["flops_m"].as_f64()))
}

/// The release's predictors.
struct Judge {
    gnn: Gnn,
    psc: Psc,
}

impl Judge {
    fn new(gnn: &Checkpoint, psc: &Checkpoint, release: &Release) -> Result<Self, Failure> {
        Ok(Judge { gnn: Gnn::from_release(gnn)?, psc: Psc::from_release(psc, release.vocabulary()?)? })
    }

    /// The reason why the mutant is refused, if it is.
    fn compare(&self, mutant: &Value, base: Option<f64>) -> Result<Option<String>, String> {
        let form = golden::comp_graph(&mutant["mutant"])?;
        let graph = match form.to_graph() {
            Ok(executable) => executable.graph,
            Err(refused) => return Ok(Some(refused.to_string())),
        };
        let flops = 2.0 * form.macs() as f64 / 1e6;
        match mutant["flops_m"].as_f64() {
            Some(theirs) if (flops - theirs).abs() <= 1e-6 * theirs => {}
            theirs => return Err(format!("{flops} MFLOPs; reference: {theirs:?}")),
        }
        if let (Some(base), Some(is_inside)) = (base, mutant["flops_ok_-10_100"].as_bool()) {
            let decrease = 100.0 * (base - flops) / base;
            same(-10.0 < decrease && decrease < 100.0, is_inside, "the window")?;
        }
        if let Some(params) = mutant["torch_n_params"].as_u64() {
            same(graph.cost().params, params, "the number of parameters")?;
        }
        if let Some(&[pixels, channels]) = golden::numbers(&mutant["torch_output_shape"]).as_deref() {
            let shape = graph.node(graph.len() - 1).shape;
            same((shape.h * shape.w, shape.c), (pixels, channels), "the output")?;
        }
        let features = GraphFeatures::from_release(&form, form.limits).map_err(|error| error.to_string())?;
        let predicted = self.gnn.predict(&[features]).map_err(|error| error.to_string())?;
        agree(predicted[0], &mutant["gnn_pred"]).map_err(|error| format!("GNN {error}"))?;
        for (segment, prediction) in [("S_old", "psc_pred_old"), ("S_new", "psc_pred_new")] {
            let part = |name: &str| {
                let part = golden::comp_graph(&mutant[name])?;
                GraphFeatures::from_release(&part, Limits::default()).map_err(|error| error.to_string())
            };
            let triple = [part("P")?, part(segment)?, part("C")?];
            let predicted = self.psc.predict(&[triple]).map_err(|error| error.to_string())?;
            agree(predicted[0], &mutant[prediction]).map_err(|error| format!("PSC with {segment} {error}"))?;
        }
        Ok(None)
    }
}
