//! `autogo transfer`: a predictor of one family on the networks of another.

use crate::failure::Failure;
use crate::inputs::{experiment, labels, toml_file};
use autogo::Progress;
use autogo::families::FamilyName;
use autogo::predict::Transfer;
use clap::Parser;
use std::path::PathBuf;

/// Arguments of `autogo transfer`.
#[derive(Parser)]
#[command(after_help = "Example:\n  AUTOGO_DATA=data cargo autogo transfer --config experiments/transfer.toml")]
pub struct Args {
    /// The experiment; without it experiments/transfer.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Trains on each labelled family and tries on every other.
pub fn run(args: &Args) -> Result<(), Failure> {
    let transfer: Transfer = toml_file(&experiment(args.config.as_deref(), "transfer"))?;
    let mut families = Vec::new();
    for family in [FamilyName::Nb101, FamilyName::Nb201] {
        families.extend(labels(family, None)?);
    }
    families.iter().for_each(|family| say!("{}", family.banner()));
    let table = transfer.run(&families, Progress::Live)?;
    say!("{table}");
    Ok(())
}
