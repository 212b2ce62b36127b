//! Zero-cost scores of the networks of a label table.

use crate::failure::Failure;
use autogo::Error;
use autogo::data::write_parquet;
use autogo::polars::prelude::{Column, DataFrame};
use autogo::train::{Part, Pictures, Task, ZeroCost, mini_network};
use rayon::prelude::*;
use std::path::Path;

/// Pictures of the batch that every network is scored on: the first ones to learn from.
const BATCH: usize = 64;

/// Scores every network in mini form with the weights of seed 0, on all cores, and writes a row a network: `spec` and
/// the scores of [`ZeroCost`], empty where a score has no finite value.
pub fn zero_cost(specs: &[String], pictures: &Pictures, out: &Path) -> Result<(), Failure> {
    let indices: Vec<usize> = (0..BATCH.min(pictures.len(Part::Train))).collect();
    let mut images = vec![0.0; indices.len() * pictures.shape().elements() as usize];
    let mut labels = vec![0; indices.len()];
    pictures.batch(Part::Train, &indices, &mut images, &mut labels)?;
    let score = |spec: &String| ZeroCost::of(&mini_network(spec)?.graph, &images, &labels, 0);
    let scores = specs.par_iter().map(score).collect::<Result<Vec<ZeroCost>, Error>>()?;
    let mut columns = vec![Column::new("spec".into(), specs)];
    for (at, name) in ZeroCost::NAMES.into_iter().enumerate() {
        let values = scores.iter().map(|one| one.values()[at]).collect::<Vec<Option<f64>>>();
        columns.push(Column::new(name.into(), values));
    }
    let mut frame = DataFrame::new(specs.len(), columns).map_err(|error| Failure::Work(error.to_string()))?;
    Ok(write_parquet(&mut frame, out)?)
}
