//! Message passing without repetition.
//!
//! After l layers a node's embedding depends on its features and on those of the nodes up to l edges away from which it
//! receives, and on nothing else. Nodes with equal surroundings therefore have equal embeddings: in all cells of a network that look
//! alike, in all networks that share a stem, in all partitions of one network except near the cut. A [`TermTable`]
//! gives equal computations one number (hash-consing), so each is done once. This is exact, and the plain computation
//! is the special case in which no two nodes are alike.

use super::features::{FeatureKey, GraphFeatures, NodeFeatures};
use foldhash::{HashMap, HashMapExt};
use std::ops::Range;

/// A number of a distinct computation on its layer.
pub(crate) type Term = u32;

/// The distinct computations of `layers` rounds of message passing over some graphs.
#[derive(Clone, Debug)]
pub(crate) struct TermTable {
    /// Layer 0: distinct features.
    pub(crate) features: Vec<NodeFeatures>,
    numbers: HashMap<FeatureKey, Term>,
    /// Layers 1 and up.
    pub(crate) layers: Vec<TermLayer>,
}

/// The distinct computations of one layer: each is a term of the layer before, and the terms it receives.
#[derive(Clone, Debug, Default)]
pub(crate) struct TermLayer {
    own: Vec<Term>,
    /// The start of the received terms of each computation in `received`, and the end of the last computation's.
    starts: Vec<u32>,
    /// The received terms of all computations, one after the other.
    received: Vec<Term>,
    /// Steps of a walk that starts at `own` and takes one received term after the other.
    steps: HashMap<(u64, Term), u32>,
    /// The computation at whose end a walk stands.
    ends: HashMap<u64, Term>,
}

impl TermLayer {
    /// The number of the computation of `own` that receives these terms, which must be sorted.
    fn intern(&mut self, own: Term, received: &[Term]) -> Term {
        let mut at = u64::from(own);
        for &term in received {
            let next = self.steps.len() as u32;
            let step = *self.steps.entry((at, term)).or_insert(next);
            // Places on a walk have a bit that starting points lack.
            at = (1 << 32) | u64::from(step);
        }
        let next = self.own.len() as Term;
        *self.ends.entry(at).or_insert_with(|| {
            if self.starts.is_empty() {
                self.starts.push(0);
            }
            self.own.push(own);
            self.received.extend_from_slice(received);
            self.starts.push(self.received.len() as u32);
            next
        })
    }

    pub(crate) fn own(&self, term: Term) -> Term {
        self.own[term as usize]
    }

    pub(crate) fn received(&self, term: Term) -> &[Term] {
        let at = term as usize;
        &self.received[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

impl TermTable {
    pub(crate) fn new(layers: usize) -> Self {
        TermTable { features: Vec::new(), numbers: HashMap::new(), layers: vec![TermLayer::default(); layers] }
    }

    /// The number of distinct computations of each layer.
    pub(crate) fn distinct(&self) -> Vec<u64> {
        std::iter::once(self.features.len())
            .chain(self.layers.iter().map(|layer| layer.own.len()))
            .map(|n| n as u64)
            .collect()
    }

    /// The number of a node's features on layer 0.
    fn intern(&mut self, node: &NodeFeatures) -> Term {
        let next = self.features.len() as Term;
        *self.numbers.entry(node.key()).or_insert_with(|| {
            self.features.push(*node);
            next
        })
    }

    /// The terms of every node of a graph on every layer, layer by layer. O(layers · edges).
    pub(crate) fn graph(&mut self, graph: &GraphFeatures) -> Vec<Vec<Term>> {
        let first: Vec<Term> = graph.nodes.iter().map(|node| self.intern(node)).collect();
        let mut layers = vec![first];
        let mut received = Vec::new();
        for layer in &mut self.layers {
            let before = &layers[layers.len() - 1];
            let terms = (0..graph.len())
                .map(|node| {
                    received.clear();
                    received.extend(graph.senders[node].iter().map(|&sender| before[sender]));
                    received.sort_unstable();
                    layer.intern(before[node], &received)
                })
                .collect();
            layers.push(terms);
        }
        layers
    }

    /// The terms on the last layer of the nodes of a part, in the order of `nodes`: edges from outside are lost.
    /// `whole` are the terms of the whole graph on layer 0. O(layers · edges of the part).
    pub(crate) fn part(&mut self, graph: &GraphFeatures, whole: &[Vec<Term>], nodes: &[usize]) -> Vec<Term> {
        // Parts that are computed so are segments: a handful of nodes.
        let place = |sender: &usize| nodes.iter().position(|node| node == sender);
        let inside: Vec<Vec<usize>> =
            nodes.iter().map(|&node| graph.senders[node].iter().filter_map(place).collect()).collect();
        let mut terms: Vec<Term> = nodes.iter().map(|&node| whole[0][node]).collect();
        let mut received = Vec::new();
        for layer in &mut self.layers {
            terms = (0..nodes.len())
                .map(|at| {
                    received.clear();
                    received.extend(inside[at].iter().map(|&sender| terms[sender]));
                    received.sort_unstable();
                    layer.intern(terms[at], &received)
                })
                .collect();
        }
        terms
    }

    /// The terms on the last layer that change when every node whose place is not among `kept` is cut away, as (place,
    /// term): none but those up to as many edges from the cut as there are layers. O(what changes, and edges cut away).
    pub(crate) fn kept(
        &mut self,
        graph: &GraphFeatures,
        line: &Line,
        whole: &[Vec<Term>],
        kept: &Range<usize>,
    ) -> Vec<(usize, Term)> {
        // Nodes that lose a sender differ from the first layer on.
        let mut cut: Vec<usize> = line.crossing(kept);
        cut.sort_unstable();
        cut.dedup();
        let mut changed: HashMap<usize, Term> = HashMap::new();
        let mut received = Vec::new();
        for (number, layer) in self.layers.iter_mut().enumerate() {
            let before = &whole[number];
            let mut places: Vec<usize> = cut.clone();
            for &place in changed.keys() {
                places.push(place);
                places.extend(line.receivers[place].iter().filter(|place| kept.contains(place)));
            }
            places.sort_unstable();
            places.dedup();
            let mut next = HashMap::with_capacity(places.len());
            for place in places {
                let node = line.order[place];
                let term = |node: usize| changed.get(&line.place[node]).copied().unwrap_or(before[node]);
                received.clear();
                let inside = graph.senders[node].iter().filter(|&&sender| kept.contains(&line.place[sender]));
                received.extend(inside.map(|&sender| term(sender)));
                received.sort_unstable();
                let made = layer.intern(term(node), &received);
                if made != whole[number + 1][node] {
                    next.insert(place, made);
                }
            }
            changed = next;
        }
        let mut changed: Vec<(usize, Term)> = changed.into_iter().collect();
        changed.sort_unstable();
        changed
    }
}

/// The nodes of a graph in line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Nodes by place.
    pub(crate) order: Vec<usize>,
    /// Places by node.
    place: Vec<usize>,
    /// For every place the places of those that receive from it.
    receivers: Vec<Vec<usize>>,
}

impl Line {
    /// The line of a graph's nodes in `order`, which must hold every node once.
    pub(crate) fn new(graph: &GraphFeatures, order: Vec<usize>) -> Self {
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &node)| place[node] = at);
        let mut receivers = vec![Vec::new(); order.len()];
        for (node, senders) in graph.senders.iter().enumerate() {
            senders.iter().for_each(|&sender| receivers[place[sender]].push(place[node]));
        }
        Line { order, place, receivers }
    }

