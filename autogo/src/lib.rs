#![doc = include_str!("../doc/design.md")]

mod csv;
pub mod data;
mod display;
pub mod doc;
mod error;
pub mod evolve;
pub mod families;
pub mod files;
pub mod formats;
mod goal;
pub mod graph;
pub mod interrupt;
mod partition;
pub mod predict;
pub mod prelude;
pub mod profile;
mod progress;
pub mod release;
pub mod repair;
pub mod report;
mod rng;
pub mod segment;
pub mod stats;
#[cfg(feature = "testing")]
pub mod testing;

pub use error::Error;
pub use goal::Goal;
pub use partition::Partition;
/// The polars this library is built with: frames that it returns are of this version.
pub use polars;
pub use progress::{Bar, Progress};
