//! Whether one column is larger than another that was measured on the same seeds.

use super::{deviation, mean};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The outcome of a paired t-test: two columns that were measured on the same seeds, or on the same networks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedTest {
    /// The number of pairs.
    pub pairs: usize,
    /// The mean of the differences, first column minus second.
    pub difference: f64,
    /// The lower end of the 95 % confidence interval of the mean difference.
    pub low: f64,
    /// The upper end of the 95 % confidence interval of the mean difference.
    pub high: f64,
    /// The two-sided p-value: how often differences at least as large come about by chance, where there is none.
    pub p: f64,
}

/// A two-sided paired t-test of `a` against `b`. O(n).
///
/// The test assumes that the differences are normally distributed; with few pairs that is an assumption, not a finding.
/// Differences that are all the same, to the last bit, have no deviation to test against: then `p` is 1 where they are
/// zero and 0 where they are not, and the interval is a point.
///
/// `None` for columns of different lengths, for fewer than two pairs, and for numbers that are not finite.
///
/// ```
/// use autogo::stats::paired_t_test;
/// let test = paired_t_test(&[0.82, 0.85, 0.81, 0.86], &[0.80, 0.81, 0.80, 0.83]).unwrap();
/// assert!((test.difference - 0.025).abs() < 1e-12);
/// assert!(test.p < 0.05 && test.low > 0.0);
/// ```
pub fn paired_t_test(a: &[f64], b: &[f64]) -> Option<PairedTest> {
    if a.len() != b.len() || a.iter().chain(b).any(|value| !value.is_finite()) {
        return None;
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let (pairs, difference) = (differences.len(), mean(&differences)?);
    let error = deviation(&differences)? / (pairs as f64).sqrt();
    if error == 0.0 {
        let p = if difference == 0.0 { 1.0 } else { 0.0 };
        return Some(PairedTest { pairs, difference, low: difference, high: difference, p });
    }
    let student = StudentsT::new(0.0, 1.0, (pairs - 1) as f64).ok()?;
    let half = student.inverse_cdf(0.975) * error;
    let p = 2.0 * student.sf((difference / error).abs());
    Some(PairedTest { pairs, difference, low: difference - half, high: difference + half, p })
}

/// The 95 % confidence interval of the mean of values that are normally distributed, by Student's t. O(n).
///
/// `None` for fewer than two values, and for numbers that are not finite.
///
/// ```
/// let (low, high) = autogo::stats::mean_interval(&[1.0, 2.0, 3.0]).unwrap();
/// assert!((low + 0.4841377).abs() < 1e-6 && (high - 4.4841377).abs() < 1e-6); // scipy.stats.t.interval
/// ```
pub fn mean_interval(values: &[f64]) -> Option<(f64, f64)> {
    paired_t_test(values, &vec![0.0; values.len()]).map(|test| (test.low, test.high))
}

/// p-values corrected for the number of tests, by Holm's step-down method, in the order in which they are given: below
/// 0.05 they keep the chance of even one false finding among all tests below 0.05. O(n log n).
///
/// S. Holm, *A simple sequentially rejective multiple test procedure*, Scandinavian Journal of Statistics 6 (1979).
///
/// ```
/// // The least is multiplied by 3, the next by 2, the largest by 1; none falls below the one before.
/// assert_eq!(autogo::stats::holm(&[0.02, 0.01, 0.5]), [0.04, 0.03, 0.5]);
/// ```
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![1.0; p.len()];
    let mut least = 0.0f64;
    for (tests_before, at) in order.into_iter().enumerate() {
        least = least.max((p.len() - tests_before) as f64 * p[at]).min(1.0);
        corrected[at] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_equals_scipy_s() {
        let a = [0.81, 0.79, 0.84, 0.80, 0.83, 0.78];
        let b = [0.80, 0.80, 0.81, 0.79, 0.80, 0.79];
        // scipy.stats.ttest_rel(a, b) and its confidence_interval(0.95).
        let test = paired_t_test(&a, &b).unwrap();
        assert!((test.p - 0.22920497355421782).abs() < 1e-9, "{}", test.p);
        assert!(
            (test.low - -0.008772875430547283).abs() < 1e-9 && (test.high - 0.028772875430547226).abs() < 1e-9,
            "{test:?}"
        );
    }

    #[test]
    fn columns_that_cannot_be_compared_are_told() {
        assert_eq!(paired_t_test(&[1.0], &[2.0]), None);
        assert_eq!(paired_t_test(&[1.0, 2.0], &[2.0]), None);
        assert_eq!(paired_t_test(&[1.0, f64::NAN], &[2.0, 1.0]), None);
        assert_eq!(paired_t_test(&[1.0, 2.0], &[1.0, 2.0]).unwrap().p, 1.0);
        assert_eq!(paired_t_test(&[2.0, 3.0], &[1.0, 2.0]).unwrap().p, 0.0);
    }

    #[test]
    fn corrected_values_keep_their_order_and_end_at_one() {
        assert_eq!(holm(&[]), [0.0; 0]);
        assert_eq!(holm(&[0.6, 0.7]), [1.0, 1.0]);
        let corrected = holm(&[0.001, 0.011, 0.012, 0.04]);
        assert_eq!(corrected, [0.004, 0.033, 0.033, 0.04]);
    }
}
