//! Files that appear whole or not at all, also when the power goes: the one writer of this library and of its command
//! line.
//!
//! A file is written under another name beside it, its *draft* `NAME.PROCESS.NUMBER.part`; the draft is brought to the
//! disk and given the file's name, and the folder, which holds the names, is brought to the disk as well. A draft is
//! locked as long as it is being written, and a lock dies with its process: so a later process can tell the draft of a
//! killed process, which is swept away, from a draft that is being written.

mod lock;
mod parquet;
mod tensors;

pub use lock::FolderLock;
pub(crate) use parquet::{check_parquet, parquet_of};
pub use parquet::{read_parquet, write_parquet};
pub use tensors::{Tensors, read_weights};
pub(crate) use tensors::{read_tensors, take, take_sized, tensors_of, write_sized, write_tensors};

use crate::error::Error;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes a file by a function that is given its draft. The file appears whole or not at all; when the function fails,
/// what was there before stays and the draft is removed. Drafts of the same file that killed processes left are swept
/// away.
///
/// # Errors
/// Those of the function, and a file that cannot be written.
///
/// ```
/// use std::io::Write;
/// let path = std::env::temp_dir().join(format!("autogo-doc-files-{}.txt", std::process::id()));
/// autogo::files::write(&path, b"before")?;
/// let failed = |error: std::io::Error| autogo::Error::File { path: "the draft".into(), reason: error.to_string() };
/// let half = autogo::files::replace(&path, |draft| {
///     draft.write_all(b"ha").map_err(failed)?;
///     Err(failed(std::io::Error::other("no more")))
/// });
/// assert!(half.is_err());
/// assert_eq!(std::fs::read(&path).unwrap(), b"before");
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> Result<(), Error>) -> Result<(), Error> {
    let failed = |error: io::Error| Error::file(path, error);
    let name = path.file_name().ok_or_else(|| failed(io::Error::other("names no file")))?;
    let folder = folder_of(path);
    sweep_where(folder, false, &|draft| is_draft_of(draft, &name.to_string_lossy())).map_err(failed)?;
    let (draft, mut file) = draft(path).map_err(failed)?;
    let written = write(&mut file).and_then(|()| {
        file.sync_all().and_then(|()| fs::rename(&draft, path)).and_then(|()| sync_folder(folder)).map_err(failed)
    });
    if written.is_err() {
        // Gone already if it got its name and only the folder failed.
        fs::remove_file(&draft).ok();
    }
    written
}

/// Writes bytes as a file, as [`replace`] does.
///
/// # Errors
/// A file that cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, |file| file.write_all(bytes).map_err(|error| Error::file(path, error)))
}

/// Copies a file; the copy appears whole or not at all.
///
/// # Errors
/// A file that cannot be read, or a copy that cannot be written.
pub fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let mut source = File::open(from).map_err(|error| Error::file(from, error))?;
    replace(to, |draft| io::copy(&mut source, draft).map(|_| ()).map_err(|error| Error::file(to, error)))
}

/// Gives a file that was written elsewhere in its folder its name, once its bytes are on the disk.
pub(crate) fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    File::options().write(true).open(draft)?.sync_all()?;
    fs::rename(draft, path)?;
    sync_folder(folder_of(path))
}

/// Removes every draft that a killed process left in a folder and in the folders below it. A draft that is being
/// written stays.
///
/// # Errors
/// A folder that cannot be listed, or a draft that cannot be removed. O(files).
pub fn sweep(folder: &Path) -> Result<(), Error> {
    sweep_where(folder, true, &is_draft).map_err(|error| Error::file(folder, error))
}

/// The folder that a file's name stands in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new draft of a file, locked.
fn draft(path: &Path) -> io::Result<(PathBuf, File)> {
    /// Tells the drafts of this process apart; what a file holds does not depend on it.
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.{}.part", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        let draft = path.with_file_name(name);
        let file = match File::options().write(true).create_new(true).open(&draft) {
            Ok(file) => file,
            // Left by a killed process that had this process's number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        let is_ours = match file.try_lock() {
            Ok(()) => true,
            // A sweep was faster than the lock.
            Err(TryLockError::WouldBlock) => false,
            // A file system without locks: there no sweep removes a file either.
            Err(TryLockError::Error(_)) => true,
        };
        if is_ours && fs::exists(&draft)? {
            return Ok((draft, file));
        }
    }
}

