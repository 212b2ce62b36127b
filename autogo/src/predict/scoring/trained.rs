//! A trained predictor of either kind.

use super::cutting::Cutting;
use super::encoded::EncodedSegments;
use super::in_place::{CutScorer, encode_segments};
use super::predictor::Predictor;
use super::saved;
use crate::data::Example;
use crate::error::Error;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::predict::network::{
    GraphFeatures, Model, Prepared, Reads, Row, TermTable, predict, predict_each, predict_rows, spread,
};
use crate::predict::training::{Learned, Reports, Scale, TrainLog, TrainSettings, train};
use crate::segment::{Segment, Segmenter};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Networks that share a table of computations while they are scored.
const CHUNK: usize = 64;

/// A trained predictor of either kind: of whole networks, or of networks that are cut. The settings decide which
/// ([`Architecture::reads`](crate::predict::Architecture::reads)). [`Gnn`](super::Gnn) and [`Psc`](super::Psc) are this
/// type with a known kind; all that they share is here.
///
/// ```
/// use autogo::predict::{Architecture, Trained, TrainSettings};
/// use autogo::prelude::*;
/// let split = LabelledFamily::nb201_computed(30)?.split(20, 5, 0)?;
/// let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
/// let segmenter = Mining::bpe(30).segmenter(&graphs)?;
/// for architecture in [Architecture::gnn(), Architecture::default()] {
///     let settings = TrainSettings { epochs: 1, architecture, ..TrainSettings::default() };
///     let (predictor, _) = Trained::train(&split.train, Some(&segmenter), &settings, Progress::Silent)?;
///     assert_eq!(predictor.score(&graphs[..3])?.len(), 3);
/// }
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trained {
    pub(crate) model: Model,
    pub(crate) scale: Scale,
    /// The cutting of networks; `None` where the predictor reads whole networks.
    pub(crate) cutting: Option<Cutting>,
}

