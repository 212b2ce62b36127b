//! What a notebook cell needs: `use autogo::prelude::*;`.

pub use crate::Error;
pub use crate::Partition;
pub use crate::Progress;
pub use crate::data::{Goal, Label, LabelledFamily, Split};
pub use crate::evolve::{Column, Evolution, EvolutionRun, Individual, MutationSettings, Objective, ParetoArchive};
pub use crate::families::{CellOp, Family, Nb201};
pub use crate::graph::{Convention, Cost, Drawing, Graph, GraphBuilder, Op, Shape};
pub use crate::predict::{Example, Predictor, Psc, TrainLog, TrainSettings, srcc};
pub use crate::profile::{Gemm, Npu, NpuProfile};
pub use crate::repair::{Repaired, repair};
pub use crate::report::{Chart, Page, Table, Verify};
pub use crate::segment::{BpeTrainer, Segment, SegmentDb, Vocabulary, tokens};
