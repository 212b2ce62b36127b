//! What a notebook cell needs: `use autogo::prelude::*;`.

pub use crate::Error;
pub use crate::Goal;
pub use crate::Partition;
pub use crate::Progress;
pub use crate::data::{Arch, Example, Label, LabelledFamily, Split, figures, hardware_latencies, sampled};
pub use crate::evolve::{CostWindow, ParetoArchive, RunFolder, Sampling, StopReason};
pub use crate::evolve::{
    Evolution, EvolutionRun, Formula, Individual, MutationSettings, Mutator, Objective, RunColumn,
};
pub use crate::families::{CellOp, Edsr, Family, FamilyName, Fsrcnn, Hiaml, Inception, InceptionSampler, Nb101, Nb201};
pub use crate::families::{ResNet, SkipAs, TwoPath, UNet, VertexOp, Vgg16};
pub use crate::formats::{from_json, onnx, to_json};
pub use crate::graph::{Convention, Cost, Drawing, Graph, GraphBuilder, Op, Shape};
pub use crate::predict::{
    Architecture, Convolution, Gnn, Loss, Predictor, Psc, Readout, Reads, Reports, Target, TrainLog,
};
pub use crate::predict::{Baseline, Comparison, TrainSettings, fold_srcc, sharing, summary};
pub use crate::profile::hardware_agreement;
pub use crate::profile::{CycleCounter, EnergyReport, EnergyTable, Gemm, MemoryLevel, Npu, NpuProfile, compare};
pub use crate::release::Quirks;
pub use crate::release::paper_latency_change;
pub use crate::release::released;
pub use crate::release::{CompGraph, read_graph};
pub use crate::repair::{ChannelPenalty, ConcatRule, RepairForm, RepairRecord, RepairSettings, RepairStatus};
pub use crate::repair::{RepairSteps, Repaired, Repairer, repair, repair_table};
pub use crate::report::{Bars, Chart, dev_chart, loss_chart, rank_chart, srcc_bars};
pub use crate::report::{BeforeAfter, EnergyBars, Roofline, Waterfall, cycle_drawing};
pub use crate::report::{
    HeatMap, LiveChart, MergeTree, Page, Table, Verify, coverage_map, frequency_chart, length_chart,
};
pub use crate::report::{front_chart, fronts_chart, mutant_drawing, run_page};
pub use crate::report::{mined_page, segment_card};
pub use crate::segment::{
    BpeTrainer, Mined, Mining, Order, Segment, SegmentDb, SegmentRow, Segmenter, TokenForm, Vocabulary,
};
pub use crate::stats::{srcc, srcc_interval};
