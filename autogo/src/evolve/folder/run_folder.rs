//! The folder of a run's files.

use crate::error::Error;
use crate::files::write;
use crate::formats::from_json;
use crate::graph::Graph;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of a run.
///
/// ```
/// use autogo::evolve::RunFolder;
/// use autogo::prelude::*;
/// let graphs = (0..12).map(|at| Nb201::sample(0, at).build()).collect::<Result<Vec<_>, _>>()?;
/// let mutator = Mutator::new(Mining::bpe(40).run(&graphs)?, |graph: &Graph| graph.len() as f64, Npu::n256())?;
/// let folder = RunFolder::new(std::env::temp_dir().join(format!("autogo-run-{}", std::process::id())));
/// let evolution = Evolution { generations: 2, ..Evolution::default() };
/// let run = folder.run(&evolution, &graphs[0], &mutator, Progress::Silent)?;
/// // Opened again, it is the same run; run again, it is finished at once.
/// assert_eq!(folder.open(mutator.db())?.individuals, run.individuals);
/// assert_eq!(folder.run(&evolution, &graphs[0], &mutator, Progress::Silent)?.individuals, run.individuals);
/// # std::fs::remove_dir_all(folder.path()).unwrap();
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// A folder at this path, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        RunFolder { path: path.into() }
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a run was begun in the folder.
    pub fn is_begun(&self) -> bool {
        self.path.join("run.toml").is_file()
    }

    /// The input network.
    ///
    /// # Errors
    /// A folder without `input.json`, or with another file under this name.
    pub fn input(&self) -> Result<Graph, Error> {
        let text = self.read("input.json")?;
        from_json(&text).map_err(|error| self.failed("input.json", error))
    }

    pub(super) fn read(&self, name: &str) -> Result<String, Error> {
        fs::read_to_string(self.path.join(name)).map_err(|error| self.failed(name, error))
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        write(&self.path.join(name), bytes)
    }

    /// The error of a file that is not what it should be.
    pub(super) fn failed(&self, name: &str, reason: impl Display) -> Error {
        Error::file(self.path.join(name), reason)
    }
}
