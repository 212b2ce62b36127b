//! Work that many workers do together, through one folder that all of them see.
//!
//! A *work folder* holds a manifest (what all items share), a list of items, and for every item its leases and its
//! result or its failures. A worker claims an item, runs the item, writes the result whole, and goes on until nothing
//! is left. No worker talks to another: a file that can be made only once is all they share. So workers can be
//! processes of one machine, jobs of a cluster, or both; each can be killed at any time, and others can join.
//!
//! ```text
//! work.toml         the manifest and its id
//! items.jsonl       an item a line, in the order in which the items are wanted
//! leases/ID.N       the N-th lease of an item: its holder, and a count that the holder raises
//! results/ID.json   the result and its checksum
//! failures/ID.N     the reason why an attempt failed
//! ```
//!
//! An item's id is a hash of the manifest's id and the item's text, so a result says exactly what it is a result of.
//!
//! No clock is read across machines. A lease is dead when its file has not changed for a while *by the watch of the
//! worker that looks at it*; a dead lease is succeeded by the next one, which again only one worker can make. Should
//! the holder of a dead lease come back, it writes the same result under the same name: nothing is counted twice.
//!
//! With thousands of workers the file system breaks first: all workers ask it for the same names. A claim costs a few
//! look-ups and a new file, and a worker remembers what it has seen done; but when 10,000 workers start together on one
//! list, each tries up to 10,000 leases of others before it finds a free item, 10⁸ failed creations for the metadata
//! server of the file system. Every worker begins at the front of the list. Work for thousands of workers is cut into
//! several folders, whose results `collect` joins; a list that each worker begins elsewhere is not built.

mod executor;
mod finish;
mod folder;
mod lease;
mod record;
mod status;
mod worker;

pub use executor::Executor;
pub use finish::finish;
pub use folder::WorkFolder;
pub use status::Status;
pub use worker::{Job, Outcome, work};

#[cfg(test)]
mod tests;
