//! Errors of files.

use super::GraphError;
use thiserror::Error;

/// The reason why the content of a file was refused, with the place in the file where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes are well-formed but not what the format demands.
    #[error("{place}: {reason}")]
    Content {
        /// The part of the file: a field, a node, a byte offset.
        place: String,
        /// The reason.
        reason: String,
    },
    /// The format can say it, this library does not support it.
    #[error("node `{node}`: {op} is not supported: {reason}")]
    Unsupported {
        /// Name of the node.
        node: String,
        /// Its operation.
        op: String,
        /// The part of the operation that is not supported.
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
