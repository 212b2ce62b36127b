//! `autogo train`: trains a predictor on a labelled family.

use crate::failure::Failure;
use crate::inputs::{labelled, quirks, toml_file};
use crate::trained::Trained;
use autogo::graph::Graph;
use autogo::predict::TrainSettings;
use autogo::segment::Mining;
use clap::Parser;
use std::path::PathBuf;

/// Arguments of `autogo train`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo train --family nb201 --train 800 --out psc.safetensors")]
pub struct Args {
    /// Where the predictor is written, as safetensors.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The labelled family.
    #[arg(long, default_value = "nb201")]
    family: String,
    /// A TOML file of training settings; what it leaves out is the default.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Networks to learn from.
    #[arg(long, default_value_t = 400)]
    train: usize,
    /// Networks kept apart for `evaluate`.
    #[arg(long, default_value_t = 200)]
    test: usize,
    /// Seed of split and training.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Keeps progress beside the predictor after every epoch and takes it up from there.
    #[arg(long)]
    resume: bool,
    /// Keeps the epoch that the original release would keep, and cuts unseen tokens as it does.
    #[arg(long)]
    release: bool,
}

/// Trains one predictor and writes it.
pub fn run(args: &Args) -> Result<(), Failure> {
    let family = labelled(&args.family)?;
    let mut settings: TrainSettings = args.settings.as_deref().map(toml_file).transpose()?.unwrap_or_default();
    settings.seed = args.seed;
    if args.release {
        settings.selection = quirks(true).selection;
    }
    let split = family.split(args.train, args.test, args.seed)?;
    let segmenter = || {
        let graphs: Vec<Graph> = split.train.iter().map(|example| example.graph.clone()).collect();
        let mut segmenter = Mining::bpe(813).segmenter(&graphs)?;
        if args.release {
            segmenter.unknown = quirks(true).unknown;
        }
        Ok(segmenter)
    };
    let kept = args.resume.then(|| args.out.with_extension("training"));
    let (trained, log) = Trained::train(&split.train, segmenter, &settings, kept.as_deref())?;
    trained.save(&args.out)?;
    if let Some(kept) = kept {
        // The predictor is there: what was kept for an interruption is not needed any more.
        std::fs::remove_file(kept).ok();
    }
    say!("{} epochs, those of epoch {} kept; {}", log.epochs.len(), log.kept, args.out.display());
    Ok(())
}
