//! Reports for people: tables, charts, pages, and the claims that a notebook checks about itself.
//!
//! Every picture is SVG that this library writes, with one palette and one head (`theme.rs`). A notebook shows the last
//! value of a cell; a [`Page`] holds several.

mod charts;
mod front_files;
mod live;
mod numbers;
mod pages;
mod theme;

pub use charts::{
    Bars, BeforeAfter, Chart, Differences, EnergyBars, HeatMap, LiveChart, MergeTree, Roofline, Waterfall,
    cycle_drawing, dev_chart, loss_chart, rank_chart, srcc_bars,
};
pub use front_files::{check_export_folder, write_front};
pub use pages::{
    KeyResult, LiveTable, Page, Rows, Table, TrainedTable, Verify, confusion_map, coverage_map, dense_page,
    fit_accuracy_chart, fit_loss_chart, fit_page, frequency_chart, front_chart, front_table, fronts_chart,
    length_chart, mined_page, mutant_drawing, predictions_page, run_page, segment_card, segment_cards, srcc_table,
    task_page, trial_page, write_dense, write_fit, write_run,
};
