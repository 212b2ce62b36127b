//! Several predictors that are asked as one.

use crate::error::Error;
use crate::graph::Graph;
use crate::predict::scoring::Predictor;

/// The mean of members that have learned.
pub(super) struct Mean(pub(super) Vec<Box<dyn Predictor>>);

impl Predictor for Mean {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        let mut sums = vec![0.0; graphs.len()];
        for member in &self.0 {
            sums.iter_mut().zip(member.score(graphs)?).for_each(|(sum, score)| *sum += score);
        }
        Ok(sums.into_iter().map(|sum| sum / self.0.len() as f64).collect())
    }
}
