//! Ridge regression on counts: the straight line with the least squared error, `L = Σ (w · x + c - y)² + penalty · |w|²`.

use super::counts::Counts;

/// A straight line through centred counts with a quadratic penalty.
pub(super) struct Ridge {
    weights: Vec<f64>,
    means: Vec<f64>,
    mean: f64,
}

impl Ridge {
    /// The line through the labels of some rows of counts over `width` columns. The penalty is `alpha` times the mean
    /// variance of a column times the rows. O(rounds · counts).
    pub(super) fn fit(rows: &[Counts], labels: &[f64], width: usize, alpha: f64) -> Self {
        let count = rows.len().max(1) as f64;
        let mean = labels.iter().sum::<f64>() / count;
        let mut means = vec![0.0; width];
        let entries = || rows.iter().flatten().filter(|(column, _)| *column < width);
        entries().for_each(|&(column, value)| means[column] += value / count);
        let squares: f64 = entries().map(|(_, value)| value * value).sum();
        let variance = (squares - count * means.iter().map(|mean| mean * mean).sum::<f64>()) / width.max(1) as f64;
        let penalty = alpha * variance.max(f64::MIN_POSITIVE);
        let mut right = vec![0.0; width];
        for (row, label) in rows.iter().zip(labels) {
            row.iter().filter(|(at, _)| *at < width).for_each(|&(at, count)| right[at] += count * (label - mean));
        }
        let weights = conjugate_gradients(right, |weights| normal_product(rows, &means, penalty, weights));
        Ridge { weights, means, mean }
    }

    /// The value of the line at some counts.
    pub(super) fn predict(&self, row: &Counts) -> f64 {
        let shift: f64 = self.means.iter().zip(&self.weights).map(|(mean, weight)| mean * weight).sum();
        self.mean + dot(row, &self.weights) - shift
    }
}

/// The product of the normal equations' matrix `Xᵀ X + penalty · I` with weights, where `X` are the rows less the
/// means. The matrix is never written down.
fn normal_product(rows: &[Counts], means: &[f64], penalty: f64, weights: &[f64]) -> Vec<f64> {
    let shift: f64 = means.iter().zip(weights).map(|(mean, weight)| mean * weight).sum();
    let mut out: Vec<f64> = weights.iter().map(|weight| penalty * weight).collect();
    let mut total = 0.0;
    for row in rows {
        let value = dot(row, weights) - shift;
        total += value;
        row.iter().filter(|(at, _)| *at < weights.len()).for_each(|&(at, count)| out[at] += count * value);
    }
    out.iter_mut().zip(means).for_each(|(out, mean)| *out -= mean * total);
    out
}

/// Solves `A x = right` for a positive definite matrix `A`, given by its products: at most 200 rounds, or until the
/// residual is 10⁻⁸ of what it was.
fn conjugate_gradients(right: Vec<f64>, product: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut solution = vec![0.0; right.len()];
    let (mut residual, mut direction) = (right.clone(), right);
    let start = inner(&residual, &residual);
    let mut left = start;
    for _ in 0..200 {
        if left <= start * 1e-16 {
            break;
        }
        let image = product(&direction);
        let step = left / inner(&direction, &image);
        solution.iter_mut().zip(&direction).for_each(|(solution, along)| *solution += step * along);
        residual.iter_mut().zip(&image).for_each(|(residual, image)| *residual -= step * image);
        let now = inner(&residual, &residual);
        direction.iter_mut().zip(&residual).for_each(|(along, residual)| *along = residual + now / left * *along);
        left = now;
    }
    solution
}

/// The product of counts with weights; columns without a weight count nothing.
fn dot(row: &Counts, weights: &[f64]) -> f64 {
    row.iter().filter_map(|&(at, count)| Some(count * weights.get(at)?)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_exact_labels_is_found() {
        let rows: Vec<Counts> =
            (0..40).map(|at| vec![(0, f64::from(at % 5)), (2, f64::from(at % 7)), (3, 1.0)]).collect();
        let label = |row: &Counts| 2.0 * row[0].1 - 3.0 * row[1].1 + 5.0;
        let labels: Vec<f64> = rows.iter().map(label).collect();
        let line = Ridge::fit(&rows, &labels, 4, 1e-9);
        for row in &rows {
            assert!((line.predict(row) - label(row)).abs() < 1e-4, "{} {}", line.predict(row), label(row));
        }
    }
}
