//! From a parent to its children: places (`places`), donors for each place (`donors`), a repair, and the donor in its place
//! (`splice`). [`Mutator`] does it; a [`Derivation`] records how a child came to be.

mod children;
mod derivation;
mod donors;
mod mutator;
mod places;
mod score_order;
mod settings;
mod splice;

pub(super) use children::{Child, Children};
pub use derivation::Derivation;
pub use mutator::Mutator;
pub(super) use mutator::Round;
pub(super) use score_order::Preference;
pub use score_order::ScoreOrder;
pub(super) use settings::MOST;
pub use settings::{MutationSettings, OnFailure, Ranking, Sources, Unit};
pub use splice::splice;
