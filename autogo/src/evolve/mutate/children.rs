//! The children of a parent.

use super::derivation::Derivation;
use crate::evolve::objectives::Figures;
use crate::graph::{ContentId, Graph};

/// A child that has not been scored.
#[derive(Clone, Debug)]
pub(in crate::evolve) struct Child {
    pub(in crate::evolve) graph: Graph,
    pub(in crate::evolve) content_id: ContentId,
    pub(in crate::evolve) figures: Figures,
    pub(in crate::evolve) derivation: Derivation,
}

/// The children of one parent, and what was tried for them.
#[derive(Clone, Debug, Default)]
pub(in crate::evolve) struct Children {
    pub(in crate::evolve) children: Vec<Child>,
    /// Places where something could stand.
    pub(in crate::evolve) places: usize,
    /// Donors that were tried.
    pub(in crate::evolve) donors: usize,
    /// Donors that could not be made to fit.
    pub(in crate::evolve) refused: usize,
}

impl Children {
    /// The children of both, one after the other.
    pub(in crate::evolve) fn join(mut self, other: Children) -> Children {
        self.children.extend(other.children);
        Children {
            children: self.children,
            places: self.places + other.places,
            donors: self.donors + other.donors,
            refused: self.refused + other.refused,
        }
    }
}
