//! A random forest on what a family's frame says of its networks.

use super::counts::Counts;
use super::forest::Forest;
use crate::data::{LabelledFamily, Split};
use crate::error::Error;
use crate::graph::Graph;
use serde::{Deserialize, Serialize};

/// A random forest on columns of a family's frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnForest {
    /// The columns.
    pub names: Vec<String>,
    /// Trees.
    pub trees: usize,
}

impl ColumnForest {
    /// Grows the forest on the networks of a split, and scores its unseen ones.
    pub(super) fn score(
        &self,
        family: &LabelledFamily,
        split: &Split,
        unseen: &[Graph],
        seed: u64,
    ) -> Result<Vec<f64>, Error> {
        let labels: Vec<f64> = split.train.iter().map(|example| example.value).collect();
        let forest = Forest::fit(&self.rows(family, &split.train_graphs())?, &labels, self.trees, seed)?;
        Ok(self.rows(family, unseen)?.iter().map(|row| forest.predict(row)).collect())
    }

    /// The columns of some networks, each row a network's numbers by the place of their column.
    fn rows(&self, family: &LabelledFamily, graphs: &[Graph]) -> Result<Vec<Counts>, Error> {
        let mut rows = vec![Counts::new(); graphs.len()];
        for (at, name) in self.names.iter().enumerate() {
            let numbers = family.numbers_of(name, graphs)?;
            rows.iter_mut().zip(numbers).for_each(|(row, number)| row.push((at, number)));
        }
        Ok(rows)
    }
}
