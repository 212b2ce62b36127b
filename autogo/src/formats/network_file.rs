//! A network in a file of any format that is told by its name.

use super::onnx::{ReadOptions, import_with};
use super::{FormatError, from_json};
use crate::error::Error;
use crate::graph::Graph;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The most bytes of a file that is read: what one ONNX file can hold at most.
const MOST_BYTES: u64 = 1 << 31;

/// The ends of names that stand for files.
pub const NETWORK_FILES: [&str; 2] = ["onnx", "json"];

/// Reads a network from a file: ONNX (`.onnx`, weights beside it if need be) or this library's own JSON (`.json`).
/// O(bytes); nothing of the weights is decoded.
///
/// # Errors
/// [`Error::File`] for a name that ends otherwise and for a file that cannot be read, is none, or is larger than 2 GiB;
/// [`Error::Format`] for one that holds no network that this library reads.
///
/// ```
/// use autogo::formats::{read_network, to_json};
/// let graph = autogo::families::network("fsrcnn:8x8")?;
/// let path = std::env::temp_dir().join(format!("autogo-doc-{}.json", std::process::id()));
/// autogo::files::write(&path, to_json(&graph).as_bytes())?;
/// assert_eq!(read_network(&path)?.content_id(), graph.content_id());
/// # std::fs::remove_file(&path).unwrap();
/// let error = read_network("network.pt").unwrap_err().to_string();
/// assert_eq!(error, "network.pt: ends in `pt`; accepted: .onnx, .json");
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn read_network(path: impl AsRef<Path>) -> Result<Graph, Error> {
    let path = path.as_ref();
    let refused = |reason: String| Error::File { path: path.into(), reason };
    match path.extension().and_then(|end| end.to_str()) {
        Some("onnx") => {
            let options = ReadOptions { folder: path.parent().map(Path::to_path_buf), ..ReadOptions::default() };
            Ok(import_with(bytes(path)?, &options)?.graph)
        }
        Some("json") => {
            let text = String::from_utf8(bytes(path)?).map_err(|error| {
                FormatError::content(format!("byte {}", error.utf8_error().valid_up_to()), "no text")
            })?;
            Ok(from_json(text.strip_prefix('\u{feff}').unwrap_or(&text))?)
        }
        end => Err(refused(format!("ends in `{}`; accepted: .onnx, .json", end.unwrap_or_default()))),
    }
}

/// The bytes of a file of bounded size.
fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let refused = |reason: String| Error::File { path: path.into(), reason };
    let failed = |error: std::io::Error| refused(error.to_string());
    let about = std::fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(refused("is no file".into()));
    }
    if about.len() > MOST_BYTES {
        return Err(refused(format!("has {} bytes; accepted: at most {MOST_BYTES}", about.len())));
    }
    let mut bytes = Vec::with_capacity(about.len() as usize);
    // A file that grows while it is read does not grow without end.
    File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}
