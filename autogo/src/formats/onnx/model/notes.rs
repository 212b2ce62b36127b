//! What a reader decided on the way, so that a caller can say it.

use std::fmt;

/// One decision of the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The batch is read as 1.
    Batch {
        /// Name of the input.
        input: String,
        /// The size in the file.
        found: String,
    },
    /// The input has its channels last.
    ChannelsLast {
        /// Name of the input.
        input: String,
    },
    /// A named size was fixed by the caller.
    Fixed {
        /// Name of the input.
        input: String,
        /// The sizes, height and width.
        size: (u32, u32),
    },
    /// An input that nothing reads.
    UnusedInput {
        /// Its name.
        input: String,
    },
    /// A node that does not lead to the output.
    Dropped {
        /// Its name.
        node: String,
        /// Its operation.
        op: String,
    },
    /// One of several outputs was taken.
    Output {
        /// Its name.
        output: String,
        /// The others.
        others: Vec<String>,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Batch { input, found } => write!(f, "input `{input}`: the batch, {found}, is read as 1"),
            Note::ChannelsLast { input } => write!(f, "input `{input}`: channels are the last axis"),
            Note::Fixed { input, size } => write!(f, "input `{input}`: read as {}×{} pixels", size.0, size.1),
            Note::UnusedInput { input } => write!(f, "input `{input}`: nothing reads it"),
            Note::Dropped { node, op } => write!(f, "node `{node}`: {op} does not lead to the output and is dropped"),
            Note::Output { output, others } => {
                write!(f, "output `{output}` is taken; the file also has {}", others.join(", "))
            }
        }
    }
}