impl Trained {
    /// Trains on labelled networks. A predictor that reads parts of a cut cuts networks at the segments of `segmenter`.
    ///
    /// Same examples, segmenter and settings give the same predictor, on any number of threads. One epoch is
    /// O(distinct computations · width²).
    ///
    /// # Errors
    /// Settings out of range, no segmenter where one is needed, fewer than two examples to train on, labels that are
    /// not finite, networks that the predictor cannot read, a loss that stops being finite; errors of `reports`: a file
    /// of another training, a file that cannot be written, an error of the watcher.
    pub fn train<'a>(
        examples: &[Example],
        segmenter: Option<&Segmenter>,
        settings: &TrainSettings,
        reports: impl Into<Reports<'a>>,
    ) -> Result<(Self, TrainLog), Error> {
        let cutting = match (settings.architecture.reads.is_cut(), segmenter) {
            (false, _) => None,
            (true, Some(segmenter)) => Some(Cutting::by(segmenter)),
            (true, None) => return Err(Error::predictor("segmenter", "is missing", "one, to cut networks with")),
        };
        Self::learn(examples, cutting, settings, None, reports.into())
    }

    /// Goes on from these weights with other labelled networks, such as a few of a new family, cut by the same
    /// segmenter. The architecture stays; the new labels bring their own scale.
    ///
    /// # Errors
    /// Those of [`Trained::train`].
    pub fn fine_tune<'a>(
        &self,
        examples: &[Example],
        settings: &TrainSettings,
        reports: impl Into<Reports<'a>>,
    ) -> Result<(Self, TrainLog), Error> {
        let settings = TrainSettings { architecture: self.model.architecture, ..*settings };
        Self::learn(examples, self.cutting.clone(), &settings, Some(&self.model), reports.into())
    }

    fn learn(
        examples: &[Example],
        cutting: Option<Cutting>,
        settings: &TrainSettings,
        from: Option<&Model>,
        reports: Reports<'_>,
    ) -> Result<(Self, TrainLog), Error> {
        let segmenter = cutting.as_ref().map(|cutting| &cutting.segmenter);
        let Learned { model, scale, log } = train(examples, segmenter, settings, from, reports)?;
        Ok((Trained { model, scale, cutting }, log))
    }

    /// The number of trained parameters.
    pub fn parameters(&self) -> usize {
        self.model.count()
    }

    /// The partitions over which a whole network's score is averaged: 0 for all of them, nothing where networks are not
    /// cut.
    pub fn cuts(&self) -> Option<usize> {
        self.cutting.as_ref().map(|cutting| cutting.cuts)
    }

    /// The same predictor, with scores averaged over `cuts` partitions of a network; 0 for all of them. A predictor of
    /// whole networks stays as it is.
    #[must_use]
    pub fn with_cuts(self, cuts: usize) -> Self {
        Trained { cutting: self.cutting.map(|cutting| Cutting { cuts, ..cutting }), ..self }
    }

    /// The label predicted for every partition of a network, in line; a single one from a predictor of whole networks.
    ///
    /// # Errors
    /// A network that the predictor cannot read.
    pub fn predict_partitions(&self, graph: &Graph) -> Result<Vec<f64>, Error> {
        let mut table = TermTable::new(self.model.architecture.layers);
        let prepared = self.prepare(graph, 0, &mut table)?;
        let each = predict_each(&self.model, &table, &[prepared])?;
        Ok(each.into_iter().flatten().map(|one| self.scale.label(one)).collect())
    }

    /// Writes the predictor as safetensors, with everything that its scores depend on: read again, it scores the same.
    /// The file appears whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        saved::save(path.as_ref(), &self.model, &self.scale, self.cutting.as_ref())
    }

    /// Reads a predictor of either kind that [`Trained::save`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or is no predictor of this version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_if(path.as_ref(), "a predictor", |_| true)
    }

    /// Reads a predictor that reads what is asked for; `accepted` says what that is.
    pub(super) fn load_if(path: &Path, accepted: &str, is_right: impl Fn(Reads) -> bool) -> Result<Self, Error> {
        let (model, scale, cutting) = saved::load(path, accepted, is_right)?;
        if model.architecture.reads.is_cut() && cutting.is_none() {
            return Err(Error::File { path: path.into(), reason: "does not say how networks are cut".into() });
        }
        Ok(Trained { model, scale, cutting })
    }

    /// A network as this predictor reads it, with `cuts` partitions if it is cut.
    fn prepare(&self, graph: &Graph, cuts: usize, table: &mut TermTable) -> Result<Prepared, Error> {
        let architecture = &self.model.architecture;
        match &self.cutting {
            None => Prepared::graph(graph, architecture, table),
            Some(Cutting { segmenter, .. }) => {
                Prepared::partitions(graph, architecture, segmenter, table, |all| spread(all, cuts))
            }
        }
    }

    /// One label for every network, made ready by `prepare`.
    fn score_with<T: Sync>(
        &self,
        networks: &[T],
        prepare: impl Fn(&T, &mut TermTable) -> Result<Prepared, Error> + Sync,
    ) -> Result<Vec<f64>, Error> {
        let chunks = networks.par_chunks(CHUNK).map(|chunk| {
            let mut table = TermTable::new(self.model.architecture.layers);
            let prepared =
                chunk.iter().map(|network| prepare(network, &mut table)).collect::<Result<Vec<_>, Error>>()?;
            predict(&self.model, &table, &prepared)
        });
        let chunks = chunks.collect::<Result<Vec<Vec<f64>>, Error>>()?;
        Ok(chunks.into_iter().flatten().map(|one| self.scale.label(one)).collect())
    }

    /// The label predicted for every network whose features these are, read as a whole.
    pub(super) fn predict_features(&self, networks: &[GraphFeatures]) -> Result<Vec<f64>, Error> {
        self.score_with(networks, |network, table| Ok(Prepared::of(network, table)))
    }

    /// The label predicted for every triple of a predecessor, a segment and a successor.
    pub(super) fn predict_triples(&self, triples: &[[GraphFeatures; 3]]) -> Result<Vec<f64>, Error> {
        let is_read = self.model.architecture.reads.parts().unwrap_or([true; 3]);
        let chunks = triples.par_chunks(CHUNK).map(|chunk| {
            let mut table = TermTable::new(self.model.architecture.layers);
            let parts = chunk.iter().flat_map(|parts| parts.iter().zip(is_read));
            let rows: Vec<Row> =
                parts.filter(|(_, is_read)| *is_read).map(|(part, _)| Prepared::of(part, &mut table).whole()).collect();
            let predictions = predict_rows(&self.model, &table, &rows)?;
            Ok(predictions.into_iter().map(|one| self.scale.label(one)).collect())
        });
        Ok(chunks.collect::<Result<Vec<Vec<f64>>, Error>>()?.concat())
    }
}

impl Predictor for Trained {
    /// The label predicted for each network; the mean over [`Trained::cuts`] partitions, spread evenly over the
    /// network's segments.
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        let cuts = self.cuts().unwrap_or(0);
        self.score_with(graphs, |graph, table| self.prepare(graph, cuts, table))
    }

    /// SHA-256 of architecture, scale, cutting and weights.
    fn fingerprint(&self) -> String {
        // Plain data with text keys: there is nothing that could fail.
        let cutting = self.cutting.as_ref().map_or(String::new(), |Cutting { cuts, segmenter }| {
            format!("{cuts} {}", serde_json::to_string(segmenter).unwrap_or_default())
        });
        let mut hash = Sha256::new();
        hash.update(serde_json::to_string(&(self.model.architecture, &self.scale, cutting)).unwrap_or_default());
        self.model.numbers().iter().flatten().for_each(|weight| hash.update(weight.to_le_bytes()));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Nothing from a predictor of whole networks, and nothing where a segment's row depends on what stands around it:
    /// where nodes are named by their tokens, where positions are read, where parts meet before the head.
    fn encode(&self, segments: &[Segment]) -> Result<Option<EncodedSegments>, Error> {
        if !self.model.architecture.reads_segments_apart() {
            return Ok(None);
        }
        encode_segments(&self.model, segments).map(Some)
    }

    fn score_in_place(
        &self,
        graph: &Graph,
        partition: &Partition,
        segments: &EncodedSegments,
    ) -> Result<Vec<f64>, Error> {
        Ok(CutScorer::new(&self.model, &self.scale, graph, partition)?.score(segments))
    }
}
