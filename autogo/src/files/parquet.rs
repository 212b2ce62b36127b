//! Parquet files that know when they are damaged.
//!
//! A Parquet file begins with its columns and ends with a footer that says where each of them begins. No tool reads the
//! bytes between the last column and the footer: there this library puts a mark and the CRC-32C of all other bytes. Any
//! tool reads such a file; this library compares the sum before a byte of the file is parsed.

use super::replace;
use crate::error::Error;
use polars::prelude::{DataFrame, ParquetReader, ParquetWriter, SerReader};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The mark in front of the sum.
const MARK: &[u8; 8] = b"autogo 1";
/// Bytes of mark and sum.
const SEAL: u64 = 12;
/// Bytes behind the footer: the footer's length and [`MAGIC`].
const TAIL: u64 = 8;
/// The bytes that every Parquet file ends with.
const MAGIC: &[u8; 4] = b"PAR1";
/// Rows that are read and skipped as one.
const ROW_GROUP: usize = 1 << 14;

/// Writes a frame as Parquet with a checksum; the file appears whole or not at all. The folder is made if need be.
///
/// # Errors
/// A frame that Parquet cannot hold, and a file that cannot be written.
pub fn write_parquet(frame: &mut DataFrame, path: &Path) -> Result<(), Error> {
    let failed = |error: io::Error| Error::file(path, error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).with_row_group_size(Some(ROW_GROUP)).finish(frame)?;
    let footer =
        footer(&mut Cursor::new(&bytes)).map_err(failed)?.ok_or_else(|| failed(io::Error::other(NO_FOOTER)))?;
    let (columns, end) = bytes.split_at(footer as usize);
    let sum = crc32c::crc32c_append(crc32c::crc32c(columns), end).to_le_bytes();
    replace(path, |file| {
        let mut write = |part: &[u8]| file.write_all(part).map_err(failed);
        [columns, MARK, &sum, end].into_iter().try_for_each(&mut write)
    })
}

/// Reads a frame that [`write_parquet`] wrote.
///
/// # Errors
/// A file that cannot be read, that carries no checksum, or whose checksum is wrong. O(bytes).
///
/// ```
/// use autogo::polars::prelude::df;
/// let path = std::env::temp_dir().join(format!("autogo-doc-{}.parquet", std::process::id()));
/// let mut frame = df!("network" => ["a", "b"], "score" => [0.5, 0.75])?;
/// autogo::files::write_parquet(&mut frame, &path)?;
/// assert!(autogo::files::read_parquet(&path)?.equals(&frame));
/// let mut bytes = std::fs::read(&path).unwrap();
/// bytes[9] ^= 1;
/// std::fs::write(&path, bytes).unwrap();
/// assert!(autogo::files::read_parquet(&path).unwrap_err().to_string().contains("checksum"));
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn read_parquet(path: &Path) -> Result<DataFrame, Error> {
    parquet_of(std::fs::read(path).map_err(|error| Error::file(path, error))?, path)
}

/// The frame of a file's bytes, as [`read_parquet`] reads it; `path` is the file's name in errors.
pub(crate) fn parquet_of(bytes: Vec<u8>, path: &Path) -> Result<DataFrame, Error> {
    check(&mut Cursor::new(&bytes), path)?;
    ParquetReader::new(Cursor::new(bytes)).finish().map_err(|error| Error::file(path, error))
}

/// Compares the sum of a file that [`write_parquet`] wrote, in constant memory. O(bytes).
pub(crate) fn check_parquet(path: &Path) -> Result<(), Error> {
    let mut file = File::open(path).map_err(|error| Error::file(path, error))?;
    check(&mut file, path)
}

const NO_FOOTER: &str = "is no whole Parquet file";
const ACCEPTED: &str = "a Parquet file as this version of the library writes it";

