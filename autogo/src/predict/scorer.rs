//! One place in a network, many segments that might stand there.

use super::batch::Batch;
use super::features::{GraphFeatures, NodeFeatures};
use super::model::{Model, layout};
use super::predictor::Psc;
use super::prepared::{Prepared, Row};
use super::scale::Scale;
use super::settings::{LargeKernels, NodeKind};
use super::terms::TermTable;
use super::train::dfdx_error;
use crate::error::Error;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::segment::{Segment, Source};
use dfdx::prelude::Cpu;
use rayon::prelude::*;

/// What the encoder makes of some segments: a row each. It does not depend on where they are put.
#[derive(Clone, Debug)]
pub struct EncodedSegments {
    width: usize,
    rows: Vec<f32>,
}

impl EncodedSegments {
    /// Number of segments.
    pub fn len(&self) -> usize {
        self.rows.len() / self.width.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Some of them, by number.
    pub fn select(&self, numbers: &[usize]) -> Self {
        let row = |&at: &usize| self.rows[at * self.width..(at + 1) * self.width].iter().copied();
        EncodedSegments { width: self.width, rows: numbers.iter().flat_map(row).collect() }
    }
}

/// Scores segments in one place of a network, whose predecessor and successor are encoded once.
///
/// The head is two straight lines with a ReLU between: what predecessor and successor add to the first one is a constant of the
/// place, so a candidate costs one product of its row with a matrix.
#[derive(Clone, Debug)]
pub struct CutScorer {
    scale: Scale,
    /// The first line's value without a segment.
    base: Vec<f32>,
    /// The first line's matrix for the segment, by rows.
    first: Vec<f32>,
    second: Vec<f32>,
    constant: f32,
}

/// Rows that a thread scores at once.
const CHUNK: usize = 256;

impl Psc {
    /// Encodes segments by themselves. O(distinct computations · width²); once for a whole database.
    pub fn encode_segments(&self, segments: &[Segment]) -> Result<EncodedSegments, Error> {
        self.is_of_ops()?;
        let read = |segment: &Segment| GraphFeatures::of_segment_with(segment, self.model.architecture.large_kernels);
        let features = segments.par_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
        let rows = features.par_chunks(CHUNK).map(|chunk| encode(&self.model, chunk));
        let rows = rows.collect::<Result<Vec<Vec<f32>>, Error>>()?.concat();
        Ok(EncodedSegments { width: self.model.architecture.hidden, rows })
    }

    /// Refuses a predictor whose nodes are told by their tokens: a segment by itself does not know what will stand around it.
    fn is_of_ops(&self) -> Result<(), Error> {
        match self.model.architecture.nodes {
            NodeKind::Op => Ok(()),
            NodeKind::Token => Err(Error::setting("nodes", "are told by their tokens", "`op` to score segments apart")),
        }
    }

    /// A scorer for what may stand in the place of the partition's segment. For predictors that read segments.
    ///
    /// ```
    /// use autogo::predict::{Psc, TrainSettings};
    /// use autogo::prelude::*;
    /// let data = LabelledFamily::nb201_computed(60)?;
    /// let split = data.split(30, 5, 0)?;
    /// let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
    /// let Mined { segmenter, db, .. } = Mining::bpe(40).run(&graphs)?;
    /// let settings = TrainSettings { epochs: 1, ..TrainSettings::default() };
    /// let (psc, _) = Psc::train(&split.train, &segmenter, &settings, Progress::Silent)?;
    /// let segments: Vec<Segment> = db.rows().iter().map(|row| row.segment.clone()).collect();
    /// let encoded = psc.encode_segments(&segments)?;
    /// let groups = segmenter.groups(&graphs[0]);
    /// let scores = psc.scorer(&graphs[0], &Partition::at(&groups, 3, 1))?.score(&encoded);
    /// assert_eq!(scores.len(), db.len());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn scorer(&self, graph: &Graph, partition: &Partition) -> Result<CutScorer, Error> {
        self.is_of_ops()?;
        let features = GraphFeatures::read_by(&self.model.architecture, graph)?;
        let around = [&partition.predecessor, &partition.successor].map(|nodes| features.part(nodes));
        let rows = encode(&self.model, &around)?;
        let hidden = self.model.architecture.hidden;
        let head = Head::of(&self.model);
        let [reads_before, _, reads_behind] = self.model.architecture.reads.parts().unwrap_or([true; 3]);
        let (mut base, mut place) = (head.bias, 0);
        let mut add = |row: &[f32]| {
            for (at, x) in row.iter().enumerate() {
                let weights = &head.first[(place + at) * head.width..(place + at + 1) * head.width];
                base.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
            }
            place += row.len();
        };
        if reads_before {
            add(&rows[..hidden]);
        }
        // The segment's rows of the matrix stand between those of predecessor and successor.
        let segment = usize::from(reads_before) * hidden;
        add(&vec![0.0; hidden]);
        if reads_behind {
            add(&rows[hidden..]);
        }
        let first = head.first[segment * head.width..(segment + hidden) * head.width].to_vec();
        Ok(CutScorer { scale: self.scale.clone(), base, first, second: head.second, constant: head.constant })
    }
}

