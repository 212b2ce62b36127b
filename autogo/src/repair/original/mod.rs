//! The release's own repair: a part of a network in its form, and its program.

mod part;
mod program;

pub use part::{PartNode, ReleasePart};
pub use program::PartAnswer;
pub(super) use program::solve;
