//! One place in a network, many segments that might stand there.

use super::encoded::EncodedSegments;
use crate::error::Error;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::predict::network::{Model, encode};
use crate::predict::training::Scale;
use crate::segment::Segment;
use rayon::prelude::*;

/// Rows that a thread computes at once.
const CHUNK: usize = 256;

/// Scores segments in one place of a network, whose predecessor and successor are encoded once.
///
/// The head is two straight lines with a ReLU between them. Predecessor and successor add a constant of the place to
/// the first line, so a candidate costs one product of its row (1 × hidden) with a matrix (hidden × width).
#[derive(Clone, Debug)]
pub struct CutScorer {
    scale: Scale,
    /// The first line's value without a segment: width.
    base: Vec<f32>,
    /// The first line's matrix for the segment: hidden × width, by rows.
    first: Vec<f32>,
    /// The second line: width.
    second: Vec<f32>,
    constant: f32,
}

/// Encodes segments by themselves.
pub(super) fn encode_segments(model: &Model, segments: &[Segment]) -> Result<EncodedSegments, Error> {
    check(model)?;
    let read = |segment: &Segment| model.architecture.segment_features(segment);
    let features = segments.par_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    let rows = features.par_chunks(CHUNK).map(|chunk| encode(model, chunk));
    let rows = rows.collect::<Result<Vec<Vec<f32>>, Error>>()?.concat();
    Ok(EncodedSegments { width: model.architecture.hidden, rows })
}

/// Refuses a network to which a segment's row depends on what stands around the segment.
fn check(model: &Model) -> Result<(), Error> {
    if model.architecture.reads_segments_apart() {
        return Ok(());
    }
    let reason = "the predictor reads more of a segment than the segment holds";
    Err(Error::predictor("segments apart", reason, "nodes named by `op`, no positions, mixing `apart`"))
}

impl CutScorer {
    /// The scorer of the place of the partition's segment.
    pub(super) fn new(model: &Model, scale: &Scale, graph: &Graph, partition: &Partition) -> Result<Self, Error> {
        check(model)?;
        let features = model.architecture.features(graph)?;
        let around = [&partition.predecessor, &partition.successor].map(|nodes| features.part(nodes));
        let rows = encode(model, &around)?;
        let hidden = model.architecture.hidden;
        let (predecessor, successor) = rows.split_at(hidden);
        let head = model.folded_head()?;
        let width = head.bias.len();
        let [reads_predecessor, _, reads_successor] = model.architecture.reads.parts().unwrap_or([true; 3]);
        // The matrix has the rows of the predecessor first, then those of the segment, then those of the successor.
        let segment = usize::from(reads_predecessor) * hidden;
        let mut base = head.bias;
        if reads_predecessor {
            add_product(&mut base, predecessor, &head.first);
        }
        if reads_successor {
            add_product(&mut base, successor, &head.first[(segment + hidden) * width..]);
        }
        let first = head.first[segment * width..(segment + hidden) * width].to_vec();
        Ok(CutScorer { scale: scale.clone(), base, first, second: head.second, constant: head.constant })
    }

    /// The label predicted for the network with each segment in this place. O(segments · width²).
    pub fn score(&self, segments: &EncodedSegments) -> Vec<f64> {
        let one = |row: &[f32], sums: &mut Vec<f32>| {
            sums.clear();
            sums.extend_from_slice(&self.base);
            add_product(sums, row, &self.first);
            let out = sums.iter().zip(&self.second).map(|(sum, weight)| sum.max(0.0) * weight).sum::<f32>();
            self.scale.label(f64::from(out + self.constant))
        };
        let width = segments.width.max(1);
        let chunks = segments.rows.par_chunks(CHUNK * width).map(|chunk| {
            let mut sums = Vec::with_capacity(self.base.len());
            chunk.chunks_exact(width).map(|row| one(row, &mut sums)).collect::<Vec<f64>>()
        });
        chunks.collect::<Vec<Vec<f64>>>().concat()
    }
}

/// Adds the product of a row with a matrix, given by rows, to `sums`. Rows of the matrix behind the last one needed are
/// left out.
fn add_product(sums: &mut [f32], row: &[f32], matrix: &[f32]) {
    for (x, weights) in row.iter().zip(matrix.chunks_exact(sums.len())) {
        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledFamily;
    use crate::predict::{Architecture, Mixing, NodeKind, Predictor, Psc, Reads, Receives, TrainSettings};
    use crate::progress::Progress;
    use crate::segment::{Mined, Mining};

    #[test]
    fn scores_in_a_place_are_those_of_the_triples() {
        let split = LabelledFamily::nb201_computed(60).unwrap().split(30, 5, 0).unwrap();
        let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
        let Mined { segmenter, db, .. } = Mining::bpe(60).run(&graphs).unwrap();
        let segments: Vec<Segment> = db.rows().iter().map(|row| row.segment.clone()).collect();
        let graph = &split.test[0].graph;
        let partition = Partition::at(&segmenter.groups(graph), 9, 2);
        let reads = [Reads::Psc, Reads::WithoutPredecessor, Reads::WithoutSuccessor, Reads::SegmentOnly];
        let mut architectures = reads.map(|reads| Architecture { reads, ..Architecture::default() }).to_vec();
        architectures.push(Architecture { receives: Receives::Neighbours, ..Architecture::default() });
        for architecture in architectures {
            let whole = architecture.features(graph).unwrap();
            let settings = TrainSettings { epochs: 1, architecture, ..TrainSettings::default() };
            let (psc, _) = Psc::train(&split.train, &segmenter, &settings, Progress::Silent).unwrap();
            let fast = psc.scorer(graph, &partition).unwrap().score(&psc.encode_segments(&segments).unwrap());
            let triple = |segment: &Segment| {
                let [before, behind] = [&partition.predecessor, &partition.successor].map(|nodes| whole.part(nodes));
                [before, architecture.segment_features(segment).unwrap(), behind]
            };
            let slow = psc.predict(&segments.iter().map(triple).collect::<Vec<_>>()).unwrap();
            let spread = slow.iter().fold(f64::MIN, |a, b| a.max(*b)) - slow.iter().fold(f64::MAX, |a, b| a.min(*b));
            assert!(spread > 0.0);
            for (fast, slow) in fast.iter().zip(&slow) {
                assert!((fast - slow).abs() < 1e-4 * spread.max(1.0), "{architecture:?}: {fast} against {slow}");
            }
        }
    }

    #[test]
    fn a_segment_that_is_read_with_what_stands_around_it_is_not_scored_apart() {
        let split = LabelledFamily::nb201_computed(10).unwrap().split(6, 1, 0).unwrap();
        let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
        let Mined { segmenter, db, .. } = Mining::bpe(20).run(&graphs).unwrap();
        let segments = [db.rows()[0].segment.clone()];
        let paper = Architecture { layers: 1, ..Architecture::default() };
        for architecture in [
            Architecture { nodes: NodeKind::Token, ..paper },
            Architecture { positions: true, ..paper },
            Architecture { mixing: Mixing::Attention, ..paper },
        ] {
            let settings = TrainSettings { epochs: 1, architecture, ..TrainSettings::default() };
            let (psc, _) = Psc::train(&split.train, &segmenter, &settings, Progress::Silent).unwrap();
            assert!(psc.encode(&segments).unwrap().is_none());
            assert_eq!(
                psc.encode_segments(&segments).unwrap_err().to_string(),
                "segments apart: the predictor reads more of a segment than the segment holds; \
                 accepted: nodes named by `op`, no positions, mixing `apart`"
            );
        }
    }
}
