//! What a predictor has to beat: counts, a straight line through segment counts, chance.

use crate::data::Example;
use crate::error::Error;
use crate::graph::Graph;
use crate::rng::Stream;
use crate::segment::Segmenter;
use rand::Rng;
use randomforest::RandomForestRegressorOptions;
use randomforest::criterion::Mse;
use randomforest::table::TableBuilder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::num::NonZeroUsize;

/// A way to score networks that learns nothing, or next to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// FLOPs.
    Flops,
    /// Parameters.
    Params,
    /// Number of nodes.
    Nodes,
    /// Ridge regression on how often each piece of the segmenter occurs in a network.
    SegmentCounts {
        /// Weight of the penalty, in units of the counts' mean variance times the examples.
        alpha: f64,
    },
    /// A random forest on the same counts.
    Forest {
        /// Trees.
        trees: usize,
    },
    /// Chance.
    Random,
}

impl Baseline {
    /// Scores of `test`; what has to be learned is learned from `train`. For FLOPs, parameters and nodes more counts as
    /// better.
    pub fn score(self, train: &[Example], test: &[Graph], segmenter: &Segmenter, seed: u64) -> Result<Vec<f64>, Error> {
        Ok(match self {
            Baseline::Flops => test.iter().map(|graph| graph.cost().flops as f64).collect(),
            Baseline::Params => test.iter().map(|graph| graph.cost().params as f64).collect(),
            Baseline::Nodes => test.iter().map(|graph| graph.len() as f64).collect(),
            Baseline::Random => {
                let stream = Stream::new(seed, "random scores");
                (0..test.len()).map(|at| stream.at(at as u64).random_range(0.0..1.0)).collect()
            }
            Baseline::Forest { trees } => forest(train, test, segmenter, trees, seed)?,
            Baseline::SegmentCounts { alpha } => {
                if !(alpha > 0.0 && alpha.is_finite()) {
                    return Err(Error::setting("alpha", format!("is {alpha}"), "a positive number"));
                }
                let rows: Vec<Counts> = train.par_iter().map(|one| counts(&one.graph, segmenter)).collect();
                let labels: Vec<f64> = train.iter().map(|one| one.value).collect();
                let line = Ridge::fit(&rows, &labels, segmenter.alphabet().len() + segmenter.longer_pieces(), alpha);
                test.par_iter().map(|graph| line.predict(&counts(graph, segmenter))).collect()
            }
        })
    }
}

/// Columns of counts that a forest is given: the pieces that occur in most networks to learn from.
const COLUMNS: usize = 200;

fn forest(
    train: &[Example],
    test: &[Graph],
    segmenter: &Segmenter,
    trees: usize,
    seed: u64,
) -> Result<Vec<f64>, Error> {
    let failed =
        |reason: String| Error::setting("random forest", reason, "a tree or more, and examples with finite labels");
    let trees = NonZeroUsize::new(trees).ok_or_else(|| failed("has no trees".into()))?;
    let rows: Vec<Counts> = train.par_iter().map(|one| counts(&one.graph, segmenter)).collect();
    let mut hosts: HashMap<usize, usize> = HashMap::new();
    rows.iter().flatten().for_each(|(piece, _)| *hosts.entry(*piece).or_default() += 1);
    let mut pieces: Vec<(usize, usize)> = hosts.into_iter().collect();
    pieces.sort_by_key(|&(piece, hosts)| (std::cmp::Reverse(hosts), piece));
    pieces.truncate(COLUMNS);
    let count =
        |row: &Counts, piece: usize| row.binary_search_by_key(&piece, |entry| entry.0).map_or(0.0, |at| row[at].1);
    let columns: Vec<Vec<f64>> =
        pieces.iter().map(|&(piece, _)| rows.iter().map(|row| count(row, piece)).collect()).collect();
    let labels: Vec<f64> = train.iter().map(|one| one.value).collect();
    let mut table = TableBuilder::new();
    for (at, label) in labels.iter().enumerate() {
        let row: Vec<f64> = columns.iter().map(|column| column[at]).collect();
        table.add_row(&row, *label).map_err(|error| failed(error.to_string()))?;
    }
    let table = table.build().map_err(|error| failed(error.to_string()))?;
    let forest = RandomForestRegressorOptions::new().seed(seed).trees(trees).fit(Mse, table);
    let score = |graph: &Graph| {
        let row = counts(graph, segmenter);
        forest.predict(&pieces.iter().map(|&(piece, _)| count(&row, piece)).collect::<Vec<f64>>())
    };
    Ok(test.par_iter().map(score).collect())
}

