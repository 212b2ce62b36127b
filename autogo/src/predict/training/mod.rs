//! Training: from labelled networks to weights.
//!
//! [`settings`](TrainSettings) say how; `examples` are made ready with their targets (`scale`); the `trainer` walks
//! epochs, a `step` has a loss (`losses`, one file each) and a gradient, `adam` and `schedule` move the weights; the
//! `log` records every epoch; `state` and `state_file` let an interrupted training go on.

mod adam;
mod exact;
mod examples;
mod log;
mod losses;
mod reports;
mod scale;
mod schedule;
mod settings;
mod state;
mod state_file;
mod step;
mod trainer;

pub use log::{Epoch, Selection, TrainLog};
pub use losses::Loss;
pub use reports::Reports;
pub use scale::Target;
pub use schedule::Schedule;
pub use settings::TrainSettings;

pub(crate) use scale::Scale;
pub(crate) use trainer::{Learned, train};
