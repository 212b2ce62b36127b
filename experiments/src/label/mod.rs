//! Labels of our own: networks in mini form, each trained from nothing, as items of a work folder.

mod check;
mod describe;
mod job;
mod plan;
mod record;
mod table;
mod task;
mod zero_cost;

pub use check::check;
pub use describe::{DESCRIPTION, describe};
pub use job::{LabelJob, Manifest};
pub use plan::{Choice, items, training};
pub use record::LabelRecord;
pub use table::{read, write};
pub use task::LabelTask;
pub use zero_cost::zero_cost;
