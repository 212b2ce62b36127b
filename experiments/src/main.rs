//! The `autogo` command line.

// A command line talks through standard output and standard error.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod datasets;
mod families;
mod graph;
mod host;
mod notebooks;
mod parity;
mod predictors;
mod profile;
mod search;
mod segments;
mod tables;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use thiserror::Error;

/// Evolves neural networks as graphs of primitive operations.
#[derive(Parser)]
#[command(name = "autogo", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists, fetches and checks public data.
    Datasets(datasets::Args),
    /// Lists the systems this library builds.
    Families,
    /// Prints a network's shapes, FLOPs and parameters, or writes it in another form.
    Graph(graph::Args),
    /// Prepares the notebooks' tools, executes the notebooks and writes them as HTML.
    Notebooks(notebooks::Args),
    /// Times a network on a machine, kernel by kernel, and counts its energy.
    Profile(profile::Args),
    /// Scores a predictor on networks it has not seen.
    Evaluate(predictors::Evaluate),
    /// Makes a table of the paper from an experiment file.
    Reproduce(predictors::Reproduce),
    /// Trains a predictor on a labelled family.
    Train(predictors::Train),
    /// Trains on each labelled family and tries on every other, as it is and after a few networks of it.
    Transfer(predictors::TransferArgs),
    /// Compares this library's numbers with reference numbers, one line a suite.
    Parity(parity::Args),
    /// Makes networks of a run again from their derivations and compares content ids.
    Replay(search::Replay),
    /// Evolves a network, in a folder that can be taken up again.
    Search(search::Args),
    /// Mines segments, shows them, and cuts networks into them.
    Segments(segments::Args),
}

/// Why a command ended early: what was asked for is wrong (exit code 2), or the work failed (exit code 1).
#[derive(Debug, Error)]
enum Failure {
    /// Something the user gave is wrong.
    #[error("{0}")]
    Input(String),
    /// The work did not succeed.
    #[error("{0}")]
    Work(String),
}

impl From<autogo::Error> for Failure {
    fn from(error: autogo::Error) -> Self {
        Failure::Input(error.to_string())
    }
}

/// Prints a line. A reader that has gone away (`autogo … | head`) is no reason to complain.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Datasets(args) => datasets::run(&args),
        Command::Families => families::run(),
        Command::Graph(args) => graph::run(&args),
        Command::Notebooks(args) => notebooks::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Evaluate(args) => predictors::evaluate(&args),
        Command::Reproduce(args) => predictors::reproduce(&args),
        Command::Train(args) => predictors::train(&args),
        Command::Transfer(args) => predictors::transfer(&args),
        Command::Parity(args) => parity::run(&args),
        Command::Replay(args) => search::replay(&args),
        Command::Search(args) => search::run(&args),
        Command::Segments(args) => segments::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(match failure {
                Failure::Input(_) => 2,
                Failure::Work(_) => 1,
            })
        }
    }
}
