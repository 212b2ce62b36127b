//! The linear layer: `y = x W + b`.
//!
//! # Shapes
//! * `x`: rows × inputs
//! * `W`: inputs × outputs; `b`: 1 × outputs
//! * `y`: rows × outputs

use crate::error::Error;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::sparse::{Sparse, SparsePair};
use dfdx::prelude::*;

/// `x W + b`.
pub(super) fn linear<T: Tape<f32, Cpu>>(x: Matrix<T>, line: &(Matrix, Matrix)) -> Result<Matrix<T>, Error> {
    let (weight, bias) = line;
    add_bias(x.try_matmul(weight.clone())?, bias)
}

/// Adds a bias (1 × columns) to every row of `x` (rows × columns).
pub(super) fn add_bias<T: Tape<f32, Cpu>>(x: Matrix<T>, bias: &Matrix) -> Result<Matrix<T>, Error> {
    let bias = ones(x.shape().0).multiply(bias.retaped::<T>())?;
    Ok(x.try_add(bias)?)
}

/// A column of ones (rows × 1): its product with a row is the row, `rows` times.
pub(super) fn ones(rows: usize) -> SparsePair {
    Sparse::one_hot(1, std::iter::repeat_n(0, rows)).into()
}

/// Copies a column (rows × 1) `width` times: rows × width.
pub(in crate::predict::network) fn widen<T: Tape<f32, Cpu>>(
    column: Matrix<T>,
    width: usize,
) -> Result<Matrix<T>, Error> {
    let row = Cpu::default().ones_like(&(1usize, width));
    Ok(column.try_matmul(row)?)
}
