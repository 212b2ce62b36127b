//! The positional encoding: waves of a node's order and of its depth are added to its embedding (after Vaswani et al.,
//! *Attention Is All You Need*, 2017): `e' = e + w W`.
//!
//! # Shapes
//! * `e`, `e'`: nodes × hidden
//! * `w`: nodes × 16: for order, then for depth, sine and cosine of 1, 2, 4 and 8 half turns times the number
//! * `weight` (`W`): 16 × hidden

use crate::error::Error;
use crate::predict::network::features::NodeFeatures;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector, plus};
use dfdx::prelude::*;
use std::f64::consts::PI;

/// Half turns that a number from 0 to 1 is stretched to.
const TURNS: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
/// Columns of the waves.
const WAVES: usize = 2 * 2 * TURNS.len();

pub(in crate::predict::network) fn parameters(hidden: usize) -> Layout {
    Layout::default().matrix("weight", WAVES, hidden)
}

/// The waves of some nodes.
pub(in crate::predict::network) fn matrix(nodes: &[NodeFeatures], device: &Cpu) -> Matrix {
    let values: Vec<f32> = nodes.iter().flat_map(waves).map(|wave| wave as f32).collect();
    device.tensor_from_vec(values, (nodes.len(), WAVES))
}

fn waves(node: &NodeFeatures) -> Vec<f64> {
    let wave =
        |number: f64| TURNS.into_iter().flat_map(move |turns| [libm::sin, libm::cos].map(|of| of(turns * PI * number)));
    node.position.into_iter().flat_map(|number| wave(f64::from(number))).collect()
}

/// Adds the encoding to the embeddings `x` (nodes × hidden).
pub(in crate::predict::network) fn forward<T: Tape<f32, Cpu>>(
    x: Matrix<T>,
    waves: &Matrix,
    weights: &Weights<'_>,
) -> Result<Matrix<T>, Error> {
    let encoding = waves.retaped::<T>().try_matmul(weights.matrix("weight")?)?;
    Ok(x.try_add(encoding)?)
}

/// The plain computation of one node's row.
#[cfg(test)]
pub(in crate::predict::network) fn reference(x: &[f64], node: &NodeFeatures, weights: &PlainWeights<'_>) -> Vector {
    plus(x, &weights.times(&waves(node), "weight"))
}
