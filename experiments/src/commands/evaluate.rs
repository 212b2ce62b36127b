//! `autogo evaluate`: scores a predictor on networks it has not seen.

use crate::failure::Failure;
use crate::own_labels::LabelSplit;
use autogo::graph::Graph;
use autogo::predict::{Predictor, SavedPredictor};
use autogo::stats::{kendall_tau, srcc, srcc_interval};
use clap::Parser;

/// Resamples behind the interval of a rank correlation.
const RESAMPLES: usize = 1000;

/// Arguments of `autogo evaluate`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo evaluate psc.safetensors --family nb201 --train 800")]
pub struct Args {
    /// A predictor that `train` wrote, or the name of one that comes with the library: mini, nb101, nb201.
    model: String,
    #[command(flatten)]
    labels: LabelSplit,
}

/// Ranks the networks that `train` kept apart.
pub fn run(args: &Args) -> Result<(), Failure> {
    let split = args.labels.read()?;
    let unseen: Vec<Graph> = split.test.iter().map(|example| example.graph.clone()).collect();
    let truth: Vec<f64> = split.test.iter().map(|example| example.value).collect();
    let predictor = match SavedPredictor::SHIPPED.contains(&args.model.as_str()) {
        true => SavedPredictor::shipped(&args.model)?,
        false => SavedPredictor::load(&args.model)?,
    };
    let scores = predictor.score(&unseen)?;
    let found = srcc(&scores, &truth).unwrap_or(f64::NAN);
    let (low, high) = srcc_interval(&scores, &truth, RESAMPLES, 0).unwrap_or((f64::NAN, f64::NAN));
    let tau = kendall_tau(&scores, &truth).unwrap_or(f64::NAN);
    say!("SRCC {found:.4} (95 %: {low:.4} to {high:.4}), Kendall's τ {tau:.4} on {} unseen networks", unseen.len());
    Ok(())
}
