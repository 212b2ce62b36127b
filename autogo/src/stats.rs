//! The agreement of a ranking with the true one, and tests of whether one way is better than another.

mod kendall;
mod paired;

pub use kendall::kendall_tau;
pub use paired::{PairedTest, Verdict, detectable, holm, mean_interval, paired_t_test};

use crate::rng::Stream;
use rand::Rng;
use rayon::prelude::*;
use std::collections::HashSet;

/// Ranks from 1; equal values share the mean of their ranks. O(n log n).
///
/// ```
/// assert_eq!(autogo::stats::ranks(&[5.0, 1.0, 5.0]), [2.5, 1.0, 2.5]);
/// ```
pub fn ranks(values: &[f64]) -> Vec<f64> {
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

/// Ranks in percent: 0 for the least value, 100 for the greatest. Equal values share the mean of their ranks; one value
/// alone has 0. O(n log n).
///
/// ```
/// assert_eq!(autogo::stats::rank_percents(&[3.0, 1.0, 2.0]), [100.0, 0.0, 50.0]);
/// assert_eq!(autogo::stats::rank_percents(&[7.0]), [0.0]);
/// ```
pub fn rank_percents(values: &[f64]) -> Vec<f64> {
    let most = values.len().saturating_sub(1).max(1) as f64;
    ranks(values).into_iter().map(|rank| 100.0 * (rank - 1.0) / most).collect()
}

fn is_comparable(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.len() >= 2 && !a.iter().chain(b).any(|value| value.is_nan())
}

/// Spearman's rank correlation coefficient (SRCC) of two columns; ties share the mean rank, as in scipy.
///
/// `None` when the columns differ in length, hold fewer than two rows, a NaN, or one value only. O(n log n).
///
/// ```
/// use autogo::stats::srcc;
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 6.0, 7.0, 8.0, 7.0]);
/// assert!((srcc(&a, &b).unwrap() - 0.8207826816681233).abs() < 1e-12); // scipy.stats.spearmanr
/// assert_eq!(srcc(&a, &[1.0; 5]), None);
/// ```
pub fn srcc(a: &[f64], b: &[f64]) -> Option<f64> {
    if !is_comparable(a, b) {
        return None;
    }
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let covariance: f64 = a.iter().zip(&b).map(|(x, y)| (x - mean) * (y - mean)).sum();
    let spread = |ranks: &[f64]| ranks.iter().map(|rank| (rank - mean).powi(2)).sum::<f64>();
    let scale = (spread(&a) * spread(&b)).sqrt();
    (scale > 0.0).then(|| covariance / scale)
}

/// The mean of some values; `None` for no values. O(values).
///
/// ```
/// assert_eq!(autogo::stats::mean(&[1.0, 2.0, 6.0]), Some(3.0));
/// ```
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample deviation of some values, with n - 1 in the denominator; `None` for fewer than two values. O(values).
///
/// ```
/// assert_eq!(autogo::stats::deviation(&[1.0, 3.0]), Some(2f64.sqrt()));
/// ```
pub fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Places by descending value; equal values stand in the order in which they are given.
fn best_first(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}

/// Share of the `k` truly largest that are among the `k` largest predictions. A `k` above the number of rows counts as
/// this number.
///
/// `None` when the columns differ in length, hold fewer than two rows or a NaN, or `k` is 0. O(n log n).
///
/// ```
/// use autogo::stats::top_k_overlap;
/// assert_eq!(top_k_overlap(&[3.0, 2.0, 1.0, 0.0], &[9.0, 1.0, 8.0, 0.0], 2), Some(0.5));
/// ```
pub fn top_k_overlap(predicted: &[f64], truth: &[f64], k: usize) -> Option<f64> {
    if !is_comparable(predicted, truth) || k == 0 {
        return None;
    }
    let k = k.min(truth.len());
    let best: HashSet<usize> = best_first(truth).into_iter().take(k).collect();
    let hits = best_first(predicted).into_iter().take(k).filter(|at| best.contains(at)).count();
    Some(hits as f64 / k as f64)
}

