//! Frames that are computed once.

use crate::error::Error;
use crate::files::replace;
use polars::prelude::*;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::Path;

/// The frame under `key` in a folder of Parquet files, computed by `make` when it is not there. The file is named by the
/// SHA-256 of the key, so the key must hold everything the frame depends on: the version of its columns, the content of
/// the file it was read from. Written whole or not at all. A file that does not read back is computed anew.
pub fn cached(
    folder: &Path,
    key: &[&[u8]],
    make: impl FnOnce() -> Result<DataFrame, Error>,
) -> Result<DataFrame, Error> {
    let mut hash = Sha256::new();
    for part in key {
        // With their lengths: ("ab", "c") is another key than ("a", "bc").
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let name: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let path = folder.join(format!("{name}.parquet"));
    if let Ok(frame) =
        File::open(&path).map_err(|_| ()).and_then(|file| ParquetReader::new(file).finish().map_err(|_| ()))
    {
        return Ok(frame);
    }
    let mut frame = make()?;
    write_parquet(&mut frame, &path)?;
    Ok(frame)
}

/// Writes a frame as Parquet, whole or not at all; the folder is made if need be.
pub fn write_parquet(frame: &mut DataFrame, path: &Path) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::File { path: path.into(), reason: error.to_string() };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    replace(path, |file| {
        ParquetWriter::new(file).finish(frame)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_computed_once_a_key_and_again_when_its_file_is_broken() {
        let folder = std::env::temp_dir().join(format!("autogo-cache-{}", std::process::id()));
        let made = std::cell::Cell::new(0);
        let get = |key: &[u8]| {
            cached(&folder, &[b"v1", key], || {
                made.set(made.get() + 1);
                Ok(df!("x" => [1, 2, 3])?)
            })
            .unwrap()
        };
        assert!(get(b"a").equals(&get(b"a")));
        assert_eq!(made.get(), 1);
        get(b"b");
        assert_eq!(made.get(), 2);
        for entry in std::fs::read_dir(&folder).unwrap() {
            std::fs::write(entry.unwrap().path(), b"PAR1").unwrap();
        }
        assert_eq!((get(b"a").height(), made.get()), (3, 3));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
