//! The two kinds of predictor: of whole networks, and of networks that are cut.

use super::batch::Batch;
use super::features::GraphFeatures;
use super::model::Model;
use super::prepared::{Prepared, spread};
use super::saved::{Cutting, load, save};
use super::scale::Scale;
use super::settings::{Architecture, NodeKind, TrainSettings};
use super::terms::TermTable;
use super::train::{Reports, TrainLog, dfdx_error, predict, predict_each, train};
use super::{EncodedSegments, Predictor, Reads};
use crate::data::Example;
use crate::error::Error;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::progress::Progress;
use crate::segment::{Segment, Segmenter};
use dfdx::prelude::{Cpu, NoneTape};
use polars::prelude::{DataFrame, df};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Networks that share a table of computations while they are scored.
const CHUNK: usize = 64;

/// Predicts from whole networks: the paper's GNN baseline ([release §6.3](crate::doc::release#s6-3)).
#[derive(Clone, Debug)]
pub struct Gnn {
    pub(crate) model: Model,
    pub(crate) scale: Scale,
}

/// Predicts from a predecessor, a segment and a successor: one encoder over the three parts of a cut network, their
/// means joined, a head on top (paper §3.3, [release §6.3](crate::doc::release#s6-3)).
#[derive(Clone, Debug)]
pub struct Psc {
    pub(crate) model: Model,
    pub(crate) scale: Scale,
    pub(crate) segmenter: Segmenter,
    /// Partitions over which a whole network's score is averaged; 0 for all of them.
    pub cuts: usize,
}

/// Partitions over which [`Psc`] averages unless told otherwise.
const CUTS: usize = 16;

impl Gnn {
    /// Trains on labelled networks. Same examples and settings give the same predictor, on any number of threads. One
    /// epoch is O(distinct computations · width²).
    pub fn train(examples: &[Example], settings: &TrainSettings, progress: Progress) -> Result<(Gnn, TrainLog), Error> {
        Self::train_at(examples, settings, None, progress)
    }

    /// The same, with its progress kept in a file after every epoch. A training that was interrupted goes on from there and
    /// ends with the same bytes.
    pub fn train_at(
        examples: &[Example],
        settings: &TrainSettings,
        path: Option<&Path>,
        progress: Progress,
    ) -> Result<(Gnn, TrainLog), Error> {
        Self::train_with(examples, settings, Reports { progress, path, watch: &mut |_| Ok(()) })
    }

    /// As [`Gnn::train`]; `watch` sees the log after every epoch, to draw it for example.
    ///
    /// # Errors
    /// Those of [`Gnn::train`] and of `watch`.
    pub fn train_watched(
        examples: &[Example],
        settings: &TrainSettings,
        progress: Progress,
        mut watch: impl FnMut(&TrainLog) -> Result<(), Error>,
    ) -> Result<(Gnn, TrainLog), Error> {
        Self::train_with(examples, settings, Reports { progress, path: None, watch: &mut watch })
    }

    fn train_with(
        examples: &[Example],
        settings: &TrainSettings,
        reports: Reports<'_>,
    ) -> Result<(Gnn, TrainLog), Error> {
        if settings.architecture.reads != Reads::Graph {
            return Err(Error::setting("reads", "asks for parts of a cut", "`graph` for a GNN"));
        }
        let (model, scale, log) = train(examples, None, settings, None, reports)?;
        Ok((Gnn { model, scale }, log))
    }

    /// Goes on from these weights with other labelled networks, such as a few of a new family. The architecture stays; the
    /// new labels bring their own scale.
    pub fn fine_tune(
        &self,
        examples: &[Example],
        settings: &TrainSettings,
        progress: Progress,
    ) -> Result<(Gnn, TrainLog), Error> {
        let settings = TrainSettings { architecture: self.model.architecture, ..*settings };
        let reports = Reports { progress, path: None, watch: &mut |_| Ok(()) };
        let (model, scale, log) = train(examples, None, &settings, Some(&self.model), reports)?;
        Ok((Gnn { model, scale }, log))
    }

    /// Number of trained parameters.
    pub fn parameters(&self) -> usize {
        self.model.count()
    }

    /// The label predicted for every network whose features these are.
    pub fn predict(&self, networks: &[GraphFeatures]) -> Result<Vec<f64>, Error> {
        score(&self.model, &self.scale, networks, |network, table| Ok(Prepared::of(network, table)))
    }

    /// Writes the predictor as safetensors; the file appears whole or not at all.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save(path.as_ref(), &self.model, &self.scale, None)
    }

    /// Reads a predictor that [`Gnn::save`] wrote.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (model, scale, _) = load(path.as_ref(), "a GNN", |reads| reads == Reads::Graph)?;
        Ok(Gnn { model, scale })
    }
}