/// The true rank, from 1, of the best network among the `k` largest predictions; networks of one truth share the best
/// rank among them. A `k` above the number of rows counts as this number.
///
/// `None` as for [`top_k_overlap`]. O(n log n).
///
/// ```
/// use autogo::stats::best_of_first;
/// // The largest prediction is of the third best network; of the two largest the second one is the best of all.
/// assert_eq!(best_of_first(&[3.0, 2.0, 1.0], &[7.0, 9.0, 8.0], 1), Some(3.0));
/// assert_eq!(best_of_first(&[3.0, 2.0, 1.0], &[7.0, 9.0, 8.0], 2), Some(1.0));
/// ```
pub fn best_of_first(predicted: &[f64], truth: &[f64], k: usize) -> Option<f64> {
    if !is_comparable(predicted, truth) || k == 0 {
        return None;
    }
    let best = best_first(predicted).into_iter().take(k).map(|at| truth[at]).fold(f64::NEG_INFINITY, f64::max);
    Some(1.0 + truth.iter().filter(|&&other| other > best).count() as f64)
}

/// Normalised discounted cumulative gain of the first `k` predictions. The gain of a network is its true rank from the
/// worst, between 0 and 1: labels of any unit compare.
///
/// `None` as for [`top_k_overlap`]. O(n log n).
///
/// ```
/// use autogo::stats::ndcg;
/// assert_eq!(ndcg(&[3.0, 2.0, 1.0], &[30.0, 20.0, 10.0], 3), Some(1.0));
/// ```
pub fn ndcg(predicted: &[f64], truth: &[f64], k: usize) -> Option<f64> {
    if !is_comparable(predicted, truth) || k == 0 {
        return None;
    }
    let gains = rank_percents(truth);
    let sum = |order: Vec<usize>| -> f64 {
        order.iter().take(k).enumerate().map(|(at, &network)| gains[network] / (at as f64 + 2.0).log2()).sum()
    };
    let ideal = sum(best_first(truth));
    (ideal > 0.0).then(|| sum(best_first(predicted)) / ideal)
}

/// A 95 % bootstrap confidence interval of the SRCC: rows are drawn with replacement `draws` times. Deterministic in
/// `seed`, on any number of threads. `None` as for [`srcc`], and when `draws` is 0. O(draws · n log n).
///
/// ```
/// use autogo::stats::srcc_interval;
/// let a: Vec<f64> = (0..200).map(f64::from).collect();
/// let b: Vec<f64> = a.iter().map(|x| x + 40.0 * (x * 7.3).sin()).collect();
/// let (low, high) = srcc_interval(&a, &b, 500, 0).unwrap();
/// assert!(0.8 < low && low < high && high < 1.0);
/// ```
pub fn srcc_interval(a: &[f64], b: &[f64], draws: usize, seed: u64) -> Option<(f64, f64)> {
    interval(&[a, b], draws, seed, |columns| srcc(&columns[0], &columns[1]))
}

/// The SRCC of two columns at equal values of a third, as far as ranks go: the partial correlation of ranks,
/// (r_ab − r_ac·r_bc) / √((1 − r_ac²)(1 − r_bc²)).
///
/// `None` as for [`srcc`], and when `given` ranks a column by itself. O(n log n).
///
/// ```
/// use autogo::stats::partial_srcc;
/// let (a, b, given) = ([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 4.0, 3.0, 5.0], [1.0, 3.0, 2.0, 5.0, 4.0]);
/// // r_ab = 0.8, r_ac = 0.8, r_bc = 0.3
/// assert!((partial_srcc(&a, &b, &given).unwrap() - 0.56 / (0.36f64 * 0.91).sqrt()).abs() < 1e-12);
/// assert_eq!(partial_srcc(&a, &b, &a), None);
/// ```
pub fn partial_srcc(a: &[f64], b: &[f64], given: &[f64]) -> Option<f64> {
    let (ab, ac, bc) = (srcc(a, b)?, srcc(a, given)?, srcc(b, given)?);
    let rest = (1.0 - ac * ac) * (1.0 - bc * bc);
    (rest > 1e-12).then(|| (ab - ac * bc) / rest.sqrt())
}

