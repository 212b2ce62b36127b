//! Zip archives of the registry, whose bytes are checked before anything of them is read.

use crate::data::picture::Picture;
use crate::data::registry::Registry;
use crate::error::Error;
use flate2::read::DeflateDecoder;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use zip::{CompressionMethod, ZipArchive};

/// The most bytes of an archive that are read.
const LARGEST: u64 = 1 << 30;
/// The most bytes that a file of an archive may have.
const LARGEST_FILE: u64 = 64 << 20;

/// An archive of a data folder with the bytes that the registry names.
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipArchive<Cursor<Vec<u8>>>,
    /// The first digits of the archive's SHA-256.
    pub digest: String,
}

impl Archive {
    /// Opens the archive of a data set of the registry.
    pub fn open(folder: &Path, dataset: &str) -> Result<Archive, Error> {
        let registry = Registry::bundled()?;
        let known = registry.get(dataset)?;
        let path = folder.join(&known.path);
        let failed = |reason: String| Error::File { path: path.clone(), reason };
        let file = std::fs::File::open(&path)
            .map_err(|error| failed(format!("{error}; accepted: the file of data set `{dataset}`")))?;
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != known.sha256 {
            return Err(failed(format!("has SHA-256 {found}; accepted: {}", known.sha256)));
        }
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| failed(error.to_string()))?;
        Ok(Archive { zip, digest: found.chars().take(16).collect(), path: path.clone() })
    }

    /// An error about a file of the archive.
    pub fn wrong(&self, name: &str, reason: &str) -> Error {
        Error::File { path: self.path.join(name), reason: reason.into() }
    }

    /// The names of files that are wanted, sorted.
    pub fn names(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let all = self.zip.file_names().filter_map(|name| Some(name.ok()?.into_owned()));
        let mut names: Vec<String> = all.filter(|name| is_wanted(name)).collect();
        names.sort_unstable();
        names
    }

    /// The bytes of a file.
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        self.unpacked(name).map_err(|reason| self.wrong(name, &reason))
    }

    fn unpacked(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let index = self.zip.index_for_name(name).ok_or("is not in the archive")?;
        let file = self.zip.by_index_raw(index).map_err(|error| error.to_string())?;
        let (size, method) = (file.size(), file.compression());
        if size > LARGEST_FILE {
            return Err(format!("has {size} bytes; accepted: at most {LARGEST_FILE}"));
        }
        let mut bytes = Vec::new();
        let read = match method {
            CompressionMethod::STORE => file.take(size).read_to_end(&mut bytes),
            CompressionMethod::DEFLATE => DeflateDecoder::new(file).take(size).read_to_end(&mut bytes),
            other => return Err(format!("is packed by {other}; accepted: Stored, Deflated")),
        };
        read.map_err(|error| error.to_string())?;
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(format!("has {} of {size} bytes", bytes.len())) }
    }

    /// The pictures of these names, in their order. Decoded on all cores.
    pub fn pictures(&mut self, names: &[String]) -> Result<Vec<Picture>, Error> {
        let files: Vec<Vec<u8>> = names.iter().map(|name| self.bytes(name)).collect::<Result<_, _>>()?;
        let read = |(name, bytes): (&String, Vec<u8>)| {
            Picture::decode(&bytes).map_err(|error| self.wrong(name, &error.to_string()))
        };
        names.par_iter().zip(files).map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_has_other_bytes_is_refused_on_one_line() {
        let folder = std::env::temp_dir().join(format!("autogo-archive-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("images")).unwrap();
        let refused = || Archive::open(&folder, "set12").err().unwrap().to_string();
        let error = refused();
        assert!(
            error.contains("set12.zip: No such file") && error.contains("accepted: the file of data set"),
            "{error}"
        );
        std::fs::write(folder.join("images/set12.zip"), b"PK").unwrap();
        let error = refused();
        assert!(error.contains("set12.zip: has SHA-256 ") && error.contains("; accepted: 7181531d"), "{error}");
        assert_eq!(error.lines().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
