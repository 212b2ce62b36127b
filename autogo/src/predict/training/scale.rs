//! The scale of targets: how labels become the targets that a network is trained on, and predictions become labels.

use super::exact;
use serde::{Deserialize, Serialize};

/// The number that the network is to predict for a label.
///
/// ```
/// use autogo::predict::{Target, TrainSettings};
/// let as_in_the_paper = TrainSettings { target: Target::ZScore, ..TrainSettings::default() };
/// assert_ne!(as_in_the_paper, TrainSettings::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The label less the mean of all labels, in standard deviations: the paper's.
    ZScore,
    /// The normal score of the label's rank: a few very bad networks then weigh no more than others, and close ones are
    /// told apart.
    #[default]
    Rank,
}

/// The scale by which labels become targets and predictions become labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scale {
    /// The label itself.
    Plain,
    /// The label less its mean, in deviations.
    ZScore {
        #[serde(with = "exact::number")]
        mean: f64,
        #[serde(with = "exact::number")]
        deviation: f64,
    },
    /// Knots (label, normal score), both ascending; straight lines between and beyond.
    Rank {
        #[serde(with = "exact::list")]
        labels: Vec<f64>,
        #[serde(with = "exact::list")]
        scores: Vec<f64>,
    },
}

/// Knots that are kept of a long list of labels.
const KNOTS: usize = 512;

impl Scale {
    /// The scale of these labels, which must be finite.
    pub(crate) fn of(labels: &[f64], target: Target) -> Self {
        let count = labels.len() as f64;
        let mean = labels.iter().sum::<f64>() / count;
        let deviation = (labels.iter().map(|label| (label - mean).powi(2)).sum::<f64>() / count).sqrt();
        if target == Target::ZScore || deviation == 0.0 {
            return Scale::ZScore { mean, deviation: if deviation > 0.0 { deviation } else { 1.0 } };
        }
        let mut sorted = labels.to_vec();
        sorted.sort_by(f64::total_cmp);
        // Each distinct label with the mean rank of those that have it.
        let mut knots: Vec<(f64, f64)> = Vec::new();
        let mut start = 0;
        for equal in sorted.chunk_by(|a, b| a == b) {
            let rank = start as f64 + equal.len() as f64 / 2.0;
            knots.push((equal[0], normal_quantile(rank / count)));
            start += equal.len();
        }
        if knots.len() > KNOTS {
            let last = knots.len() - 1;
            knots = (0..KNOTS).map(|at| knots[at * last / (KNOTS - 1)]).collect();
        }
        let (labels, scores) = knots.into_iter().unzip();
        Scale::Rank { labels, scores }
    }

    /// The target of a label.
    pub(crate) fn target(&self, label: f64) -> f64 {
        match self {
            Scale::Plain => label,
            Scale::ZScore { mean, deviation } => (label - mean) / deviation,
            Scale::Rank { labels, scores } => interpolate(labels, scores, label),
        }
    }

    /// The label of a prediction; a larger prediction never has a smaller label.
    pub(crate) fn label(&self, prediction: f64) -> f64 {
        match self {
            Scale::Plain => prediction,
            Scale::ZScore { mean, deviation } => mean + deviation * prediction,
            Scale::Rank { labels, scores } => interpolate(scores, labels, prediction),
        }
    }
}

/// The straight line between the knots around `x`, continued beyond the ends.
fn interpolate(from: &[f64], to: &[f64], x: f64) -> f64 {
    let right = from.partition_point(|&knot| knot < x).clamp(1, from.len().max(2) - 1);
    match (from.get(right - 1), from.get(right), to.get(right - 1), to.get(right)) {
        (Some(x0), Some(x1), Some(y0), Some(y1)) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        _ => to.first().copied().unwrap_or(x),
    }
}

/// The standard normal quantile (Acklam's rational approximation, relative error below 1.2e-9).
fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] =
        [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    let polynomial = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    let tail = |q: f64| polynomial(&C, q) / (polynomial(&D, q) * q + 1.0);
    if p < 0.02425 {
        tail((-2.0 * p.ln()).sqrt())
    } else if p > 1.0 - 0.02425 {
        -tail((-2.0 * (1.0 - p).ln()).sqrt())
    } else {
        let (q, r) = (p - 0.5, (p - 0.5).powi(2));
        polynomial(&A, r) * q / (polynomial(&B, r) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        for (p, x) in [(0.5, 0.0), (0.975, 1.959963985), (0.001, -3.090232306), (0.84134475, 1.0)] {
            assert!((normal_quantile(p) - x).abs() < 1e-6, "{p}");
        }
    }

    proptest! {
        #[test]
        fn labels_come_back_and_order_is_kept(labels in prop::collection::vec(-50.0f64..50.0, 2..60)) {
            for target in [Target::ZScore, Target::Rank] {
                let scale = Scale::of(&labels, target);
                for &label in &labels {
                    prop_assert!((scale.label(scale.target(label)) - label).abs() < 1e-6);
                }
                prop_assert!(scale.label(-4.0) <= scale.label(0.1) && scale.label(0.1) <= scale.label(4.0));
            }
        }
    }
}
