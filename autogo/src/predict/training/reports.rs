//! The reports of a training, and the file of its state.

use super::log::TrainLog;
use crate::error::Error;
use crate::progress::{Bar, Progress};
use std::fmt;
use std::path::{Path, PathBuf};

/// The places that a training reports to after every epoch. A [`Progress`] alone is enough.
///
/// ```
/// use autogo::Progress;
/// use autogo::predict::Reports;
/// let mut best = f64::NEG_INFINITY;
/// let reports = Reports::new(Progress::Lines)
///     .resumable("predictor.training")
///     .watch(|log| {
///         best = log.epochs.iter().filter_map(|epoch| epoch.dev_srcc).fold(best, f64::max);
///         Ok(())
///     });
/// # drop(reports);
/// ```
pub struct Reports<'a> {
    progress: Progress,
    path: Option<PathBuf>,
    watch: Option<Watch<'a>>,
}

/// Sees the log of a training.
type Watch<'a> = Box<dyn FnMut(&TrainLog) -> Result<(), Error> + 'a>;

impl From<Progress> for Reports<'_> {
    fn from(progress: Progress) -> Self {
        Reports { progress, path: None, watch: None }
    }
}

impl<'a> Reports<'a> {
    /// Reports loss and SRCC of every epoch to `progress`.
    pub fn new(progress: Progress) -> Self {
        progress.into()
    }

    /// Keeps the state of the training in a file after every epoch. A training that finds its own file goes on from
    /// there and ends with the same bytes; a file of another training is an error.
    #[must_use]
    pub fn resumable(self, path: impl Into<PathBuf>) -> Self {
        Reports { path: Some(path.into()), ..self }
    }

    /// Shows the log to `watch` after every epoch, to draw it for example. An error of `watch` ends the training.
    #[must_use]
    pub fn watch(self, watch: impl FnMut(&TrainLog) -> Result<(), Error> + 'a) -> Self {
        Reports { watch: Some(Box::new(watch)), ..self }
    }

    /// The file of the training's state.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// A bar of epochs, `done` of which are done.
    pub(super) fn bar(&self, done: usize, epochs: usize) -> Bar {
        self.progress.start("training", done, epochs)
    }

    /// Shows the log to the watcher.
    pub(super) fn show(&mut self, log: &TrainLog) -> Result<(), Error> {
        self.watch.as_mut().map_or(Ok(()), |watch| watch(log))
    }
}

impl fmt::Debug for Reports<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_watched = self.watch.is_some();
        let mut fields = out.debug_struct("Reports");
        fields.field("progress", &self.progress).field("path", &self.path).field("is_watched", &is_watched).finish()
    }
}
