//! A run as a folder: its settings, what happened, every individual it made.
//!
//! | file | content |
//! |---|---|
//! | `run.toml` | settings, versions, and what the run depends on, by hash |
//! | `input.json` | the input network |
//! | `events.jsonl` | one line a generation, and one for the end |
//! | `population.parquet` | every individual, with how it was made |
//!
//! [`crate::report::write_run`] adds `graphs/`, `pictures/` and `report.html`; the command line `search.toml`, `segments/` and
//! the predictor.
//!
//! A generation is written down when it is complete, each file whole or not at all: population first, then events. What is
//! in the population but not yet in the events belongs to an unfinished generation and is made again. No file holds a
//! time or a count of threads, so an interrupted run that is taken up ends with the bytes of one that was not. While a run
//! goes on, the folder also holds its `lock` ([`crate::files::FolderLock`]) and the draft of what is being written.

mod events;
mod locked;
mod manifest;
mod run;
mod run_folder;
#[cfg(test)]
mod tests;

pub use locked::LockedRun;
pub use manifest::RunSettings;
pub use run_folder::RunFolder;
