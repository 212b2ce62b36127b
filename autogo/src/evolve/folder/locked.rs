//! A run's folder in the hands of one process.

use super::run_folder::RunFolder;
use crate::error::Error;
use crate::evolve::mutate::Mutator;
use crate::evolve::search::{Evolution, EvolutionRun};
use crate::files::{FolderLock, sweep};
use crate::graph::Graph;
use crate::progress::Progress;

/// A run's folder that no other process writes in as long as this value lives: for a caller that writes more into the
/// folder than [`RunFolder::run`] does. The lock dies with its process.
///
/// ```
/// use autogo::evolve::RunFolder;
/// let folder = RunFolder::new(std::env::temp_dir().join(format!("autogo-locked-{}", std::process::id())));
/// let held = folder.lock()?;
/// let refused = folder.lock().unwrap_err().to_string();
/// assert!(refused.contains("is writing in this folder; accepted: another folder"));
/// # drop(held);
/// # std::fs::remove_dir_all(folder.path()).unwrap();
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Debug)]
pub struct LockedRun {
    folder: RunFolder,
    _lock: FolderLock,
}

impl RunFolder {
    /// Takes the folder's lock, makes the folder if need be, and sweeps away what a killed process was writing.
    ///
    /// # Errors
    /// A folder that another process is running a search in (which is named), and a folder that cannot be written.
    pub fn lock(&self) -> Result<LockedRun, Error> {
        let lock = FolderLock::take(self.path())?;
        sweep(self.path())?;
        Ok(LockedRun { folder: self.clone(), _lock: lock })
    }

    /// Runs a search in the folder, or takes up the one that was begun in it, which must have the same settings. A
    /// killed process loses the generation in progress.
    ///
    /// # Errors
    /// Those of [`RunFolder::lock`] and [`LockedRun::run`].
    pub fn run(
        &self,
        evolution: &Evolution,
        input: &Graph,
        mutator: &Mutator,
        progress: Progress,
    ) -> Result<EvolutionRun, Error> {
        self.lock()?.run(evolution, input, mutator, progress)
    }
}

impl LockedRun {
    /// The folder.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }
}
