//! What notebook cells link to: the library, what the kernel calls around cells, and the crates that the library is built on,
//! which cells may use as well (`use autogo::petgraph::graph::DiGraph;`).

pub mod hooks;

pub use autogo::*;
pub use hooks::ask;
pub use {dfdx, good_lp, petgraph, plotters, rayon, serde};
