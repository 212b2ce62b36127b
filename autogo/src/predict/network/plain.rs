//! Vectors and weights in 64 bits: what the plain reference of every part of a network is written in.

use super::matrix::Matrix;
use super::parameters::{Named, Parameter};

/// A row of numbers.
pub(super) type Vector = Vec<f64>;

/// A matrix in 64 bits, by rows.
pub(super) struct Doubles {
    pub(super) columns: usize,
    pub(super) values: Vec<f64>,
}

/// The weights of a network in 64 bits, as its parts see them.
pub(super) type PlainWeights<'a> = Named<'a, Doubles>;

impl Doubles {
    pub(super) fn of(parameter: &Parameter, value: &Matrix) -> Self {
        Doubles { columns: parameter.columns, values: value.as_vec().into_iter().map(f64::from).collect() }
    }
}

impl PlainWeights<'_> {
    /// A row of a matrix.
    pub(super) fn row(&self, name: &str, at: usize) -> Vector {
        let Doubles { columns, values } = self.get(name).unwrap();
        values[at * columns..(at + 1) * columns].to_vec()
    }

    /// `x · W`.
    pub(super) fn times(&self, x: &[f64], name: &str) -> Vector {
        let Doubles { columns, values } = self.get(name).unwrap();
        (0..*columns).map(|at| x.iter().enumerate().map(|(row, x)| x * values[row * columns + at]).sum()).collect()
    }

    /// `x · W + b` of a linear layer.
    pub(super) fn linear_of(&self, x: &[f64], name: &str) -> Vector {
        let line = self.part(name);
        plus(&line.times(x, "weight"), &line.row("bias", 0))
    }
}

/// The sum of two rows.
pub(super) fn plus(a: &[f64], b: &[f64]) -> Vector {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// The sum of some rows of this width.
pub(super) fn sum(width: usize, rows: &[&[f64]]) -> Vector {
    rows.iter().fold(vec![0.0; width], |sum, row| plus(&sum, row))
}

/// A row times a number.
pub(super) fn scaled(a: &[f64], by: f64) -> Vector {
    a.iter().map(|a| a * by).collect()
}
