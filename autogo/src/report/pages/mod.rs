//! Pages: what belongs together, tables, and the claims that a notebook checks about itself.

mod page;
mod rows;
mod search;
mod segments;
mod table;
mod verify;

pub use page::Page;
pub use rows::Rows;
pub use search::{front_chart, fronts_chart, mutant_drawing, run_page, write_run};
pub use segments::{coverage_map, frequency_chart, length_chart, mined_page, segment_card};
pub use table::Table;
pub use verify::Verify;
