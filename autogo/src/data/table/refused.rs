//! Rows of a table that are refused, and why.

use crate::error::{Error, FormatError};
use std::collections::BTreeMap;
use std::fmt;

/// A row of a table that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// The table and the row or line in it, counted from 1.
    pub place: String,
    /// The network as the row names it.
    pub network: String,
    /// The reason, on one line.
    pub reason: String,
    /// The kind of the reason, as the end of a count (`3 that cannot be read`), or the op that is not supported.
    /// Rows of one kind are counted together.
    pub kind: String,
}

/// All rows of a table that are refused. Its text counts them by kind, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedRows {
    /// The rows, in the table's order.
    pub rows: Vec<RefusedRow>,
    /// Rows of the table.
    pub of: usize,
}

/// The reason why the row of a network is refused: a sentence and, as in [`RefusedRow`], its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) text: String,
    pub(super) kind: String,
}

impl Reason {
    pub(super) fn new(kind: &str, text: impl Into<String>) -> Self {
        Reason { kind: kind.into(), text: text.into() }
    }
}

impl From<Error> for Reason {
    /// Without the name of the file or the compact string, which the row says already.
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Format(FormatError::Unsupported { op, .. }) => return Reason::new(op, error.to_string()),
            Error::Format(FormatError::Content { .. }) => "whose content is wrong",
            Error::Format(FormatError::Graph(_)) | Error::Graph(_) => "that are no valid network",
            Error::Spec { at, reason, accepted, .. } => {
                let text = format!("character {at}: {reason}; accepted: {accepted}");
                return Reason::new("that no family has", text);
            }
            Error::File { reason, .. } => return Reason::new("that cannot be read", reason.clone()),
            _ => "that fail",
        };
        Reason::new(kind, error.to_string())
    }
}

/// A text on one line: names that a file holds may hold line ends.
pub(super) fn line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

impl RefusedRow {
    pub(super) fn new(place: String, network: &str, reason: Reason) -> Self {
        RefusedRow { place, network: line(network), reason: line(&reason.text), kind: line(&reason.kind) }
    }
}

impl fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`: {}", self.place, self.network, self.reason)
    }
}

impl From<RefusedRow> for Error {
    fn from(row: RefusedRow) -> Self {
        Error::Row { place: row.place, network: row.network, reason: row.reason }
    }
}

impl RefusedRows {
    /// The number of refused rows for each kind of reason, the most frequent first.
    pub fn counts(&self) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.rows {
            *counts.entry(&row.kind).or_default() += 1;
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().map(|(kind, count)| (kind.into(), count)).collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }
}

impl fmt::Display for RefusedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} rows refused", self.rows.len(), self.of)?;
        for (at, (kind, count)) in self.counts().into_iter().enumerate() {
            write!(f, "{} {count} {kind}", if at == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}
