//! The numbers of the networks that are learned from, by column, and distances of networks to them.

use super::linear::add_minima;
use super::structure::{Entry, Structure, column_key};
use foldhash::{HashMap, HashMapExt};

/// The share of networks with a number, as one in so many, from which a column is kept whole.
const DENSE: usize = 8;

/// A number of the networks, such as the count of one neighbourhood.
struct Column {
    group: usize,
    name: u64,
    values: Values,
}

/// (network, value) of the networks where a value is not 0, ascending.
type Listed = Vec<(usize, f64)>;

/// The values of a column.
enum Values {
    /// One for each network.
    Dense(Vec<f64>),
    /// Those that are not 0.
    Sparse(Listed),
}

/// The numbers of some networks.
///
/// The distance of two networks in a group is the sum over the group's numbers of |x - y|, which is
/// x + y - 2·min(x, y): so only the numbers that both networks have are walked.
pub(super) struct Columns {
    networks: usize,
    columns: Vec<Column>,
    places: HashMap<u64, usize>,
    /// For every group the sum of each network's numbers.
    totals: Vec<Vec<f64>>,
}

impl Columns {
    /// The columns of some networks. O(numbers).
    pub(super) fn new(structures: &[Structure], groups: usize) -> Columns {
        let networks = structures.len();
        let mut totals = vec![vec![0.0; networks]; groups];
        let mut places: HashMap<u64, usize> = HashMap::new();
        let mut sparse: Vec<(Entry, Listed)> = Vec::new();
        for (network, structure) in structures.iter().enumerate() {
            for entry in structure {
                totals[entry.group][network] += entry.value;
                let place = *places.entry(column_key(entry)).or_insert_with(|| {
                    sparse.push((*entry, Vec::new()));
                    sparse.len() - 1
                });
                sparse[place].1.push((network, entry.value));
            }
        }
        let column = |(entry, values): (Entry, Listed)| Column {
            group: entry.group,
            name: entry.name,
            values: Values::new(values, networks),
        };
        Columns { networks, columns: sparse.into_iter().map(column).collect(), places, totals }
    }

    /// The distances of all pairs of networks in every group: for i > j, pair (i, j) stands at i·(i - 1)/2 + j.
    /// O(groups · networks² + the sum over columns of their networks squared).
    pub(super) fn pair_distances(&self) -> Vec<Vec<f64>> {
        let pair = |i: usize, j: usize| i * (i - 1) / 2 + j;
        let sums =
            |total: &Vec<f64>| (1..self.networks).flat_map(|i| (0..i).map(move |j| total[i] + total[j])).collect();
        let mut distances: Vec<Vec<f64>> = self.totals.iter().map(sums).collect();
        for Column { group, values, .. } in &self.columns {
            let values = values.listed();
            for (number, &(i, x)) in values.iter().enumerate() {
                values[..number].iter().for_each(|&(j, y)| distances[*group][pair(i, j)] -= 2.0 * x.min(y));
            }
        }
        distances
    }

    /// Group, name and values of every column, as (network, value) where the value is not 0.
    pub(super) fn named(&self) -> impl Iterator<Item = (usize, u64, Listed)> + '_ {
        self.columns.iter().map(|column| (column.group, column.name, column.values.listed()))
    }

    /// The numbers of all networks again. O(numbers · log numbers of a network).
    pub(super) fn structures(&self) -> Vec<Structure> {
        let mut structures = vec![Structure::new(); self.networks];
        for (group, name, values) in self.named() {
            let entry = |value: f64| Entry { group, name, value };
            values.into_iter().for_each(|(network, value)| structures[network].push(entry(value)));
        }
        structures.iter_mut().for_each(|structure| structure.sort_by_key(|entry| (entry.group, entry.name)));
        structures
    }
}

/// Columns with a weight for each group.
pub(super) struct WeightedColumns {
    pub columns: Columns,
    /// The factor of each group's distance.
    pub weights: Vec<f64>,
    /// For every network the weighted sum of its numbers.
    sums: Vec<f64>,
}

