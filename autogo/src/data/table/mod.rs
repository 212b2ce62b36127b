//! A table of one's own networks with one's own labels.

mod parse;
mod refused;
mod rows;
mod source;

pub use refused::{RefusedRow, RefusedRows};

use super::labelled::LabelledFamily;
use crate::error::Error;
use crate::goal::Goal;
use crate::progress::Progress;
use polars::prelude::DataFrame;
use std::path::PathBuf;

/// Columns that name networks, unless [`LabelTable::networks`] names another column. The first of these that is there
/// counts.
const NETWORKS: [&str; 3] = ["network", "spec", "file"];

/// A table of one's own networks: a column that names them and any columns of labels.
///
/// A name is a compact string (`resnet50`) or a file of a network (`nets/a.onnx`, `nets/a.json`), relative to the
/// table's folder. A table is a CSV, a Parquet file or a frame. Files are read on all cores; whatever is refused is
/// refused by row. No copy of what was read is kept on disk: a split reads the networks that it draws again.
///
/// ```
/// use autogo::data::LabelTable;
/// use autogo::prelude::*;
/// let frame = df!(
///     "network" => ["resnet50", "vgg16", "lenet.onnx"],
///     "top1" => [76.1, 71.6, 70.0],
/// )?;
/// let table = LabelTable::of(frame, "/where/the/files/are");
/// let (family, refused) = table.labelled_skipping("top1", Goal::Maximise, Progress::Silent)?;
/// assert_eq!(family.len(), 2);
/// assert_eq!(refused.to_string(), "1 of 3 rows refused: 1 that cannot be read");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LabelTable {
    /// The name of the table in messages: its path, or `table`.
    name: String,
    /// The folder in which relative names of files begin.
    folder: PathBuf,
    frame: DataFrame,
    /// Of a CSV, the line of every row.
    lines: Option<Vec<usize>>,
    /// The column of networks, if [`LabelTable::networks`] named one.
    networks: Option<String>,
}

impl LabelTable {
    /// A frame as a table. Relative names of files begin in `folder`.
    pub fn of(frame: DataFrame, folder: impl Into<PathBuf>) -> Self {
        LabelTable { name: "table".into(), folder: folder.into(), frame, lines: None, networks: None }
    }

    /// This table, with `column` as the column that names the networks. Without this call the column is `network`,
    /// `spec` or `file`, the first of these that is there.
    pub fn networks(mut self, column: &str) -> Self {
        self.networks = Some(column.into());
        self
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The networks with the label of one column. An empty label is none: the network is there, but in no split. The
    /// frame holds what [`figures`](super::figures) says of the graphs, and the table's other columns; one that is
    /// called as a figure gets `own_` in front. O(bytes of the files), on all cores.
    ///
    /// # Errors
    /// [`Error::Row`] for the first row that is refused: its network cannot be read, is not supported or stands in an
    /// earlier row, or its label is no finite number. A column is missing, the table is empty, or the work was asked to
    /// [end](crate::interrupt).
    pub fn labelled(&self, label: &str, goal: Goal, progress: Progress) -> Result<LabelledFamily, Error> {
        let mut found = self.read_rows(label, progress, false)?;
        match found.refused.rows.pop() {
            Some(row) => Err(row.into()),
            None => self.family(label, goal, found),
        }
    }

    /// The networks with the label of one column, as [`LabelTable::labelled`] reads them, and the rows that are
    /// refused: these are left out and named.
    ///
    /// # Errors
    /// As for [`LabelTable::labelled`] but for refused rows; and all rows are refused.
    pub fn labelled_skipping(
        &self,
        label: &str,
        goal: Goal,
        progress: Progress,
    ) -> Result<(LabelledFamily, RefusedRows), Error> {
        let mut found = self.read_rows(label, progress, true)?;
        let refused = std::mem::take(&mut found.refused);
        if found.values.is_empty() {
            let first = refused.rows.first().map(|row| format!("; the first: {row}")).unwrap_or_default();
            return Err(self.wrong(format!("no row is left: {refused}{first}")));
        }
        Ok((self.family(label, goal, found)?, refused))
    }

    /// An error about the table as a whole.
    fn wrong(&self, reason: impl Into<String>) -> Error {
        let reason: String = reason.into();
        Error::File { path: self.name.clone().into(), reason: refused::line(&reason) }
    }
}

impl LabelledFamily {
    /// The networks of a table with one's own labels: of a CSV or Parquet file by its path, or of a frame whose files
    /// lie in the working folder. The column `network`, `spec` or `file` names the networks, as compact strings or as
    /// files (`.onnx`, `.json`) relative to the table. Every row counts: the first that is refused is an error. A
    /// [`LabelTable`] leaves out refused rows, shows progress, and reads another column. O(bytes of the files), on all
    /// cores.
    ///
    /// # Errors
    /// As for [`LabelTable::read`] and [`LabelTable::labelled`].
    ///
    /// ```
    /// use autogo::prelude::*;
    /// let table = df!("network" => ["resnet50", "resnet101", "vgg16"], "top1" => [76.1, 77.4, 71.6])?;
    /// let family = LabelledFamily::from_table(table, "top1", Goal::Maximise)?;
    /// assert_eq!((family.len(), family.label().column.as_str()), (3, "top1"));
    /// assert_eq!(family.split(2, 1, 0)?.test.len(), 1);
    ///
    /// let wrong = df!("network" => ["resnet9"], "top1" => [70.0])?;
    /// let error = LabelledFamily::from_table(wrong, "top1", Goal::Maximise).unwrap_err().to_string();
    /// assert!(error.starts_with("table, row 1: `resnet9`: character 1: names no family"), "{error}");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn from_table<T>(table: T, label: &str, goal: Goal) -> Result<LabelledFamily, Error>
    where
        T: TryInto<LabelTable>,
        Error: From<T::Error>,
    {
        let table: LabelTable = table.try_into()?;
        table.labelled(label, goal, Progress::Silent)
    }
}

#[cfg(test)]
mod tests;
