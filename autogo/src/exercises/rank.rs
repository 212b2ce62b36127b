//! Step 5: two orders are compared.

use super::{passed, wrong};
use crate::error::Error;
use crate::report::Page;
use crate::rng::Stream;
use crate::stats::srcc;
use rand::Rng;

/// Drawn pairs of columns beside those that are written out.
const DRAWN: u64 = 20;

/// Checks a function that computes Spearman's rank correlation of two columns of numbers: the correlation of their
/// ranks, where equal numbers share the mean of their ranks.
///
/// # Errors
/// The first pair of columns with a wrong answer (by more than 10⁻⁹), and the right answer.
///
/// ```
/// // The textbook's short formula, which is wrong where numbers are equal.
/// let rank = |values: &[f64]| -> Vec<f64> {
///     values.iter().map(|a| 1.0 + values.iter().filter(|b| *b < a).count() as f64).collect()
/// };
/// let short = |a: &[f64], b: &[f64]| {
///     let n = a.len() as f64;
///     let squares: f64 = rank(a).iter().zip(rank(b)).map(|(a, b)| (a - b) * (a - b)).sum();
///     1.0 - 6.0 * squares / (n * (n * n - 1.0))
/// };
/// let said = autogo::exercises::rank(short).unwrap_err().to_string();
/// assert!(said.starts_with("step 5, [1.0, 1.0, 2.0, 3.0] and [2.0, 1.0, 3.0, 3.0]"));
/// ```
pub fn rank(answer: impl Fn(&[f64], &[f64]) -> f64) -> Result<Page, Error> {
    let mut pairs = vec![
        (vec![91.0, 92.0, 93.0, 94.0], vec![0.1, 0.3, 0.2, 0.4]),
        (vec![1.0, 2.0, 3.0], vec![3.0, 2.0, 1.0]),
        (vec![1.0, 1.0, 2.0, 3.0], vec![2.0, 1.0, 3.0, 3.0]),
    ];
    for number in 0..DRAWN {
        let mut draw = Stream::new(5, "columns of an exercise").at(number);
        let count = draw.random_range(4..30);
        // Few values, so some are equal; the first two differ, so no column is constant.
        let mut column = || -> Vec<f64> {
            (0..count).map(|at| if at < 2 { at as f64 } else { f64::from(draw.random_range(0..12)) }).collect()
        };
        pairs.push((column(), column()));
    }
    for (a, b) in &pairs {
        let right = srcc(a, b).unwrap_or(f64::NAN);
        let found = answer(a, b);
        if (found - right).abs().is_nan() || (found - right).abs() > 1e-9 {
            return Err(wrong(5, &format!("{a:?} and {b:?}"), found, right));
        }
    }
    Ok(passed(5, pairs.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_own_passes_and_no_answer_is_no_number() {
        assert!(rank(|a, b| srcc(a, b).unwrap()).is_ok());
        assert!(rank(|_, _| f64::NAN).is_err());
    }
}