impl WeightedColumns {
    /// Columns with these weights, one for each group.
    pub(super) fn new(columns: Columns, weights: Vec<f64>) -> WeightedColumns {
        let mut sums = vec![0.0; columns.networks];
        for (totals, &weight) in columns.totals.iter().zip(&weights) {
            sums.iter_mut().zip(totals).for_each(|(sum, total)| *sum += weight * total);
        }
        WeightedColumns { columns, weights, sums }
    }

    /// Writes the distance of a network to each of these: the sum over groups of the group's weight times its distance.
    /// O(networks with a number, summed over the network's numbers).
    pub(super) fn distances(&self, structure: &Structure, distances: &mut Vec<f64>) {
        distances.clear();
        distances.extend_from_slice(&self.sums);
        let mut own = 0.0;
        for entry in structure {
            let weight = self.weights[entry.group];
            own += weight * entry.value;
            match self.columns.places.get(&column_key(entry)).map(|&place| &self.columns.columns[place].values) {
                None => {}
                Some(_) if weight == 0.0 => {}
                Some(Values::Dense(values)) => add_minima(distances, -2.0 * weight, entry.value, values),
                Some(Values::Sparse(values)) => {
                    values.iter().for_each(|&(at, value)| distances[at] -= 2.0 * weight * value.min(entry.value));
                }
            }
        }
        // Rounding may leave a distance of nothing a little below 0.
        distances.iter_mut().for_each(|distance| *distance = (*distance + own).max(0.0));
    }
}

impl Values {
    fn new(values: Listed, networks: usize) -> Values {
        if values.len() * DENSE < networks {
            return Values::Sparse(values);
        }
        let mut dense = vec![0.0; networks];
        values.into_iter().for_each(|(network, value)| dense[network] = value);
        Values::Dense(dense)
    }

    /// (network, value) of the networks where the value is not 0, ascending.
    fn listed(&self) -> Listed {
        match self {
            Values::Sparse(values) => values.clone(),
            Values::Dense(values) => values.iter().copied().enumerate().filter(|(_, value)| *value != 0.0).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const GROUPS: usize = 3;

    fn structures() -> impl Strategy<Value = Vec<Structure>> {
        let entries = prop::collection::btree_map((0..GROUPS, 0..6u64), 1..9i32, 0..10);
        let structure = |entries: BTreeMap<(usize, u64), i32>| {
            let entry = |((group, name), value)| Entry { group, name, value: f64::from(value) };
            entries.into_iter().map(entry).collect()
        };
        prop::collection::vec(entries.prop_map(structure), 1..24)
    }

    /// The distance of two networks in a group, number by number.
    fn plain(a: &Structure, b: &Structure, group: usize) -> f64 {
        let value = |of: &Structure, name| {
            of.iter().find(|entry| (entry.group, entry.name) == (group, name)).map_or(0.0, |entry| entry.value)
        };
        (0..6).map(|name| (value(a, name) - value(b, name)).abs()).sum()
    }

    proptest! {
        #[test]
        fn distances_are_those_of_the_numbers_one_by_one(structures in structures(), query in structures()) {
            let columns = Columns::new(&structures, GROUPS);
            prop_assert_eq!(columns.structures(), structures.clone());
            let pairs = columns.pair_distances();
            for (i, a) in structures.iter().enumerate() {
                for (j, b) in structures[..i].iter().enumerate() {
                    for (group, own) in pairs.iter().enumerate() {
                        prop_assert_eq!(own[i * (i - 1) / 2 + j], plain(a, b, group));
                    }
                }
            }
            let weights = vec![0.5, 2.0, 0.0];
            let columns = WeightedColumns::new(columns, weights.clone());
            let mut distances = Vec::new();
            for one in &query {
                columns.distances(one, &mut distances);
                for (other, distance) in structures.iter().zip(&distances) {
                    let wanted: f64 = (0..GROUPS).map(|group| weights[group] * plain(one, other, group)).sum();
                    prop_assert!((distance - wanted).abs() < 1e-9);
                }
            }
        }
    }
}
