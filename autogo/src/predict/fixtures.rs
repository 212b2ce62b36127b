//! Small inputs that several tests of this folder share.

use super::network::{Architecture, Convolution, Mixing, NodeKind, Readout, Reads, Receives};
use crate::data::Example;
use crate::families::{Family, Nb201};
use crate::graph::Graph;
use crate::segment::{Mining, Segmenter};

/// Networks of NB-201 labelled with their multiply-adds, and a segmenter mined from them.
pub(super) fn examples(count: u64) -> (Vec<Example>, Segmenter) {
    let example = |at: u64| {
        let graph = Nb201::sample(5, at).build().unwrap();
        Example { value: graph.cost().multiply_adds as f64, graph }
    };
    let examples: Vec<Example> = (0..count).map(example).collect();
    let graphs: Vec<Graph> = examples.iter().map(|example| example.graph.clone()).collect();
    let segmenter = Mining::bpe(60).segmenter(&graphs).unwrap();
    (examples, segmenter)
}

/// Small architectures: every layer, every readout, every way to read a network, every kind of node,
/// rows against the data's way, positions, parts that meet.
pub(super) fn architectures() -> Vec<Architecture> {
    let base = Architecture { layers: 3, hidden: 24, ..Architecture::default() };
    let reads = [Reads::Psc, Reads::Graph, Reads::WithoutPredecessor, Reads::WithoutSuccessor, Reads::SegmentOnly];
    let mut all: Vec<Architecture> =
        Convolution::ALL.iter().map(|&convolution| Architecture { convolution, ..base }).collect();
    all.extend(Readout::ALL.iter().map(|&readout| Architecture { readout, ..base }));
    all.extend(reads.map(|reads| Architecture { reads, ..base }));
    all.extend(reads.map(|reads| Architecture { reads, receives: Receives::Neighbours, ..base }));
    all.extend(reads.map(|reads| Architecture { reads, mixing: Mixing::Attention, ..base }));
    all.push(Architecture { nodes: NodeKind::Token, ..base });
    all.push(Architecture { positions: true, ..base });
    all
}
