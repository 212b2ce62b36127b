//! Files of the site, with the folders that they stand in.

use crate::failure::Failure;
use autogo::files::write;
use std::path::Path;

/// Writes a file, and the folders above it that are not there yet.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::work(folder, error))?;
    }
    Ok(write(path, bytes)?)
}
