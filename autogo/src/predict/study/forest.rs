//! A random forest on the counts of the pieces that occur in most networks.

use super::counts::{Counts, count_of};
use crate::error::Error;
use randomforest::criterion::Mse;
use randomforest::table::TableBuilder;
use randomforest::{RandomForestRegressor, RandomForestRegressorOptions};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::num::NonZeroUsize;

/// Most columns that a forest is given.
const COLUMNS: usize = 200;

/// A forest that was grown on some counts.
pub(super) struct Forest {
    trees: RandomForestRegressor,
    /// The pieces that the forest's columns count.
    pieces: Vec<usize>,
}

impl Forest {
    /// Grows a forest on the labels of some rows of counts.
    pub(super) fn fit(rows: &[Counts], labels: &[f64], trees: usize, seed: u64) -> Result<Self, Error> {
        let failed =
            |reason: String| Error::setting("random forest", reason, "a tree or more, and examples with finite labels");
        let trees = NonZeroUsize::new(trees).ok_or_else(|| failed("has no trees".into()))?;
        let pieces = common_pieces(rows);
        let mut table = TableBuilder::new();
        for (row, label) in rows.iter().zip(labels) {
            table.add_row(&columns(row, &pieces), *label).map_err(|error| failed(error.to_string()))?;
        }
        let table = table.build().map_err(|error| failed(error.to_string()))?;
        let trees = RandomForestRegressorOptions::new().seed(seed).trees(trees).fit(Mse, table);
        Ok(Forest { trees, pieces })
    }

    /// The mean of the trees at some counts.
    pub(super) fn predict(&self, row: &Counts) -> f64 {
        self.trees.predict(&columns(row, &self.pieces))
    }
}

/// The pieces that occur in most rows; of those that occur in equally many the smaller number first.
fn common_pieces(rows: &[Counts]) -> Vec<usize> {
    let mut hosts: HashMap<usize, usize> = HashMap::new();
    rows.iter().flatten().for_each(|(piece, _)| *hosts.entry(*piece).or_default() += 1);
    let mut pieces: Vec<(usize, usize)> = hosts.into_iter().collect();
    pieces.sort_by_key(|&(piece, hosts)| (Reverse(hosts), piece));
    pieces.truncate(COLUMNS);
    pieces.into_iter().map(|(piece, _)| piece).collect()
}

/// The number of times that each of the pieces occurs.
fn columns(row: &Counts, pieces: &[usize]) -> Vec<f64> {
    pieces.iter().map(|&piece| count_of(row, piece)).collect()
}
