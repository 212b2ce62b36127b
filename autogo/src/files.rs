//! Files that appear whole or not at all, also when the power goes.

use crate::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Writes a file under another name beside it, makes sure that it is on disk, and gives it its name.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut File) -> Result<(), Error>) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::File { path: path.into(), reason: error.to_string() };
    // Another process that writes the same file has a draft of its own.
    let draft = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = File::create(&draft).map_err(failed)?;
    write(&mut file)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&draft, path).map_err(failed)
}

/// The same of bytes.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, |file| {
        file.write_all(bytes).map_err(|error| Error::File { path: path.into(), reason: error.to_string() })
    })
}
