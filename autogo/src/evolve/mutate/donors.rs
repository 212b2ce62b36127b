//! The segments that are tried in a place (paper §3.2, [release §4.3](crate::doc::release#s4-3)).

use super::places::MutationPlace;
use super::score_order::Preference;
use super::settings::{MutationSettings, Ranking, Unit};
use crate::error::Error;
use crate::goal::Goal;
use crate::graph::{Graph, Op, Shape, mix};
use crate::predict::{EncodedSegments, Predictor};
use crate::rng::Draw;
use crate::segment::{Segment, SegmentDb, Source};
use rand::Rng;
use rand::seq::SliceRandom;
use std::collections::HashSet;

/// The segments of a database as donors.
pub(super) struct Donors {
    db: SegmentDb,
    /// For every row what it has in common with rows that a repair may make the same: ops, kernels and edges, without
    /// channels, strides and shapes.
    forms: Vec<u64>,
    /// The database as a predictor reads it, if it scores segments in place.
    encoded: Option<EncodedSegments>,
}

/// A row of the database for a place, with one-to-one maps of tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Donor {
    pub(super) row: usize,
    /// For every input of the donor the input of the place.
    pub(super) inputs: Vec<usize>,
    /// For every output of the place the output of the donor.
    pub(super) outputs: Vec<usize>,
}

impl Donor {
    /// The shapes that the donor reads and has to make in this place, in its own order.
    pub(super) fn boundary(&self, place: &Segment) -> (Vec<Shape>, Vec<Shape>) {
        let reads = self.inputs.iter().map(|&at| place.inputs[at]).collect();
        let has = place.output_shapes();
        let mut makes = has.clone();
        self.outputs.iter().zip(has).for_each(|(&at, shape)| makes[at] = shape);
        (reads, makes)
    }
}

impl Donors {
    pub(super) fn new(db: SegmentDb, predictor: &dyn Predictor) -> Result<Self, Error> {
        let segments: Vec<Segment> = db.rows().iter().map(|row| row.segment.clone()).collect();
        let encoded = predictor.encode(&segments)?;
        Ok(Donors { forms: segments.iter().map(form).collect(), db, encoded })
    }

    pub(super) fn db(&self) -> &SegmentDb {
        &self.db
    }

    /// The donors for a place: up to half with the very same boundary, at random; then, in units of segments, rows of
    /// the same arity, one of each form, by `ranking`. O(rows of the arity).
    pub(super) fn of(
        &self,
        parent: &Graph,
        place: &MutationPlace,
        settings: &MutationSettings,
        preference: Preference,
        predictor: &dyn Predictor,
        rng: &mut Draw,
    ) -> Result<Vec<Donor>, Error> {
        let segment = &place.placed.segment;
        let outputs = segment.output_shapes();
        let own = segment.content_id();
        let may_stand = |row: &usize| {
            let row = &self.db.rows()[*row];
            let is_single = row.segment.nodes.len() == 1;
            let is_allowed = |op: &Op| match settings.ops.as_slice() {
                [] => *op != Op::Zero,
                listed => listed.iter().any(|name| name == op.name()),
            };
            row.id != own
                && (settings.unit == Unit::Segment || is_single)
                && row.segment.nodes.iter().all(|node| is_allowed(&node.op))
        };
        let mut exact: Vec<usize> =
            self.db.with_boundary(&segment.inputs, &outputs).iter().copied().filter(may_stand).collect();
        exact.shuffle(rng);
        let share = if settings.unit == Unit::Segment { settings.donors.div_ceil(2) } else { settings.donors };
        exact.truncate(share);
        let mut rows = exact;
        if settings.unit == Unit::Segment {
            let mut forms: HashSet<u64> = rows.iter().map(|&row| self.forms[row]).collect();
            let is_taken: HashSet<usize> = rows.iter().copied().collect();
            let arity = self.db.with_arity(segment.inputs.len(), outputs.len()).iter().copied();
            let mut others: Vec<usize> = arity.filter(|row| !is_taken.contains(row)).filter(may_stand).collect();
            others.shuffle(rng);
            others.truncate(settings.shortlist);
            if settings.ranking == Ranking::Predictor {
                self.rank(&mut others, parent, place, preference, predictor, rng)?;
            }
            let wanted = settings.donors - rows.len();
            rows.extend(others.into_iter().filter(|&row| forms.insert(self.forms[row])).take(wanted));
        }
        let donor = |row: usize| {
            let donor = &self.db.rows()[row].segment;
            let inputs = matching(&donor.inputs, &segment.inputs, rng);
            let outputs = matching(&outputs, &donor.output_shapes(), rng);
            Donor { row, inputs, outputs }
        };
        Ok(rows.into_iter().map(donor).collect())
    }

