//! The state of a folder of work.

use super::folder::WorkFolder;
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The state of a folder of work: items that are done, running and failed, and the time to go.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Items in all.
    pub items: usize,
    /// Items with a result.
    pub done: usize,
    /// Items that a living worker holds.
    pub running: usize,
    /// The names of the living workers that hold an item.
    pub workers: BTreeSet<String>,
    /// Items that are not tried again: their text and their last reason.
    pub failed: Vec<(String, String)>,
    /// The time that the items that are left take at the pace of the last results, with as many workers.
    pub left: Option<Duration>,
}

/// The most results that the pace is taken from.
const PACE: usize = 50;

impl Status {
    /// Looks at a folder. O(items) look-ups.
    pub fn of(folder: &WorkFolder) -> Result<Status, Failure> {
        let now = folder_clock(folder)?;
        let age = |path: &Path| -> Option<Duration> {
            let changed = fs::metadata(path).and_then(|data| data.modified()).ok()?;
            Some(now.duration_since(changed).unwrap_or_default())
        };
        let mut status = Status {
            items: folder.items().len(),
            done: 0,
            running: 0,
            workers: BTreeSet::new(),
            failed: Vec::new(),
            left: None,
        };
        let mut ages = Vec::new();
        for item in folder.items() {
            let id = item.id.as_str();
            if folder.is_done(id) {
                status.done += 1;
                ages.extend(age(&folder.path().join("results").join(format!("{id}.json"))));
            } else if folder.is_given_up(id) {
                status.failed.push((item.text.clone(), folder.failures(id).pop().unwrap_or_default()));
            } else {
                let mut leases = (1..=super::folder::MOST_LEASES).rev().map(|number| folder.lease(id, number));
                if let Some(lease) = leases.find(|lease| lease.exists())
                    && age(&lease).is_some_and(|age| age < folder.expiry())
                {
                    status.running += 1;
                    let text = fs::read_to_string(&lease).unwrap_or_default();
                    status.workers.extend(text.split_whitespace().next().map(String::from));
                }
            }
        }
        ages.sort_unstable();
        ages.truncate(PACE);
        let open = status.items - status.done - status.failed.len();
        if let (Some(oldest), true) = (ages.last(), ages.len() > 1 && status.running > 0) {
            status.left = Some(oldest.mul_f64(open as f64 / ages.len() as f64));
        }
        Ok(status)
    }

    /// Whether nothing is left to do.
    pub fn is_over(&self) -> bool {
        self.done + self.failed.len() == self.items
    }
}

/// The time by the clock of the folder's file system: the time that a file gets that is written now. The clock of this
/// machine may differ.
fn folder_clock(folder: &WorkFolder) -> Result<SystemTime, Failure> {
    let path = folder.path().join(format!(".clock.{}", std::process::id()));
    let read = || -> io::Result<SystemTime> {
        fs::write(&path, b"now")?;
        fs::metadata(&path)?.modified()
    };
    let now = read().map_err(|error| Failure::work(&path, error));
    fs::remove_file(&path).ok();
    now
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.items - self.done - self.failed.len() - self.running;
        let (items, done, running) = (self.items, self.done, self.running);
        write!(f, "{items} items: {done} done, {running} running, {open} waiting, {} failed", self.failed.len())?;
        if let Some(left) = self.left {
            let minutes = left.as_secs().div_ceil(60);
            write!(f, "; about {} h {:02} min to go with {} workers", minutes / 60, minutes % 60, self.workers.len())?;
        }
        for (item, reason) in &self.failed {
            write!(f, "\nfailed: {item}: {}", reason.trim_end())?;
        }
        Ok(())
    }
}
