//! A table of rows that are values of one's own.

use super::table::Table;
use crate::error::Error;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

/// Columns over a slice of rows: each has a title, and a function from a row to its cell.
///
/// ```
/// use autogo::report::Rows;
/// let runs = [("PSC", 0.98), ("GNN", 0.97)];
/// let frame = Rows::of(&runs).text("predictor", |run| run.0).number("SRCC", |run| run.1).frame()?;
/// assert_eq!(frame.shape(), (2, 2));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Debug)]
pub struct Rows<'a, R> {
    rows: &'a [R],
    columns: Vec<Column>,
}

impl<'a, R> Rows<'a, R> {
    /// A table of these rows that has no columns yet.
    pub fn of(rows: &'a [R]) -> Self {
        Rows { rows, columns: Vec::new() }
    }

    fn column(mut self, series: Series) -> Self {
        self.columns.push(series.into());
        self
    }

    /// A column of text.
    pub fn text<T: Into<String>>(self, title: impl Into<String>, cell: impl Fn(&'a R) -> T) -> Self {
        let cells: Vec<String> = self.rows.iter().map(|row| cell(row).into()).collect();
        self.column(Series::new(title.into().into(), cells))
    }

    /// A column of numbers; what is not finite is left empty.
    pub fn number(self, title: impl Into<String>, cell: impl Fn(&'a R) -> f64) -> Self {
        let cells: Vec<Option<f64>> = self.rows.iter().map(|row| Some(cell(row)).filter(|x| x.is_finite())).collect();
        self.column(Series::new(title.into().into(), cells))
    }

    /// A column of counts.
    pub fn count(self, title: impl Into<String>, cell: impl Fn(&'a R) -> usize) -> Self {
        let cells: Vec<u64> = self.rows.iter().map(|row| cell(row) as u64).collect();
        self.column(Series::new(title.into().into(), cells))
    }

    /// The table as a frame.
    ///
    /// # Errors
    /// Two columns with one title.
    pub fn frame(self) -> Result<DataFrame, Error> {
        Ok(DataFrame::new(self.rows.len(), self.columns)?)
    }

    /// The table to look at.
    ///
    /// # Errors
    /// Those of [`Rows::frame`].
    pub fn table(self) -> Result<Table, Error> {
        Ok(Table::of(&self.frame()?))
    }
}
