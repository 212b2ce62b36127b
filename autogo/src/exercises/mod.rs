//! Checks for an exercise: rebuild AutoGO in six steps.
//!
//! The notebook `notebooks/exercises/rebuild_autogo.ipynb` has six cells to fill. Each check below takes what a student
//! wrote, tries it on the toy of the [`tutorials`](crate::tutorials) first and on other cases after that, and says what
//! the first wrong answer should have been. `notebooks/exercises/solutions` has every cell filled.
//!
//! | step | what is written | check |
//! |---|---|---|
//! | 1 | a graph becomes tokens | [`tokens`] |
//! | 2 | tokens are merged: byte-pair encoding | [`merges`] |
//! | 3 | a network is cut into predecessor, segment and successor | [`cuts`] |
//! | 4 | a segment is made to fit, by hand | [`repair`] |
//! | 5 | two orders are compared: Spearman's rank correlation | [`rank`] |
//! | 6 | a front of networks grows from these parts | [`search`] |

mod cuts;
mod merges;
mod rank;
mod repair;
mod search;
mod tokens;

pub use cuts::cuts;
pub use merges::merges;
pub use rank::rank;
pub use repair::repair;
pub use search::search;
pub use tokens::tokens;

use crate::error::Error;
use crate::report::Page;
use std::fmt::Debug;

/// The page of a check when every answer is right.
fn passed(step: u32, cases: usize) -> Page {
    Page::new("").text(&format!("Step {step}: right in all of {cases} cases."))
}

/// The error of a wrong answer: the question, the answer, and the right answer.
fn wrong(step: u32, asked: &str, answer: impl Debug, right: impl Debug) -> Error {
    Error::setting(&format!("step {step}, {asked}"), format!("the answer is {answer:?}"), &format!("{right:?}"))
}
