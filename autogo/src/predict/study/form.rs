//! The form in which a study reads networks.

use serde::{Deserialize, Serialize};

/// The form in which a family's networks are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Whole.
    #[default]
    Whole,
    /// With one cell or block wherever the family repeats the same one: fewer nodes, which tell networks of the family
    /// apart as well.
    Shallow,
}