impl Psc {
    /// Trains on labelled networks, each cut at the segments of `segmenter`.
    ///
    /// Same examples, settings and seed give the same predictor, on any number of threads. One epoch is
    /// O(distinct computations · width²).
    pub fn train(
        examples: &[Example],
        segmenter: &Segmenter,
        settings: &TrainSettings,
        progress: Progress,
    ) -> Result<(Psc, TrainLog), Error> {
        Self::train_at(examples, segmenter, settings, None, progress)
    }

    /// The same, with its progress kept in a file after every epoch. A training that was interrupted goes on from there and
    /// ends with the same bytes.
    pub fn train_at(
        examples: &[Example],
        segmenter: &Segmenter,
        settings: &TrainSettings,
        path: Option<&Path>,
        progress: Progress,
    ) -> Result<(Psc, TrainLog), Error> {
        Self::train_with(examples, segmenter, settings, Reports { progress, path, watch: &mut |_| Ok(()) })
    }

    /// As [`Psc::train`]; `watch` sees the log after every epoch, to draw it for example.
    ///
    /// # Errors
    /// Those of [`Psc::train`] and of `watch`.
    pub fn train_watched(
        examples: &[Example],
        segmenter: &Segmenter,
        settings: &TrainSettings,
        progress: Progress,
        mut watch: impl FnMut(&TrainLog) -> Result<(), Error>,
    ) -> Result<(Psc, TrainLog), Error> {
        Self::train_with(examples, segmenter, settings, Reports { progress, path: None, watch: &mut watch })
    }

    fn train_with(
        examples: &[Example],
        segmenter: &Segmenter,
        settings: &TrainSettings,
        reports: Reports<'_>,
    ) -> Result<(Psc, TrainLog), Error> {
        if settings.architecture.reads == Reads::Graph {
            return Err(Error::setting("reads", "asks for whole graphs", "`psc` or a part of it"));
        }
        let (model, scale, log) = train(examples, Some(segmenter), settings, None, reports)?;
        Ok((Psc { model, scale, segmenter: segmenter.clone(), cuts: CUTS }, log))
    }

    /// Goes on from these weights with other labelled networks, such as a few of a new family, cut by the same segmenter. The
    /// architecture stays; the new labels bring their own scale.
    pub fn fine_tune(
        &self,
        examples: &[Example],
        settings: &TrainSettings,
        progress: Progress,
    ) -> Result<(Psc, TrainLog), Error> {
        let settings = TrainSettings { architecture: self.model.architecture, ..*settings };
        let reports = Reports { progress, path: None, watch: &mut |_| Ok(()) };
        let (model, scale, log) = train(examples, Some(&self.segmenter), &settings, Some(&self.model), reports)?;
        Ok((Psc { model, scale, ..self.clone() }, log))
    }

    /// Number of trained parameters.
    pub fn parameters(&self) -> usize {
        self.model.count()
    }

    /// The label predicted for every triple of a predecessor, a segment and a successor, each given by its own features.
    pub fn predict(&self, triples: &[[GraphFeatures; 3]]) -> Result<Vec<f64>, Error> {
        let is_read = self.model.architecture.reads.parts().unwrap_or([true; 3]);
        let chunks = triples.par_chunks(CHUNK).map(|chunk| {
            let mut table = TermTable::new(self.model.architecture.layers);
            let parts = chunk.iter().flat_map(|parts| parts.iter().zip(is_read));
            let rows: Vec<_> =
                parts.filter(|(_, is_read)| *is_read).map(|(part, _)| Prepared::of(part, &mut table).whole()).collect();
            let batch = Batch::new(&table, &rows, &self.model.architecture, &Cpu::default());
            let predictions = self.model.forward::<NoneTape>(&batch).map_err(dfdx_error)?.as_vec();
            Ok(predictions.into_iter().map(|one| self.scale.label(f64::from(one))).collect())
        });
        Ok(chunks.collect::<Result<Vec<Vec<f64>>, Error>>()?.concat())
    }

    /// The label predicted for every partition of a network, in line.
    pub fn predict_partitions(&self, graph: &Graph) -> Result<Vec<f64>, Error> {
        let mut table = TermTable::new(self.model.architecture.layers);
        let prepared =
            Prepared::partitions(graph, &self.model.architecture, &self.segmenter, &mut table, |all| spread(all, 0))?;
        let each = predict_each(&self.model, &table, &[prepared])?;
        Ok(each.into_iter().flatten().map(|one| self.scale.label(one)).collect())
    }

