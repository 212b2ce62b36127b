//! GraphConv, the paper's layer: `h' = tanh(h W + (Σ received) V + b)` (Morris et al., *Weisfeiler and Leman Go
//! Neural*, 2019; [release §6.2](crate::doc::release#s6-2)).
//!
//! # Shapes
//! * `h`, `received`, `h'`: nodes × hidden
//! * `self` (`W`): hidden × hidden
//! * `neighbours.weight` (`V`): hidden × hidden; `neighbours.bias` (`b`): 1 × hidden

use super::linear::add_bias;
use super::{Layer, Messages, foreign_matrices};
use crate::error::Error;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector, plus, sum};
use crate::predict::network::sparse::SparsePair;
use dfdx::prelude::*;

pub(super) struct GraphConv;

impl Layer for GraphConv {
    fn parameters(hidden: usize) -> Layout {
        Layout::default().matrix("self", hidden, hidden).linear("neighbours", hidden, hidden)
    }

    /// One matrix: the sum of a node's own row and of the rows that it receives, where own and received rows stand in
    /// turn.
    fn matrices(messages: &Messages) -> Vec<SparsePair> {
        vec![messages.own_and_received()]
    }

    /// Products with both matrices are taken before the sum, on the layer before, which has fewer rows.
    fn forward<T: Tape<f32, Cpu>>(
        x: Matrix<T>,
        matrices: &[SparsePair],
        weights: &Weights<'_>,
    ) -> Result<Matrix<T>, Error> {
        let [own_and_received] = matrices else { return Err(foreign_matrices()) };
        let own = weights.matrix("self")?.retaped::<T>();
        let (received, bias) = weights.linear("neighbours")?;
        let products = x.try_matmul((own, received).try_concat_along(Axis::<1>)?)?;
        let (rows, width) = *products.shape();
        let taken = own_and_received.multiply(products.try_reshape_like(&(2 * rows, width / 2))?)?;
        Ok(add_bias(taken, &bias)?.try_tanh()?)
    }

    #[cfg(test)]
    fn reference(own: &[f64], received: &[&[f64]], weights: &PlainWeights<'_>) -> Vector {
        let received = weights.linear_of(&sum(own.len(), received), "neighbours");
        plus(&weights.times(own, "self"), &received).into_iter().map(f64::tanh).collect()
    }
}
