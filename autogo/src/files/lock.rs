//! A folder that one process at a time writes in.

use crate::error::Error;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The lock's file, which names the holder.
const NAME: &str = "lock";

/// A lock on a folder. The lock is let go when this value is dropped, and dies with its process. While it is held,
/// the folder has a file `lock` that names the process.
///
/// ```
/// use autogo::files::FolderLock;
/// let folder = std::env::temp_dir().join(format!("autogo-doc-lock-{}", std::process::id()));
/// let held = FolderLock::take(&folder)?;
/// let refused = FolderLock::take(&folder).unwrap_err().to_string();
/// assert!(refused.contains(&format!("process {} is writing in this folder", std::process::id())));
/// drop(held);
/// FolderLock::take(&folder)?;
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    /// Holds the lock as long as it is open.
    file: File,
}

impl FolderLock {
    /// Takes the lock of a folder, which is made if need be.
    ///
    /// # Errors
    /// A folder that another process holds (which is named), that cannot be made, or whose file system has no locks.
    pub fn take(folder: &Path) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::file(folder, error);
        fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join(NAME);
        loop {
            let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
            let mut file = file.map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let reason = format!(
                        "{} is writing in this folder; accepted: another folder, or this one when that has ended",
                        holder(&mut file)
                    );
                    return Err(Error::File { path: folder.into(), reason });
                }
                Err(TryLockError::Error(error)) => {
                    let reason = format!("cannot be locked ({error}); accepted: a folder on a file system with locks");
                    return Err(Error::File { path: folder.into(), reason });
                }
            }
            // The holder before may have removed the file after it was opened here: then another file is the lock.
            if is_at(&file, &path) {
                file.set_len(0).map_err(failed)?;
                file.write_all(format!("process {}", std::process::id()).as_bytes()).map_err(failed)?;
                return Ok(FolderLock { path, file });
            }
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Before the lock is let go, so that no process finds the file of a holder that has left. A folder that was
        // removed meanwhile has no lock to remove, or that of another process.
        if is_at(&self.file, &self.path) {
            fs::remove_file(&self.path).ok();
        }
    }
}

/// The holder that the file of a lock names.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let is_named = file.take(64).read_to_string(&mut text).is_ok() && text.starts_with("process ");
    if is_named { text } else { "another process".into() }
}

/// Whether an open file is the one under this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().is_ok_and(|open| fs::metadata(path).is_ok_and(|there| same(open, there)))
}

/// Elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Takes the lock when those before have let go of it.
    fn wait_for(folder: &Path) -> FolderLock {
        loop {
            match FolderLock::take(folder) {
                Ok(lock) => return lock,
                Err(error) => assert!(error.to_string().contains("is writing in this folder"), "{error}"),
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn one_of_many_holds_it_and_nothing_is_left_over() {
        let folder = std::env::temp_dir().join(format!("autogo-lock-{}", std::process::id()));
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let lock = wait_for(&folder);
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold the lock");
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        // The file of a killed process is no lock.
        fs::write(folder.join(NAME), "process 1").unwrap();
        drop(FolderLock::take(&folder).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(&folder).unwrap();
        let error = FolderLock::take(Path::new("/dev/null/x")).unwrap_err().to_string();
        assert!(error.starts_with("/dev/null/x: "), "{error}");
    }
}
