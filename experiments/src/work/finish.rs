//! Workers are started, and waited for.

use super::executor::{Executor, start};
use super::folder::WorkFolder;
use super::status::Status;
use crate::failure::Failure;
use autogo::Progress;
use std::process::Child;
use std::time::Duration;

/// Starts workers and waits until every item has a result or is given up, with a bar of this title. Workers that end
/// before are an error.
pub fn finish(folder: &WorkFolder, executor: &Executor, workers: usize, title: &str) -> Result<(), Failure> {
    if Status::of(folder)?.is_over() {
        return Ok(());
    }
    let (mut children, answer) = start(executor, folder, workers)?;
    if !answer.is_empty() {
        say!("{answer}");
    }
    let watched = watch(folder, &mut children, title);
    for child in &mut children {
        // Who can no longer watch does not leave workers behind.
        if watched.is_err() {
            child.kill().ok();
        }
        child.wait().map_err(|error| Failure::Work(error.to_string()))?;
    }
    watched?;
    let status = Status::of(folder)?;
    match status.is_over() {
        true => Ok(()),
        false => Err(Failure::Work(format!("the workers have ended, and work is left: {status}"))),
    }
}

/// Shows how the work goes on until nothing is left, or no worker is alive.
fn watch(folder: &WorkFolder, children: &mut [Child], title: &str) -> Result<(), Failure> {
    let mut status = Status::of(folder)?;
    let mut bar = Progress::Live.start(title, status.done, status.items);
    loop {
        let now = Status::of(folder)?;
        if now != status {
            bar.report(now.done, now.to_string().lines().next().unwrap_or_default());
        }
        status = now;
        let mut is_alive = children.is_empty();
        for child in children.iter_mut() {
            is_alive |= child.try_wait().map_err(|error| Failure::Work(error.to_string()))?.is_none();
        }
        if status.is_over() || !is_alive {
            return Ok(());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