/// A folder holds names; they are on the disk when the folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Whether a name is that of a draft: it ends in a number and `.part`.
fn is_draft(name: &str) -> bool {
    let stem = name.strip_suffix(".part").and_then(|stem| stem.rsplit_once('.'));
    stem.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a name is that of a draft of this file.
fn is_draft_of(name: &str, file: &str) -> bool {
    let numbers = name.strip_prefix(file).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".part"));
    numbers.and_then(|numbers| numbers.split_once('.')).is_some_and(|(process, number)| {
        [process, number].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn sweep_where(folder: &Path, is_deep: bool, is_ours: &dyn Fn(&str) -> bool) -> io::Result<()> {
    let gone = |error: io::Error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && is_deep {
            sweep_where(&entry.path(), true, is_ours)?;
        } else if kind.is_file() && is_ours(&entry.file_name().to_string_lossy()) {
            let Ok(file) = File::open(entry.path()) else { continue };
            if file.try_lock().is_ok() {
                fs::remove_file(entry.path()).or_else(gone)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("autogo-files-{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(folder.join("below")).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn drafts_of_dead_processes_are_swept_and_those_of_living_ones_stay() {
        let folder = folder("sweep");
        for dead in ["a.json.17.part", "a.json.17.3.part", "below/b.parquet.99.0.part"] {
            fs::write(folder.join(dead), b"half").unwrap();
        }
        for other in ["a.json", "film.part", "a.part.json", "below/x..part"] {
            fs::write(folder.join(other), b"whole").unwrap();
        }
        let (alive, file) = draft(&folder.join("below/b.parquet")).unwrap();
        sweep(&folder).unwrap();
        assert_eq!(names(&folder), ["a.json", "a.part.json", "below", "film.part"]);
        let kept = alive.file_name().unwrap().to_str().unwrap();
        assert_eq!(names(&folder.join("below")), [kept, "x..part"]);
        drop(file);
        sweep(&folder).unwrap();
        assert_eq!(names(&folder.join("below")), ["x..part"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_is_written_again_sweeps_its_own_dead_drafts_alone() {
        let folder = folder("own");
        for name in ["a.json.17.3.part", "b.json.17.3.part", "a.json.17.part", "a.json.x.3.part"] {
            fs::write(folder.join(name), b"half").unwrap();
        }
        write(&folder.join("a.json"), b"whole").unwrap();
        assert_eq!(names(&folder), ["a.json", "a.json.17.part", "a.json.x.3.part", "b.json.17.3.part", "below"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn many_threads_that_write_one_file_leave_it_whole_and_nothing_else() {
        let folder = folder("threads");
        let path = folder.join("a.bin");
        std::thread::scope(|scope| {
            for value in 0..8u8 {
                let path = &path;
                scope.spawn(move || (0..20).for_each(|_| write(path, &[value; 5000]).unwrap()));
            }
        });
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() == 5000 && bytes.iter().all(|byte| *byte == bytes[0]));
        assert_eq!(names(&folder), ["a.bin", "below"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_failure_keeps_what_was_there_and_names_the_file() {
        let folder = folder("failure");
        let path = folder.join("a.json");
        write(&path, b"before").unwrap();
        let error = replace(&path, |_| Err(Error::setting("it", "broke", "luck"))).unwrap_err().to_string();
        assert_eq!(error, "it: broke; accepted: luck");
        assert_eq!((fs::read(&path).unwrap().as_slice(), names(&folder).len()), (&b"before"[..], 2));
        let error = write(&folder.join("below"), b"a folder").unwrap_err().to_string();
        assert!(error.contains("below: ") && names(&folder).len() == 2, "{error}");
        assert!(write(Path::new("/nowhere/x"), b"").unwrap_err().to_string().starts_with("/nowhere/x: No such file"));
        assert!(write(Path::new(".."), b"").unwrap_err().to_string().contains("names no file"));
        fs::remove_dir_all(folder).unwrap();
    }
}
