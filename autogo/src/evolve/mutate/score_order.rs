//! In which order scores are taken, and which end of a score is better.

use crate::goal::Goal;
use crate::rng::Draw;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// In which order scores come back from a predictor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreOrder {
    /// As asked: every network has its own.
    #[default]
    AsAsked,
    /// As the release's data loader visits them: in bins by size, cut into batches that are shuffled. They are taken to
    /// be in the order asked, so networks of different sizes get each other's ([release
    /// §4.3](crate::doc::release#s4-3), [release §7.3f](crate::doc::release#s7-3f)).
    AsLoaded,
}

/// Networks in a batch of the release's loader.
const BATCH: usize = 32;

impl ScoreOrder {
    /// Scores as they are taken to be, of networks with these sizes.
    pub(in crate::evolve) fn apply(self, scores: Vec<f64>, sizes: &[usize], rng: &mut Draw) -> Vec<f64> {
        if self == ScoreOrder::AsAsked {
            return scores;
        }
        let mut bins: Vec<usize> = (0..scores.len()).collect();
        bins.sort_by_key(|&at| sizes[at]);
        let mut batches: Vec<&[usize]> =
            bins.chunk_by(|&a, &b| sizes[a] == sizes[b]).flat_map(|bin| bin.chunks(BATCH)).collect();
        batches.shuffle(rng);
        batches.concat().into_iter().map(|at| scores[at]).collect()
    }
}

/// The better end of a score, and the order in which scores come.
#[derive(Clone, Copy, Debug)]
pub(in crate::evolve) struct Preference {
    pub(in crate::evolve) goal: Goal,
    pub(in crate::evolve) order: ScoreOrder,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn a_loader_keeps_the_scores_but_not_their_owners() {
        let scores: Vec<f64> = (0..100).map(f64::from).collect();
        let sizes: Vec<usize> = (0..100).map(|at| 10 - at % 3).collect();
        let mut rng = Stream::new(1, "test").at(0);
        assert_eq!(ScoreOrder::AsAsked.apply(scores.clone(), &sizes, &mut rng), scores);
        let loaded = ScoreOrder::AsLoaded.apply(scores.clone(), &sizes, &mut rng);
        assert_ne!(loaded, scores);
        let mut sorted = loaded.clone();
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, scores);
        // A bin of 33 or 34 makes a batch of 32, whose networks stand in the order asked.
        let place = loaded.iter().position(|&score| score == 2.0).unwrap();
        assert_eq!(loaded[place..place + 3], [2.0, 5.0, 8.0]);
        // One size, one batch: nothing moves.
        assert_eq!(ScoreOrder::AsLoaded.apply(vec![1.0, 2.0, 3.0], &[4, 4, 4], &mut rng), [1.0, 2.0, 3.0]);
    }
}
