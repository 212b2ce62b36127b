//! Notebooks: executed headless and written as HTML, with the tools that `cargo notebooks` prepared.

mod checkout;
mod committed;
#[path = "../../../notebooks/prepare/src/environment.rs"]
mod environment;
mod execute;
mod outcome;
mod setup;

pub use checkout::{Checkout, checked_data};
pub use committed::Outputs;
pub use execute::execute;
pub use setup::tools;