/// How often each piece occurs, sparse.
type Counts = Vec<(usize, f64)>;

fn counts(graph: &Graph, segmenter: &Segmenter) -> Counts {
    let mut counts = std::collections::BTreeMap::new();
    for piece in segmenter.pieces(graph, |_| true).1 {
        *counts.entry(piece.id as usize).or_insert(0.0) += 1.0;
    }
    counts.into_iter().collect()
}

/// A straight line through centred counts with a quadratic penalty.
struct Ridge {
    weights: Vec<f64>,
    means: Vec<f64>,
    mean: f64,
}

impl Ridge {
    /// Conjugate gradients on the normal equations, whose matrix is never written down. O(rounds · counts).
    fn fit(rows: &[Counts], labels: &[f64], width: usize, alpha: f64) -> Self {
        let count = rows.len().max(1) as f64;
        let mean = labels.iter().sum::<f64>() / count;
        let mut means = vec![0.0; width];
        let entries = || rows.iter().flatten().filter(|(column, _)| *column < width);
        entries().for_each(|&(column, value)| means[column] += value / count);
        let squares: f64 = entries().map(|(_, value)| value * value).sum();
        let variance = (squares - count * means.iter().map(|mean| mean * mean).sum::<f64>()) / width.max(1) as f64;
        let penalty = alpha * variance.max(f64::MIN_POSITIVE);
        let mut line = Ridge { weights: vec![0.0; width], means, mean };
        let normal = |weights: &[f64]| {
            let shift: f64 = line.means.iter().zip(weights).map(|(mean, weight)| mean * weight).sum();
            let mut out: Vec<f64> = weights.iter().map(|weight| penalty * weight).collect();
            let mut total = 0.0;
            for row in rows {
                let value = dot(row, weights) - shift;
                total += value;
                row.iter().filter(|(at, _)| *at < width).for_each(|&(at, count)| out[at] += count * value);
            }
            out.iter_mut().zip(&line.means).for_each(|(out, mean)| *out -= mean * total);
            out
        };
        let mut residual = vec![0.0; width];
        for (row, label) in rows.iter().zip(labels) {
            row.iter().filter(|(at, _)| *at < width).for_each(|&(at, count)| residual[at] += count * (label - mean));
        }
        let mut direction = residual.clone();
        let mut weights = vec![0.0; width];
        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (start, mut left) = (inner(&residual, &residual), inner(&residual, &residual));
        for _ in 0..200 {
            if left <= start * 1e-16 {
                break;
            }
            let image = normal(&direction);
            let step = left / inner(&direction, &image);
            weights.iter_mut().zip(&direction).for_each(|(weight, along)| *weight += step * along);
            residual.iter_mut().zip(&image).for_each(|(residual, image)| *residual -= step * image);
            let now = inner(&residual, &residual);
            direction.iter_mut().zip(&residual).for_each(|(along, residual)| *along = residual + now / left * *along);
            left = now;
        }
        line.weights = weights;
        line
    }

    fn predict(&self, row: &Counts) -> f64 {
        let shift: f64 = self.means.iter().zip(&self.weights).map(|(mean, weight)| mean * weight).sum();
        self.mean + dot(row, &self.weights) - shift
    }
}

fn dot(row: &Counts, weights: &[f64]) -> f64 {
    row.iter().filter_map(|&(at, count)| Some(count * weights.get(at)?)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_exact_labels_is_found() {
        let rows: Vec<Counts> =
            (0..40).map(|at| vec![(0, f64::from(at % 5)), (2, f64::from(at % 7)), (3, 1.0)]).collect();
        let label = |row: &Counts| 2.0 * row[0].1 - 3.0 * row[1].1 + 5.0;
        let labels: Vec<f64> = rows.iter().map(label).collect();
        let line = Ridge::fit(&rows, &labels, 4, 1e-9);
        for row in &rows {
            assert!((line.predict(row) - label(row)).abs() < 1e-4, "{} {}", line.predict(row), label(row));
        }
    }
}
