//! Eigenvalues of small symmetric matrices.

/// Sweeps after which the rotations end; a dozen is usual.
const SWEEPS: usize = 60;

/// The eigenvalues of a symmetric matrix of `n` rows, in ascending order, by Jacobi's rotations (Golub and Van Loan,
/// Matrix Computations, 8.5). O(n³) a sweep.
pub(super) fn eigenvalues(mut matrix: Vec<f64>, n: usize) -> Vec<f64> {
    let total: f64 = matrix.iter().map(|value| value * value).sum();
    for _ in 0..SWEEPS {
        let beside: f64 = (0..n).flat_map(|i| (0..i).map(move |j| i * n + j)).map(|at| matrix[at] * matrix[at]).sum();
        if beside <= 1e-30 * total {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut matrix, n, p, q);
            }
        }
    }
    let mut values: Vec<f64> = (0..n).map(|at| matrix[at * n + at]).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Rotates rows and columns `p` and `q` of a symmetric matrix, n × n row by row, so that its entry (p, q) becomes 0.
fn rotate(matrix: &mut [f64], n: usize, p: usize, q: usize) {
    let entry = matrix[p * n + q];
    if entry == 0.0 {
        return;
    }
    let ratio = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * entry);
    let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for at in 0..n {
        let (x, y) = (matrix[at * n + p], matrix[at * n + q]);
        (matrix[at * n + p], matrix[at * n + q]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
    for at in 0..n {
        let (x, y) = (matrix[p * n + at], matrix[q * n + at]);
        (matrix[p * n + at], matrix[q * n + at]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
}

/// The natural logarithm of the determinant of a symmetric matrix without negative eigenvalues; nothing where the
/// matrix is singular to the last digits, or empty.
pub(super) fn log_determinant(matrix: Vec<f64>, n: usize) -> Option<f64> {
    let values = eigenvalues(matrix, n);
    let least = values.last()? * 1e-13 * n as f64;
    values.into_iter().map(|value| (value > least).then(|| value.ln())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use rand::Rng;

    #[test]
    fn known_values() {
        let values = eigenvalues(vec![2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 5.0], 3);
        assert!(values.iter().zip([1.0, 3.0, 5.0]).all(|(found, wanted)| (found - wanted).abs() < 1e-12), "{values:?}");
        assert!((log_determinant(vec![2.0, 1.0, 1.0, 2.0], 2).unwrap() - 3f64.ln()).abs() < 1e-12);
        assert_eq!(log_determinant(vec![1.0, 1.0, 1.0, 1.0], 2), None);
        assert_eq!(log_determinant(Vec::new(), 0), None);
    }

    /// Trace and sum of squares are those of the matrix, whatever the basis.
    #[test]
    fn invariants_hold() {
        for n in [1, 2, 7, 40] {
            let mut draw = Stream::new(1, "a symmetric matrix").at(n as u64);
            let mut matrix = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..=i {
                    let value = draw.random_range(-1.0..1.0);
                    (matrix[i * n + j], matrix[j * n + i]) = (value, value);
                }
            }
            let trace: f64 = (0..n).map(|at| matrix[at * n + at]).sum();
            let squares: f64 = matrix.iter().map(|value| value * value).sum();
            let values = eigenvalues(matrix, n);
            assert!((values.iter().sum::<f64>() - trace).abs() < 1e-10);
            assert!((values.iter().map(|value| value * value).sum::<f64>() - squares).abs() < 1e-10);
        }
    }
}
