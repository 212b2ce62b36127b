//! Contenders that read what a family's frame says of its networks.

use super::counts::Counts;
use super::forest::Forest;
use crate::data::{Example, LabelledFamily, Split};
use crate::error::Error;
use crate::graph::Graph;
use crate::predict::scoring::Predictor;
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
        self.learn(family, &split.train, seed)?.score(unseen)
    }

    /// The forest after it was grown on networks of the family, for others of it.
    pub(super) fn learn<'a>(
        &'a self,
        family: &'a LabelledFamily,
        train: &[Example],
        seed: u64,
    ) -> Result<impl Predictor + 'a, Error> {
        let (graphs, labels): (Vec<Graph>, Vec<f64>) = train.iter().map(|one| (one.graph.clone(), one.value)).unzip();
        let forest = Forest::fit(&rows(family, &self.names, &graphs)?, &labels, self.trees, seed)?;
        Ok(OnColumns { family, names: &self.names, score: move |row: &Counts| forest.predict(row) })
    }
}

/// A column as the score of a family's networks.
pub(super) fn column<'a>(family: &'a LabelledFamily, name: &'a String) -> impl Predictor + 'a {
    OnColumns { family, names: std::slice::from_ref(name), score: |row: &Counts| row[0].1 }
}

/// A function of columns, for networks of the family; O(rows of the family) a call.
struct OnColumns<'a, F> {
    family: &'a LabelledFamily,
    names: &'a [String],
    score: F,
}

impl<F: Fn(&Counts) -> f64 + Send + Sync> Predictor for OnColumns<'_, F> {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        Ok(rows(self.family, self.names, graphs)?.iter().map(&self.score).collect())
    }
}

/// The columns of some networks, each row a network's numbers by the place of their column.
fn rows(family: &LabelledFamily, names: &[String], graphs: &[Graph]) -> Result<Vec<Counts>, Error> {
    let mut rows = vec![Counts::new(); graphs.len()];
    for (at, name) in names.iter().enumerate() {
        let numbers = family.numbers_of(name, graphs)?;
        rows.iter_mut().zip(numbers).for_each(|(row, number)| row.push((at, number)));
    }
    Ok(rows)
}
