//! Predictors: they say how a network will score, without training it.
//!
//! A predictor is an encoder (node embeddings, rounds of message passing, one row for each part that is read) with a
//! head on top. [`Gnn`] reads a network as a whole; [`Psc`] reads predecessor, segment and successor of a cut.
//! [`TrainSettings`] says what a predictor is made of and how it is trained; each of its choices is a line of TOML.
//!
//! Five rooms, each built on the ones before:
//!
//! | room | holds |
//! |---|---|
//! | `network` | features of nodes, layers, readouts, the model: one file a layer, one file a readout |
//! | `training` | the loop, losses (one file each), optimiser, log, scale of targets, resuming a training |
//! | `scoring` | the [`Predictor`] trait, trained predictors, segments scored in place, saved files |
//! | `gaussian` | a Gaussian process over the structure of networks, for few labels |
//! | `study` | baselines, comparison of contenders, ablation of one predictor, transfer between families, sharing of computations |
//!
//! Equal computations are done once ([`sharing`]): this makes all partitions of a network hardly dearer than one.
//!
//! ```
//! use autogo::Progress;
//! use autogo::data::LabelledFamily;
//! use autogo::predict::{Architecture, Gnn, Predictor, TrainSettings};
//! let data = LabelledFamily::nb201_computed(30)?;
//! let split = data.split(20, 5, 0)?;
//! let settings = TrainSettings { epochs: 2, architecture: Architecture::gnn(), ..TrainSettings::default() };
//! let (gnn, log) = Gnn::train(&split.train, &settings, Progress::Silent)?;
//! let scores = gnn.score(&[split.test[0].graph.clone()])?;
//! assert_eq!((scores.len(), log.epochs.len()), (1, 2));
//! # Ok::<(), autogo::Error>(())
//! ```

#[cfg(test)]
mod fixtures;
mod gaussian;
mod network;
mod saved_predictor;
mod scoring;
mod shipped;
mod study;
mod training;

pub use crate::stats::{kendall_tau, ndcg, srcc, srcc_interval, top_k_overlap};
pub use gaussian::{GaussianProcess, GaussianSettings};
pub use network::{Architecture, Convolution, GraphFeatures, LargeKernels, Mixing, NodeKind, Readout, Reads, Receives};
pub(crate) use network::{Model, NodeFeatures, Parameter, SizeLimits, layout};
pub use saved_predictor::SavedPredictor;
pub(crate) use scoring::Cutting;
pub use scoring::{CutScorer, EncodedSegments, Gnn, Predictor, Psc, Trained};
pub use study::{
    Ablation, Baseline, ColumnForest, Comparison, Contender, Distilled, Ensemble, Form, Method, NewFamily, Pretext,
    Pretrained, Pretraining, Ranking, Share, Transfer, Variant, WholeSpace, fold_srcc, mean_srcc, rankings, sharing,
    summary, train_together, triples, verdicts,
};
pub(crate) use training::Scale;
pub use training::{Epoch, Loss, Reports, Schedule, Selection, Target, TrainLog, TrainSettings};
