//! The mean, the paper's readout: `r = Σ h / n` over the `n` nodes of a part ([release
//! §6.2](crate::doc::release#s6-2)). A part without nodes reads zeros.
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

pub(super) struct Mean;

impl PartRow for Mean {
    fn parameters(_hidden: usize) -> Layout {
        Layout::default()
    }

    fn share(nodes: usize) -> f32 {
        1.0 / nodes.max(1) as f32
    }

    fn forward<T: Tape<f32, Cpu>>(x: Matrix<T>, parts: &SparsePair, _: &Weights<'_>) -> Result<Matrix<T>, Error> {
        Ok(parts.multiply(x)?)
    }

    #[cfg(test)]
    fn reference(hidden: usize, nodes: &[&[f64]], _: &PlainWeights<'_>) -> Vector {
        scaled(&sum(hidden, nodes), 1.0 / nodes.len().max(1) as f64)
    }
}