fn check(file: &mut (impl Read + Seek), path: &Path) -> Result<(), Error> {
    let refused = |reason: &str| Error::File { path: path.into(), reason: format!("{reason}; accepted: {ACCEPTED}") };
    let failed = |error: io::Error| Error::file(path, error);
    let footer = footer(file).map_err(failed)?.ok_or_else(|| refused(NO_FOOTER))?;
    let columns = footer.checked_sub(SEAL).ok_or_else(|| refused("carries no checksum"))?;
    let mut seal = [0; SEAL as usize];
    file.seek(SeekFrom::Start(columns)).and_then(|_| file.read_exact(&mut seal)).map_err(failed)?;
    let (mark, sum) = seal.split_at(MARK.len());
    if mark != MARK {
        return Err(refused("carries no checksum, or is damaged"));
    }
    let found = sum_of(file, 0, columns, 0).and_then(|found| sum_of(file, footer, u64::MAX, found)).map_err(failed)?;
    if found.to_le_bytes() == *sum { Ok(()) } else { Err(refused("is damaged: its checksum is wrong")) }
}

/// The byte at which the footer of a Parquet file begins; `None` if there is no footer.
fn footer(file: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    let size = file.seek(SeekFrom::End(0))?;
    let Some(end) = size.checked_sub(TAIL) else { return Ok(None) };
    let mut tail = [0; TAIL as usize];
    file.seek(SeekFrom::Start(end))?;
    file.read_exact(&mut tail)?;
    let [a, b, c, d, magic @ ..] = tail;
    let begin = end.checked_sub(u64::from(u32::from_le_bytes([a, b, c, d])));
    Ok(begin.filter(|_| magic == *MAGIC))
}

/// The CRC-32C of the bytes from one place to another or to the end, going on from a sum.
fn sum_of(file: &mut (impl Read + Seek), from: u64, to: u64, mut sum: u32) -> io::Result<u32> {
    file.seek(SeekFrom::Start(from))?;
    let mut rest = file.take(to.saturating_sub(from));
    let mut buffer = vec![0; 1 << 18];
    loop {
        match rest.read(&mut buffer)? {
            0 => return Ok(sum),
            count => sum = crc32c::crc32c_append(sum, &buffer[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;

    fn path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("autogo-parquet-{name}-{}.parquet", std::process::id()))
    }

    fn frame() -> DataFrame {
        let text: Vec<String> = (0..500).map(|at| format!("network {}", at % 7)).collect();
        let numbers: Vec<Option<f64>> = (0..500).map(|at| (at % 5 > 0).then_some(f64::from(at) / 3.0)).collect();
        df!("text" => text, "number" => numbers, "flag" => vec![true; 500]).unwrap()
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_found() {
        let path = path("flips");
        write_parquet(&mut frame(), &path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert!(read_parquet(&path).unwrap().equals_missing(&frame()));
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            assert!(check(&mut Cursor::new(&damaged), &path).is_err(), "byte {at} of {}", whole.len());
        }
        for end in 0..whole.len() {
            assert!(check(&mut Cursor::new(&whole[..end]), &path).is_err(), "cut after {end}");
        }
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        for error in [read_parquet(&path).unwrap_err(), check_parquet(&path).unwrap_err()] {
            assert!(error.to_string().contains("is no whole Parquet file; accepted: a Parquet file as"), "{error}");
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn other_tools_files_are_refused_and_other_tools_read_ours() {
        let path = path("foreign");
        write_parquet(&mut frame(), &path).unwrap();
        let foreign = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
        assert!(foreign.equals_missing(&frame()));
        let lazy = LazyFrame::scan_parquet(PlRefPath::new(path.to_string_lossy()), ScanArgsParquet::default()).unwrap();
        let some = lazy.filter(col("number").gt(lit(100.0))).select([col("text")]).collect().unwrap();
        assert!(some.height() > 50 && some.width() == 1);
        ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame()).unwrap();
        let error = read_parquet(&path).unwrap_err().to_string();
        assert!(error.contains("carries no checksum") && error.lines().count() == 1, "{error}");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn frames_without_rows_or_columns_come_back() {
        let path = path("empty");
        for mut empty in [frame().head(Some(0)), DataFrame::empty()] {
            write_parquet(&mut empty, &path).unwrap();
            let back = read_parquet(&path).unwrap();
            assert_eq!((back.height(), back.schema()), (0, empty.schema()));
        }
        std::fs::remove_file(path).unwrap();
    }
}
