//! Failures: the reasons why a command ended early.

use autogo::Error;
use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// The reason why a command ended early: the input is wrong, or the work failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something the user gave is wrong: exit code 2.
    #[error("{0}")]
    Input(String),
    /// The work did not succeed: exit code 1.
    #[error("{0}")]
    Work(String),
}

impl Failure {
    /// A path that the user gave cannot be used, for this reason.
    pub fn input(path: impl AsRef<Path>, reason: impl Display) -> Failure {
        Failure::Input(format!("{}: {reason}", path.as_ref().display()))
    }

    /// The work failed on a path, for this reason.
    pub fn work(path: impl AsRef<Path>, reason: impl Display) -> Failure {
        Failure::Work(format!("{}: {reason}", path.as_ref().display()))
    }

    /// The code that the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Work(_) => 1,
            Failure::Input(_) => 2,
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Input(error.to_string())
    }
}
