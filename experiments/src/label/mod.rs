//! Labels of our own: networks in mini form, each trained from nothing, as items of a work folder.

mod check;
mod describe;
mod job;
mod plan;
mod record;
mod table;
#[cfg(test)]
pub use table::tests;
mod task;
mod zero_cost;

pub use check::check;
pub use describe::{DESCRIPTION, describe};
pub use job::{LabelJob, Manifest, keep_network, listed};
pub use plan::{Choice, LabelItem, items, training};
pub use record::{LabelRecord, TOP_5, baseline_of};
pub use table::{read, write};
pub use task::LabelTask;
pub use zero_cost::{Batch, score_table, zero_cost};
