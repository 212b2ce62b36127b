//! `autogo reproduce`: makes a table of the paper.

use crate::failure::Failure;
use crate::inputs::{experiment, experiments};
use crate::reproduce::{Experiment, new_family, predictors, table1, trained};
use clap::Parser;
use std::path::PathBuf;

/// Arguments of `autogo reproduce`.
#[derive(Parser)]
#[command(after_help = "Example:\n  cargo autogo reproduce table1 --config experiments/table1_full.toml")]
pub struct Args {
    /// The table: table1, table3, table4 or table6 of the paper, predictors (few labels, whole benchmarks), or new_family
    /// (four families and few labels of a fifth).
    table: String,
    /// The experiment; without it experiments/TABLE.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder into which the runs are written as Parquet; without it experiments/results.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Makes a table of the paper.
pub fn run(args: &Args) -> Result<(), Failure> {
    let experiment = Experiment {
        config: experiment(args.config.as_deref(), &args.table),
        out: args.out.clone().unwrap_or_else(|| experiments().join("results")),
    };
    match args.table.as_str() {
        "table1" => table1::reproduce(&experiment),
        "predictors" => predictors::reproduce(&experiment),
        "new_family" => new_family::reproduce(&experiment),
        "table3" | "table4" | "table6" => trained::reproduce(&experiment),
        other => {
            let accepted = "table1, table3, table4, table6, predictors, new_family";
            Err(Failure::Input(format!("`{other}` cannot be reproduced; accepted: {accepted}")))
        }
    }
}
