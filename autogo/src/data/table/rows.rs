//! The rows of a table as networks, read on all cores.

use super::LabelTable;
use super::refused::{Reason, RefusedRow, RefusedRows};
use crate::data::arch::{Arch, Figures, LISTED, frame};
use crate::data::labelled::{Label, LabelledFamily};
use crate::data::listed::ListedNetwork;
use crate::error::Error;
use crate::goal::Goal;
use crate::interrupt;
use crate::progress::Progress;
use polars::prelude::{Column, IdxCa, IdxSize};
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Rows that are read between two looks at the progress.
const CHUNK: usize = 256;

/// The rows that were read of a table.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The numbers of these rows.
    rows: Vec<usize>,
    figures: Vec<Figures>,
    pub(super) values: Vec<(Arch, Option<f64>)>,
    pub(super) refused: RefusedRows,
}

/// A name without the parts that change nothing: `./a.onnx` is `a.onnx`.
fn plain(name: &str) -> PathBuf {
    Path::new(name).components().filter(|part| *part != Component::CurDir).collect()
}

impl LabelTable {
    /// Reads all rows, or those up to the first that is refused.
    pub(super) fn read_rows(&self, label: &str, progress: Progress, skips: bool) -> Result<Found, Error> {
        let (_, names) = self.names()?;
        let labels = self.labels(label)?;
        if names.is_empty() {
            return Err(self.wrong("has no row; accepted: a row a network"));
        }
        let refused = RefusedRows { rows: Vec::new(), of: names.len() };
        let mut found = Found { refused, ..Found::default() };
        let mut first: HashMap<&Path, usize> = HashMap::with_capacity(names.len());
        let keys: Vec<PathBuf> = names.iter().map(|name| plain(name)).collect();
        let earlier: Vec<usize> = keys.iter().enumerate().map(|(at, key)| *first.entry(key).or_insert(at)).collect();
        // A few networks are read too quickly for a bar.
        let progress = if names.len() > CHUNK { progress } else { Progress::Silent };
        let mut bar = progress.start("networks", 0, names.len());
        for start in (0..names.len()).step_by(CHUNK) {
            if interrupt::is_asked() {
                return Err(self.wrong(format!("reading was interrupted after {start} of {} rows", names.len())));
            }
            let chunk = start..(start + CHUNK).min(names.len());
            let read: Vec<_> = chunk
                .clone()
                .into_par_iter()
                .map(|row| match (&labels[row], earlier[row]) {
                    (_, at) if at < row => Err(Reason::new("twice", format!("stands in {} already", self.place(at)))),
                    (Err(reason), _) => Err(reason.clone()),
                    (Ok(value), _) => Ok((self.network(&names[row])?, *value)),
                })
                .collect();
            for (row, read) in chunk.zip(read) {
                match read {
                    Ok(((network, figures), value)) => {
                        found.rows.push(row);
                        found.figures.push(figures);
                        found.values.push((Arch::Listed(Arc::new(network)), value));
                    }
                    Err(reason) => {
                        found.refused.rows.push(RefusedRow::new(self.place(row), &names[row], reason));
                        if !skips {
                            return Ok(found);
                        }
                    }
                }
                bar.report(row + 1, &format!("{} refused", found.refused.rows.len()));
            }
        }
        Ok(found)
    }

    /// One network and what its graph says.
    fn network(&self, name: &str) -> Result<(ListedNetwork, Figures), Reason> {
        if name.is_empty() {
            return Err(Reason::new("without a network", "names no network"));
        }
        let (network, graph) = ListedNetwork::read(name, &self.folder)?;
        Ok((network, Figures::of(name.into(), LISTED, &graph)))
    }

    /// The place of a row.
    fn place(&self, row: usize) -> String {
        match self.lines.as_ref().and_then(|lines| lines.get(row)) {
            Some(line) => format!("{}:{line}", self.name),
            None => format!("{}, row {}", self.name, row + 1),
        }
    }

    /// The family of what was read: the graphs' figures, then the table's own columns.
    pub(super) fn family(&self, label: &str, goal: Goal, found: Found) -> Result<LabelledFamily, Error> {
        let (networks, _) = self.names()?;
        let mut made = frame(&found.figures)?;
        let rows = IdxCa::from_vec("row".into(), found.rows.iter().map(|&row| row as IdxSize).collect());
        let own = self.frame.take(&rows)?;
        let renamed = |name: &str| {
            let is_taken = made.column(name).is_ok() || ["family", "source"].contains(&name);
            if is_taken { format!("own_{name}") } else { name.to_string() }
        };
        let mut columns = Vec::new();
        for column in own.columns().iter().filter(|column| column.name().as_str() != networks) {
            columns.push(column.clone().with_name(renamed(column.name()).into()));
        }
        let column = renamed(label);
        for own in columns {
            made.with_column(own)?;
        }
        let values: Vec<Option<f64>> = found.values.iter().map(|(_, value)| *value).collect();
        made.with_column(Column::new(column.as_str().into(), values))?;
        let label =
            Label { title: label.into(), column, goal, source: self.name.clone(), measured: true, published: false };
        LabelledFamily::new(LISTED, label, made, found.values)
    }
}
