//! What a ranking is worth to a search: the networks that it picks, and how far they fall short of the best.

/// The networks on the front of most value at least cost, by ascending cost: each is better than all that cost no more.
/// `order` holds them by ascending cost, of one cost the best first.
fn front(order: &[usize], values: &[f64]) -> Vec<usize> {
    let mut best = f64::NEG_INFINITY;
    let is_ahead = |&at: &usize| {
        let is_ahead = values[at] > best;
        best = best.max(values[at]);
        is_ahead
    };
    order.iter().copied().filter(is_ahead).collect()
}

/// Networks by ascending cost, of one cost the best first.
fn by_cost(values: &[f64], costs: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| costs[a].total_cmp(&costs[b]).then(values[b].total_cmp(&values[a])));
    order
}

/// At most `count` of some networks, spread evenly from the first to the last.
fn thinned(networks: Vec<usize>, count: usize) -> Vec<usize> {
    match (networks.len().checked_sub(1), count.checked_sub(1)) {
        (Some(last), Some(0)) => vec![networks[last]],
        (Some(last), Some(steps)) if steps < last => (0..=steps).map(|step| networks[step * last / steps]).collect(),
        _ => networks,
    }
}

/// As many networks as a search may train: those on the front of scores and costs, then those on the front of the
/// rest, and so on; of a front that is larger than what is left, networks from its cheapest to its dearest.
fn picked(scores: &[f64], costs: &[f64], count: usize) -> Vec<usize> {
    let mut left = by_cost(scores, costs);
    let mut picked = Vec::new();
    while picked.len() < count && !left.is_empty() {
        let next = front(&left, scores);
        let mut on_front = next.iter().copied().peekable();
        left.retain(|at| on_front.next_if_eq(at).is_none());
        picked.extend(thinned(next, count - picked.len()));
    }
    picked
}

/// The regret of a search that knows scores and costs, and may train `count` networks: at the cost of every network of
/// the true front, that network's label less the best label of a trained one that costs no more, on average. Labels are such
/// that more is better; where nothing trained is as cheap, the least of all labels counts.
///
/// `None` for no networks, columns of different lengths, numbers that are not finite, and nothing trained. O(n · fronts + n · log n).
pub(super) fn front_regret(scores: &[f64], labels: &[f64], costs: &[f64], count: usize) -> Option<f64> {
    let n = labels.len();
    let is_odd = |column: &[f64]| column.len() != n || column.iter().any(|value| !value.is_finite());
    if n == 0 || count == 0 || [scores, labels, costs].into_iter().any(is_odd) {
        return None;
    }
    let mut trained = picked(scores, costs, count);
    trained.sort_by(|&a, &b| costs[a].total_cmp(&costs[b]));
    let mut trained = trained.into_iter().peekable();
    let mut reached = labels.iter().copied().fold(f64::INFINITY, f64::min);
    let best = front(&by_cost(labels, costs), labels);
    let mut regret = 0.0;
    for &at in &best {
        while let Some(one) = trained.next_if(|&one| costs[one] <= costs[at]) {
            reached = reached.max(labels[one]);
        }
        regret += labels[at] - reached;
    }
    Some(regret / best.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The front as it is defined: nobody is as cheap and as good, and better in one of the two.
    fn plain_front(values: &[f64], costs: &[f64]) -> Vec<(f64, f64)> {
        let beats = |a: usize, b: usize| {
            values[a] >= values[b] && costs[a] <= costs[b] && (values[a] > values[b] || costs[a] < costs[b])
        };
        let all = 0..values.len();
        let mut front: Vec<(f64, f64)> =
            all.clone().filter(|&b| !all.clone().any(|a| beats(a, b))).map(|at| (costs[at], values[at])).collect();
        front.sort_by(|a, b| a.0.total_cmp(&b.0));
        front.dedup();
        front
    }

    /// The regret as it is defined.
    fn plain_regret(trained: &[usize], labels: &[f64], costs: &[f64]) -> f64 {
        let least = labels.iter().copied().fold(f64::INFINITY, f64::min);
        let front = plain_front(labels, costs);
        let reached = |cost: f64| {
            let cheap = trained.iter().filter(|&&at| costs[at] <= cost).map(|&at| labels[at]);
            cheap.fold(least, f64::max)
        };
        front.iter().map(|&(cost, label)| label - reached(cost)).sum::<f64>() / front.len() as f64
    }

    #[test]
    fn regret_is_what_is_missing_on_the_true_front() {
        // The true front costs 1, 2, 4 and 5.
        let (labels, costs) = ([3.0, 1.0, 2.0, 2.5, 0.5], [5.0, 1.0, 2.0, 4.0, 3.0]);
        assert_eq!(front_regret(&labels, &labels, &costs, 4), Some(0.0));
        // Two trainings, of the cheapest and of the dearest on that front.
        assert_eq!(front_regret(&labels, &labels, &costs, 2), Some((0.0 + 1.0 + 1.5 + 0.0) / 4.0));
        // Upside down, the front of scores is the networks at 1 and at 3; of the two the dearer is trained, and nothing is as
        // cheap as 1 and 2.
        let upside_down = labels.map(|label| -label);
        assert_eq!(front_regret(&upside_down, &labels, &costs, 1), Some((0.5 + 1.5 + 2.0 + 2.5) / 4.0));
        assert_eq!(front_regret(&[f64::NAN; 5], &labels, &costs, 2), None);
        assert_eq!(front_regret(&[f64::NEG_INFINITY; 5], &labels, &costs, 2), None);
        assert_eq!(front_regret(&labels, &labels, &costs[1..], 2), None);
        assert_eq!(front_regret(&[], &[], &[], 2), None);
    }

    proptest! {
        #[test]
        fn fronts_are_what_nobody_beats(
            rows in prop::collection::vec((0u8..12, 0u8..12, 0u8..12), 1..30),
            count in 1usize..40,
        ) {
            let values: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let costs: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            let found = front(&by_cost(&values, &costs), &values);
            let found: Vec<(f64, f64)> = found.into_iter().map(|at| (costs[at], values[at])).collect();
            prop_assert_eq!(found, plain_front(&values, &costs));
            let mut picked = picked(&values, &costs, count);
            prop_assert_eq!(picked.len(), count.min(values.len()));
            picked.sort_unstable();
            picked.dedup();
            prop_assert_eq!(picked.len(), count.min(values.len()));
            let regret = front_regret(&scores, &values, &costs, count).unwrap();
            let plain = plain_regret(&super::picked(&scores, &costs, count), &values, &costs);
            prop_assert!((regret - plain).abs() < 1e-9 && regret >= 0.0);
        }
    }
}
