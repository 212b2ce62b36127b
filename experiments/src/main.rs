//! The `autogo` command line.
//!
//! | verb | what it does |
//! |---|---|
//! | `graph`, `families`, `datasets` | networks, the systems they come from, public data |
//! | `segments` | mines segments, shows them, cuts a network into them |
//! | `train`, `evaluate`, `transfer` | predictors |
//! | `fit`, `label` | a network learns from pictures; many of them, by many workers |
//! | `predict` | what a trained network says about other pictures |
//! | `search`, `replay` | evolution, in a folder that can be taken up again |
//! | `profile` | cycles and energy on a machine, on a systolic array, on this processor |
//! | `reproduce`, `parity` | the paper's tables; comparison with reference numbers |
//! | `notebooks`, `docs` | executes the notebooks; writes the documentation as one folder |
//!
//! Every verb is one file in `commands/`. What a verb reads (a network, a family, a machine, a settings file) is read
//! by `inputs`. The other rooms are what is behind a verb that does more than print.
//!
//! Exit codes: 0 when the work is done; 1 when the work failed or a comparison differs; 2 when something the user gave
//! is wrong. An error is one line on standard error.

// A command line talks through standard output and standard error.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod say;

mod commands;
mod failure;
mod host;
mod inputs;
mod label;
mod notebooks;
mod own_labels;
mod parity;
mod reproduce;
mod search;
mod site;
mod work;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

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
    Datasets(commands::datasets::Args),
    /// Writes the documentation as one static folder: front page, lessons, notebooks, API, results.
    Docs(commands::docs::Args),
    /// Lists the systems this library builds.
    Families(commands::families::Args),
    /// Trains a network on pictures, in a folder that can be taken up again.
    Fit(commands::fit::Args),
    /// Prints a network's shapes, FLOPs and parameters, or writes it in another form.
    Graph(commands::graph::Args),
    /// Trains many networks in mini form, by workers that share a folder.
    Label(commands::label::Args),
    /// Prepares the notebooks' tools, executes the notebooks and writes them as HTML.
    Notebooks(commands::notebooks::Args),
    /// Asks a trained network about pictures of one's own.
    Predict(commands::predict::Args),
    /// Times a network on a machine, kernel by kernel, and counts its energy.
    Profile(commands::profile::Args),
    /// Scores a predictor on networks it has not seen.
    Evaluate(commands::evaluate::Args),
    /// Makes a table of the paper from an experiment file.
    Reproduce(commands::reproduce::Args),
    /// Trains a predictor on a labelled family.
    Train(commands::train::Args),
    /// Trains on each labelled family and tries on every other, as it is and after a few networks of it.
    Transfer(commands::transfer::Args),
    /// Compares this library's numbers with reference numbers, one line a suite.
    Parity(commands::parity::Args),
    /// Makes networks of a run again from their derivations and compares content ids.
    Replay(commands::replay::Args),
    /// Evolves a network, in a folder that can be taken up again.
    Search(commands::search::Args),
    /// Mines segments, shows them, and cuts networks into them.
    Segments(commands::segments::Args),
}

impl Command {
    fn run(&self) -> Result<(), Failure> {
        match self {
            Command::Datasets(args) => commands::datasets::run(args),
            Command::Docs(args) => commands::docs::run(args),
            Command::Families(args) => commands::families::run(args),
            Command::Fit(args) => commands::fit::run(args),
            Command::Graph(args) => commands::graph::run(args),
            Command::Label(args) => commands::label::run(args),
            Command::Notebooks(args) => commands::notebooks::run(args),
            Command::Predict(args) => commands::predict::run(args),
            Command::Profile(args) => commands::profile::run(args),
            Command::Evaluate(args) => commands::evaluate::run(args),
            Command::Reproduce(args) => commands::reproduce::run(args),
            Command::Train(args) => commands::train::run(args),
            Command::Transfer(args) => commands::transfer::run(args),
            Command::Parity(args) => commands::parity::run(args),
            Command::Replay(args) => commands::replay::run(args),
            Command::Search(args) => commands::search::run(args),
            Command::Segments(args) => commands::segments::run(args),
        }
    }
}

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
