//! The predictor that guides a task's searches: it learns from that task's own trainings.

use crate::failure::Failure;
use crate::search::{PredictorSettings, fit};
use autogo::Progress;
use autogo::data::Example;
use autogo::graph::Graph;
use autogo::predict::{Predictor, SavedPredictor};
use autogo::segment::Mined;
use autogo::stats::{rank_percents, srcc, srcc_interval};

/// Parts into which the networks are divided to try the predictor on unseen ones.
const FOLDS: usize = 5;
/// Resamples behind an interval.
const RESAMPLES: usize = 1000;

/// Networks of one origin with their labels, more being better.
pub struct Origin {
    /// The networks.
    pub graphs: Vec<Graph>,
    /// The label of each.
    pub labels: Vec<f64>,
}

/// A predictor, and how well such a one ranks networks that it has not seen.
pub struct Guide {
    /// The predictor, which learned from all networks.
    pub predictor: SavedPredictor,
    /// The trial.
    pub trial: Trial,
}

/// How well predictors rank networks within their origin, of which each was left out of the predictor's lessons.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Networks ranked.
    pub networks: usize,
    /// SRCC between predicted and true ranks.
    pub srcc: Option<f64>,
    /// Its 95 % interval over networks.
    pub interval: Option<(f64, f64)>,
    /// SRCC of the count of FLOPs.
    pub flops: Option<f64>,
}

impl Guide {
    /// Learns from networks of several origins: what is learned is a network's rank within its origin, in percent.
    pub fn learn(settings: &PredictorSettings, mined: &Mined, origins: &[Origin]) -> Result<Guide, Failure> {
        let predictor = fit(settings, mined, &lessons(origins, |_| true), Progress::Live)?.with_cuts(settings.cuts);
        let mut predicted: Vec<Vec<f64>> = origins.iter().map(|own| vec![0.0; own.graphs.len()]).collect();
        for fold in 0..FOLDS {
            let is_seen = |at: usize| at % FOLDS != fold;
            let of_fold = fit(settings, mined, &lessons(origins, is_seen), Progress::Silent)?.with_cuts(settings.cuts);
            for (own, predicted) in origins.iter().zip(&mut predicted) {
                let unseen: Vec<usize> = (0..own.graphs.len()).filter(|&at| !is_seen(at)).collect();
                let graphs: Vec<Graph> = unseen.iter().map(|&at| own.graphs[at].clone()).collect();
                for (&at, score) in unseen.iter().zip(of_fold.score(&graphs)?) {
                    predicted[at] = score;
                }
            }
        }
        Ok(Guide { predictor, trial: Trial::of(origins, &predicted) })
    }
}

/// Networks to learn from: those at places that are seen, each with its rank among them within its origin.
fn lessons(origins: &[Origin], is_seen: impl Fn(usize) -> bool) -> Vec<Example> {
    let mut lessons = Vec::new();
    for origin in origins {
        let seen: Vec<usize> = (0..origin.graphs.len()).filter(|&at| is_seen(at)).collect();
        let labels: Vec<f64> = seen.iter().map(|&at| origin.labels[at]).collect();
        let ranked = seen.iter().zip(rank_percents(&labels));
        lessons.extend(ranked.map(|(&at, value)| Example { graph: origin.graphs[at].clone(), value }));
    }
    lessons
}

impl Trial {
    fn of(origins: &[Origin], predicted: &[Vec<f64>]) -> Trial {
        let truth: Vec<f64> = origins.iter().flat_map(|own| rank_percents(&own.labels)).collect();
        let scores: Vec<f64> = predicted.iter().flat_map(|own| rank_percents(own)).collect();
        let flops = |own: &Origin| -> Vec<f64> {
            rank_percents(&own.graphs.iter().map(|graph| graph.cost().flops as f64).collect::<Vec<f64>>())
        };
        let flops: Vec<f64> = origins.iter().flat_map(flops).collect();
        Trial {
            networks: truth.len(),
            srcc: srcc(&scores, &truth),
            interval: srcc_interval(&scores, &truth, RESAMPLES, 0),
            flops: srcc(&flops, &truth),
        }
    }
}
