//! The right to work on an item.

use super::folder::{MOST_LEASES, WorkFolder};
use crate::failure::Failure;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A lease that this process holds. A thread raises the count in its file as long as it is held; dropped, the file
/// goes.
pub(super) struct Lease {
    path: PathBuf,
    stop: Option<Sender<()>>,
    beats: Option<JoinHandle<()>>,
}

/// The answer to a claim of an item.
pub(super) enum Claim {
    /// The item is this worker's.
    Held(Lease),
    /// A living worker holds the item.
    Taken,
    /// [`MOST_LEASES`] workers died while they held the item: it is not tried again.
    GivenUp,
}

/// The leases of other workers as this worker has seen them: their text, and since when the text has not changed.
#[derive(Default)]
pub(super) struct Watch {
    seen: HashMap<String, (usize, String, Instant)>,
}

impl Watch {
    /// Looks at a lease: whether it has had the same text for longer than `expiry`.
    fn finds_dead(&mut self, id: &str, number: usize, text: String, expiry: Duration) -> bool {
        match self.seen.get(id) {
            Some((seen, same, since)) if *seen == number && *same == text => since.elapsed() > expiry,
            _ => {
                self.seen.insert(id.into(), (number, text, Instant::now()));
                false
            }
        }
    }

    /// Asks for an item.
    pub fn claim(&mut self, folder: &WorkFolder, id: &str, holder: &str) -> Result<Claim, Failure> {
        loop {
            // The last lease is the one that counts, also where a holder that seemed dead came back and has let an
            // earlier one go.
            let last = (1..=MOST_LEASES).rev().find(|&number| folder.lease(id, number).exists());
            if let Some(number) = last {
                let path = folder.lease(id, number);
                let text = match fs::read_to_string(&path) {
                    Ok(text) => text,
                    // Its holder has just let it go; the caller asks again later.
                    Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Claim::Taken),
                    Err(error) => return Err(Failure::work(&path, error)),
                };
                if !self.finds_dead(id, number, text, folder.expiry()) {
                    return Ok(Claim::Taken);
                }
                if number == MOST_LEASES {
                    return Ok(Claim::GivenUp);
                }
            }
            let path = folder.lease(id, last.map_or(1, |number| number + 1));
            match File::create_new(&path) {
                Ok(file) => {
                    self.seen.remove(id);
                    return Ok(Claim::Held(Lease::hold(path, file, holder, folder.expiry())?));
                }
                // Another worker was faster: its lease is looked at.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Failure::work(&path, error)),
            }
        }
    }
}

impl Lease {
    fn hold(path: PathBuf, mut file: File, holder: &str, expiry: Duration) -> Result<Lease, Failure> {
        let mut write = {
            let holder = holder.to_string();
            move |path: &Path, count: u64| {
                // A worker that reads between the two sees an empty lease: another text than before, so a lease that
                // lives.
                file.set_len(0).and_then(|()| std::io::Seek::rewind(&mut file)).ok();
                writeln!(file, "{holder} {count}").map_err(|error| Failure::work(path, error))
            }
        };
        if let Err(failure) = write(&path, 0) {
            fs::remove_file(&path).ok();
            return Err(failure);
        }
        let (stop, stopped) = channel::<()>();
        let beat = path.clone();
        let beats = std::thread::spawn(move || {
            let mut count = 0;
            while stopped
                .recv_timeout(expiry / 6)
                .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                count += 1;
                // A beat that cannot be written costs the lease, not the work.
                write(&beat, count).ok();
            }
        });
        Ok(Lease { path, stop: Some(stop), beats: Some(beats) })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(beats) = self.beats.take() {
            beats.join().ok();
        }
        fs::remove_file(&self.path).ok();
    }
}
