//! The public data this library can use: where it is published, what it must look like, how it is fetched.

use crate::error::Error;
use crate::files::publish;
use crate::progress::Progress;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A file of public data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The name it is asked for by.
    pub name: String,
    /// Its place in a data folder.
    pub path: String,
    /// The address of the download: `http`, `https` or `file`. Missing when the file is assembled from several sources;
    /// then only a mirror has it.
    pub url: Option<String>,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes, as published; some publishers round.
    pub size: u64,
    /// Its licence.
    pub licence: String,
    /// The work to cite, and the source of the file.
    pub citation: String,
    /// The content of the file, in words.
    pub content: String,
}

/// All data sets this library knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// The data sets.
    #[serde(rename = "dataset")]
    pub datasets: Vec<Dataset>,
}

/// The origin of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file was there already.
    Present,
    /// Copied from a mirror folder.
    Mirror(PathBuf),
    /// Downloaded; an interrupted download goes on at byte `resumed_at`, where the download ended.
    Download {
        /// Bytes that an earlier, interrupted download had left.
        resumed_at: u64,
    },
}

impl Registry {
    /// The registry that comes with this library, `datasets/registry.toml`.
    ///
    /// # Errors
    /// The bundled file is no registry, which a test of this library excludes.
    pub fn bundled() -> Result<Registry, Error> {
        Registry::parse(include_str!("../../../datasets/registry.toml"))
    }

    /// A registry of your own. Paths must stay inside a data folder.
    ///
    /// # Errors
    /// The text is no TOML file of `[[dataset]]` tables, a path leads out of the data folder, or a SHA-256 is not 64
    /// hexadecimal digits.
    pub fn parse(text: &str) -> Result<Registry, Error> {
        let wrong = |reason: String, accepted: &str| Error::setting("dataset registry", reason, accepted);
        let registry: Registry = toml::from_str(text)
            .map_err(|error| wrong(error.to_string().replace('\n', " "), "a TOML file of [[dataset]] tables"))?;
        for dataset in &registry.datasets {
            let is_inside = !dataset.path.is_empty()
                && dataset.path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
                && !dataset.path.contains(['\\', ':']);
            if !is_inside {
                return Err(wrong(
                    format!("{}: path `{}`", dataset.name, dataset.path),
                    "a relative path without `..`",
                ));
            }
            if dataset.sha256.len() != 64 || !dataset.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(wrong(format!("{}: sha256 `{}`", dataset.name, dataset.sha256), "64 hexadecimal digits"));
            }
        }
        Ok(registry)
    }

    /// The data set of this name.
    ///
    /// # Errors
    /// No data set has this name; the error lists the names.
    pub fn get(&self, name: &str) -> Result<&Dataset, Error> {
        let names = || self.datasets.iter().map(|dataset| dataset.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = self.datasets.iter().find(|dataset| dataset.name == name);
        found.ok_or_else(|| Error::setting("dataset", format!("`{name}` is not known"), &names()))
    }
}

impl Dataset {
    /// Whether the file lies in a data folder with the right bytes: `None` when it is not there.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn verify(&self, folder: &Path) -> Result<Option<bool>, Error> {
        let path = folder.join(&self.path);
        if !path.is_file() {
            return Ok(None);
        }
        Ok(Some(hash(&path)? == self.sha256.to_ascii_lowercase()))
    }

    /// Brings the file into a data folder: from one of the mirror folders, else from its address. The bytes are checked
    /// before the file gets its name; an interrupted download goes on where it ended.
    ///
    /// # Errors
    /// A file cannot be read or written, no mirror has the data set and it has no address, the address does not
    /// answer, or the bytes have another SHA-256.
    pub fn fetch(&self, folder: &Path, mirrors: &[PathBuf], progress: Progress) -> Result<Origin, Error> {
        if self.verify(folder)? == Some(true) {
            return Ok(Origin::Present);
        }
        let path = folder.join(&self.path);
        let failed = |error: std::io::Error| Error::file(&path, error);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let part = path.with_file_name(format!("{}.part", path.file_name().unwrap_or_default().to_string_lossy()));
        let mirror = mirrors.iter().find(|mirror| self.verify(mirror).is_ok_and(|good| good == Some(true)));
        let source = if let Some(mirror) = mirror {
            fs::copy(mirror.join(&self.path), &part).map_err(failed)?;
            Origin::Mirror(mirror.clone())
        } else {
            match self.url.as_deref() {
                None => {
                    let reason = format!("{} has no address of its own: {}", self.name, self.citation);
                    return Err(Error::setting("dataset", reason, "a mirror folder that holds it"));
                }
                Some(url) => match url.strip_prefix("file://") {
                    Some(local) => {
                        fs::copy(local, &part).map_err(|error| Error::file(local, error))?;
                        Origin::Mirror(PathBuf::from(local))
                    }
                    None => Origin::Download { resumed_at: self.download(url, &part, progress)? },
                },
            }
        };
        let found = hash(&part)?;
        if found != self.sha256.to_ascii_lowercase() {
            // Not to be resumed: its bytes are wrong.
            fs::remove_file(&part).map_err(failed)?;
            let reason = format!("{} has SHA-256 {found}", self.name);
            return Err(Error::setting("dataset", reason, &format!("SHA-256 {}", self.sha256)));
        }
        publish(&part, &path).map_err(failed)?;
        Ok(source)
    }

    /// Downloads to `part`, appending to what is there. Returns how many bytes were there.
    fn download(&self, url: &str, part: &Path, progress: Progress) -> Result<u64, Error> {
        let failed = |reason: String| Error::setting("download", format!("{url}: {reason}"), "a reachable address");
        let on_disk = |error: std::io::Error| Error::file(part, error);
        let had = fs::metadata(part).map_or(0, |metadata| metadata.len());
        let mut request = ureq::get(url);
        if had > 0 {
            request = request.header("Range", format!("bytes={had}-"));
        }
        let mut response = match request.call() {
            Ok(response) => response,
            // What is there is the whole file, or more: the checksum tells.
            Err(ureq::Error::StatusCode(416)) => return Ok(had),
            Err(error) => return Err(failed(error.to_string())),
        };
        let is_rest = response.status().as_u16() == 206;
        let start = if is_rest { had } else { 0 };
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .append(is_rest)
            .truncate(!is_rest)
            .open(part)
            .map_err(on_disk)?;
        // Publishers round sizes; an endless answer must still end.
        let most = self.size.saturating_add(self.size / 10).saturating_add(1 << 20);
        let mut body = response.body_mut().as_reader();
        let mut buffer = vec![0; 1 << 16];
        let (mut done, mut said) = (start, start);
        loop {
            let count = body.read(&mut buffer).map_err(|error| failed(error.to_string()))?;
            if count == 0 {
                break;
            }
            file.write_all(&buffer[..count]).map_err(on_disk)?;
            done += count as u64;
            if done > most {
                return Err(failed(format!("sends more than {most} bytes")));
            }
            if done - said >= 50_000_000 {
                said = done;
                progress.say(&format!("{}: {} of {} MB", self.name, done / 1_000_000, self.size / 1_000_000));
            }
        }
        file.sync_all().map_err(on_disk)?;
        Ok(start)
    }
}

