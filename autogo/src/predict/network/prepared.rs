//! Networks made ready for a predictor, and the partitions that a predictor is asked about.

use super::architecture::{Architecture, Reads};
use super::features::GraphFeatures;
use super::receives::Receives;
use super::terms::{Line, Term, TermTable};
use crate::error::Error;
use crate::graph::Graph;
use crate::segment::Segmenter;
use std::ops::Range;

/// A part as the readout sees it: the last layer's term of every node.
pub(crate) type Row = Vec<Term>;

/// A network as terms: its nodes in line, and the changes that every partition at a segment makes.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// The last layer's term of every node, in line.
    whole: Row,
    /// The partitions; none where the network is read as a whole.
    pub(crate) cuts: Vec<Cut>,
}

/// A partition of a line at a segment.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    /// The places of the segment. Places before them are the predecessor, places behind them the successor.
    places: Range<usize>,
    /// The terms of the segment's nodes by themselves.
    segment: Row,
    /// Places of the predecessor whose term differs from the whole network's: none where rows go the data's way.
    before: Vec<(usize, Term)>,
    /// Places of the successor whose term differs from the whole network's.
    behind: Vec<(usize, Term)>,
}

impl Prepared {
    /// A whole network without partitions.
    pub(crate) fn graph(graph: &Graph, architecture: &Architecture, table: &mut TermTable) -> Result<Self, Error> {
        Ok(Self::of(&architecture.features(graph)?, table))
    }

    /// The whole network with these features, without partitions.
    pub(crate) fn of(features: &GraphFeatures, table: &mut TermTable) -> Self {
        let mut layers = table.graph(features);
        Prepared { whole: layers.pop().unwrap_or_default(), cuts: Vec::new() }
    }

    /// A network with its partitions at the segments that `choose` picks, given how many segments there are.
    ///
    /// A segment that reaches the first (last) node leaves that node to the predecessor (successor), as in the release
    /// (§6.4); the segment may then be empty. O(layers · (nodes + what each cut changes)).
    pub(crate) fn partitions(
        graph: &Graph,
        architecture: &Architecture,
        segmenter: &Segmenter,
        table: &mut TermTable,
        choose: impl Fn(usize) -> Vec<usize>,
    ) -> Result<Self, Error> {
        let features = architecture.features(graph)?;
        let (order, pieces) = segmenter.pieces(graph, |_| true);
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.len).collect();
        let segments = segment_places(&lengths, order.len());
        let line = Line::new(&features, order.clone());
        let whole = table.graph(&features);
        let cuts = choose(segments.len())
            .into_iter()
            .map(|at| {
                let places = segments[at].clone();
                let segment = table.part(&features, &whole, &order[places.clone()]);
                let before = match architecture.receives {
                    Receives::Operands => Vec::new(),
                    Receives::Neighbours => table.kept(&features, &line, &whole, &(0..places.start)),
                };
                let behind = table.kept(&features, &line, &whole, &(places.end..order.len()));
                Cut { places, segment, before, behind }
            })
            .collect();
        let last = &whole[whole.len() - 1];
        Ok(Prepared { whole: order.iter().map(|&node| last[node]).collect(), cuts })
    }

    /// The whole network as one row.
    pub(crate) fn whole(&self) -> Row {
        self.whole.clone()
    }

    /// Predecessor, segment and successor of a cut.
    fn parts(&self, cut: &Cut) -> [Row; 3] {
        let part = |places: Range<usize>, changed: &[(usize, Term)]| {
            let mut row = self.whole[places.clone()].to_vec();
            changed.iter().for_each(|&(place, term)| row[place - places.start] = term);
            row
        };
        let predecessor = part(0..cut.places.start, &cut.before);
        let successor = part(cut.places.end..self.whole.len(), &cut.behind);
        [predecessor, cut.segment.clone(), successor]
    }

    /// The rows that one prediction reads: the whole network, or the parts of a cut that are read.
    pub(crate) fn rows(&self, reads: Reads, cut: Option<&Cut>) -> Vec<Row> {
        match (reads.parts(), cut) {
            (Some(is_read), Some(cut)) => {
                let parts = self.parts(cut).into_iter().zip(is_read);
                parts.filter_map(|(row, is_read)| is_read.then_some(row)).collect()
            }
            _ => vec![self.whole()],
        }
    }
}

/// The places in a line of `nodes` nodes that each segment takes, given the segments' lengths. The first place is left
/// to the predecessor, the last one to the successor.
fn segment_places(lengths: &[usize], nodes: usize) -> Vec<Range<usize>> {
    let mut end = 0;
    let last = lengths.len().saturating_sub(1);
    let places = lengths.iter().enumerate().map(|(at, length)| {
        let start = if at == 0 { 1 } else { end };
        end += length;
        let end = if at == last { nodes - 1 } else { end };
        start..end.max(start)
    });
    places.collect()
}

/// At most `count` of `all` partitions, spread evenly; all of them for 0.
pub(crate) fn spread(all: usize, count: usize) -> Vec<usize> {
    if count == 0 || count >= all {
        return (0..all).collect();
    }
    (0..count).map(|at| (2 * at + 1) * all / (2 * count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_node_belong_to_no_segment() {
        assert_eq!(segment_places(&[2, 3, 1], 6), [1..2, 2..5, 5..5]);
        assert_eq!(segment_places(&[6], 6).first(), Some(&(1..5)));
        assert_eq!(segment_places(&[1, 5], 6), [1..1, 1..5]);
    }

    #[test]
    fn partitions_are_spread_evenly() {
        assert_eq!(spread(10, 2), [2, 7]);
        assert_eq!(spread(3, 0), [0, 1, 2]);
        assert_eq!(spread(3, 5), [0, 1, 2]);
    }
}
