//! Text files that may be compressed.

use crate::error::Error;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// The most text a file may hold.
const LARGEST: u64 = 2 << 30;

/// The text of a file, without a byte-order mark; one that ends in `.gz` is decompressed. `accepted` says what the file
/// should have been.
pub(in crate::data) fn read_text(path: &Path, accepted: &str) -> Result<String, Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason: format!("{reason}; accepted: {accepted}") };
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let mut text = String::new();
    let is_compressed = path.extension().is_some_and(|extension| extension == "gz");
    let read = if is_compressed {
        flate2::bufread::MultiGzDecoder::new(BufReader::new(file)).take(LARGEST).read_to_string(&mut text)
    } else {
        BufReader::new(file).take(LARGEST).read_to_string(&mut text)
    };
    match read {
        Ok(read) if (read as u64) < LARGEST => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(text)
        }
        Ok(_) => Err(failed(format!("holds more than {LARGEST} bytes of text"))),
        Err(error) => Err(failed(error.to_string())),
    }
}
