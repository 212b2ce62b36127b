//! The PSC: a predictor of networks that are cut.

use super::encoded::EncodedSegments;
use super::in_place::{CutScorer, encode_segments};
use super::predictor::Predictor;
use super::trained::Trained;
use crate::data::Example;
use crate::error::Error;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::predict::network::{GraphFeatures, Reads};
use crate::predict::training::{Reports, TrainLog, TrainSettings};
use crate::segment::{Segment, Segmenter};
use std::ops::Deref;
use std::path::Path;

/// Predicts from a predecessor, a segment and a successor: one encoder reads the three parts of a cut network, their
/// rows are joined, and a head predicts (paper §3.3, [release §6.3](crate::doc::release#s6-3)). It is a [`Trained`]
/// predictor that cuts networks, and has the methods of one.
///
/// ```
/// use autogo::predict::TrainSettings;
/// use autogo::prelude::*;
/// let split = LabelledFamily::nb201_computed(30)?.split(20, 5, 0)?;
/// let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
/// let segmenter = Mining::bpe(30).segmenter(&graphs)?;
/// let settings = TrainSettings { epochs: 1, ..TrainSettings::default() };
/// let (psc, _) = Psc::train(&split.train, &segmenter, &settings, Progress::Silent)?;
/// let each = psc.predict_partitions(&graphs[0])?;
/// assert_eq!(each.len(), segmenter.groups(&graphs[0]).len());
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Psc(pub(crate) Trained);

impl Psc {
    /// Trains on labelled networks, each cut at the segments of `segmenter`; see [`Trained::train`].
    ///
    /// # Errors
    /// Those of [`Trained::train`], and settings that read whole graphs.
    pub fn train<'a>(
        examples: &[Example],
        segmenter: &Segmenter,
        settings: &TrainSettings,
        reports: impl Into<Reports<'a>>,
    ) -> Result<(Self, TrainLog), Error> {
        if !settings.architecture.reads.is_cut() {
            return Err(Error::predictor("reads", "asks for whole graphs", "`psc` or a part of it"));
        }
        Trained::train(examples, Some(segmenter), settings, reports).map(|(trained, log)| (Psc(trained), log))
    }

    /// Goes on from these weights with other labelled networks; see [`Trained::fine_tune`].
    ///
    /// # Errors
    /// Those of [`Trained::train`].
    pub fn fine_tune<'a>(
        &self,
        examples: &[Example],
        settings: &TrainSettings,
        reports: impl Into<Reports<'a>>,
    ) -> Result<(Self, TrainLog), Error> {
        self.0.fine_tune(examples, settings, reports).map(|(trained, log)| (Psc(trained), log))
    }

    /// The same predictor, with scores averaged over `cuts` partitions of a network; 0 for all of them. Sixteen unless
    /// asked otherwise; two rank as well and are quicker.
    #[must_use]
    pub fn with_cuts(self, cuts: usize) -> Self {
        Psc(self.0.with_cuts(cuts))
    }

    /// The label predicted for every triple of a predecessor, a segment and a successor, each given by its own
    /// features.
    ///
    /// # Errors
    /// Too little memory for the batch.
    pub fn predict(&self, triples: &[[GraphFeatures; 3]]) -> Result<Vec<f64>, Error> {
        self.0.predict_triples(triples)
    }

    /// Encodes segments by themselves: once for a whole database. O(distinct computations · width²).
    ///
    /// # Errors
    /// A segment with a kernel wider than 7, and a predictor that reads more of a segment than the segment holds.
    pub fn encode_segments(&self, segments: &[Segment]) -> Result<EncodedSegments, Error> {
        encode_segments(&self.0.model, segments)
    }

    /// A scorer for the segments that may stand in the place of the partition's segment; predecessor and successor are
    /// encoded once.
    ///
    /// # Errors
    /// A network that the predictor cannot read, and a predictor that reads more of a segment than the segment holds.
    ///
    /// ```
    /// use autogo::predict::TrainSettings;
    /// use autogo::prelude::*;
    /// let split = LabelledFamily::nb201_computed(30)?.split(20, 5, 0)?;
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
        CutScorer::new(&self.0.model, &self.0.scale, graph, partition)
    }

    /// Reads a predictor that [`Trained::save`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or is no PSC of this version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Trained::load_if(path.as_ref(), "a PSC", Reads::is_cut).map(Psc)
    }
}

impl Deref for Psc {
    type Target = Trained;

    fn deref(&self) -> &Trained {
        &self.0
    }
}

impl Predictor for Psc {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        self.0.score(graphs)
    }

    fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }

    fn encode(&self, segments: &[Segment]) -> Result<Option<EncodedSegments>, Error> {
        self.0.encode(segments)
    }

    fn score_in_place(
        &self,
        graph: &Graph,
        partition: &Partition,
        segments: &EncodedSegments,
    ) -> Result<Vec<f64>, Error> {
        self.0.score_in_place(graph, partition, segments)
    }
}