    /// Writes the predictor as safetensors, with [`Psc::cuts`] and the segmenter: read again, it scores the same. The file
    /// appears whole or not at all.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let cutting = Cutting { cuts: self.cuts, segmenter: self.segmenter.clone() };
        save(path.as_ref(), &self.model, &self.scale, Some(cutting))
    }

    /// Reads a predictor that [`Psc::save`] wrote.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let (model, scale, cutting) = load(path, "a PSC", |reads| reads != Reads::Graph)?;
        let missing = || Error::File { path: path.into(), reason: "does not say how networks are cut".into() };
        let Cutting { cuts, segmenter } = cutting.ok_or_else(missing)?;
        Ok(Psc { model, scale, segmenter, cuts })
    }
}

impl Predictor for Gnn {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        let architecture = &self.model.architecture;
        score(&self.model, &self.scale, graphs, |graph, table| Prepared::graph(graph, architecture, table))
    }

    fn fingerprint(&self) -> String {
        fingerprint(&self.model, &self.scale, "")
    }
}

impl Predictor for Psc {
    /// The mean over [`Psc::cuts`] partitions, spread evenly over the network's segments.
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        score(&self.model, &self.scale, graphs, |graph, table| {
            Prepared::partitions(graph, &self.model.architecture, &self.segmenter, table, |all| spread(all, self.cuts))
        })
    }

    fn fingerprint(&self) -> String {
        let segmenter = serde_json::to_string(&self.segmenter).unwrap_or_default();
        fingerprint(&self.model, &self.scale, &format!("{} {segmenter}", self.cuts))
    }

    /// Nothing if nodes are told by their tokens: a segment by itself does not know what will stand around it.
    fn encode(&self, segments: &[Segment]) -> Result<Option<EncodedSegments>, Error> {
        match self.model.architecture.nodes {
            NodeKind::Op => self.encode_segments(segments).map(Some),
            NodeKind::Token => Ok(None),
        }
    }

    fn score_in_place(
        &self,
        graph: &Graph,
        partition: &Partition,
        segments: &EncodedSegments,
    ) -> Result<Vec<f64>, Error> {
        Ok(self.scorer(graph, partition)?.score(segments))
    }
}

/// SHA-256 of weights, shape and scale, and of what else a predictor depends on.
fn fingerprint(model: &Model, scale: &Scale, more: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_string(&(model.architecture, scale, more)).unwrap_or_default());
    for value in &model.values {
        value.as_vec().into_iter().for_each(|weight| hash.update(weight.to_le_bytes()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn score<T: Sync>(
    model: &Model,
    scale: &Scale,
    networks: &[T],
    prepare: impl Fn(&T, &mut TermTable) -> Result<Prepared, Error> + Sync,
) -> Result<Vec<f64>, Error> {
    let chunks = networks.par_chunks(CHUNK).map(|chunk| {
        let mut table = TermTable::new(model.architecture.layers);
        let prepared = chunk.iter().map(|network| prepare(network, &mut table)).collect::<Result<Vec<_>, Error>>()?;
        predict(model, &table, &prepared)
    });
    let chunks = chunks.collect::<Result<Vec<Vec<f64>>, Error>>()?;
    Ok(chunks.into_iter().flatten().map(|one| scale.label(one)).collect())
}

/// How much of the message passing over some networks is the same: for every layer `layer`, all `nodes`, and the
/// `distinct` computations among them, which are all that is done.
///
/// ```
/// let graphs = (0..20).map(|at| autogo::families::network(&autogo::families::FamilyName::Nb201.sample(0, at)));
/// let table = autogo::predict::sharing(&graphs.collect::<Result<Vec<_>, _>>()?, 6)?;
/// let distinct = table.column("distinct")?.u64()?;
/// assert!(distinct.get(0) < distinct.get(6));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn sharing(graphs: &[Graph], layers: usize) -> Result<DataFrame, Error> {
    let mut table = TermTable::new(layers);
    let mut nodes = 0;
    for graph in graphs {
        nodes += graph.len() as u64;
        Prepared::graph(graph, &Architecture::default(), &mut table)?;
    }
    Ok(df!(
        "layer" => (0..=layers as u32).collect::<Vec<_>>(),
        "nodes" => vec![nodes; layers + 1],
        "distinct" => table.distinct(),
    )?)
}

/// Makes all partitions of some networks ready, as training does, and says how many there are: for measuring.
pub fn triples(graphs: &[Graph], segmenter: &Segmenter, layers: usize) -> Result<usize, Error> {
    let mut table = TermTable::new(layers);
    let mut count = 0;
    for graph in graphs {
        count += Prepared::partitions(graph, &Architecture::default(), segmenter, &mut table, |all| spread(all, 0))?
            .cuts
            .len();
    }
    Ok(count)
}
