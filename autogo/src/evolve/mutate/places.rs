//! The places where a parent may change: its movable runs of segments (paper §3.2, [release
//! §4.1](crate::doc::release#s4-1), [release §4.2](crate::doc::release#s4-2)).

use super::settings::{MutationSettings, Sources, Unit};
use crate::graph::Graph;
use crate::partition::Partition;
use crate::rng::Draw;
use crate::segment::{Placed, Segment, Segmenter};
use rand::seq::SliceRandom;
use std::cmp::Reverse;

/// A place in a parent, with the parts of the parent around it.
pub(super) struct MutationPlace {
    pub(super) placed: Placed,
    pub(super) around: Partition,
}

/// The places to be tried in a parent. In units of segments a random part of the vocabulary cuts the parent, and every
/// run of one to `consecutive` segments is a candidate; in units of ops every node is.
pub(super) fn places(
    parent: &Graph,
    segmenter: &Segmenter,
    settings: &MutationSettings,
    rng: &mut Draw,
) -> Vec<MutationPlace> {
    let (groups, longest) = match settings.unit {
        Unit::Segment => (cut(parent, segmenter, settings.sparsity, rng), settings.consecutive),
        Unit::Op => (parent.topological_order().into_iter().map(|node| vec![node]).collect(), 1),
    };
    let mut found: Vec<(u64, (usize, usize), Placed)> = (0..groups.len())
        .flat_map(|first| (1..=longest.min(groups.len() - first)).map(move |count| (first, count)))
        .map(|(first, count)| ((first, count), Segment::cut(parent, &groups[first..first + count].concat())))
        .filter(|(_, placed)| placed.segment.is_movable())
        .map(|(run, placed)| (placed.segment.cost().flops, run, placed))
        .collect();
    found.shuffle(rng);
    match settings.sources {
        Sources::Dearest => found.sort_by_key(|(flops, ..)| Reverse(*flops)),
        Sources::Cheapest => found.sort_by_key(|(flops, ..)| *flops),
        Sources::Random => {}
    }
    // The first half as they stand, the rest shuffled again.
    let chosen = settings.places.div_ceil(2).min(found.len());
    found[chosen..].shuffle(rng);
    found.truncate(settings.places);
    found
        .into_iter()
        .map(|(_, (first, count), placed)| MutationPlace { placed, around: Partition::at(&groups, first, count) })
        .collect()
}

/// Cuts a parent under a random part of the vocabulary: `sparsity` is the share of the longer pieces that are left out.
fn cut(parent: &Graph, segmenter: &Segmenter, sparsity: f64, rng: &mut Draw) -> Vec<Vec<usize>> {
    let merges = segmenter.longer_pieces();
    let mut kept: Vec<bool> = (0..merges).map(|at| at as f64 >= sparsity * merges as f64).collect();
    kept.shuffle(rng);
    let singles = segmenter.alphabet().len();
    segmenter.groups_of(parent, |id| kept.get((id as usize).wrapping_sub(singles)).is_none_or(|&kept| kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::rng::Stream;
    use crate::segment::Mining;

    fn setting() -> (Graph, Segmenter) {
        let graph = Nb201::sample(2, 0).build().unwrap();
        let segmenter = Mining::bpe(60).segmenter(std::slice::from_ref(&graph)).unwrap();
        (graph, segmenter)
    }

    fn flops(settings: &MutationSettings, seed: u64) -> Vec<u64> {
        let (graph, segmenter) = setting();
        let places = places(&graph, &segmenter, settings, &mut Stream::new(seed, "test").at(0));
        places.iter().map(|place| place.placed.segment.cost().flops).collect()
    }

    #[test]
    fn the_first_half_is_the_dearest_or_the_cheapest() {
        let settings = |sources| MutationSettings { places: 6, sources, ..MutationSettings::default() };
        let (dear, cheap) = (flops(&settings(Sources::Dearest), 3), flops(&settings(Sources::Cheapest), 3));
        assert!(dear.len() == 6 && cheap.len() == 6);
        assert!(
            dear[..3].is_sorted_by(|a, b| a >= b) && dear[0] > 0 && dear[..3].iter().min() > cheap[..3].iter().max()
        );
        assert_eq!(cheap[0], 0);
    }

    #[test]
    fn ops_are_places_of_one_node() {
        let (graph, segmenter) = setting();
        let settings = MutationSettings { unit: Unit::Op, places: 1000, ..MutationSettings::default() };
        let places = places(&graph, &segmenter, &settings, &mut Stream::new(0, "test").at(0));
        // All but input, output, global mean and dense layer.
        assert_eq!(places.len(), graph.len() - 4);
        assert!(places.iter().all(|place| place.placed.nodes.len() == 1));
        for place in places {
            let parts = place.around.parts().map(<[usize]>::len);
            assert_eq!((parts[1], parts.iter().sum::<usize>()), (1, graph.len()));
        }
    }
}
