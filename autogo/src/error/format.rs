//! What can be wrong with a file.

use super::GraphError;
use thiserror::Error;

/// Why the content of a file was refused. Where there is a place in the file, it is named.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes are well-formed but not what the format demands.
    #[error("{place}: {reason}")]
    Content {
        /// Which part: a field, a node, a byte offset.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The format can say it, this library does not support it.
    #[error("node `{node}`: {op} is not supported: {reason}")]
    Unsupported {
        /// Name of the node.
        node: String,
        /// Its operation.
        op: String,
        /// Which part of it.
        reason: String,
    },
    /// The network it describes is not valid.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl FormatError {
    pub(crate) fn content(place: impl Into<String>, reason: impl Into<String>) -> Self {
        FormatError::Content { place: place.into(), reason: reason.into() }
    }

    pub(crate) fn unsupported(node: &str, op: &str, reason: impl Into<String>) -> Self {
        FormatError::Unsupported { node: node.into(), op: op.into(), reason: reason.into() }
    }
}
