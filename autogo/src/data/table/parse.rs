//! Columns of a table: which are numbers, which holds the labels, and which names the networks.

use super::LabelTable;
use super::refused::Reason;
use crate::error::Error;
use polars::prelude::{Column, DataType};

/// The labels that are accepted, for messages.
const ACCEPTED: &str = "a finite number, or nothing where there is no label";

/// A cell as a number: `Some(None)` where it is empty, `None` where it is no number.
fn number(cell: &str) -> Option<Option<f64>> {
    let cell = cell.trim();
    if cell.is_empty() { Some(None) } else { cell.parse().ok().map(Some) }
}

/// A column of these cells.
pub(super) fn column_of(name: &str, cells: Vec<String>) -> Column {
    let numbers: Option<Vec<Option<f64>>> = cells.iter().map(|cell| number(cell)).collect();
    match numbers.filter(|numbers| numbers.iter().any(Option::is_some)) {
        Some(numbers) => Column::new(name.into(), numbers),
        None => Column::new(name.into(), cells),
    }
}

impl LabelTable {
    /// A column by its name.
    pub(super) fn column(&self, name: &str) -> Result<&Column, Error> {
        self.frame.column(name).map_err(|_| {
            let names: Vec<String> = self.frame.get_column_names().iter().map(|name| format!("`{name}`")).collect();
            self.wrong(format!("no column `{name}`; accepted: {}", names.join(", ")))
        })
    }

    /// The labels of all rows: none where a cell is empty.
    pub(super) fn labels(&self, name: &str) -> Result<Vec<Result<Option<f64>, Reason>>, Error> {
        let column = self.column(name)?;
        let finite = |value: Option<f64>| match value {
            Some(value) if !value.is_finite() => refused(name, &value.to_string()),
            value => Ok(value),
        };
        if column.dtype() == &DataType::String {
            let cell = |cell: Option<&str>| match number(cell.unwrap_or_default()) {
                Some(value) => finite(value),
                None => refused(name, cell.unwrap_or_default()),
            };
            return Ok(column.str()?.iter().map(cell).collect());
        }
        if !column.dtype().is_primitive_numeric() {
            let kind = column.dtype();
            return Err(self.wrong(format!("column `{name}` is of {kind}; accepted: numbers")));
        }
        Ok(column.cast(&DataType::Float64)?.f64()?.iter().map(finite).collect())
    }

    /// The column that names networks, and its name in every row.
    pub(super) fn names(&self) -> Result<(String, Vec<String>), Error> {
        let found = match &self.networks {
            Some(name) => name.as_str(),
            None => match super::NETWORKS.iter().find(|name| self.frame.column(name).is_ok()) {
                Some(name) => name,
                None => return Err(self.wrong("no column of networks; accepted: `network`, `spec` or `file`")),
            },
        };
        let column = self.column(found)?;
        let is_number = column.dtype().is_primitive_numeric() || column.dtype() == &DataType::Boolean;
        // Other tools store names that repeat as numbers of a dictionary: those become texts.
        let texts = if is_number { None } else { column.cast(&DataType::String).ok() };
        let Some(column) = texts else {
            let reason = format!("column `{found}` holds no names; accepted: compact strings, .onnx and .json files");
            return Err(self.wrong(reason));
        };
        let names = column.str()?.iter().map(|name| name.unwrap_or_default().trim().to_string()).collect();
        Ok((found.into(), names))
    }
}

fn refused<T>(name: &str, cell: &str) -> Result<T, Reason> {
    Err(Reason::new("without a number", format!("{name} is `{cell}`; accepted: {ACCEPTED}")))
}
