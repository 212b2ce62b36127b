//! A graph becomes a network that learns, on the CPU.
//!
//! A [`Plan`] says which kernels of [`autogo_engine`] a graph needs and where every activation and gradient lies in memory; a
//! [`Network`] is a plan with weights. A [`Task`] is pictures with labels, a [`Recipe`] everything else that a training depends
//! on; [`Fit`] is the loop.
//!
//! Every random choice has an address: the weights of a node, the order of a pass, the shift of a picture depend on the recipe's
//! seed and on their own place. So a training has the same bytes on one thread or beside another training, and when it was
//! interrupted and resumed. A batch is cut into pieces that do not depend on the number of threads, so a network has the same
//! bytes on one thread and on several. A machine with several cores gains most where every thread has a network of its own.

mod augment;
mod backward;
mod checkpoint;
mod fit;
mod forward;
mod log;
mod meeting;
mod mini;
mod network;
mod optimiser;
mod pass;
mod piece;
mod plan;
mod recipe;
mod task;
#[cfg(test)]
mod tests;

pub use crate::error::TrainError;
pub use autogo_engine::loss::Scores;
pub use fit::{Fit, FitEnd, FitRun, evaluate};
pub use log::{FitLog, Measure};
pub use mini::{Mini, MiniForm, Ratio, mini_network};
pub use network::Network;
pub use optimiser::{Method, Optimiser};
pub use plan::{NetworkSettings, Plan};
pub use recipe::{Recipe, Schedule};
pub use task::{Part, Pictures, Task};

/// The bits of a training: a number that is raised whenever the same recipe and seed would make other weights. Results of different
/// revisions differ as results of different seeds do, so tables do not mix them.
pub const REVISION: u32 = 1;
