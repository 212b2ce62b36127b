//! The verbs, one file each: the arguments, and `run`, which does what the verb says.

pub mod datasets;
pub mod docs;
pub mod evaluate;
pub mod families;
pub mod fit;
pub mod graph;
pub mod label;
pub mod notebooks;
pub mod parity;
pub mod predict;
pub mod profile;
pub mod replay;
pub mod reproduce;
pub mod search;
pub mod segments;
pub mod train;
pub mod transfer;
