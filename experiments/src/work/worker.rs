//! One worker: claims items and runs them until nothing is left.

use super::folder::WorkFolder;
use super::lease::{Claim, Watch};
use crate::failure::Failure;
use autogo::interrupt;
use std::collections::HashSet;
use std::time::Duration;

/// A job: it runs the items of a folder.
pub trait Job {
    /// Runs an item.
    fn run(&mut self, item: &str) -> Outcome;
}

/// The outcome of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The result, one line.
    Done(String),
    /// The reason why there is no result.
    Failed(String),
    /// An end was asked for; the item is another worker's.
    Interrupted,
}

/// The counts of a worker's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Items with a result.
    pub done: usize,
    /// Failed attempts.
    pub failed: usize,
}

/// Works in a folder until every item has a result or is given up, or an end is asked for. `limit` items at most.
///
/// An error is one of the folder (a disk that is full, a file system that has gone); an item that fails is none.
pub fn work(folder: &WorkFolder, job: &mut dyn Job, holder: &str, limit: usize) -> Result<Tally, Failure> {
    let (mut watch, mut tally) = (Watch::default(), Tally::default());
    let mut settled: HashSet<&str> = HashSet::new();
    while tally.done < limit && !interrupt::is_asked() {
        let mut is_moving = false;
        for item in folder.items() {
            let id = item.id.as_str();
            if tally.done == limit || interrupt::is_asked() {
                break;
            }
            if settled.contains(id) {
                continue;
            }
            if folder.is_done(id) || folder.is_given_up(id) {
                settled.insert(id);
                continue;
            }
            let lease = match watch.claim(folder, id, holder)? {
                Claim::Held(lease) => lease,
                Claim::Taken => continue,
                Claim::GivenUp => {
                    folder.give_up(id, "its workers died, each before the item was done")?;
                    continue;
                }
            };
            is_moving = true;
            // Between the look and the lease another worker may have ended.
            if !folder.is_done(id) && !folder.is_given_up(id) {
                match job.run(&item.text) {
                    Outcome::Done(line) => {
                        folder.keep(id, &line)?;
                        tally.done += 1;
                    }
                    Outcome::Failed(reason) => {
                        folder.fail(id, &reason)?;
                        tally.failed += 1;
                    }
                    Outcome::Interrupted => return Ok(tally),
                }
            }
            drop(lease);
        }
        if settled.len() == folder.items().len() {
            break;
        }
        if !is_moving {
            // What is left is leased by others: it may come back.
            std::thread::sleep((folder.expiry() / 20).min(Duration::from_secs(2)));
        }
    }
    Ok(tally)
}
