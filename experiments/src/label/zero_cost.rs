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

/// The batch of pictures that networks are scored on without training.
pub struct Batch {
    images: Vec<f32>,
    labels: Vec<u32>,
}

impl Batch {
    /// The first pictures to learn from.
    pub fn of(pictures: &Pictures) -> Result<Batch, Failure> {
        let indices: Vec<usize> = (0..BATCH.min(pictures.len(Part::Train))).collect();
        let mut images = vec![0.0; indices.len() * pictures.shape().elements() as usize];
        let mut labels = vec![0; indices.len()];
        pictures.batch(Part::Train, &indices, &mut images, &mut labels)?;
        Ok(Batch { images, labels })
    }

    /// Scores every network in mini form with the weights of seed 0, on all cores.
    pub fn scores(&self, specs: &[String]) -> Result<Vec<ZeroCost>, Error> {
        let score = |spec: &String| ZeroCost::of(&mini_network(spec)?.graph, &self.images, &self.labels, 0);
        specs.par_iter().map(score).collect()
    }
}

/// Scores every network of a table, and writes a row a network: `spec` and the scores of [`ZeroCost`], empty where a score
/// has no finite value.
pub fn zero_cost(specs: &[String], pictures: &Pictures, out: &Path) -> Result<(), Failure> {
    let mut frame = score_table(specs, &Batch::of(pictures)?.scores(specs)?)?;
    Ok(write_parquet(&mut frame, out)?)
}

/// A row a network: `spec` and its scores.
pub fn score_table(specs: &[String], scores: &[ZeroCost]) -> Result<DataFrame, Error> {
    let mut columns = vec![Column::new("spec".into(), specs)];
    for (at, name) in ZeroCost::NAMES.into_iter().enumerate() {
        let values = scores.iter().map(|one| one.values()[at]).collect::<Vec<Option<f64>>>();
        columns.push(Column::new(name.into(), values));
    }
    Ok(DataFrame::new(specs.len(), columns)?)
}
