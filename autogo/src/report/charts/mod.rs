//! Charts: numbers as pictures.

mod axis;
mod bars;
mod chart;
mod cycle_drawing;
mod differences;
mod heat_map;
mod live_chart;
mod merge_tree;
mod predictors;
mod profile_bars;
mod profile_roofline;
mod profile_waterfall;

pub use bars::Bars;
pub use chart::Chart;
pub use cycle_drawing::cycle_drawing;
pub use differences::Differences;
pub use heat_map::HeatMap;
pub use live_chart::LiveChart;
pub use merge_tree::MergeTree;
pub use predictors::{dev_chart, loss_chart, rank_chart, srcc_bars};
pub use profile_bars::{BeforeAfter, EnergyBars};
pub use profile_roofline::Roofline;
pub use profile_waterfall::Waterfall;
