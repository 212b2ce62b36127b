//! Pages: what belongs together, tables, and the claims that a notebook checks about itself.

mod dense;
mod key_result;
mod live_table;
mod page;
mod rows;
mod search;
mod segments;
mod srcc_table;
mod table;
mod table_file;
mod trained;
mod training;
mod verify;

pub use dense::{dense_page, trial_page, write_dense};
pub use key_result::KeyResult;
pub use live_table::LiveTable;
pub use page::Page;
pub use rows::Rows;
pub use search::{front_chart, front_table, fronts_chart, mutant_drawing, run_page, write_run};
pub use segments::{coverage_map, frequency_chart, length_chart, mined_page, segment_card, segment_cards};
pub use srcc_table::srcc_table;
pub use table::Table;
pub use trained::TrainedTable;
pub use training::{
    confusion_map, fit_accuracy_chart, fit_loss_chart, fit_page, predictions_page, task_page, write_fit,
};
pub use verify::Verify;
