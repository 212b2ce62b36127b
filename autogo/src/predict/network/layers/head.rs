//! The head: from the rows of the parts that are read to one prediction ([release §6.3](crate::doc::release#s6-3)).
//!
//! `y = line₄(line₃(line₂(relu(line₁(line₀(x))))))`; every line is a linear layer.
//!
//! # Shapes
//! * `x`: predictions × width, where width = parts that are read · hidden: the rows of the parts stand side by side
//! * `head0` to `head3`: weight width × width, bias 1 × width
//! * `head4`: weight width × 1, bias 1 × 1
//! * `y`: predictions × 1

use super::linear::linear;
use crate::error::Error;
use crate::predict::network::matrix::Matrix;
use crate::predict::network::parameters::{Layout, Weights};
#[cfg(test)]
use crate::predict::network::plain::{PlainWeights, Vector};
use dfdx::prelude::*;

/// The names of the lines.
const LINES: [&str; 5] = ["head0", "head1", "head2", "head3", "head4"];
/// The line behind which the ReLU stands.
const BEFORE_RELU: &str = "head1";

pub(in crate::predict::network) fn parameters(width: usize) -> Layout {
    LINES.iter().fold(Layout::default(), |layout, name| {
        let outputs = if *name == LINES[LINES.len() - 1] { 1 } else { width };
        layout.linear(name, width, outputs)
    })
}

/// The predictions: one column.
pub(in crate::predict::network) fn forward<T: Tape<f32, Cpu>>(
    x: Matrix<T>,
    weights: &Weights<'_>,
) -> Result<Matrix<T>, Error> {
    let mut x = x;
    for name in LINES {
        x = linear(x, &weights.linear(name)?)?;
        if name == BEFORE_RELU {
            x = x.try_relu()?;
        }
    }
    Ok(x)
}

/// The plain computation of one prediction.
#[cfg(test)]
pub(in crate::predict::network) fn reference(x: Vector, weights: &PlainWeights<'_>) -> f64 {
    let mut x = x;
    for name in LINES {
        x = weights.linear_of(&x, name);
        if name == BEFORE_RELU {
            x.iter_mut().for_each(|x| *x = x.max(0.0));
        }
    }
    x[0]
}

/// A head as two lines: `second · relu(first · x + bias) + constant`.
///
/// # Shapes
/// * `first`: width × width, by rows; `bias`: width
/// * `second`: width
pub(crate) struct FoldedHead {
    pub(crate) first: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) second: Vec<f32>,
    pub(crate) constant: f32,
}

/// A line in 64 bits: matrix by rows, and bias.
type Line = (Vec<f64>, Vec<f64>);

impl FoldedHead {
    /// Multiplies the lines before the ReLU together, and those behind it, in 64 bits. O(width³).
    pub(in crate::predict::network) fn new(weights: &Weights<'_>) -> Result<Self, Error> {
        let wide = |matrix: Matrix| matrix.as_vec().into_iter().map(f64::from).collect::<Vec<f64>>();
        let line = |name: &str| -> Result<Line, Error> {
            let (weight, bias) = weights.linear(name)?;
            Ok((wide(weight), wide(bias)))
        };
        let first = join(&line(LINES[0])?, &line(LINES[1])?);
        let second = join(&join(&line(LINES[2])?, &line(LINES[3])?), &line(LINES[4])?);
        let narrow = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect::<Vec<f32>>();
        Ok(FoldedHead {
            first: narrow(first.0),
            bias: narrow(first.1),
            second: narrow(second.0),
            constant: second.1[0] as f32,
        })
    }
}

/// A line after a line is a line: `(x A + a) B + b = x (A B) + (a B + b)`.
fn join(before: &Line, after: &Line) -> Line {
    let (inner, columns) = (before.1.len(), after.1.len());
    let times = |row: &[f64]| -> Vec<f64> {
        let column = |at: usize| (0..inner).map(|k| row[k] * after.0[k * columns + at]).sum();
        (0..columns).map(column).collect()
    };
    let matrix = before.0.chunks_exact(inner).flat_map(times).collect();
    let bias = times(&before.1).iter().zip(&after.1).map(|(a, b)| a + b).collect();
    (matrix, bias)
}
