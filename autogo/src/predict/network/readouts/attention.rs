//! The mean with learned weights: `r = Σ exp(h a) h / (Σ exp(h a) + 10⁻⁶)` over the nodes of a part. A part without
//! nodes reads zeros.
//!
//! # Shapes
//! * `h`: nodes × hidden
//! * `attention` (`a`): hidden × 1
//! * `r`: parts × hidden

use super::PartRow;
use crate::error::Error;
use crate::predict::network::layers::linear::widen;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector, plus, scaled};
use crate::predict::network::sparse::SparsePair;
use dfdx::prelude::*;

/// Keeps the denominator of an empty part above zero.
const LEAST: f32 = 1e-6;

pub(super) struct Attention;

impl PartRow for Attention {
    fn parameters(hidden: usize) -> Layout {
        Layout::default().matrix("attention", hidden, 1)
    }

    /// Nodes weigh alike here: the forward pass weighs them.
    fn share(_nodes: usize) -> f32 {
        1.0
    }

    fn forward<T: Tape<f32, Cpu>>(x: Matrix<T>, parts: &SparsePair, weights: &Weights<'_>) -> Result<Matrix<T>, Error> {
        let (x, tape) = x.split_tape();
        let scores = x.clone().put_tape(tape).try_matmul(weights.matrix("attention")?)?.try_exp()?;
        let (shares, tape) = widen(scores, x.shape().1)?.split_tape();
        let weighted = parts.multiply(shares.clone().put_tape(tape).try_mul(x)?)?;
        let total = parts.multiply(shares.retaped::<T>())?.try_add(LEAST)?;
        Ok(weighted.try_div(total)?)
    }

    #[cfg(test)]
    fn reference(hidden: usize, nodes: &[&[f64]], weights: &PlainWeights<'_>) -> Vector {
        let shares: Vec<f64> = nodes.iter().map(|h| weights.times(h, "attention")[0].exp()).collect();
        let total: f64 = shares.iter().sum::<f64>() + f64::from(LEAST);
        let weighted = nodes.iter().zip(shares);
        weighted.fold(vec![0.0; hidden], |sum, (h, share)| plus(&sum, &scaled(h, share / total)))
    }
}
