//! Comparisons of predictors to look at.

use super::bars::Bars;
use super::chart::Chart;
use crate::error::Error;
use crate::families::FamilyName;
use crate::predict::{TrainLog, summary};
use crate::release::paper_srcc;
use crate::stats::mean_interval;
use polars::prelude::*;

/// Mean SRCC of every contender of a comparison on one family, with its 95 % interval by Student's t over the seeds (with
/// one seed, its bootstrap interval over networks), from 0 or a round number below the least. The paper's numbers
/// stand beside those of measured accuracies alone: a rank correlation with anything else is no number of the paper's.
///
/// # Errors
/// A column of a comparison is missing, or has another type.
pub fn srcc_bars(runs: &DataFrame, family: FamilyName) -> Result<Bars, Error> {
    let own = runs.clone().lazy().filter(col("family").eq(lit(family.prefix()))).collect()?;
    let means = summary(&own)?;
    let names = means.column("contender")?.str()?.clone();
    let numbers = |frame: &DataFrame, name: &str| Ok::<_, Error>(frame.column(name)?.f64()?.clone());
    let srcc = numbers(&means, "srcc")?;
    let label = means.column("label")?.str()?.iter().flatten().next().unwrap_or("no label").to_string();
    let is_published = means.column("published")?.bool()?.iter().all(|published| published == Some(true));
    let paper = |name: &str| paper_srcc(family, name).filter(|_| is_published);
    let title = format!("{family}: SRCC with the {label} of unseen networks");
    let mut rows = Vec::new();
    for at in 0..means.height() {
        let name = names.get(at).unwrap_or_default();
        let one = own.clone().lazy().filter(col("contender").eq(lit(name))).collect()?;
        let value = srcc.get(at).unwrap_or(f64::NAN);
        let of_seeds: Vec<f64> = numbers(&one, "srcc")?.iter().flatten().collect();
        let first = |name: &str| Ok::<_, Error>(numbers(&one, name)?.iter().next().flatten());
        let interval = match mean_interval(&of_seeds) {
            Some(interval) => Some(interval),
            None => first("low")?.zip(first("high")?),
        };
        rows.push((name, value, interval));
    }
    let ends = rows.iter().flat_map(|(name, value, interval)| [Some(*value), interval.map(|ends| ends.0), paper(name)]);
    let least = ends.flatten().fold(1.0, f64::min);
    // Chance is around zero; only what is clearly below asks for an axis that begins there.
    let start = if (-0.05..0.5).contains(&least) { 0.0 } else { (least.max(-1.0) * 10.0).floor() / 10.0 };
    let bars = Bars::new(&title, start..1.0).reference("the paper's");
    Ok(rows.into_iter().fold(bars, |bars, (name, value, interval)| bars.bar(name, value, interval, paper(name))))
}

/// The loss of every epoch; trainings side by side, by name.
///
/// ```
/// use autogo::predict::{Epoch, TrainLog};
/// let epoch = |epoch, loss| Epoch { epoch, loss, learning_rate: 1e-3, dev_srcc: Some(0.5), dev_mape: None };
/// let log = TrainLog { epochs: vec![epoch(1, 0.5), epoch(2, 0.3)], kept: 2 };
/// assert!(autogo::report::loss_chart(&[("PSC", &log)]).svg()?.contains("loss on targets"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn loss_chart(logs: &[(&str, &TrainLog)]) -> Chart {
    logs.iter().fold(Chart::new("Training", "epoch", "loss on targets"), |chart, (name, log)| {
        let points: Vec<(f64, f64)> = log.epochs.iter().map(|epoch| (epoch.epoch as f64, epoch.loss)).collect();
        chart.line(name, &points)
    })
}

/// SRCC on what is held out of training, by epoch; trainings side by side, by name.
///
/// ```
/// use autogo::predict::{Epoch, TrainLog};
/// let epoch = |epoch, srcc| Epoch { epoch, loss: 0.1, learning_rate: 1e-3, dev_srcc: Some(srcc), dev_mape: None };
/// let log = TrainLog { epochs: vec![epoch(1, 0.5), epoch(2, 0.8)], kept: 2 };
/// assert!(autogo::report::dev_chart(&[("PSC", &log)]).svg()?.contains("Networks held out of training"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn dev_chart(logs: &[(&str, &TrainLog)]) -> Chart {
    logs.iter().fold(Chart::new("Networks held out of training", "epoch", "SRCC"), |chart, (name, log)| {
        let points = log.epochs.iter().filter_map(|epoch| Some((epoch.epoch as f64, epoch.dev_srcc?)));
        chart.line(name, &points.collect::<Vec<(f64, f64)>>())
    })
}

/// Predicted against true ranks, both from the worst; a perfect predictor puts all dots on the diagonal.
///
/// ```
/// use autogo::report::rank_chart;
/// let svg = rank_chart(&[0.1, 0.3, 0.2, 0.4], &[91.0, 92.0, 93.0, 94.0]).svg()?;
/// assert!(svg.contains("4 unseen networks: SRCC 0.800"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn rank_chart(predicted: &[f64], truth: &[f64]) -> Chart {
    let rank = |values: &[f64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut ranks = vec![0.0; values.len()];
        order.iter().enumerate().for_each(|(rank, &at)| ranks[at] = 1.0 + rank as f64);
        ranks
    };
    let points: Vec<(f64, f64)> = rank(predicted).into_iter().zip(rank(truth)).collect();
    let srcc = crate::stats::srcc(predicted, truth).map_or("none".into(), |srcc| format!("{srcc:.3}"));
    Chart::new(&format!("{} unseen networks: SRCC {srcc}", points.len()), "predicted rank", "true rank")
        .dots("networks", &points)
        .size(460, 440)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_numbers_stand_beside_accuracies_alone() {
        let runs = |label: &str, published: bool| {
            let numbers = vec![0.9, 0.8];
            df!(
                "family" => ["nb201", "nb201"], "label" => [label, label], "published" => [published, published],
                "contender" => ["PSC", "FLOPs"], "seed" => [0u64, 0], "srcc" => &numbers, "low" => &numbers,
                "high" => &numbers, "fold_srcc" => &numbers, "kendall_tau" => &numbers, "top_20_overlap" => &numbers,
                "ndcg_20" => &numbers, "seconds" => &numbers,
            )
            .unwrap()
        };
        let svg = |label: &str, published: bool| srcc_bars(&runs(label, published), FamilyName::Nb201).unwrap().svg();
        let (accuracies, cycles) = (svg("accuracy", true), svg("cycles", false));
        assert!(accuracies.contains("the paper&#39;s") && accuracies.contains("SRCC with the accuracy of unseen"));
        assert!(!cycles.contains("the paper&#39;s") && cycles.contains("SRCC with the cycles of unseen"));
    }
}
