//! Rows of the search tables: a network against the one it was evolved from.

use crate::failure::Failure;
use autogo::evolve::{Figures, Individual, RunColumn};
use autogo::polars::prelude::{DataFrame, df};

/// A network against the one it was evolved from.
pub struct Row {
    /// The input network, as `autogo search` reads it.
    pub input: String,
    /// The name of the network: the input itself, an end of a front, a network of the release.
    pub network: String,
    /// Its score and its figures.
    pub found: Judged,
    /// Score and figures of the input.
    pub base: Judged,
}

/// A network's score and figures.
#[derive(Clone)]
pub struct Judged {
    /// The predictor's score.
    pub score: f64,
    /// Costs, cycles, energy.
    pub figures: Figures,
}

impl From<&Individual> for Judged {
    fn from(one: &Individual) -> Judged {
        Judged { score: one.score, figures: one.figures.clone() }
    }
}

impl Row {
    /// By how many percent a column differs from the input's.
    fn percent(&self, column: RunColumn) -> f64 {
        let value = |judged: &Judged| judged.figures.value(column).unwrap_or(f64::NAN);
        100.0 * (value(&self.found) / value(&self.base) - 1.0)
    }

    fn score_change(&self) -> f64 {
        self.found.score - self.base.score
    }

    fn gflops(&self) -> f64 {
        self.found.figures.cost.flops as f64 / 1e9
    }
}

/// The rows as a frame. Every row says what the predictor `learned`: whatever a network is for, its score is a guess at
/// that.
pub fn frame(rows: &[Row], learned: &str) -> Result<DataFrame, Failure> {
    fn column<T>(rows: &[Row], value: impl Fn(&Row) -> T) -> Vec<T> {
        rows.iter().map(value).collect()
    }
    let percents = |name: RunColumn| column(rows, |row| row.percent(name));
    let frame = df!(
        "input" => column(rows, |row| row.input.clone()),
        "network" => column(rows, |row| row.network.clone()),
        "score" => column(rows, |row| row.found.score),
        "score_change" => column(rows, Row::score_change),
        "gflops" => column(rows, Row::gflops),
        "flops_percent" => percents(RunColumn::Flops),
        "params_percent" => percents(RunColumn::Params),
        "milliseconds" => column(rows, |row| row.found.figures.milliseconds),
        "latency_percent" => percents(RunColumn::Milliseconds),
        "power_percent" => percents(RunColumn::Milliwatts),
        "nodes" => column(rows, |row| row.found.figures.nodes as u32),
        "score_of" => vec![learned; rows.len()],
    );
    frame.map_err(|error| Failure::Work(error.to_string()))
}

/// Prints the rows.
pub fn print(rows: &[Row], learned: &str) {
    say!("score: {learned}, as predicted, for all networks of the table, whatever they are for");
    say!(
        "{:<14} {:<24} {:>9} {:>9} {:>8} {:>8} {:>9} {:>9} {:>8} {:>6}",
        "input",
        "network",
        "score",
        "change",
        "GFLOPs",
        "FLOPs %",
        "params %",
        "latency %",
        "power %",
        "nodes"
    );
    for row in rows {
        say!(
            "{:<14} {:<24} {:>9.4} {:>+9.4} {:>8.2} {:>+8.2} {:>+9.2} {:>+9.2} {:>+8.2} {:>6}",
            row.input,
            row.network,
            row.found.score,
            row.score_change(),
            row.gflops(),
            row.percent(RunColumn::Flops),
            row.percent(RunColumn::Params),
            row.percent(RunColumn::Milliseconds),
            row.percent(RunColumn::Milliwatts),
            row.found.figures.nodes
        );
    }
}
