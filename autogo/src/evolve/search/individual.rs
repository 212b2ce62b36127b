//! A network of a run, with what is known of it.

use crate::evolve::mutate::Derivation;
use crate::evolve::objectives::{Figures, Objective, RunColumn};
use crate::graph::ContentId;
use serde::{Deserialize, Serialize};

/// A network of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Individual {
    /// Number in the run; the input network is 0.
    pub id: usize,
    /// The individual it was made from.
    pub parent: Option<usize>,
    /// How it was made from its parent.
    pub derivation: Option<Derivation>,
    /// The round it was made in; the input network is of round 0.
    pub generation: usize,
    /// Its content id.
    pub content_id: ContentId,
    /// Whether it may stand on the front: inside every window and, if that is asked for, better than the input.
    pub is_eligible: bool,
    /// The predictor's score.
    pub score: f64,
    /// What is known without a predictor.
    pub figures: Figures,
}

impl Individual {
    /// The figure of a column.
    pub fn value(&self, column: RunColumn) -> f64 {
        self.figures.value(column).unwrap_or(self.score)
    }

    /// By how many percent a figure differs from another individual's.
    pub fn change(&self, column: RunColumn, from: &Individual) -> f64 {
        100.0 * (self.value(column) / from.value(column) - 1.0)
    }

    /// Its value in each objective.
    pub fn point(&self, objectives: &[Objective]) -> Vec<f64> {
        objectives.iter().map(|objective| objective.formula().value(&|column| self.value(column))).collect()
    }
}
