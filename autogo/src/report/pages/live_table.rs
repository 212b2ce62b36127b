//! A table that grows while a cell runs.

use super::super::live::Live;
use super::table::Table;

/// A table that is replaced in its place while a cell runs, such as the ranking of an ablation's variants.
///
/// Under this repository's kernel every state is seen, five in a second at most. Elsewhere the last state is shown when
/// the value goes.
///
/// ```
/// use autogo::{polars::prelude::df, report::{LiveTable, Table}};
/// let mut live = LiveTable::new();
/// for trained in 1..=3u32 {
///     live.show(&Table::of(&df!("variants trained" => [trained])?));
/// }
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Debug)]
pub struct LiveTable(Live);

impl Default for LiveTable {
    fn default() -> Self {
        LiveTable(Live::new())
    }
}

impl LiveTable {
    /// A table that shows nothing yet.
    pub fn new() -> Self {
        LiveTable::default()
    }

    /// Shows a new state.
    pub fn show(&mut self, table: &Table) {
        self.0.show(table.html());
    }
}