    /// Places among `kept` that receive from places that are not. O(edges of the other places).
    fn crossing(&self, kept: &Range<usize>) -> Vec<usize> {
        let (before, behind) = (&self.receivers[..kept.start], &self.receivers[kept.end..]);
        before.iter().chain(behind).flatten().copied().filter(|place| kept.contains(place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::FamilyName;
    use crate::predict::network::features::Reading;
    use crate::predict::network::receives::Receives;

    #[test]
    fn cells_that_look_alike_are_computed_once() {
        let graph = crate::families::network(&FamilyName::Nb201.sample(3, 1)).unwrap();
        let mut table = TermTable::new(6);
        let layers = table.graph(&GraphFeatures::new(&graph).unwrap());
        let distinct: std::collections::HashSet<Term> = layers[6].iter().copied().collect();
        // Fifteen cells, of which the second to fifth of a stage are alike once the stem is six edges away.
        assert!(distinct.len() * 2 < graph.len(), "{} of {}", distinct.len(), graph.len());
        assert!(table.features.len() < 60);
    }

    #[test]
    fn terms_beside_a_cut_equal_those_of_the_part_alone() {
        let families = [(FamilyName::Inception, 1), (FamilyName::Nb101, 2), (FamilyName::Hiaml, 3)];
        let both = |one| [Receives::Operands, Receives::Neighbours].map(|receives| (one, receives));
        for ((family, seed), receives) in families.into_iter().flat_map(both) {
            let graph = crate::families::network(&family.sample(seed, 0)).unwrap();
            let reading = Reading { receives, ..Reading::default() };
            let features = GraphFeatures::read(&graph, reading).unwrap();
            let mut table = TermTable::new(6);
            let whole = table.graph(&features);
            let line = Line::new(&features, graph.topological_order());
            for cut in (1..graph.len()).step_by(7) {
                for kept in [0..cut, cut..graph.len()] {
                    let mut fast: Vec<Term> = line.order[kept.clone()].iter().map(|&node| whole[6][node]).collect();
                    let changed = table.kept(&features, &line, &whole, &kept);
                    changed.iter().for_each(|&(place, term)| fast[place - kept.start] = term);
                    assert_eq!(fast, table.part(&features, &whole, &line.order[kept.clone()]), "{family} {kept:?}");
                    // What stands before a cut knows of it only where rows go against the data's way.
                    assert!(changed.is_empty() || receives == Receives::Neighbours || kept.start > 0);
                    assert!(changed.len() < 160, "{}", changed.len());
                }
            }
        }
    }
}
