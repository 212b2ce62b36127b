//! Columns that contenders read and a family's frame does not have: zero-cost scores, and counts on the graph.

use super::Table;
use crate::failure::Failure;
use crate::label::{Batch, LabelTask, score_table};
use autogo::data::{LabelledFamily, cached};
use autogo::families::FamilyName;
use autogo::polars::prelude::{DataFrame, DataType};
use autogo::predict::Method;
use autogo::train::ZeroCost;
use autogo::{Error, Progress, interrupt};
use std::path::Path;

/// What scores depend on besides the networks: the pictures are always the same.
const VERSION: &str = concat!("zero-cost scores 1, autogo ", env!("CARGO_PKG_VERSION"));
/// Networks that are scored before their scores are kept.
const CHUNK: usize = 256;
/// Counts on the whole graph.
const COUNTED: [&str; 3] = ["flops", "params", "nodes"];

/// The columns that a contender reads.
pub fn read_by(method: &Method) -> &[String] {
    match method {
        Method::Column(name) => std::slice::from_ref(name),
        Method::Columns(forest) => &forest.names,
        _ => &[],
    }
}

/// The family with the columns that contenders read and its frame lacks, for the rows that the table learns from or ranks.
/// Zero-cost scores are those of mini forms on CIFAR-10, a tenth of a second a network, kept in a folder as they are made;
/// where a score has no finite value the least of the others stands.
pub fn with_columns(
    table: &Table,
    name: FamilyName,
    mut family: LabelledFamily,
    folder: &Path,
) -> Result<LabelledFamily, Failure> {
    let frame = family.frame();
    let read: Vec<&String> = table.contenders.iter().flat_map(|contender| read_by(&contender.method)).collect();
    let is_wanted = |column: &&str| read.iter().any(|name| name == column) && frame.get_column_index(column).is_none();
    let scores: Vec<&str> = ZeroCost::NAMES.into_iter().filter(is_wanted).collect();
    let counts: Vec<&str> = COUNTED.into_iter().filter(is_wanted).collect();
    if scores.is_empty() && counts.is_empty() {
        return Ok(family);
    }
    let rows = table.study(name).rows(&family)?;
    let mut parts = Vec::new();
    if !scores.is_empty() {
        parts.push((scores, scored(name, &family, &rows, folder)?));
    }
    if !counts.is_empty() {
        parts.push((counts, family.figures(&rows)?));
    }
    for (columns, frame) in parts {
        for column in columns {
            let numbers = numbers(&frame, column)?;
            let least = numbers.iter().flatten().copied().reduce(f64::min);
            let mut spread = vec![None; family.len()];
            rows.iter().zip(numbers).for_each(|(&row, number)| spread[row] = number.or(least));
            family = family.with_numbers(column, spread)?;
        }
    }
    Ok(family)
}

/// The zero-cost scores of some rows.
fn scored(name: FamilyName, family: &LabelledFamily, rows: &[usize], folder: &Path) -> Result<DataFrame, Failure> {
    let batch = Batch::of(&LabelTask::cifar10()?)?;
    let mut bar = Progress::Live.start(&format!("{name}, zero-cost scores"), 0, rows.len());
    let mut scores = DataFrame::empty();
    for rows in rows.chunks(CHUNK) {
        if interrupt::is_asked() {
            return Err(Failure::Work("interrupted; the same command goes on from here".into()));
        }
        let specs: Vec<String> = rows.iter().filter_map(|&row| Some(family.arch(row)?.to_string())).collect();
        let own = cached(folder, &[VERSION.as_bytes(), specs.join("\n").as_bytes()], || {
            score_table(&specs, &batch.scores(&specs)?)
        })?;
        scores = if scores.height() == 0 { own } else { scores.vstack(&own).map_err(Error::from)? };
        bar.report(scores.height(), "scored without training");
    }
    Ok(scores)
}

fn numbers(frame: &DataFrame, column: &str) -> Result<Vec<Option<f64>>, Error> {
    Ok(frame.column(column)?.strict_cast(&DataType::Float64)?.f64()?.iter().collect())
}