/// A 95 % bootstrap confidence interval of a statistic of columns of one length: rows are drawn with replacement
/// `draws` times, the same rows of every column. Deterministic in `seed`, on any number of threads. `None` when the
/// columns are empty or differ in length, when `draws` is 0, and when the statistic is `None` on the columns
/// themselves. O(draws · statistic).
///
/// ```
/// use autogo::stats::{interval, mean};
/// let column: Vec<f64> = (0..100).map(f64::from).collect();
/// let (low, high) = interval(&[&column], 200, 0, |columns| mean(&columns[0])).unwrap();
/// assert!(40.0 < low && low < 49.5 && 49.5 < high && high < 60.0);
/// ```
pub fn interval(
    columns: &[&[f64]],
    draws: usize,
    seed: u64,
    statistic: impl Fn(&[Vec<f64>]) -> Option<f64> + Sync,
) -> Option<(f64, f64)> {
    let n = columns.first()?.len();
    if n == 0 || columns.iter().any(|column| column.len() != n) {
        return None;
    }
    let take = |rows: &[usize]| -> Vec<Vec<f64>> {
        columns.iter().map(|column| rows.iter().map(|&row| column[row]).collect()).collect()
    };
    statistic(&take(&(0..n).collect::<Vec<usize>>()))?;
    let stream = Stream::new(seed, "bootstrap");
    let mut found: Vec<f64> = (0..draws as u64)
        .into_par_iter()
        .filter_map(|draw| {
            let mut rng = stream.at(draw);
            let rows: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
            statistic(&take(&rows))
        })
        .collect();
    found.sort_by(f64::total_cmp);
    let at = |share: f64| found.get((share * found.len().saturating_sub(1) as f64).round() as usize).copied();
    Some((at(0.025)?, at(0.975)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ties_share_the_mean_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
    }

    #[test]
    fn both_coefficients_equal_scipy_s_with_ties() {
        let a = [2.5, 0.5, 2.5, 4.0, 1.0, 3.0, 3.0, 0.0, 4.0, 2.0];
        let b = [1.0, 0.0, 3.0, 3.0, 0.0, 2.0, 5.0, 1.0, 4.0, 4.0];
        // scipy.stats: spearmanr, kendalltau.
        assert!((srcc(&a, &b).unwrap() - 0.650157914671245).abs() < 1e-12, "{:?}", srcc(&a, &b));
        assert!((kendall_tau(&a, &b).unwrap() - 0.48196269271187986).abs() < 1e-12, "{:?}", kendall_tau(&a, &b));
    }

    #[test]
    fn columns_without_rows_and_of_different_lengths_have_no_interval() {
        assert_eq!(interval(&[&[], &[]], 10, 0, |_| Some(1.0)), None);
        assert_eq!(interval(&[], 10, 0, |_| Some(1.0)), None);
        assert_eq!(srcc_interval(&[1.0, 2.0, 3.0], &[1.0, 2.0], 10, 0), None);
        assert_eq!(srcc_interval(&[1.0, 2.0], &[1.0, 2.0], 0, 0), None);
    }

    proptest! {
        #[test]
        fn only_the_order_counts(values in proptest::collection::vec(-100.0f64..100.0, 3..40)) {
            let cubed: Vec<f64> = values.iter().map(|value| value.powi(3)).collect();
            let negative: Vec<f64> = values.iter().map(|value| -value).collect();
            for measure in [srcc, kendall_tau] {
                if let Some(same) = measure(&values, &cubed) {
                    prop_assert!((same - 1.0).abs() < 1e-9);
                    prop_assert!((measure(&values, &negative).unwrap() + 1.0).abs() < 1e-9);
                }
            }
        }
    }
}
