//! Rank correlation.

/// Ranks from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let tied = order[start..].iter().take_while(|&&at| values[at] == values[order[start]]).count().max(1);
        let shared = start as f64 + (tied as f64 + 1.0) / 2.0;
        order[start..start + tied].iter().for_each(|&at| ranks[at] = shared);
        start += tied;
    }
    ranks
}

/// Spearman's rank correlation coefficient (SRCC) of two columns; ties share the mean rank, as in scipy.
///
/// `None` when the columns differ in length, hold fewer than two rows, a NaN, or one value only. O(n log n).
///
/// ```
/// use autogo::predict::srcc;
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 6.0, 7.0, 8.0, 7.0]);
/// assert!((srcc(&a, &b).unwrap() - 0.8207826816681233).abs() < 1e-12); // scipy.stats.spearmanr
/// assert_eq!(srcc(&a, &[1.0; 5]), None);
/// ```
pub fn srcc(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 2 || a.iter().chain(b).any(|value| value.is_nan()) {
        return None;
    }
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let covariance: f64 = a.iter().zip(&b).map(|(x, y)| (x - mean) * (y - mean)).sum();
    let spread = |ranks: &[f64]| ranks.iter().map(|rank| (rank - mean).powi(2)).sum::<f64>();
    let scale = (spread(&a) * spread(&b)).sqrt();
    (scale > 0.0).then(|| covariance / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ties_share_the_mean_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
    }

    proptest! {
        #[test]
        fn only_the_order_counts(values in proptest::collection::vec(-100.0f64..100.0, 3..40)) {
            let cubed: Vec<f64> = values.iter().map(|value| value.powi(3)).collect();
            let negative: Vec<f64> = values.iter().map(|value| -value).collect();
            if let Some(same) = srcc(&values, &cubed) {
                prop_assert!((same - 1.0).abs() < 1e-9);
                prop_assert!((srcc(&values, &negative).unwrap() + 1.0).abs() < 1e-9);
            }
        }
    }
}
