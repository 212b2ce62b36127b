//! The names that a notebook cell needs: `use autogo::prelude::*;`.
//!
//! Forty-five names of this library, and three of polars for tables of one's own. What a single cell needs beyond them
//! it takes from its room, as in `use autogo::report::front_chart;`.

pub use crate::data::{LabelledFamily, sampled};
pub use crate::evolve::{Evolution, EvolutionRun, Individual, Mutator, ParetoArchive, RunColumn, RunFolder};
pub use crate::families::{Family, FamilyName, Nb201, corpus, network};
pub use crate::graph::{Drawing, Graph, Op};
pub use crate::predict::{Architecture, Comparison, Gnn, Predictor, Psc, TrainSettings};
pub use crate::profile::{EnergyTable, Npu};
pub use crate::repair::{RepairSettings, Repairer, repair};
pub use crate::report::{Bars, Chart, LiveChart, Page, Rows, Table, Verify};
pub use crate::segment::{Mined, Mining, Segment, Segmenter, TokenForm};
pub use crate::stats::srcc;
pub use crate::{Error, Goal, Partition, Progress};

pub use polars::prelude::{col, df, lit};
