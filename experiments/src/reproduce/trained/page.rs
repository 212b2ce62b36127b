//! A trained table as Markdown.

use super::finalists::Finalists;
use super::guide::Trial;
use super::measure::title;
use super::rows::{Row, TrainedNetwork};
use super::settings::{Table, Task};
use crate::reproduce::p_value;
use autogo::evolve::RunColumn;
use autogo::stats::detectable;
use std::fmt::Write;

/// A task of the table, with what there is to say beside its rows.
pub struct Part<'a> {
    /// Its settings.
    pub task: &'a Task,
    /// Name, counts and hashes of the pictures.
    pub pictures: String,
    /// Pictures that a training sees.
    pub images: u64,
    /// Networks of each input that the predictor learned from, the input among them.
    pub learned: Vec<usize>,
    /// How the predictor ranks unseen mutants.
    pub trial: Trial,
    /// The rows.
    pub rows: Vec<Row>,
    /// The networks that were trained under all seeds.
    pub networks: Vec<TrainedNetwork>,
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".into(), |value| format!("{value:.digits$}"))
}

fn signed(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".into(), |value| format!("{value:+.digits$}"))
}

fn between(ends: Option<(f64, f64)>, digits: usize) -> String {
    ends.map_or(String::new(), |(low, high)| format!(" [{low:.digits$}, {high:.digits$}]"))
}

/// The table, a section a task.
pub fn markdown(name: &str, table: &Table, parts: &[Part<'_>]) -> String {
    let tests = parts.iter().flat_map(|part| &part.rows).filter(|row| row.p_holm.is_some()).count();
    let least = detectable(table.seeds as usize, tests);
    let mut text = format!(
        "# {name}, trained\n\nEvery network is trained from nothing in the form that its section names; `n` counts seeds. `difference` is \
         the mean difference from the input, paired by seed, with its 95 % interval; `p` is that of a paired t-test, corrected by Holm \
         for all tests of this table ({tests}): with {} seeds, a difference alone is told apart only where it is {} deviations of the \
         differences over seeds. `predicted` is the score of the predictor that guided the search: a rank among mutants in \
         percent. FLOPs, latency ({}) and power are differences from the input, counted on whole networks at the size of the paper. \
         *mutants* are networks of a search without guidance that the predictor learned from, `n` of them with one training each, under \
         the first seed: what chance finds; their interval is over networks. *no network* is the task's answer that needs none. No network of \
         ours has a form that the predictor learned from.{}\n",
        table.seeds,
        number(least, 1),
        table.search.machine,
        match table.choice {
            Finalists::Best => "",
            Finalists::Spread =>
                " *ours* are the network that is predicted best and others evenly along the front, as far as they are predicted \
                 above the input.",
        }
    );
    for part in parts {
        // Writing into a string cannot fail.
        let _ = section(&mut text, part);
    }
    let _ = text.write_str(&outcome(parts));
    text
}

fn section(text: &mut String, part: &Part<'_>) -> std::fmt::Result {
    let Part { task, pictures, images, learned, trial, rows, networks: _ } = part;
    let measures: Vec<&String> = task.shown.iter().collect();
    writeln!(text, "\n## {}\n", task.task)?;
    // The record's size is that of the task's usual pictures; the form's is what is trained on.
    let pictures = pictures.split_once(": ").map_or(pictures.as_str(), |(_, counts)| counts);
    writeln!(text, "Form {}, {images} pictures a training; {pictures}.\n", task.form)?;
    writeln!(
        text,
        "The predictor learned `{}`{} as a rank among {} mutants and inputs ({} of each input). Five predictors that each left a fifth \
         of them out rank those with SRCC {}{}, pooled, siblings of a mutation among them; FLOPs alone {}.\n",
        task.label,
        if task.label == task.shown[0] { ", which is what this table tests," } else { "" },
        trial.networks,
        learned.iter().map(usize::to_string).collect::<Vec<String>>().join(", "),
        number(trial.srcc, 3),
        between(trial.interval, 3),
        number(trial.flops, 3)
    )?;
    let first = measures[0];
    write!(text, "| input | network | n | {} | difference | p |", title(first))?;
    measures[1..].iter().try_for_each(|name| write!(text, " {} |", title(name)))?;
    writeln!(text, " predicted | FLOPs | latency | power |")?;
    writeln!(text, "|{}", "---|".repeat(9 + measures.len()))?;
    for row in rows.iter().filter(|row| row.measure == *first) {
        let difference = row.test.map(|test| (test.difference, (test.low, test.high)));
        write!(
            text,
            "| {} | {} | {} | {}{} | {}{} | {} |",
            row.input,
            row.network,
            row.values.len(),
            number(row.mean(), 2),
            between(row.interval(), 2),
            signed(difference.map(|one| one.0), 2),
            between(difference.map(|one| one.1), 2),
            row.p_holm.map_or("–".into(), p_value)
        )?;
        for name in &measures[1..] {
            let is_other =
                |other: &&Row| (&other.input, &other.network, &other.measure) == (&row.input, &row.network, *name);
            write!(text, " {} |", number(rows.iter().find(is_other).and_then(Row::mean), 2))?;
        }
        let percent = |column| row.percent(column).map_or("–".into(), |percent| format!("{percent:+.1} %"));
        let [flops, latency, power] = [RunColumn::Flops, RunColumn::Milliseconds, RunColumn::Milliwatts].map(percent);
        writeln!(text, " {} | {flops} | {latency} | {power} |", number(row.predicted, 0))?;
    }
    Ok(())
}

/// What the table shows, in a sentence.
fn outcome(parts: &[Part<'_>]) -> String {
    let rows = || parts.iter().flat_map(|part| &part.rows);
    let winners: Vec<String> = rows()
        .filter(|row| row.wins())
        .map(|row| format!("{} of {} on {}", row.network, row.input, row.task))
        .collect();
    let tested = rows().filter(|row| row.p_holm.is_some()).count();
    let claim = "its input at no more FLOPs with p < 0.05";
    match winners.as_slice() {
        [] => format!("\nOf {tested} networks none is better than {claim}.\n"),
        [one] => format!("\nOf {tested} networks one is better than {claim}: {one}.\n"),
        several => {
            format!("\nOf {tested} networks {} are each better than {claim}: {}.\n", several.len(), several.join(", "))
        }
    }
}
