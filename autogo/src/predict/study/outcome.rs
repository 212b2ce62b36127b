//! The outcome of a contender under one seed, and outcomes as a table.

use super::fold_srcc;
use crate::data::{Example, LabelledFamily};
use crate::error::Error;
use crate::graph::Graph;
use crate::predict::scoring::{Predictor, Trained};
use crate::predict::training::TrainSettings;
use crate::progress::Progress;
use crate::segment::Segmenter;
use crate::stats::{kendall_tau, ndcg, srcc, srcc_interval, top_k_overlap};
use polars::prelude::*;

/// Bootstrap draws of a confidence interval.
const DRAWS: usize = 1000;
/// Networks of the top that are asked for.
const TOP: usize = 20;

/// A predictor that learned from some networks; the comparison's seed takes the place of the settings'.
pub(super) fn learned(
    settings: &TrainSettings,
    train: &[Example],
    segmenter: Option<&Segmenter>,
    seed: u64,
) -> Result<Trained, Error> {
    Ok(Trained::train(train, segmenter, &TrainSettings { seed, ..*settings }, Progress::Silent)?.0)
}

/// Scores of a contender: those of whole networks, the mean SRCC over folds if it cuts networks, and the seconds it
/// trained for.
pub(super) struct Scores {
    pub whole: Vec<f64>,
    pub folds: Option<f64>,
    pub seconds: f64,
}

impl Scores {
    /// The scores of a predictor on networks that it has not seen.
    pub fn of(
        predictor: &Trained,
        settings: &TrainSettings,
        unseen: &[Graph],
        truth: &[f64],
        seconds: f64,
    ) -> Result<Scores, Error> {
        let folds = match settings.architecture.reads.is_cut() {
            true => fold_srcc(predictor, unseen, truth)?,
            false => None,
        };
        Ok(Scores { whole: predictor.score(unseen)?, folds, seconds })
    }
}

/// A contender's figures under one seed.
pub(super) struct Outcome {
    contender: String,
    seed: u64,
    srcc: Option<f64>,
    interval: Option<(f64, f64)>,
    folds: Option<f64>,
    kendall: Option<f64>,
    top: Option<f64>,
    ndcg: Option<f64>,
    seconds: f64,
}

impl Outcome {
    /// The figures of some scores.
    pub fn of(contender: &str, seed: u64, scores: &Scores, truth: &[f64]) -> Outcome {
        let whole = &scores.whole;
        Outcome {
            contender: contender.into(),
            seed,
            srcc: srcc(whole, truth),
            interval: srcc_interval(whole, truth, DRAWS, seed),
            folds: scores.folds,
            kendall: kendall_tau(whole, truth),
            top: top_k_overlap(whole, truth, TOP),
            ndcg: ndcg(whole, truth, TOP),
            seconds: scores.seconds,
        }
    }

    /// The words of a bar about this contender.
    pub fn note(&self) -> String {
        let srcc = self.srcc.map_or("none".into(), |srcc| format!("{srcc:.4}"));
        format!("{}: SRCC {srcc} in {:.0} s", self.contender, self.seconds)
    }
}

/// Outcomes on a family as a table, see [`Comparison::run`](super::Comparison::run).
pub(super) fn frame<'a>(
    family: &LabelledFamily,
    train: usize,
    test: usize,
    rows: impl IntoIterator<Item = &'a Outcome>,
) -> Result<DataFrame, Error> {
    let rows: Vec<&Outcome> = rows.into_iter().collect();
    let numbers = |of: &dyn Fn(&Outcome) -> Option<f64>| rows.iter().map(|row| of(row)).collect::<Vec<Option<f64>>>();
    Ok(df!(
        "family" => vec![family.family(); rows.len()],
        "label" => vec![family.label().title.as_str(); rows.len()],
        "published" => vec![family.label().published; rows.len()],
        "contender" => rows.iter().map(|row| row.contender.as_str()).collect::<Vec<_>>(),
        "seed" => rows.iter().map(|row| row.seed).collect::<Vec<_>>(),
        "srcc" => numbers(&|row| row.srcc),
        "low" => numbers(&|row| row.interval.map(|interval| interval.0)),
        "high" => numbers(&|row| row.interval.map(|interval| interval.1)),
        "fold_srcc" => numbers(&|row| row.folds),
        "kendall_tau" => numbers(&|row| row.kendall),
        "top_20_overlap" => numbers(&|row| row.top),
        "ndcg_20" => numbers(&|row| row.ndcg),
        "seconds" => rows.iter().map(|row| row.seconds).collect::<Vec<_>>(),
        "train" => vec![train as u64; rows.len()],
        "test" => vec![test as u64; rows.len()],
    )?)
}