impl CutScorer {
    /// The label predicted for the network with each segment in this place. O(segments · width²).
    pub fn score(&self, segments: &EncodedSegments) -> Vec<f64> {
        let width = self.base.len();
        let one = |row: &[f32], sums: &mut Vec<f32>| {
            sums.clear();
            sums.extend_from_slice(&self.base);
            for (x, weights) in row.iter().zip(self.first.chunks_exact(width)) {
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
            }
            let out = sums.iter().zip(&self.second).map(|(sum, weight)| sum.max(0.0) * weight).sum::<f32>();
            self.scale.label(f64::from(out + self.constant))
        };
        let chunks = segments.rows.par_chunks(CHUNK * segments.width.max(1)).map(|chunk| {
            let mut sums = Vec::with_capacity(width);
            chunk.chunks_exact(segments.width.max(1)).map(|row| one(row, &mut sums)).collect::<Vec<f64>>()
        });
        chunks.collect::<Vec<Vec<f64>>>().concat()
    }
}

/// The rows of parts, one after the other.
fn encode(model: &Model, parts: &[GraphFeatures]) -> Result<Vec<f32>, Error> {
    let mut table = TermTable::new(model.architecture.layers);
    let rows: Vec<Row> = parts.iter().map(|part| Prepared::of(part, &mut table).whole()).collect();
    let batch = Batch::new(&table, &rows, &model.architecture, &Cpu::default());
    Ok(model.encode(&batch).map_err(dfdx_error)?.as_vec())
}

impl GraphFeatures {
    /// The features of a segment by itself, divided by the constants of the five families.
    pub fn of_segment(segment: &Segment) -> Result<Self, Error> {
        Self::of_segment_with(segment, LargeKernels::Refused)
    }

    fn of_segment_with(segment: &Segment, large: LargeKernels) -> Result<Self, Error> {
        let node = |at: usize| {
            let node = &segment.nodes[at];
            let read = segment.operands[at].first().map_or(node.shape, |&source| segment.source_shape(source));
            NodeFeatures::new(&node.name, &node.op, read, node.shape, large)
        };
        let inner = |sources: &Vec<Source>| {
            let inner = sources.iter().filter_map(|source| match *source {
                Source::Inner(node) => Some(node),
                Source::Input(_) => None,
            });
            inner.collect::<std::collections::BTreeSet<usize>>().into_iter().collect()
        };
        Ok(GraphFeatures {
            nodes: (0..segment.nodes.len()).map(node).collect::<Result<Vec<_>, Error>>()?,
            operands: segment.operands.iter().map(inner).collect(),
        })
    }
}

/// A head as two lines: `second · relu(first · x + bias) + constant`.
struct Head {
    width: usize,
    first: Vec<f32>,
    bias: Vec<f32>,
    second: Vec<f32>,
    constant: f32,
}

impl Head {
    /// Multiplies the layers of a head together, in 64 bits.
    fn of(model: &Model) -> Head {
        let layers: Vec<(usize, Vec<f64>)> = layout(&model.architecture)
            .into_iter()
            .zip(&model.values)
            .filter(|((name, ..), _)| name.starts_with("head"))
            .map(|((_, rows, _), value)| (rows, value.as_vec().into_iter().map(f64::from).collect()))
            .collect();
        let line = |at: usize| (&layers[2 * at].1, &layers[2 * at + 1].1);
        // x (W a) + (b a + c): a line after a line is a line.
        let join = |before: (Vec<f64>, Vec<f64>), after: (&Vec<f64>, &Vec<f64>)| {
            let (inner, columns) = (before.1.len(), after.1.len());
            let times = |row: &[f64]| -> Vec<f64> {
                let column = |at: usize| (0..inner).map(|k| row[k] * after.0[k * columns + at]).sum();
                (0..columns).map(column).collect()
            };
            let matrix = before.0.chunks_exact(inner).flat_map(times).collect();
            let bias = times(&before.1).iter().zip(after.1).map(|(a, b)| a + b).collect();
            (matrix, bias)
        };
        let start = |at: usize| (line(at).0.clone(), line(at).1.clone());
        let first = join(start(0), line(1));
        let second = join(join(start(2), line(3)), line(4));
        let narrow = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect::<Vec<f32>>();
        Head {
            width: first.1.len(),
            first: narrow(first.0),
            bias: narrow(first.1),
            second: narrow(second.0),
            constant: second.1[0] as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledFamily;
    use crate::predict::{Architecture, Reads, TrainSettings};
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
        let whole = GraphFeatures::new(graph).unwrap();
        for reads in [Reads::Psc, Reads::WithoutPredecessor, Reads::WithoutSuccessor, Reads::SegmentOnly] {
            let architecture = Architecture { reads, ..Architecture::default() };
            let settings = TrainSettings { epochs: 1, architecture, ..TrainSettings::default() };
            let (psc, _) = Psc::train(&split.train, &segmenter, &settings, Progress::Silent).unwrap();
            let fast = psc.scorer(graph, &partition).unwrap().score(&psc.encode_segments(&segments).unwrap());
            let triple = |segment: &Segment| {
                let [before, behind] = [&partition.predecessor, &partition.successor].map(|nodes| whole.part(nodes));
                [before, GraphFeatures::of_segment(segment).unwrap(), behind]
            };
            let slow = psc.predict(&segments.iter().map(triple).collect::<Vec<_>>()).unwrap();
            let spread = slow.iter().fold(f64::MIN, |a, b| a.max(*b)) - slow.iter().fold(f64::MAX, |a, b| a.min(*b));
            assert!(spread > 0.0);
            for (fast, slow) in fast.iter().zip(&slow) {
                assert!((fast - slow).abs() < 1e-4 * spread.max(1.0), "{reads:?}: {fast} against {slow}");
            }
        }
    }
}
