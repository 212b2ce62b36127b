//! The networks that are labelled, in their order.

use crate::failure::Failure;
use crate::inputs::{LabelOrigin, Sample, labelled};
use autogo::families::{FamilyName, Nb201, network};
use autogo::graph::Zeros;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// One training: a network and a seed. As JSON it is the text of a work item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelItem {
    /// The network's compact string, or the name of its file in the folder of work.
    pub spec: String,
    /// Seed of weights, order, flips and shifts.
    pub seed: u64,
    /// Whether the network was drawn from the top twentieth of its family.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub top: bool,
}

/// The training that the text of a work item names.
pub fn training(item: &str) -> Result<LabelItem, String> {
    serde_json::from_str(item).map_err(|error| format!("`{item}` is no network and seed: {error}"))
}

/// The networks of a plan.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Samples of families, by their published samplers.
    pub sampled: Vec<Sample>,
    /// Networks of the top twentieth of families with public labels.
    pub top: Vec<Sample>,
    /// Seed of both.
    pub seed: u64,
    /// Every `repeat_every`-th network of each sample is trained again.
    pub repeat_every: usize,
    /// Seeds of those networks.
    pub seeds: u64,
    /// Networks of one's own, as items name them.
    pub own: Vec<String>,
}

/// Of NAS-Bench-201, only networks without `none` are labelled, as in the release's experiments.
fn can_be_labelled(family: FamilyName, spec: &str) -> bool {
    family != FamilyName::Nb201 || spec.parse::<Nb201>().is_ok_and(|arch| arch.has_no_none())
}

/// The formulas that a plan has already: of networks with one formula, a plan has one.
#[derive(Default)]
struct Formulas(HashSet<String>);

impl Formulas {
    /// Whether a network can be labelled and has a new formula.
    fn takes(&mut self, family: FamilyName, spec: &str) -> Result<bool, Failure> {
        Ok(can_be_labelled(family, spec) && self.0.insert(network(spec)?.formula_id(Zeros::Dropped).to_string()))
    }
}

/// Samples of a family, in the order of their indices.
fn sampled(wanted: Sample, seed: u64, formulas: &mut Formulas) -> Result<Vec<String>, Failure> {
    let Sample { family, count } = wanted;
    let mut specs = Vec::new();
    for index in 0..1000 * (count as u64 + 10) {
        if specs.len() == count {
            return Ok(specs);
        }
        let spec = family.sample(seed, index);
        if formulas.takes(family, &spec)? {
            specs.push(spec);
        }
    }
    let reason = format!("{family} has no {count} networks of different formulas");
    Err(Failure::Input(format!("{reason}; accepted: at most {}", specs.len())))
}

/// Networks drawn from the twentieth of a family whose public labels are best.
fn top(wanted: Sample, seed: u64, formulas: &mut Formulas) -> Result<Vec<String>, Failure> {
    let family = labelled(wanted.family.prefix(), Some(LabelOrigin::Public))?;
    let mut rows: Vec<(f64, String)> = Vec::new();
    for row in 0..family.len() {
        let Some(arch) = family.arch(row) else { continue };
        let (spec, value) = (arch.to_string(), family.value(arch));
        if let Some(value) = value.filter(|_| can_be_labelled(wanted.family, &spec)) {
            rows.push((value, spec));
        }
    }
    let goal = family.label().goal;
    rows.sort_by(|a, b| goal.compare(a.0, b.0).then_with(|| a.1.cmp(&b.1)));
    rows.truncate(rows.len().div_ceil(20));
    // The order of hashes is as good as a shuffle.
    rows.sort_by_cached_key(|(_, spec)| Sha256::digest(format!("top {seed} {spec}")).to_vec());
    let mut specs = Vec::new();
    for (_, spec) in rows {
        if specs.len() < wanted.count && formulas.takes(wanted.family, &spec)? {
            specs.push(spec);
        }
    }
    Ok(specs)
}

/// The trainings of a plan. Groups (the samples of a family, its top) take turns, so a plan that is half done has half
/// of every group. Trainings under further seeds come last.
pub fn items(choice: &Choice) -> Result<Vec<LabelItem>, Failure> {
    let mut formulas = Formulas::default();
    let mut groups: Vec<Vec<LabelItem>> = Vec::new();
    let group = |specs: Vec<String>, top: bool| {
        specs.into_iter().map(|spec| LabelItem { spec, seed: 0, top }).collect::<Vec<LabelItem>>()
    };
    groups.push(group(choice.own.clone(), false));
    for &wanted in &choice.top {
        groups.push(group(top(wanted, choice.seed, &mut formulas)?, true));
    }
    for &wanted in &choice.sampled {
        groups.push(group(sampled(wanted, choice.seed, &mut formulas)?, false));
    }
    // The place of a network in its group, from 0 to 1, says when its turn is.
    let mut turns: Vec<(f64, usize, usize, LabelItem)> = Vec::new();
    for (number, items) in groups.into_iter().enumerate() {
        let count = items.len() as f64;
        turns.extend(items.into_iter().enumerate().map(|(at, item)| ((at as f64 + 0.5) / count, number, at, item)));
    }
    turns.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    // Every so manieth of its group: of all in a row it could be one group's each time.
    let again = turns.iter().filter(|(_, _, at, _)| at % choice.repeat_every.max(1) == 0);
    let again: Vec<LabelItem> =
        again.flat_map(|(.., item)| (1..choice.seeds).map(|seed| LabelItem { seed, ..item.clone() })).collect();
    Ok(turns.into_iter().map(|(.., item)| item).chain(again).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_its_share_of_repeats() {
        let families = [FamilyName::Nb101, FamilyName::Hiaml, FamilyName::TwoPath];
        let sampled = families.map(|family| Sample { family, count: 6 }).into();
        let choice = Choice { sampled, repeat_every: 3, seeds: 2, ..Choice::default() };
        let items = items(&choice).unwrap();
        assert_eq!(items.len(), 18 + 6);
        let again = &items[18..];
        for family in families {
            let of_family = again.iter().filter(|item| FamilyName::of(&item.spec) == Some(family));
            assert_eq!(of_family.count(), 2, "{family}");
        }
        assert!(again.iter().all(|item| item.seed == 1 && items[..18].iter().any(|one| one.spec == item.spec)));
        assert!(items[..18].iter().all(|item| item.seed == 0));
    }
}
