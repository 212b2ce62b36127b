//! Whether one column is larger than another that was measured on the same seeds.

use super::{deviation, mean};
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::fmt;

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
    let (low, high) = mean_interval(&differences)?;
    let error = deviation(&differences)? / (pairs as f64).sqrt();
    let p = match (error == 0.0, difference == 0.0) {
        (true, true) => 1.0,
        (true, false) => 0.0,
        (false, _) => 2.0 * student(pairs)?.sf((difference / error).abs()),
    };
    Some(PairedTest { pairs, difference, low, high, p })
}

/// Student's distribution for the mean of so many values.
fn student(values: usize) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, values.checked_sub(1)? as f64).ok()
}

/// The 95 % confidence interval of the mean of values that are normally distributed and independent, by Student's t;
/// a point where all values are equal, to the last bit. O(n).
///
/// `None` for fewer than two values, and for numbers that are not finite.
///
/// ```
/// let (low, high) = autogo::stats::mean_interval(&[1.0, 2.0, 3.0]).unwrap();
/// assert!((low + 0.4841377).abs() < 1e-6 && (high - 4.4841377).abs() < 1e-6); // scipy.stats.t.interval
/// ```
pub fn mean_interval(values: &[f64]) -> Option<(f64, f64)> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let error = deviation(values)? / (values.len() as f64).sqrt();
    let (mean, half) = (mean(values)?, student(values.len())?.inverse_cdf(0.975) * error);
    Some((mean - half, mean + half))
}

/// The least difference that a paired t-test of so many pairs calls more than chance when it comes first of so many tests
/// that are corrected by Holm, in deviations of the differences: what a table of this size can see at all.
///
/// `None` for fewer than two pairs or no tests.
///
/// ```
/// use autogo::stats::detectable;
/// assert!((detectable(3, 7).unwrap() - 6.79).abs() < 0.01 && (detectable(8, 7).unwrap() - 1.33).abs() < 0.01);
/// ```
pub fn detectable(pairs: usize, tests: usize) -> Option<f64> {
    let level = LEVEL / tests.checked_sub(1).map(|others| others as f64 + 1.0)?;
    Some(student(pairs)?.inverse_cdf(1.0 - level / 2.0) / (pairs as f64).sqrt())
}

/// The p-value below which a difference counts as more than chance.
const LEVEL: f64 = 0.05;

/// What a test says of a difference of which more is better.
///
/// ```
/// use autogo::stats::Verdict;
/// assert_eq!(Verdict::of(0.4, 0.01), Verdict::Better);
/// assert_eq!(Verdict::of(0.4, 0.05).to_string(), "not told apart");
/// assert_eq!(Verdict::named("worse"), Some(Verdict::Worse));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Better by more than chance.
    Better,
    /// Worse by more than chance.
    Worse,
    /// Not told apart from no difference.
    Undecided,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Verdict; 3] = [Verdict::Better, Verdict::Worse, Verdict::Undecided];

    /// The verdict on a difference by its p-value, corrected where there are several tests: better or worse where p is
    /// below 0.05.
    pub fn of(difference: f64, p: f64) -> Verdict {
        match p < LEVEL {
            true if difference > 0.0 => Verdict::Better,
            true if difference < 0.0 => Verdict::Worse,
            _ => Verdict::Undecided,
        }
    }

    /// The verdict of a word, if the word is one.
    pub fn named(word: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.to_string() == word)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Undecided => "not told apart",
        })
    }
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
        assert_eq!((mean_interval(&[1.0]), mean_interval(&[1.0, f64::NAN])), (None, None));
        assert_eq!(mean_interval(&[2.0, 2.0]), Some((2.0, 2.0)));
    }

    #[test]
    fn corrected_values_keep_their_order_and_end_at_one() {
        assert_eq!(holm(&[]), [0.0; 0]);
        assert_eq!(holm(&[0.6, 0.7]), [1.0, 1.0]);
        let corrected = holm(&[0.001, 0.011, 0.012, 0.04]);
        assert_eq!(corrected, [0.004, 0.033, 0.033, 0.04]);
    }
}