/// SHA-256 of a file, in hexadecimal.
fn hash(path: &Path) -> Result<String, Error> {
    let failed = |error: std::io::Error| Error::file(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    const CONTENT: &[u8] = b"0123456789 the quick brown fox";

    /// A server that answers `times` requests, honours ranges, and cuts its first answer off after ten bytes.
    fn server(times: usize) -> (String, std::thread::JoinHandle<Vec<Option<usize>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for number in 0..times {
                let (mut stream, _) = listener.accept().unwrap();
                let mut from = None;
                for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                    let line = line.unwrap().to_ascii_lowercase();
                    if let Some(range) = line.strip_prefix("range: bytes=") {
                        from = range.trim_end_matches('-').parse().ok();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                asked.push(from);
                let rest = &CONTENT[from.unwrap_or(0)..];
                let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
                write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len())
                    .unwrap();
                stream.write_all(if number == 0 { &rest[..10] } else { rest }).unwrap();
            }
            asked
        });
        (url, thread)
    }

    fn dataset(url: Option<String>, content: &[u8]) -> Dataset {
        let sha256 = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        let (name, path) = ("test".into(), "sub/file.bin".into());
        let (licence, citation, content_is) = ("none".into(), "nobody".into(), "bytes".into());
        Dataset { name, path, url, sha256, size: content.len() as u64, licence, citation, content: content_is }
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("autogo-registry-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn an_interrupted_download_goes_on_where_it_ended() {
        let (url, thread) = server(2);
        let (folder, dataset) = (folder("resume"), dataset(Some(url), CONTENT));
        assert!(dataset.fetch(&folder, &[], Progress::Silent).is_err());
        let source = dataset.fetch(&folder, &[], Progress::Silent).unwrap();
        assert_eq!(source, Origin::Download { resumed_at: 10 });
        assert_eq!(thread.join().unwrap(), [None, Some(10)]);
        assert_eq!(fs::read(folder.join("sub/file.bin")).unwrap(), CONTENT);
        assert_eq!(dataset.fetch(&folder, &[], Progress::Silent).unwrap(), Origin::Present);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn wrong_bytes_never_get_the_files_name() {
        let origin = folder("origin");
        fs::write(origin.join("file"), CONTENT).unwrap();
        let url = format!("file://{}", origin.join("file").display());
        let target = folder("wrong");
        let error = dataset(Some(url.clone()), b"other").fetch(&target, &[], Progress::Silent).unwrap_err().to_string();
        assert!(error.starts_with("dataset: test has SHA-256 "), "{error}");
        assert_eq!(fs::read_dir(target.join("sub")).unwrap().count(), 0);
        // A mirror is tried first, and only with the right bytes.
        let mirror = folder("mirror");
        fs::create_dir_all(mirror.join("sub")).unwrap();
        fs::write(mirror.join("sub/file.bin"), CONTENT).unwrap();
        let good = dataset(None, CONTENT);
        assert_eq!(
            good.fetch(&target, std::slice::from_ref(&mirror), Progress::Silent).unwrap(),
            Origin::Mirror(mirror.clone())
        );
        assert!(
            dataset(None, b"other")
                .fetch(&target, std::slice::from_ref(&mirror), Progress::Silent)
                .unwrap_err()
                .to_string()
                .contains("mirror")
        );
        for folder in [origin, target, mirror] {
            fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn the_bundled_registry_reads_and_paths_stay_inside() {
        let registry = Registry::bundled().unwrap();
        assert!(registry.get("nb201").is_ok());
        let error = registry.get("nb9").unwrap_err().to_string();
        assert!(error.contains("`nb9` is not known; accepted: "), "{error}");
        let text = toml_of("../secret");
        assert!(Registry::parse(&text).unwrap_err().to_string().contains("path `../secret`"));
        assert!(Registry::parse("[[dataset]]\nname = 3").unwrap_err().to_string().starts_with("dataset registry: "));
    }

    fn toml_of(path: &str) -> String {
        let sha = "0".repeat(64);
        format!(
            "[[dataset]]\nname = \"x\"\npath = \"{path}\"\nsha256 = \"{sha}\"\nsize = 1\nlicence = \"\"\ncitation = \"\"\ncontent = \"\"\n"
        )
    }
}
