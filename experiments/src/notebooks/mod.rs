//! Notebooks: executed headless and written as HTML, with the tools that `cargo notebooks` prepared.

mod checkout;
mod committed;
mod drawings;
#[path = "../../../notebooks/prepare/src/environment.rs"]
mod environment;
mod execute;
mod outcome;
mod pdf;
mod setup;

pub use checkout::{Checkout, checked_data};
pub use committed::Outputs;
pub use environment::forget_cargo;
pub use execute::{execute, page_of};
pub use pdf::print;
pub use setup::{Tools, tools};
