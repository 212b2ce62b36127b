//! From a parent to its children: choose a place, choose donors, make them fit, splice (paper §3.2, specification §4).

use super::splice::splice;
use crate::error::Error;
use crate::graph::{Graph, Shape};
use crate::repair::{Repaired, repair};
use crate::rng::{Draw, Stream};
use crate::segment::{Placed, Segment, SegmentDb, Segmenter};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// How a child came to be: enough to make it again from its parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// The parent's nodes that were replaced, ascending.
    pub place: Vec<usize>,
    /// Row of the donor in the segment database.
    pub donor: usize,
    /// For every input of the donor the input of the place that it took over.
    pub inputs: Vec<usize>,
    /// For every output of the place the output of the donor that took it over.
    pub outputs: Vec<usize>,
    /// How many ops of the donor the repair changed.
    pub repaired: usize,
}

/// How places and donors are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MutationSettings {
    /// Places tried in one parent.
    pub places: usize,
    /// Donors tried in one place, half of them with the very same boundary.
    pub donors: usize,
    /// The most consecutive segments replaced at once.
    pub consecutive: usize,
    /// Share of the merges that a draw of the vocabulary leaves out.
    pub sparsity: f64,
}

impl Default for MutationSettings {
    fn default() -> Self {
        MutationSettings { places: 8, donors: 8, consecutive: 3, sparsity: 0.5 }
    }
}

impl Derivation {
    /// Makes the child again.
    pub fn replay(&self, parent: &Graph, db: &SegmentDb, scope: &str) -> Result<Graph, Error> {
        let row = db.rows().get(self.donor).ok_or_else(|| {
            let accepted = format!("rows 0 to {}", db.len() as i64 - 1);
            Error::setting("derivation", format!("names row {} of the segment database", self.donor), &accepted)
        })?;
        let place = Segment::cut(parent, &self.place);
        let repaired = fit(&row.segment, &place, &self.inputs, &self.outputs).ok_or_else(|| {
            Error::setting("derivation", format!("row {} does not fit its place", self.donor), "the run's own database")
        })?;
        Ok(splice(parent, &place, &repaired.segment, &self.inputs, &self.outputs, scope)?)
    }
}

/// Makes a donor fit a place under these maps, if it can.
fn fit(donor: &Segment, place: &Placed, inputs: &[usize], outputs: &[usize]) -> Option<Repaired> {
    let reads: Vec<Shape> = inputs.iter().map(|&at| place.segment.inputs[at]).collect();
    let makes = place.segment.output_shapes();
    // `outputs` maps from place to donor; the repair wants the donor's order.
    let mut wanted = makes.clone();
    for (&shape, &at) in makes.iter().zip(outputs) {
        *wanted.get_mut(at)? = shape;
    }
    repair(donor, &reads, &wanted).ok()
}

/// The children of a parent, in the order of the draws. Children equal to the parent are left out.
pub(super) fn children(
    parent: &Graph,
    db: &SegmentDb,
    segmenter: &Segmenter,
    settings: &MutationSettings,
    stream: Stream,
    draw: (u64, u64),
    scope: &str,
) -> Vec<(Graph, Derivation)> {
    let mut rng = stream.at2(draw.0, draw.1);
    let parent_id = parent.content_id();
    let mut children = Vec::new();
    for place in places(parent, segmenter, settings, &mut rng) {
        for (donor, inputs, outputs) in donors(db, &place, settings, &mut rng) {
            let Some(repaired) = fit(&db.rows()[donor].segment, &place, &inputs, &outputs) else { continue };
            let scope = format!("{scope}.{}", children.len());
            let Ok(child) = splice(parent, &place, &repaired.segment, &inputs, &outputs, &scope) else { continue };
            if child.content_id() != parent_id {
                let repaired = repaired.changes.len();
                children.push((child, Derivation { place: place.nodes.clone(), donor, inputs, outputs, repaired }));
            }
        }
    }
    children
}

/// Movable runs of one to `consecutive` segments under a random part of the vocabulary.
fn places(parent: &Graph, segmenter: &Segmenter, settings: &MutationSettings, rng: &mut Draw) -> Vec<Placed> {
    let merges = segmenter.longer_pieces();
    let mut kept: Vec<bool> = (0..merges).map(|at| at as f64 >= settings.sparsity * merges as f64).collect();
    kept.shuffle(rng);
    let singles = segmenter.alphabet().len();
    let groups = segmenter.groups(parent, |id| kept.get((id as usize).wrapping_sub(singles)).is_none_or(|&kept| kept));
    let mut runs: Vec<(usize, usize)> = (0..groups.len())
        .flat_map(|first| (1..=settings.consecutive).map(move |count| (first, count)))
        .filter(|&(first, count)| first + count <= groups.len())
        .collect();
    runs.shuffle(rng);
    runs.into_iter()
        .map(|(first, count)| Segment::cut(parent, &groups[first..first + count].concat()))
        .filter(|place| place.segment.is_movable())
        .take(settings.places)
        .collect()
}

/// A donor: its row, and the maps of its inputs and outputs.
type Donor = (usize, Vec<usize>, Vec<usize>);

/// Donors for a place: rows with the same boundary first, then rows with the same arity, with random one-to-one maps.
fn donors(db: &SegmentDb, place: &Placed, settings: &MutationSettings, rng: &mut Draw) -> Vec<Donor> {
    let outputs = place.segment.output_shapes();
    let exact = db.with_boundary(&place.segment.inputs, &outputs);
    let own = place.segment.content_id();
    let mut rows: Vec<usize> = exact.iter().copied().filter(|&row| db.rows()[row].id != own).collect();
    rows.shuffle(rng);
    rows.truncate(settings.donors / 2);
    let mut others: Vec<usize> = db
        .with_arity(place.segment.inputs.len(), outputs.len())
        .iter()
        .copied()
        .filter(|row| exact.binary_search(row).is_err())
        .collect();
    others.shuffle(rng);
    rows.extend(others.into_iter().take(settings.donors - rows.len()));
    rows.into_iter()
        .filter_map(|row| {
            let donor = &db.rows()[row].segment;
            let inputs = matching(&donor.inputs, &place.segment.inputs, rng)?;
            let outputs = matching(&outputs, &donor.output_shapes(), rng)?;
            Some((row, inputs, outputs))
        })
        .collect()
}

/// A random one-to-one map from `from` to `to`: to an equal shape where one is free, to any free one otherwise.
fn matching(from: &[Shape], to: &[Shape], rng: &mut Draw) -> Option<Vec<usize>> {
    if from.len() != to.len() {
        return None;
    }
    let mut free: Vec<usize> = (0..to.len()).collect();
    let mut order: Vec<usize> = (0..from.len()).collect();
    order.shuffle(rng);
    // Those with an equal partner first, so that nobody takes it from them without need.
    order.sort_by_key(|&at| !to.contains(&from[at]));
    let mut map = vec![0; from.len()];
    for at in order {
        let equal: Vec<usize> = (0..free.len()).filter(|&slot| to[free[slot]] == from[at]).collect();
        let slot = match equal.as_slice() {
            [] => rng.random_range(0..free.len()),
            equal => equal[rng.random_range(0..equal.len())],
        };
        map[at] = free.swap_remove(slot);
    }
    Some(map)
}
