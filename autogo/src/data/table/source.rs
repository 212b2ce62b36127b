//! The sources of a table: a CSV, a Parquet file, a frame.

use super::LabelTable;
use super::parse::column_of;
use super::refused::line;
use crate::csv::Csv;
use crate::data::readers::read_text;
use crate::error::Error;
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The tables that are accepted, for messages.
const ACCEPTED: &str = "a table with a first line of names: network, spec or file, and a column of labels";
/// The most bytes of a Parquet file.
const MOST_BYTES: u64 = 1 << 31;

impl LabelTable {
    /// Reads a table: `.csv`, `.csv.gz` or `.parquet`. Relative names of files begin in the table's folder. O(bytes).
    ///
    /// # Errors
    /// The name ends otherwise, the file cannot be read, a line of a CSV is broken (with its number), or it is no
    /// Parquet file that polars reads.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let (frame, lines) = if name.ends_with(".csv") || name.ends_with(".csv.gz") {
            csv(path)?
        } else if name.ends_with(".parquet") {
            (parquet(path)?, None)
        } else {
            let reason = "is no table; accepted: .csv, .csv.gz, .parquet".into();
            return Err(Error::File { path: path.into(), reason });
        };
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(LabelTable { name: path.display().to_string(), folder, frame, lines, networks: None })
    }
}

/// The columns of a CSV, and the line of every row. A column of numbers alone is one of numbers, every other one of
/// texts.
fn csv(path: &Path) -> Result<(DataFrame, Option<Vec<usize>>), Error> {
    let text = read_text(path, ACCEPTED)?;
    let table = Csv::new(path, &text, ACCEPTED)?;
    let names: Vec<String> = table.names().iter().map(|name| name.to_string()).collect();
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        let reason = format!("has two columns `{}`; accepted: every name once", line(twice.1));
        return Err(Error::File { path: path.into(), reason });
    }
    let mut cells = vec![Vec::with_capacity(table.height()); names.len()];
    let mut lines = Vec::with_capacity(table.height());
    for at in 0..table.height() {
        let row = table.row(at)?;
        lines.push(row.line());
        for (column, cells) in cells.iter_mut().enumerate() {
            // A line may end early: cells that are not there are empty.
            cells.push(row.get(column).to_string());
        }
    }
    let columns = names.iter().zip(cells).map(|(name, cells)| column_of(name, cells)).collect();
    Ok((DataFrame::new(lines.len(), columns)?, Some(lines)))
}

/// A Parquet file of any tool. Its parser is polars'; where a damaged file makes the parser give up, that is an error.
fn parquet(path: &Path) -> Result<DataFrame, Error> {
    let refused = |reason: String| Error::File { path: path.into(), reason };
    let about = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?;
    if about.len() > MOST_BYTES {
        return Err(refused(format!("has {} bytes; accepted: at most {MOST_BYTES}", about.len())));
    }
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let broken = |what: &str| refused(format!("is no whole Parquet file: {what}"));
    match catch_unwind(AssertUnwindSafe(|| ParquetReader::new(Cursor::new(bytes)).finish())) {
        Ok(Ok(frame)) => Ok(frame),
        Ok(Err(error)) => Err(broken(error.to_string().lines().next().unwrap_or_default())),
        Err(_) => Err(broken("its parser gave up")),
    }
}

impl From<DataFrame> for LabelTable {
    /// A frame whose files lie in the working folder.
    fn from(frame: DataFrame) -> Self {
        LabelTable::of(frame, PathBuf::new())
    }
}

macro_rules! from_path {
    ($($path:ty),*) => {$(
        impl TryFrom<$path> for LabelTable {
            type Error = Error;

            fn try_from(path: $path) -> Result<Self, Error> {
                LabelTable::read(path)
            }
        }
    )*};
}

from_path!(&str, &String, String, &Path, &PathBuf, PathBuf);
