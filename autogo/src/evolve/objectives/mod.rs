//! The wishes of a search: columns with a value for every individual, formulas over columns, objectives and windows.
//!
//! `columns` is the one table of all columns; a search's own columns (`own`) stand beside the table. A [`Formula`] is
//! text, read by `parser` into a `term`.

mod column_name;
mod columns;
mod figures;
mod formula;
mod objective;
mod own;
mod parser;
mod term;
mod window;

pub use column_name::ColumnName;
pub use columns::{Needs, RunColumn};
pub(super) use columns::{Stored, TABLE};
pub use figures::Figures;
pub use formula::Formula;
pub use objective::Objective;
pub use own::OwnColumn;
pub use term::Function;
pub use window::CostWindow;
