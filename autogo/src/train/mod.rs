//! A graph becomes a network that learns, on the CPU.
//!
//! A [`Plan`] says which kernels of [`autogo_engine`] a graph needs and where every activation and gradient lies in
//! memory; a [`Network`] is a plan with weights. A [`Task`] is pictures with labels, a [`Recipe`] everything else that
//! a training depends on; [`Fit`] is the loop, [`fit_all`] trains several networks side by side. A trained network with
//! the names of its classes is a [`Classifier`], which is asked about pictures of one's own; a [`Confusion`] says which
//! classes it takes for which. Weights also come from a parent ([`Network::inherit`]) and from another tool's ONNX file
//! ([`Network::of_file`]). Tasks whose answer is a mask, key points or a picture have a room of their own: [`tasks`].
//!
//! Every random choice has an address: the weights of a node, the order of a pass, the shift of a picture depend on the
//! recipe's seed and on their own place. So a training has the same bytes on one thread or beside another training, and
//! when it was interrupted and resumed. A batch is cut into pieces that do not depend on the number of threads, so a
//! network has the same bytes on one thread and on several. A machine with several cores gains most where every thread
//! has a network of its own.

mod augment;
mod backward;
mod checkpoint;
mod confusion;
mod curves;
mod fit;
mod forward;
mod from_file;
mod head;
mod inherit;
mod log;
mod meeting;
mod mini;
mod network;
mod optimiser;
mod pass;
mod piece;
mod plan;
mod prediction;
mod preparation;
mod recipe;
mod run;
mod shapes;
mod targets;
mod task;
pub mod tasks;
#[cfg(test)]
pub(crate) mod tests;
mod together;
mod top_k;
mod zero_cost;

pub use crate::error::TrainError;
pub use autogo_engine::loss::Scores;
pub use confusion::{Confusion, Mistake};
pub use fit::{Fit, evaluate};
pub use inherit::Inherited;
pub use log::{FitLog, Measure};
pub use mini::{Mini, MiniForm, Ratio, mini_network};
pub use network::Network;
pub use optimiser::{Method, Optimiser};
pub use plan::{NetworkSettings, Plan};
pub use prediction::{Classifier, Prediction};
pub use preparation::Preparation;
pub use recipe::{Recipe, Schedule};
pub use run::{FitEnd, FitRun, Subject};
pub use targets::Targets;
pub use task::{Part, Pictures, Task};
pub use together::fit_all;
pub use top_k::top_k_accuracy;
pub use zero_cost::ZeroCost;

/// The bits of a training: a number that is raised whenever the same recipe and seed would make other weights. Results
/// of different revisions differ as results of different seeds do, so tables do not mix them.
///
/// Within revision 1, convolutions of 128 channels and more came to be computed by tiles, with other bits; no network
/// of [`mini_network`]'s families is as wide, so no label has changed.
pub const REVISION: u32 = 1;
