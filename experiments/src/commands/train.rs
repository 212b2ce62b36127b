//! `autogo train`: trains a predictor on a labelled family, or on a table of one's own networks and labels.

use crate::failure::Failure;
use crate::inputs::{quirks, toml_file};
use crate::own_labels::LabelSplit;
use autogo::Progress;
use autogo::predict::{GaussianProcess, GaussianSettings, Reports, TrainSettings, Trained};
use autogo::segment::Mining;
use clap::Parser;
use std::path::PathBuf;

/// Arguments of `autogo train`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo train --family nb201 --train 800 --out psc.safetensors")]
pub struct Args {
    /// The file into which the predictor is written, as safetensors.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    labels: LabelSplit,
    /// A Gaussian process, which learns from few labels, instead of a graph network.
    #[arg(long, conflicts_with_all = ["resume", "release"])]
    gaussian: bool,
    /// A TOML file of the settings of the training, or of the Gaussian process; what it leaves out is the default.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Keeps progress beside the predictor after every epoch and takes it up from there.
    #[arg(long)]
    resume: bool,
    /// Keeps the epoch that the original release would keep, and cuts unseen tokens as it does.
    #[arg(long)]
    release: bool,
}

/// Trains one predictor and writes it.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.gaussian {
        return gaussian(args);
    }
    let mut settings: TrainSettings = args.settings.as_deref().map(toml_file).transpose()?.unwrap_or_default();
    settings.seed = args.labels.seed;
    if args.release {
        settings.selection = quirks(true).selection;
    }
    let split = args.labels.read()?;
    let mut segmenter = None;
    if settings.architecture.reads.is_cut() {
        let mut mined = Mining::bpe(813).segmenter(&split.train_graphs())?;
        if args.release {
            mined.unknown = quirks(true).unknown;
        }
        segmenter = Some(mined);
    }
    let kept = args.resume.then(|| args.out.with_extension("training"));
    let reports = match &kept {
        Some(kept) => Reports::new(Progress::Live).resumable(kept),
        None => Progress::Live.into(),
    };
    let (trained, log) = Trained::train(&split.train, segmenter.as_ref(), &settings, reports)?;
    trained.save(&args.out)?;
    if let Some(kept) = kept {
        // The predictor is there: what was kept for an interruption is not needed any more.
        std::fs::remove_file(kept).ok();
    }
    say!("{} epochs, those of epoch {} kept; {}", log.epochs.len(), log.kept, args.out.display());
    Ok(())
}

fn gaussian(args: &Args) -> Result<(), Failure> {
    let settings: GaussianSettings = args.settings.as_deref().map(toml_file).transpose()?.unwrap_or_default();
    let split = args.labels.read()?;
    let process = GaussianProcess::train(&split.train, &settings, args.labels.seed)?;
    process.save(&args.out)?;
    say!("a Gaussian process of {} networks; {}", process.networks(), args.out.display());
    Ok(())
}
