//! The graph isomorphism network: `h' = tanh(relu(((1 + ε) h + Σ received) W₁ + b₁) W₂ + b₂)` (Xu et al., *How Powerful are
//! Graph Neural Networks?*, 2019).
//!
//! # Shapes
//! * `h`, `received`, `h'`: nodes × hidden
//! * `epsilon` (`ε`): 1 × 1
//! * `first.weight` (`W₁`), `second.weight` (`W₂`): hidden × hidden
//! * `first.bias` (`b₁`), `second.bias` (`b₂`): 1 × hidden

use super::linear::{linear, ones, widen};
use super::{Layer, Messages, foreign_matrices};
use crate::error::Error;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector, plus, scaled, sum};
use crate::predict::network::sparse::SparsePair;
use dfdx::prelude::*;

pub(super) struct Gin;

impl Layer for Gin {
    fn parameters(hidden: usize) -> Layout {
        Layout::default().number("epsilon").linear("first", hidden, hidden).linear("second", hidden, hidden)
    }

    /// One matrix: the sum of a node's own row and of the rows that it receives, where own and received rows stand in turn.
    fn matrices(messages: &Messages) -> Vec<SparsePair> {
        vec![messages.own_and_received()]
    }

    fn forward<T: Tape<f32, Cpu>>(
        x: Matrix<T>,
        matrices: &[SparsePair],
        weights: &Weights<'_>,
    ) -> Result<Matrix<T>, Error> {
        let [own_and_received] = matrices else { return Err(foreign_matrices()) };
        let (epsilon, first, second) =
            (weights.matrix("epsilon")?, weights.linear("first")?, weights.linear("second")?);
        let (rows, width) = *x.shape();
        let (x, tape) = x.split_tape();
        // (1 + ε) x: the product of a column of ones, ε, and a row of ones is ε everywhere.
        let scale = ones(rows).multiply(epsilon.retaped::<T>())?;
        let own = widen(scale, width)?.try_add(1.0)?.try_mul(x.clone().put_tape(tape))?;
        let stacked = (own, x.retaped::<T>()).try_concat_along(Axis::<1>)?.try_reshape_like(&(2 * rows, width))?;
        let joined = own_and_received.multiply(stacked)?;
        Ok(linear(linear(joined, &first)?.try_relu()?, &second)?.try_tanh()?)
    }

    #[cfg(test)]
    fn reference(own: &[f64], received: &[&[f64]], weights: &PlainWeights<'_>) -> Vector {
        let epsilon = weights.row("epsilon", 0)[0];
        let joined = plus(&scaled(own, 1.0 + epsilon), &sum(own.len(), received));
        let between: Vector = weights.linear_of(&joined, "first").into_iter().map(|x| x.max(0.0)).collect();
        weights.linear_of(&between, "second").into_iter().map(f64::tanh).collect()
    }
}
