//! The one error a notebook or a command line has to print.

mod format;
mod graph;
mod profile;
mod train;

pub use format::FormatError;
pub use graph::GraphError;
pub use profile::ProfileError;
pub use train::TrainError;

use std::convert::Infallible;
use std::fmt::Display;
use std::path::PathBuf;
use thiserror::Error;

/// An error of this library: the reason, the place, and what would have been accepted, on one line.
///
/// ```
/// use autogo::{Error, families::network};
/// // A caller matches on the kind; a reader gets one line.
/// let error = network("nb201:none,none,none,none,none,conv_9x9").unwrap_err();
/// assert!(error.to_string().contains("accepted: "));
/// match error {
///     Error::Spec { spec, at, .. } => assert!(spec.starts_with("nb201:") && at > 1),
///     other => unreachable!("{other}"),
/// }
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A graph could not be built.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The content of a file or of some bytes was refused.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A machine cannot run a network, or cannot be timed on it.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A graph cannot be trained, or not like this.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A compact string that names a network does not parse.
    #[error("`{spec}`, character {at}: {reason}; accepted: {accepted}")]
    Spec {
        /// The string.
        spec: String,
        /// The place in the string, counted in characters from 1.
        at: usize,
        /// The reason.
        reason: String,
        /// The values that would have been accepted.
        accepted: String,
    },
    /// A line of a file is wrong.
    #[error("{}:{line}: {reason}; accepted: {accepted}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// The reason.
        reason: String,
        /// The values that would have been accepted.
        accepted: String,
    },
    /// A row of a table names a network that is refused, or gives it no label.
    #[error("{place}: `{network}`: {reason}")]
    Row {
        /// The table and the row or line in it.
        place: String,
        /// The network as the row names it.
        network: String,
        /// The reason.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's message.
        reason: String,
    },
    /// A setting or an input of a computation is out of range.
    #[error("{what}: {reason}; accepted: {accepted}")]
    Setting {
        /// The name of the setting or of the input.
        what: String,
        /// The reason.
        reason: String,
        /// The values that would have been accepted.
        accepted: String,
    },
    /// A predictor cannot be trained on, read or asked this.
    #[error("{what}: {reason}; accepted: {accepted}")]
    Predictor {
        /// The part of the predictor or of its input.
        what: String,
        /// The reason.
        reason: String,
        /// The values that would have been accepted.
        accepted: String,
    },
    /// A number stopped being a number during a computation.
    #[error("{what} is not finite {place}; training stopped")]
    NotFinite {
        /// The name of the number.
        what: &'static str,
        /// The place in the computation.
        place: String,
    },
    /// A polars operation failed.
    #[error("polars: {0}")]
    Polars(#[from] polars::error::PolarsError),
    /// A chart could not be drawn.
    #[error("chart `{title}`: {reason}")]
    Chart {
        /// Its title.
        title: String,
        /// The message of plotters.
        reason: String,
    },
}

/// For conversions that cannot fail.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Error {
    /// A compact string that is wrong in `part`, which is a slice of it.
    pub(crate) fn spec(spec: &str, part: &str, reason: String, accepted: &str) -> Self {
        let offset = (part.as_ptr() as usize).wrapping_sub(spec.as_ptr() as usize);
        let before = spec.get(..offset).unwrap_or("");
        Error::Spec { spec: spec.into(), at: before.chars().count() + 1, reason, accepted: accepted.into() }
    }

    /// Text that is not the TOML that was wanted.
    pub(crate) fn toml(what: &str, text: &str, error: &toml::de::Error, accepted: &str) -> Self {
        Error::setting(what, format!("line {}: {}", toml_line(text, error), error.message()), accepted)
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: impl Into<PathBuf>, reason: impl Display) -> Self {
        Error::File { path: path.into(), reason: reason.to_string() }
    }

    /// A setting that is out of range.
    pub(crate) fn setting(what: &str, reason: impl Into<String>, accepted: &str) -> Self {
        Error::Setting { what: what.into(), reason: reason.into(), accepted: accepted.into() }
    }

    /// A predictor that cannot be trained on, read or asked something.
    pub(crate) fn predictor(what: &str, reason: impl Into<String>, accepted: &str) -> Self {
        Error::Predictor { what: what.into(), reason: reason.into(), accepted: accepted.into() }
    }
}
/// The line, from 1, that an error of TOML is about.
pub(crate) fn toml_line(text: &str, error: &toml::de::Error) -> usize {
    line_of(text, error.span().map_or(0, |span| span.start))
}

/// The line of a text, from 1, in which a byte stands.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    1 + text[..byte.min(text.len())].matches('\n').count()
}
