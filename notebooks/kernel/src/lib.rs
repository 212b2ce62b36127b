//! What notebook cells link to.

pub use autogo::*;
