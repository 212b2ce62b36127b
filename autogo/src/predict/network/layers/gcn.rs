//! The graph convolutional network: `h' = tanh(mean(h, received) W + b)`. Kipf and Welling (*Semi-Supervised
//! Classification with Graph Convolutional Networks*, 2017) normalise by the degrees of sender and receiver; this layer
//! normalises by the receiver's degree alone.
//!
//! # Shapes
//! * `h`, `received`, `h'`: nodes × hidden
//! * `weight` (`W`): hidden × hidden; `bias` (`b`): 1 × hidden

use super::linear::add_bias;
use super::{Layer, Messages, foreign_matrices};
use crate::error::Error;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector, plus, scaled, sum};
use crate::predict::network::sparse::{Sparse, SparsePair};
use dfdx::prelude::*;

pub(super) struct Gcn;

impl Layer for Gcn {
    fn parameters(hidden: usize) -> Layout {
        Layout::default().linear("", hidden, hidden)
    }

    /// One matrix: the mean of a node's own row and of the rows that it receives.
    fn matrices(messages: &Messages) -> Vec<SparsePair> {
        let mut mean = Sparse::new(messages.senders);
        for node in &messages.receivers {
            let weight = 1.0 / (1 + node.received.len()) as f32;
            mean.push_row(node.own_then_received().map(|at| (at, weight)));
        }
        vec![mean.into()]
    }

    /// The product with `W` is taken before the mean, on the layer before, which has fewer rows.
    fn forward<T: Tape<f32, Cpu>>(
        x: Matrix<T>,
        matrices: &[SparsePair],
        weights: &Weights<'_>,
    ) -> Result<Matrix<T>, Error> {
        let [mean] = matrices else { return Err(foreign_matrices()) };
        let (weight, bias) = weights.linear("")?;
        Ok(add_bias(mean.multiply(x.try_matmul(weight)?)?, &bias)?.try_tanh()?)
    }

    #[cfg(test)]
    fn reference(own: &[f64], received: &[&[f64]], weights: &PlainWeights<'_>) -> Vector {
        let mean = scaled(&plus(own, &sum(own.len(), received)), 1.0 / (1 + received.len()) as f64);
        weights.linear_of(&mean, "").into_iter().map(f64::tanh).collect()
    }
}
