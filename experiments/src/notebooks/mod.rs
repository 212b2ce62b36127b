//! Notebooks: executed headless and written as HTML, with the tools that `cargo notebooks` prepared.

mod checkout;
#[path = "../../../notebooks/prepare/src/environment.rs"]
mod environment;
mod execute;
mod outcome;
mod setup;

pub use checkout::{Checkout, checked_data};
pub use execute::execute;
pub use setup::tools;
