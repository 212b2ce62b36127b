//! A search: its settings in a file, what is mined and trained before it starts, and the files of its folder.

mod prepare;
mod settings;

pub use prepare::{Prepared, fit};
pub use settings::{PredictorSettings, SearchSettings};

use crate::failure::Failure;
use std::path::Path;

/// The search's settings, in the folder of a run.
pub const SETTINGS: &str = "search.toml";
/// The input network, in the folder of a run.
pub const INPUT: &str = "input.json";
/// The mined segments, in the folder of a run: a folder.
pub const SEGMENTS: &str = "segments";
/// The predictor, in the folder of a run.
pub const PREDICTOR: &str = "predictor.safetensors";

/// The files in the folder of a run that all runs of one experiment share: the segments and the predictor.
pub const SHARED: [&str; 4] =
    ["segments/mining.json", "segments/segmenter.json", "segments/segments.parquet", PREDICTOR];

/// A folder that was named as that of a run and is none.
pub fn no_run(path: &Path) -> Failure {
    Failure::Input(format!("{} holds no run; accepted: the folder of one", path.display()))
}
