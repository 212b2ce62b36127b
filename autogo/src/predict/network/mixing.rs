//! The rows of predecessor, segment and successor before they stand side by side in the head.
//!
//! With attention every part looks at all parts of its case (after Vaswani et al., *Attention Is All You Need*, 2017):
//! `r' = r + (Σ αₚ rₚ V) O`, where `p` runs over the parts and `αₚ` is the share of `exp(r Q · rₚ K / √hidden)` in the sum
//! of them; one head.
//!
//! # Shapes
//! * `r`, `r'`: parts × hidden; the parts of one case stand together
//! * `query` (`Q`), `key` (`K`), `value` (`V`), `out` (`O`): hidden × hidden

use super::layers::linear::widen;
use super::matrix::Matrix;
use super::parameters::{Layout, Weights};
#[cfg(test)]
use super::plain::{PlainWeights, Vector, plus, scaled};
use super::sparse::{Sparse, SparsePair};
use crate::error::Error;
use dfdx::prelude::*;
use serde::{Deserialize, Serialize};

/// What the parts of a cut know of each other before the head reads them.
///
/// ```
/// use autogo::predict::{Architecture, Mixing};
/// assert_eq!(Architecture::default().mixing, Mixing::Apart);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mixing {
    /// Nothing: the paper's.
    #[default]
    Apart,
    /// What they look for in each other, by attention.
    Attention,
}

impl Mixing {
    pub(super) fn parameters(self, hidden: usize) -> Layout {
        match self {
            Mixing::Apart => Layout::default(),
            Mixing::Attention => ["query", "key", "value", "out"]
                .into_iter()
                .fold(Layout::default(), |layout, name| layout.matrix(name, hidden, hidden)),
        }
    }

    /// The rows of all parts, `count` of them a case, once they have met.
    pub(super) fn forward<T: Tape<f32, Cpu>>(
        self,
        rows: Matrix<T>,
        count: usize,
        weights: &Weights<'_>,
    ) -> Result<Matrix<T>, Error> {
        match self {
            Mixing::Apart => Ok(rows),
            Mixing::Attention => attention(rows, count, weights),
        }
    }

    /// The plain computation of one case.
    #[cfg(test)]
    pub(super) fn reference(self, rows: Vec<Vector>, weights: &PlainWeights<'_>) -> Vec<Vector> {
        match self {
            Mixing::Apart => rows,
            Mixing::Attention => rows.iter().map(|row| plain_attention(row, &rows, weights)).collect(),
        }
    }
}

fn attention<T: Tape<f32, Cpu>>(rows: Matrix<T>, count: usize, weights: &Weights<'_>) -> Result<Matrix<T>, Error> {
    let (rows, tape) = rows.split_tape();
    let (parts, hidden) = *rows.shape();
    let device = Cpu::default();
    let product = |tape: T, by: &str| -> Result<(Matrix, T), Error> {
        Ok(rows.clone().put_tape(tape).try_matmul(weights.matrix(by)?)?.split_tape())
    };
    let (query, tape) = product(tape, "query")?;
    let (key, tape) = product(tape, "key")?;
    let (value, tape) = product(tape, "value")?;
    let column = device.ones_like(&(hidden, 1usize));
    let mut weighted = device.zeros_like(&(parts, hidden)).put_tape(tape);
    let mut total = device.zeros_like(&(parts, hidden)).retaped::<T>();
    for step in 0..count {
        let partner = partner(parts, count, step);
        let products = query.retaped::<T>().try_mul(partner.multiply(key.retaped::<T>())?)?;
        let score = products.try_matmul(column.clone())?.try_div((hidden as f32).sqrt())?;
        let (share, tape) = widen(score.try_exp()?, hidden)?.split_tape();
        let message = share.clone().put_tape(tape).try_mul(partner.multiply(value.retaped::<T>())?)?;
        weighted = weighted.try_add(message)?;
        total = total.try_add(share.retaped::<T>())?;
    }
    Ok(weighted.try_div(total)?.try_matmul(weights.matrix("out")?)?.try_add(rows)?)
}

/// Takes for every part the row of the part that stands `step` places behind it in its case, in a circle.
fn partner(parts: usize, count: usize, step: usize) -> SparsePair {
    Sparse::one_hot(parts, (0..parts).map(|part| part - part % count + (part + step) % count)).into()
}

#[cfg(test)]
fn plain_attention(row: &[f64], rows: &[Vector], weights: &PlainWeights<'_>) -> Vector {
    let query = weights.times(row, "query");
    let share = |other: &Vector| {
        let score: f64 = query.iter().zip(weights.times(other, "key")).map(|(a, b)| a * b).sum();
        (score / (row.len() as f64).sqrt()).exp()
    };
    let total: f64 = rows.iter().map(share).sum();
    let messages = rows.iter().map(|other| scaled(&weights.times(other, "value"), share(other) / total));
    let mean = messages.fold(vec![0.0; row.len()], |sum, message| plus(&sum, &message));
    plus(row, &weights.times(&mean, "out"))
}
