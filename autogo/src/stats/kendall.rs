//! Kendall's rank correlation.

use super::is_comparable;

/// Kendall's tau-b of two columns: the share of concordant less that of discordant pairs, corrected for ties, as in
/// scipy (Knight, A computer method for calculating Kendall's tau with ungrouped data, 1966).
///
/// `None` when the columns differ in length, hold fewer than two rows, a NaN, or one value only. O(n log n).
///
/// ```
/// use autogo::stats::kendall_tau;
/// let (a, b) = ([12.0, 2.0, 1.0, 12.0, 2.0], [1.0, 4.0, 7.0, 1.0, 0.0]);
/// assert!((kendall_tau(&a, &b).unwrap() + 0.47140452079103173).abs() < 1e-12); // scipy.stats.kendalltau
/// ```
pub fn kendall_tau(a: &[f64], b: &[f64]) -> Option<f64> {
    if !is_comparable(a, b) {
        return None;
    }
    // 0.0 and -0.0 are equal, and so are their places in the order.
    let mut rows: Vec<(f64, f64)> = a.iter().zip(b).map(|(a, b)| (a + 0.0, b + 0.0)).collect();
    rows.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let tied_a = pairs_within(rows.chunk_by(|x, y| x.0 == y.0));
    let tied_both = pairs_within(rows.chunk_by(|x, y| x == y));
    let mut second: Vec<f64> = rows.into_iter().map(|row| row.1).collect();
    // By ascending `a` and, within ties, ascending `b`: an exchange in sorting by `b` is a discordant pair.
    let discordant = sort(&mut second);
    let tied_b = pairs_within(second.chunk_by(|x, y| x == y));
    let all = pairs(a.len());
    // Pairs tied in both columns are in both counts of ties, so the sum is no smaller than they are.
    let balance = (all + tied_both - tied_a - tied_b) as f64 - 2.0 * discordant as f64;
    let scale = ((all - tied_a) as f64).sqrt() * ((all - tied_b) as f64).sqrt();
    (scale > 0.0).then(|| balance / scale)
}

/// The number of pairs of so many.
fn pairs(count: usize) -> u64 {
    let count = count as u64;
    count * count.saturating_sub(1) / 2
}

/// The number of pairs within chunks.
fn pairs_within<'a, T: 'a>(chunks: impl Iterator<Item = &'a [T]>) -> u64 {
    chunks.map(|chunk| pairs(chunk.len())).sum()
}

/// Sorts ascending by merging, and returns the number of pairs that stood in descending order.
fn sort(values: &mut [f64]) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut exchanges = sort(left) + sort(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut at, mut beside) = (0, 0);
    while at < left.len() && beside < right.len() {
        if left[at] <= right[beside] {
            merged.push(left[at]);
            at += 1;
        } else {
            merged.push(right[beside]);
            beside += 1;
            exchanges += (left.len() - at) as u64;
        }
    }
    merged.extend_from_slice(&left[at..]);
    merged.extend_from_slice(&right[beside..]);
    values.copy_from_slice(&merged);
    exchanges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pair by pair.
    fn plain(a: &[f64], b: &[f64]) -> Option<f64> {
        let sign = |x: f64, y: f64| x.partial_cmp(&y).map_or(0, |order| order as i64);
        let (mut balance, mut untied_a, mut untied_b) = (0i64, 0i64, 0i64);
        for i in 0..a.len() {
            for j in 0..i {
                let (x, y) = (sign(a[i], a[j]), sign(b[i], b[j]));
                balance += x * y;
                untied_a += x * x;
                untied_b += y * y;
            }
        }
        let scale = (untied_a as f64).sqrt() * (untied_b as f64).sqrt();
        (scale > 0.0).then(|| balance as f64 / scale)
    }

    proptest! {
        #[test]
        fn it_is_that_of_all_pairs_one_by_one(rows in prop::collection::vec((-4i32..4, -6i32..6), 2..60)) {
            // Halves of small numbers: many ties, and zeros of both signs.
            let signed = |row: &(i32, i32)| if row.1 % 2 == 0 { f64::from(row.0) } else { -f64::from(-row.0) };
            let (a, b): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (signed(row), f64::from(row.1) / 2.0)).unzip();
            match (kendall_tau(&a, &b), plain(&a, &b)) {
                (Some(fast), Some(slow)) => prop_assert!((fast - slow).abs() < 1e-12),
                (fast, slow) => prop_assert_eq!(fast, slow),
            }
        }
    }

    #[test]
    fn ties_may_be_more_than_pairs() {
        // Of ten pairs six are tied in each column.
        let (a, b) = ([0.0, 0.0, 0.0, 0.0, 1.0], [3.0, 3.0, 3.0, 3.0, 4.0]);
        assert_eq!(kendall_tau(&a, &b), plain(&a, &b));
    }

    #[test]
    fn zeros_of_both_signs_are_one_value() {
        assert_eq!(kendall_tau(&[0.0, -0.0, 1.0], &[2.0, 1.0, 3.0]), plain(&[0.0, 0.0, 1.0], &[2.0, 1.0, 3.0]));
    }
}
