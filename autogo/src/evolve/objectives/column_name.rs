//! Names of a search's own columns.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a column that a search adds to the table: a lower-case letter, then letters, digits and `_`, up to
/// [`ColumnName::LONGEST`] in all. The name is stored in place, so that a column is a value to copy.
///
/// ```
/// use autogo::evolve::ColumnName;
/// assert_eq!(ColumnName::new("depth")?.as_str(), "depth");
/// let refusal = ColumnName::new("Depth!").unwrap_err().to_string();
/// assert_eq!(refusal, "column: `Depth!` is no name; accepted: a lower-case letter, then a-z, 0-9 and _, up to 31 in all");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ColumnName {
    bytes: [u8; ColumnName::LONGEST],
    length: u8,
}

impl ColumnName {
    /// Most characters of a name.
    pub const LONGEST: usize = 31;

    /// The name that a text spells.
    ///
    /// # Errors
    /// A text that is no name.
    pub fn new(text: &str) -> Result<Self, Error> {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_name = text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(is_inner);
        if !is_name || text.len() > Self::LONGEST {
            let accepted = format!("a lower-case letter, then a-z, 0-9 and _, up to {} in all", Self::LONGEST);
            return Err(Error::setting("column", format!("`{text}` is no name"), &accepted));
        }
        let mut bytes = [0; Self::LONGEST];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(ColumnName { bytes, length: text.len() as u8 })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl From<ColumnName> for String {
    fn from(name: ColumnName) -> String {
        name.as_str().into()
    }
}

impl TryFrom<String> for ColumnName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        ColumnName::new(&text)
    }
}
