//! The sum, in hundreds: `r = Σ h / 100` over the nodes of a part. Sums over hundreds of nodes are so brought to the
//! size of means.
//!
//! # Shapes
//! * `h`: nodes × hidden
//! * `r`: parts × hidden

use super::PartRow;
use crate::error::Error;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector, scaled, sum};
use crate::predict::network::sparse::SparsePair;
use dfdx::prelude::*;

/// Nodes that count as one.
const UNIT: f32 = 100.0;

pub(super) struct Sum;

impl PartRow for Sum {
    fn parameters(_hidden: usize) -> Layout {
        Layout::default()
    }

    fn share(_nodes: usize) -> f32 {
        1.0 / UNIT
    }

    fn forward<T: Tape<f32, Cpu>>(x: Matrix<T>, parts: &SparsePair, _: &Weights<'_>) -> Result<Matrix<T>, Error> {
        Ok(parts.multiply(x)?)
    }

    #[cfg(test)]
    fn reference(hidden: usize, nodes: &[&[f64]], _: &PlainWeights<'_>) -> Vector {
        scaled(&sum(hidden, nodes), 1.0 / f64::from(UNIT))
    }
}
