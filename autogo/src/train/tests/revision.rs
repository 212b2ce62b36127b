//! The bits of a training, written down once.

use super::fit::corners;
use crate::families::{FamilyName, network};
use crate::graph::Graph;
use crate::progress::Progress;
use crate::train::plan::kernel::Kernel;
use crate::train::{Fit, Mini, NetworkSettings, Plan, REVISION, Ratio, Recipe, mini_network};
use sha2::{Digest, Sha256};

#[test]
fn a_training_has_the_bits_of_its_revision() {
    let cell = "nb201:nor_conv_3x3,avg_pool_3x3,skip_connect,nor_conv_1x1,nor_conv_3x3,skip_connect";
    let mini = Mini { input: (8, 8), width: Ratio { over: 1, under: 2 } };
    let graph = network(cell).unwrap().mini(&mini).unwrap().graph;
    // Products and sums apart: the same bits on every processor.
    let recipe = Recipe { batch: 32, images: 200, shifts: 1, portable: true, ..Recipe::default() };
    let run = Fit::new(&graph, &corners(10, 100, 20), &recipe).run(Progress::Silent).unwrap();
    let mut hash = Sha256::new();
    for (_, _, values) in run.network.named() {
        values.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    let found: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let known = (1, "d9b9aac200d41e47");
    assert_eq!((REVISION, found.as_str()), known, "other bits are another revision: labels of both do not mix");
}

/// Convolutions of many channels are computed by tiles, whose sums have bits of their own. What is labelled has fewer
/// channels.
#[test]
fn labelled_networks_are_not_computed_by_tiles() {
    let families =
        [FamilyName::Nb101, FamilyName::Nb201, FamilyName::Hiaml, FamilyName::Inception, FamilyName::TwoPath];
    let tiled = |graph: &Graph| {
        let plan = Plan::new(graph, NetworkSettings { batch: 64, ..NetworkSettings::default() }).unwrap();
        plan.steps.iter().any(|step| matches!(&step.kernel, Kernel::Conv(conv) if conv.is_tiled()))
    };
    for family in families {
        for spec in (0..60).map(|index| family.sample(3, index)).chain(family.best().map(String::from)) {
            assert!(!tiled(&mini_network(&spec).unwrap().graph), "{spec}");
        }
    }
    assert!(tiled(&network("resnet50").unwrap()));
}
