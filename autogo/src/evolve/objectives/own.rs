//! Columns that a search adds to the table, with a function of a graph.

use super::column_name::ColumnName;
use super::columns::RunColumn;
use crate::error::Error;
use crate::graph::Graph;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Columns of a run's frame that are none of its figures.
const TAKEN: [&str; 8] = ["id", "parent", "generation", "front", "repaired", "network", "derivation", "eligible"];

/// A column that a search adds to the table: a name, a title for axes, and a function of a graph.
///
/// A file holds the name and the title, not the function. Two columns are equal when their names and titles are.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnColumn {
    name: ColumnName,
    title: String,
    #[serde(skip)]
    value: Option<Arc<Value>>,
}

type Value = dyn Fn(&Graph) -> f64 + Send + Sync;

impl OwnColumn {
    /// A column of this name, with a title for axes (its unit included), whose value is a function of the graph. The function
    /// must give the same value for the same graph.
    ///
    /// # Errors
    /// A name that is no [`ColumnName`], or that a run's frame has already.
    ///
    /// ```
    /// use autogo::evolve::OwnColumn;
    /// let depth = OwnColumn::new("inputs", "nodes that read the input", |graph| graph.readers(0).len() as f64)?;
    /// assert_eq!(depth.value(&autogo::families::network("resnet50")?), 1.0);
    /// let refusal = OwnColumn::new("cycles", "cycles", |_| 0.0).unwrap_err().to_string();
    /// assert_eq!(refusal, "column: `cycles` is the name of another column; accepted: a name of its own");
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn new(name: &str, title: &str, value: impl Fn(&Graph) -> f64 + Send + Sync + 'static) -> Result<Self, Error> {
        let column = OwnColumn { name: ColumnName::new(name)?, title: title.into(), value: Some(Arc::new(value)) };
        column.check()?;
        Ok(column)
    }

    /// The column's name.
    pub fn name(&self) -> ColumnName {
        self.name
    }

    /// The column's title on an axis.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The value for a graph; no number if the column was read from a file, which does not hold its function.
    pub fn value(&self, graph: &Graph) -> f64 {
        self.value.as_ref().map_or(f64::NAN, |value| value(graph))
    }

    /// Refuses a name that a run's frame has already.
    pub(in crate::evolve) fn check(&self) -> Result<(), Error> {
        let name = self.name.as_str();
        if TAKEN.contains(&name) || RunColumn::named(name).is_some() {
            let reason = format!("`{name}` is the name of another column");
            return Err(Error::setting("column", reason, "a name of its own"));
        }
        Ok(())
    }

    /// Refuses a column without a function, as one is that was read from a file.
    pub(in crate::evolve) fn check_function(&self) -> Result<(), Error> {
        match &self.value {
            Some(_) => Ok(()),
            None => {
                let reason = "has no function: a file does not hold it";
                Err(Error::setting(&format!("column `{}`", RunColumn::Own(self.name)), reason, &self.accepted()))
            }
        }
    }

    /// The call that adds this column, for messages.
    pub(in crate::evolve) fn accepted(&self) -> String {
        format!("the same column by Evolution::with_column({:?}, {:?}, …)", self.name.as_str(), self.title)
    }
}

impl PartialEq for OwnColumn {
    fn eq(&self, other: &Self) -> bool {
        (self.name, &self.title) == (other.name, &other.title)
    }
}

impl fmt::Debug for OwnColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnColumn").field("name", &self.name).field("title", &self.title).finish_non_exhaustive()
    }
}
