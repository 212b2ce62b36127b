//! Correlations between the gradients by the pictures (Mellor et al. 2020, first version).

use super::Network;
use super::symmetric::eigenvalues;
use crate::error::Error;

/// The summand that keeps the logarithm of an eigenvalue of zero finite.
const K: f64 = 1e-5;

/// −Σ ln(λ + k) + 1/(λ + k) over the eigenvalues of the correlation matrix of the pictures' gradients, each the
/// gradient of the sum of all logits by one picture.
pub(super) fn score(network: &mut Network, images: &[f32], count: usize) -> Result<Option<f64>, Error> {
    let outputs = network.plan().outputs();
    network.gradient_of_sum(images, &vec![1.0; count * outputs])?;
    let gradients = network.image_gradient().unwrap_or_default();
    Ok(correlations(&gradients, count).map(|matrix| {
        let term = |value: f64| (value + K).ln() + 1.0 / (value + K);
        // Rounding may leave an eigenvalue of zero a little below it.
        -eigenvalues(matrix, count).into_iter().map(|value| term(value.max(0.0))).sum::<f64>()
    }))
}

/// The correlation of every pair of rows, `[row][row]`; nothing where a row is empty, constant or not finite.
fn correlations(rows: &[f32], count: usize) -> Option<Vec<f64>> {
    let length = rows.len().checked_div(count).filter(|length| *length > 0)?;
    let centred: Vec<Vec<f64>> = rows
        .chunks_exact(length)
        .map(|row| {
            let mean = row.iter().map(|&value| f64::from(value)).sum::<f64>() / row.len() as f64;
            let away: Vec<f64> = row.iter().map(|&value| f64::from(value) - mean).collect();
            let norm = away.iter().map(|value| value * value).sum::<f64>().sqrt();
            (norm > 0.0 && norm.is_finite()).then(|| away.iter().map(|value| value / norm).collect())
        })
        .collect::<Option<_>>()?;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut matrix = vec![0.0; count * count];
    for i in 0..count {
        for j in 0..=i {
            let value = if i == j { 1.0 } else { product(&centred[i], &centred[j]) };
            (matrix[i * count + j], matrix[j * count + i]) = (value, value);
        }
    }
    Some(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_correlate_as_they_look() {
        // The second row is the first turned round, the third is at right angles to both.
        let matrix = correlations(&[1.0, 2.0, 1.0, 2.0, 2.0, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0, 2.0], 3).unwrap();
        let wanted = [1.0, -1.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        assert!(matrix.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12), "{matrix:?}");
        assert_eq!(correlations(&[1.0, 2.0, 3.0, 3.0], 2), None);
        assert_eq!(correlations(&[], 2), None);
    }
}
