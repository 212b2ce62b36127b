//! Frames that are computed once.

use crate::error::Error;
use crate::files::{read_parquet, write_parquet};
use polars::prelude::DataFrame;
use sha2::{Digest, Sha256};
use std::path::Path;

/// The frame under `key` in a folder of Parquet files, computed by `make` when it is not there. The file is named by
/// the SHA-256 of the key, so the key must hold everything the frame depends on: the version of its columns, the
/// content of the file it was read from. Written whole or not at all, with a checksum. A file that is damaged is
/// computed anew.
///
/// # Errors
/// Those of `make`, and a file that cannot be written.
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
    if let Ok(frame) = read_parquet(&path) {
        return Ok(frame);
    }
    let mut frame = make()?;
    write_parquet(&mut frame, &path)?;
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use polars::prelude::df;
    use rand::Rng;
    use std::cell::Cell;

    #[test]
    fn a_frame_is_computed_once_a_key_and_again_when_its_file_is_broken() {
        let folder = std::env::temp_dir().join(format!("autogo-cache-{}", std::process::id()));
        let made = Cell::new(0);
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

    #[test]
    fn a_hundred_of_a_hundred_files_with_three_changed_bytes_are_computed_anew() {
        let folder = std::env::temp_dir().join(format!("autogo-cache-flips-{}", std::process::id()));
        let frame = df!(
            "x" => (0..300).map(|at| f64::from(at) / 7.0).collect::<Vec<f64>>(),
            "name" => (0..300).map(|at| format!("network {at}")).collect::<Vec<String>>(),
        )
        .unwrap();
        let made = Cell::new(0);
        let get = || {
            cached(&folder, &[b"flips"], || {
                made.set(made.get() + 1);
                Ok(frame.clone())
            })
            .unwrap()
        };
        get();
        let path = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let whole = std::fs::read(&path).unwrap();
        for case in 0..100u64 {
            let mut rng = Stream::new(5, "changed bytes").at(case);
            let mut damaged = whole.clone();
            for _ in 0..3 {
                damaged[rng.random_range(0..whole.len())] ^= rng.random_range(1..=255u8);
            }
            std::fs::write(&path, &damaged).unwrap();
            assert!(get().equals(&frame));
            assert_eq!(made.get(), 2 + case, "a damaged file was read back");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
