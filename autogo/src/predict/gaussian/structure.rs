//! The structure of a network: numbers in groups.

use super::neighbourhoods::{Side, names};
use super::paths::{PATH_FIGURES, path_figures};
use super::settings::GaussianSettings;
use super::skeleton::Skeleton;
use crate::graph::{Graph, mix};

/// Figures beside those of paths: terms, edges, the logarithms of parameters and of multiply-adds.
const SIZES: usize = 4;
/// Figures in all. Each is a group of its own.
const FIGURES: usize = PATH_FIGURES + SIZES;

/// One number of a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    /// The group that the number belongs to. Numbers of one group count alike.
    pub group: usize,
    /// The name of the number within its group, such as that of a neighbourhood.
    pub name: u64,
    /// The number; a number that is not listed is 0.
    pub value: f64,
}

/// The structure of a network: its numbers by group and name, ascending.
pub(super) type Structure = Vec<Entry>;

/// The number of groups.
pub(super) fn groups(settings: &GaussianSettings) -> usize {
    figures(settings) + 1 + Side::ALL.len() * settings.rounds
}

fn figures(settings: &GaussianSettings) -> usize {
    if settings.figures { FIGURES } else { 0 }
}

/// The structure of a network. Its groups are the figures, one group each; how often each kind of term occurs; and for
/// each side and each round how often each neighbourhood occurs. O(rounds · edges + terms · log terms).
pub(super) fn structure(graph: &Graph, settings: &GaussianSettings) -> Structure {
    let skeleton = Skeleton::of(graph);
    let mut entries = Structure::new();
    if settings.figures {
        let cost = graph.cost();
        let edges: usize = skeleton.operands.iter().map(Vec::len).sum();
        let mut figures = path_figures(&skeleton);
        figures.extend([skeleton.len() as f64, edges as f64]);
        figures.extend([cost.params, cost.multiply_adds].map(|cost| libm::log1p(cost as f64)));
        let entry = |(group, value)| Entry { group, name: 0, value: single(value) };
        entries.extend(figures.into_iter().enumerate().map(entry));
    }
    let first = figures(settings);
    let readers = skeleton.readers();
    for (number, side) in Side::ALL.into_iter().enumerate() {
        for (round, names) in names(&skeleton, &readers, side, settings.rounds).into_iter().enumerate() {
            match (number, round) {
                (0, 0) => count(first, names, &mut entries),
                // The kinds are the same from every side.
                (_, 0) => {}
                (_, round) => count(first + number * settings.rounds + round, names, &mut entries),
            }
        }
    }
    entries
}

/// A number to single precision, in which a saved process keeps it.
fn single(value: f64) -> f64 {
    f64::from(value as f32)
}

/// Adds how often each name occurs.
fn count(group: usize, mut names: Vec<u64>, entries: &mut Structure) {
    names.sort_unstable();
    let counted = names.chunk_by(|a, b| a == b).map(|equal| Entry { group, name: equal[0], value: equal.len() as f64 });
    entries.extend(counted);
}

/// A hash of a structure's names, for looking columns up.
pub(super) fn column_key(entry: &Entry) -> u64 {
    mix(entry.group as u64, entry.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb101, Nb201, network};
    use std::collections::BTreeSet;

    #[test]
    fn every_group_has_numbers_and_they_stand_in_order() {
        let settings = GaussianSettings::default();
        let structure = structure(
            &network("nb201:nor_conv_3x3,none,nor_conv_1x1,skip_connect,none,avg_pool_3x3").unwrap(),
            &settings,
        );
        let seen: BTreeSet<usize> = structure.iter().map(|entry| entry.group).collect();
        assert_eq!(seen, (0..groups(&settings)).collect());
        assert!(structure.is_sorted_by_key(|entry| (entry.group, entry.name)));
        assert!(structure.iter().all(|entry| entry.value.is_finite()));
    }

    #[test]
    fn equal_formulas_have_equal_structures() {
        let settings = GaussianSettings::default();
        let structure = |spec: &str| structure(&network(spec).unwrap(), &settings);
        // 1 → 3 by a skip and 0 → 1 by a convolution, or the convolution at once.
        let one = structure("nb201:nor_conv_3x3,none,none,none,skip_connect,none");
        let other = structure("nb201:none,none,none,nor_conv_3x3,none,none");
        assert_eq!(one, other);
    }

    #[test]
    fn different_formulas_have_different_structures() {
        let settings = GaussianSettings::default();
        for family in [0, 1] {
            let graph = |at: u64| {
                if family == 0 { Nb201::sample(1, at).build().unwrap() } else { Nb101::sample(1, at).build().unwrap() }
            };
            let (mut formulas, mut structures) = (BTreeSet::new(), BTreeSet::new());
            for at in 0..60 {
                let graph = graph(at);
                formulas.insert(graph.formula_id(crate::graph::Zeros::Dropped).to_string());
                structures.insert(format!("{:?}", structure(&graph, &settings)));
            }
            assert!(structures.len() * 10 >= formulas.len() * 9, "{} {}", structures.len(), formulas.len());
        }
    }
}