    /// Sorts rows by how the predictor likes them in the place, if it scores segments in place at all.
    fn rank(
        &self,
        rows: &mut Vec<usize>,
        parent: &Graph,
        place: &MutationPlace,
        preference: Preference,
        predictor: &dyn Predictor,
        rng: &mut Draw,
    ) -> Result<(), Error> {
        let Some(encoded) = self.encoded.as_ref().filter(|_| !rows.is_empty()) else { return Ok(()) };
        let scores = predictor.score_in_place(parent, &place.around, &encoded.select(rows))?;
        if scores.len() != rows.len() {
            let reason = format!("gives {} scores for {} segments", scores.len(), rows.len());
            return Err(Error::setting("predictor", reason, "one score a segment"));
        }
        let sizes: Vec<usize> = rows.iter().map(|&row| self.db.rows()[row].segment.nodes.len()).collect();
        let scores = preference.order.apply(scores, &sizes, rng);
        let mut ranked: Vec<(f64, usize)> = scores.into_iter().zip(rows.iter().copied()).collect();
        // A donor without a score comes last.
        ranked.sort_by(|a, b| match preference.goal {
            _ if a.0.is_nan() || b.0.is_nan() => a.0.is_nan().cmp(&b.0.is_nan()),
            Goal::Maximise => b.0.total_cmp(&a.0),
            Goal::Minimise => a.0.total_cmp(&b.0),
        });
        *rows = ranked.into_iter().map(|(_, row)| row).collect();
        Ok(())
    }
}

/// Ops, kernels and edges of a segment as one number.
fn form(segment: &Segment) -> u64 {
    let node = |(at, sources): (usize, &Vec<Source>)| {
        let op = &segment.nodes[at].op;
        let name = op.name().bytes().fold(0, |state, byte| mix(state, u64::from(byte)));
        let kernel = op.window().map_or((0, 0), |window| window.kernel);
        let state = mix(mix(name, u64::from(kernel.0)), u64::from(kernel.1));
        sources.iter().fold(state, |state, source| match *source {
            Source::Inner(inner) => mix(state, inner as u64 + 1),
            Source::Input(input) => mix(state, !(input as u64)),
        })
    };
    let state = segment.operands.iter().enumerate().map(node).fold(0, mix);
    segment.outputs.iter().fold(state, |state, &output| mix(state, output as u64))
}

/// A random one-to-one map from `from` to as many of `to`: to an equal shape where one is free, to any free one
/// otherwise.
fn matching(from: &[Shape], to: &[Shape], rng: &mut Draw) -> Vec<usize> {
    let mut free: Vec<usize> = (0..to.len()).collect();
    let mut order: Vec<usize> = (0..from.len()).collect();
    order.shuffle(rng);
    // Those with an equal partner first, so that no other one takes it from them without need.
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
    map
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn maps_are_one_to_one_and_pair_what_is_equal(sizes in prop::collection::vec(1u32..4, 1..6), seed in 0u64..50) {
            let from: Vec<Shape> = sizes.iter().map(|&size| Shape::new(size, size, 8)).collect();
            let mut to = from.clone();
            to.reverse();
            let map = matching(&from, &to, &mut Stream::new(seed, "test").at(0));
            prop_assert!(from.iter().zip(&map).all(|(shape, &at)| to[at] == *shape));
            let mut sorted = map.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..from.len()));
        }
    }
}
