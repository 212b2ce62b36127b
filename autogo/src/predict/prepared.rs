//! Networks made ready for a predictor, and the partitions it is asked about.

use super::features::GraphFeatures;
use super::settings::Architecture;
use super::terms::{Line, Term, TermTable};
use crate::error::Error;
use crate::graph::Graph;
use crate::segment::Segmenter;
use std::ops::Range;

/// A network as terms: its nodes in line, and what every partition at a segment changes.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// The last layer's term of every node, in line.
    whole: Vec<Term>,
    pub(super) cuts: Vec<Cut>,
}

/// A partition of a line at a segment.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// The places of the segment. Places before it are the predecessor, those behind it the successor.
    places: Range<usize>,
    /// The terms of the segment's nodes by themselves.
    segment: Vec<Term>,
    /// Places of the successor whose term differs from the whole network's.
    changed: Vec<(usize, Term)>,
}

/// A row of node means: terms of the last layer, each as often as it occurs.
pub(super) type Row = Vec<Term>;

impl Prepared {
    /// A whole network without partitions.
    pub(super) fn graph(graph: &Graph, by: &Architecture, table: &mut TermTable) -> Result<Self, Error> {
        Ok(Self::of(&GraphFeatures::read_by(by, graph)?, table))
    }

    /// The same of features.
    pub(super) fn of(features: &GraphFeatures, table: &mut TermTable) -> Self {
        let mut layers = table.graph(features);
        Prepared { whole: layers.pop().unwrap_or_default(), cuts: Vec::new() }
    }

    /// A network with its partitions at the segments that `choose` picks of all of them, as places in line.
    ///
    /// A segment that reaches the first (last) node leaves that node to the predecessor (successor), as in
    /// [release §6.4](crate::doc::release#s6-4); the segment may then be empty. O(layers · (nodes + what each cut
    /// changes)).
    pub(super) fn partitions(
        graph: &Graph,
        by: &Architecture,
        segmenter: &Segmenter,
        table: &mut TermTable,
        choose: impl Fn(usize) -> Vec<usize>,
    ) -> Result<Self, Error> {
        let features = GraphFeatures::read_by(by, graph)?;
        let (order, pieces) = segmenter.pieces(graph, |_| true);
        let mut ends = Vec::with_capacity(pieces.len());
        let mut end = 0;
        for piece in pieces {
            end += piece.len;
            ends.push(end);
        }
        let segment = |at: usize| {
            let start = if at == 0 { 1 } else { ends[at - 1] };
            let end = if at + 1 == ends.len() { order.len() - 1 } else { ends[at] };
            start..end.max(start)
        };
        let line = Line::new(&features, order.clone());
        let whole = table.graph(&features);
        let cuts = choose(ends.len())
            .into_iter()
            .map(|at| {
                let places = segment(at);
                Cut {
                    segment: table.part(&features, &whole, &order[places.clone()]),
                    changed: table.behind(&features, &line, &whole, places.end),
                    places,
                }
            })
            .collect();
        let last = &whole[whole.len() - 1];
        Ok(Prepared { whole: order.iter().map(|&node| last[node]).collect(), cuts })
    }

    /// The whole network as one row.
    pub(super) fn whole(&self) -> Row {
        self.whole.clone()
    }

    /// Predecessor, segment and successor of a cut.
    pub(super) fn parts(&self, cut: &Cut) -> [Row; 3] {
        let mut successor = self.whole[cut.places.end..].to_vec();
        cut.changed.iter().for_each(|&(place, term)| successor[place - cut.places.end] = term);
        [self.whole[..cut.places.start].to_vec(), cut.segment.clone(), successor]
    }

    /// The rows of one question: about the whole network, or about the parts of a cut that are read.
    pub(super) fn rows(&self, reads: super::Reads, cut: Option<&Cut>) -> Vec<Row> {
        match (reads.parts(), cut) {
            (Some(is_read), Some(cut)) => {
                let parts = self.parts(cut).into_iter().zip(is_read);
                parts.filter_map(|(row, is_read)| is_read.then_some(row)).collect()
            }
            _ => vec![self.whole()],
        }
    }
}

/// At most `count` of `all` partitions, spread evenly; all of them for 0.
pub(super) fn spread(all: usize, count: usize) -> Vec<usize> {
    if count == 0 || count >= all {
        return (0..all).collect();
    }
    (0..count).map(|at| (2 * at + 1) * all / (2 * count)).collect()
}
