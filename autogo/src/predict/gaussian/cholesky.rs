//! Cholesky's factor of a positive definite matrix, and what is computed with it.

use super::linear::{add_scaled, dot};
use rayon::prelude::*;

/// Columns that are done together: their rows stay in a processor's cache while all rows below are worked on.
const BLOCK: usize = 64;

/// The lower factor L of a matrix A = L·Lᵀ, by rows. What stands above the diagonal is left over from A.
pub(super) struct Cholesky {
    factor: Vec<f64>,
    size: usize,
}

impl Cholesky {
    /// Factors a matrix, given by rows; its upper half is not read. Nothing for a matrix that is not positive definite
    /// in double precision. O(size³), on all cores; the bits do not depend on their number.
    pub(super) fn of(mut matrix: Vec<f64>, size: usize) -> Option<Cholesky> {
        for start in (0..size).step_by(BLOCK) {
            let end = (start + BLOCK).min(size);
            for row in start..end {
                let (above, rest) = matrix.split_at_mut(row * size);
                fill(&mut rest[..size], above, size, start..row);
                let square = rest[row] - dot(&rest[..row], &rest[..row]);
                // A NaN is not positive either.
                if square.is_nan() || square <= 0.0 {
                    return None;
                }
                rest[row] = square.sqrt();
            }
            let (above, below) = matrix.split_at_mut(end * size);
            below.par_chunks_mut(size).for_each(|row| fill(row, above, size, start..end));
        }
        Some(Cholesky { factor: matrix, size })
    }

    /// The sum of the logarithms of the factor's diagonal: half the logarithm of the determinant.
    pub(super) fn log_diagonal(&self) -> f64 {
        (0..self.size).map(|at| libm::log(self.factor[at * self.size + at])).sum()
    }

    /// The solution x of A·x = y. O(size²).
    pub(super) fn solve(&self, y: &[f64]) -> Vec<f64> {
        let mut x = y.to_vec();
        for at in 0..self.size {
            let row = self.row(at);
            x[at] = (x[at] - dot(&row[..at], &x[..at])) / row[at];
        }
        for at in (0..self.size).rev() {
            let row = self.row(at);
            x[at] /= row[at];
            let (before, rest) = x.split_at_mut(at);
            add_scaled(before, -rest[0], &row[..at]);
        }
        x
    }

    /// The inverse of A, by rows. O(size³), on all cores.
    pub(super) fn inverse(&self) -> Vec<f64> {
        let unit = |at: usize| {
            let mut unit = vec![0.0; self.size];
            unit[at] = 1.0;
            unit
        };
        (0..self.size).into_par_iter().flat_map_iter(|at| self.solve(&unit(at))).collect()
    }

    fn row(&self, at: usize) -> &[f64] {
        &self.factor[at * self.size..][..self.size]
    }
}

/// Fills these columns of a row of the factor, whose columns before them are filled; `above` are the rows above.
fn fill(row: &mut [f64], above: &[f64], size: usize, columns: std::ops::Range<usize>) {
    for column in columns {
        let other = &above[column * size..][..size];
        row[column] = (row[column] - dot(&row[..column], &other[..column])) / other[column];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use rand::Rng;

    /// B·Bᵀ + I of random numbers.
    fn matrix(size: usize) -> Vec<f64> {
        let mut draw = Stream::new(1, "matrix").at(size as u64);
        let b: Vec<f64> = (0..size * size).map(|_| draw.random_range(-1.0..1.0)).collect();
        let row = |at: usize| &b[at * size..][..size];
        let entry = |i: usize, j: usize| dot(row(i), row(j)) + f64::from(u8::from(i == j));
        (0..size * size).map(|at| entry(at / size, at % size)).collect()
    }

    #[test]
    fn solutions_solve_and_inverses_invert_at_every_size_around_a_block() {
        for size in [1, 2, 63, 64, 65, 150] {
            let a = matrix(size);
            let factor = Cholesky::of(a.clone(), size).unwrap();
            let y: Vec<f64> = (0..size).map(|at| at as f64 - 3.0).collect();
            let x = factor.solve(&y);
            for (at, y) in y.iter().enumerate() {
                assert!((dot(&a[at * size..][..size], &x) - y).abs() < 1e-8, "{size}");
            }
            let inverse = factor.inverse();
            for at in 0..size * size {
                let product: f64 = (0..size).map(|k| a[(at / size) * size + k] * inverse[k * size + at % size]).sum();
                assert!((product - f64::from(u8::from(at / size == at % size))).abs() < 1e-8, "{size}");
            }
            let squares: f64 = factor.log_diagonal();
            assert!(squares.is_finite());
        }
    }

    #[test]
    fn the_determinant_is_the_product_of_the_diagonal() {
        // 4·3 - 2·2 = 8.
        let factor = Cholesky::of(vec![4.0, 2.0, 2.0, 3.0], 2).unwrap();
        assert!((2.0 * factor.log_diagonal() - 8f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_no_factor() {
        assert!(Cholesky::of(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::of(vec![f64::NAN], 1).is_none());
    }
}
