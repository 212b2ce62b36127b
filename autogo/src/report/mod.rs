//! What people look at: tables, charts, pages, and the claims a notebook checks about itself.

mod axis;
mod bars;
mod chart;
mod evolution;
mod heat_map;
mod live_chart;
mod merge_tree;
mod page;
mod predictors;
mod profile;
mod profile_bars;
mod profile_roofline;
mod profile_waterfall;
mod segments;
mod table;
mod verify;

pub use bars::Bars;
pub use chart::Chart;
pub use evolution::{front_chart, fronts_chart, mutant_drawing, run_page, write_run};
pub use heat_map::HeatMap;
pub use live_chart::LiveChart;
pub use merge_tree::MergeTree;
pub use page::Page;
pub use predictors::{dev_chart, loss_chart, rank_chart, srcc_bars};
pub use profile::cycle_drawing;
pub use profile_bars::{BeforeAfter, EnergyBars};
pub use profile_roofline::Roofline;
pub use profile_waterfall::Waterfall;
pub use segments::{coverage_map, frequency_chart, length_chart, mined_page, segment_card};
pub use table::Table;
pub use verify::Verify;
