//! What a notebook cell needs: `use autogo::prelude::*;`.

pub use crate::Error;
pub use crate::Partition;
pub use crate::Progress;
pub use crate::Quirks;
pub use crate::data::{
    Arch, Example, Goal, Label, LabelledFamily, Split, figures, hardware_agreement, hardware_latencies, released,
    sampled,
};
pub use crate::evolve::{
    CostWindow, Evolution, EvolutionRun, Formula, Individual, MutationSettings, Mutator, Objective,
};
pub use crate::evolve::{ParetoArchive, RunColumn, RunFolder, Sampling, StopReason};
pub use crate::families::{CellOp, Edsr, Family, FamilyName, Fsrcnn, Hiaml, Inception, InceptionSampler, Nb101, Nb201};
pub use crate::families::{ResNet, SkipAs, TwoPath, UNet, VertexOp, Vgg16};
pub use crate::formats::{CompGraph, from_json, onnx, read_graph, to_json};
pub use crate::graph::{Convention, Cost, Drawing, Graph, GraphBuilder, Op, Shape};
pub use crate::predict::{Architecture, Convolution, Gnn, Loss, Predictor, Psc, Readout, Reads, Target, TrainLog};
pub use crate::predict::{Baseline, Comparison, TrainSettings, fold_srcc, sharing, srcc, srcc_interval, summary};
pub use crate::profile::{CycleCounter, EnergyReport, EnergyTable, Gemm, MemoryLevel, Npu, NpuProfile, compare};
pub use crate::repair::{ChannelPenalty, ConcatRule, RepairForm, RepairRecord, RepairSettings, RepairStatus};
pub use crate::repair::{RepairSteps, Repaired, Repairer, repair, repair_table};
pub use crate::report::{Bars, Chart, dev_chart, loss_chart, rank_chart, srcc_bars};
pub use crate::report::{BeforeAfter, EnergyBars, Roofline, Waterfall, cycle_drawing, paper_latency_change};
pub use crate::report::{
    HeatMap, LiveChart, MergeTree, Page, Table, Verify, coverage_map, frequency_chart, length_chart,
};
pub use crate::report::{front_chart, fronts_chart, mutant_drawing, run_page};
pub use crate::report::{mined_page, segment_card};
pub use crate::segment::{
    BpeTrainer, Mined, Mining, Order, Segment, SegmentDb, SegmentRow, Segmenter, TokenForm, Vocabulary,
};
