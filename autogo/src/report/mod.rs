//! What people look at: tables, charts, pages, and the claims a notebook checks about itself.

mod chart;
mod page;
mod table;
mod verify;

pub use chart::Chart;
pub use page::Page;
pub use table::Table;
pub use verify::Verify;
