//! The first principal component of the counts of networks' pieces (Jolliffe, Principal Component Analysis, 2002).

use super::counts::Counts;
use crate::rng::Stream;
use rand::Rng;

/// Rounds of the power iteration.
const ROUNDS: usize = 100;

/// The first principal component of some networks' counts: one number for each network. Among all vectors of weights of
/// length 1, one for each piece, power iteration finds the vector under which the weighted sums of the counts differ most
/// between the networks; a network's number is its weighted sum less the mean of all, 0 where all counts are alike. The sign
/// means nothing. O(rounds · entries).
pub(super) fn principal(rows: &[Counts]) -> Vec<f64> {
    if rows.windows(2).all(|pair| pair[0] == pair[1]) {
        // Sums less their mean would leave rounding in the place of 0.
        return vec![0.0; rows.len()];
    }
    let pieces = rows.iter().flatten().map(|entry| entry.0 + 1).max().unwrap_or(0);
    let mut draws = Stream::new(0, "principal component").at(0);
    let mut weights: Vec<f64> = (0..pieces).map(|_| draws.random_range(-1.0..1.0)).collect();
    for _ in 0..ROUNDS {
        let places = places(rows, &weights);
        let mut turned = vec![0.0; pieces];
        for (row, place) in rows.iter().zip(places) {
            row.iter().for_each(|&(piece, count)| turned[piece] += count * place);
        }
        let length = turned.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        if length == 0.0 {
            break;
        }
        weights = turned.into_iter().map(|weight| weight / length).collect();
    }
    places(rows, &weights)
}

/// The weighted sum of each row less the mean of all rows' sums.
fn places(rows: &[Counts], weights: &[f64]) -> Vec<f64> {
    let sums: Vec<f64> =
        rows.iter().map(|row| row.iter().map(|&(piece, count)| count * weights[piece]).sum()).collect();
    let mean = sums.iter().sum::<f64>() / sums.len().max(1) as f64;
    sums.into_iter().map(|sum| sum - mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spread(places: &[f64]) -> f64 {
        places.iter().map(|place| place * place).sum()
    }

    #[test]
    fn what_differs_most_is_found() {
        // The first piece goes with the second, twice as far; the third differs a little, the fourth not at all.
        let row = |both: f64, third: f64| vec![(0, 2.0 * both), (1, both), (2, third), (3, 7.0)];
        let rows = [row(1.0, 1.0), row(2.0, 0.0), row(3.0, 0.0), row(4.0, 1.0)];
        let found = principal(&rows);
        let length = 5f64.sqrt();
        for (found, both) in found.iter().zip([-1.5, -0.5, 0.5, 1.5]) {
            assert!((found.abs() - (both * length).abs()).abs() < 1e-9, "{found} {both}");
        }
        assert!(found[0] * found[3] < 0.0 && found[0] * found[1] > 0.0);
        assert_eq!(principal(&vec![vec![(5, 2.0), (6, 3.0)]; 7]), [0.0; 7]);
        assert!(principal(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn no_single_piece_differs_more(counts in prop::collection::vec(prop::array::uniform5(0u8..9), 2..40)) {
            let rows: Vec<Counts> =
                counts.iter().map(|row| row.iter().map(|&count| f64::from(count)).enumerate().collect()).collect();
            let found = spread(&principal(&rows));
            for piece in 0..5 {
                let mut alone = [0.0; 5];
                alone[piece] = 1.0;
                prop_assert!(found >= 0.98 * spread(&places(&rows, &alone)));
            }
        }
    }
}
