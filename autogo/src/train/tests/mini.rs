//! Tests of mini forms.

use crate::error::TrainError;
use crate::families::{FamilyName, networks};
use crate::graph::{Conv, Graph, GraphBuilder, Op, Shape, Window};
use crate::testing::graphs;
use crate::train::{Mini, Network, NetworkSettings, Ratio};
use proptest::prelude::*;

const HALF: Mini = Mini { input: (16, 16), width: Ratio { over: 1, under: 2 } };

/// Whether no node takes some channels apart or repeats them, which has no mini form.
fn keeps_channels(graph: &Graph) -> bool {
    (0..graph.len()).all(|index| {
        let op = &graph.node(index).op;
        let takes_apart = matches!(op, Op::Slice { start: 1.., .. } | Op::SpaceToDepth { .. });
        let channels = |at: usize| graph.node(at).shape.c;
        let repeats = op.is_broadcast() && graph.operands(index).iter().any(|&at| channels(at) != channels(index));
        !takes_apart && !repeats
    })
}

proptest! {
    #[test]
    fn the_mini_form_of_a_mini_form_of_equal_size_is_the_graph(graph in graphs(14).prop_filter("channels", keeps_channels)) {
        let shape = graph.input_shape();
        let same = Mini { input: (shape.h, shape.w), width: Ratio::ONE };
        let form = graph.mini(&same).unwrap();
        prop_assert_eq!(form.graph.to_parts(), graph.to_parts());
        prop_assert!(form.dropped.is_empty() && form.full == form.mini);
    }

    #[test]
    fn a_mini_form_is_valid_or_names_a_node(graph in graphs(14), h in 1u32..20, over in 1u32..5, under in 1u32..5) {
        match graph.mini(&Mini { input: (h, h + 1), width: Ratio { over, under } }) {
            Ok(form) => {
                prop_assert_eq!(form.graph.input_shape(), Shape::new(h, h + 1, graph.input_shape().c));
                prop_assert_eq!(form.graph.len(), graph.len());
                prop_assert!(form.graph.to_parts().build().is_ok());
            }
            Err(TrainError::Mini { node, .. }) => prop_assert!(graph.nodes().any(|one| one.name == node)),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn families_have_mini_forms_that_train() {
    let cell = "nb201:nor_conv_3x3,nor_conv_3x3,avg_pool_3x3,skip_connect,none,nor_conv_1x1";
    let best = [FamilyName::Hiaml, FamilyName::Inception, FamilyName::TwoPath, FamilyName::Nb101];
    let best = best.into_iter().filter_map(|family| family.best());
    let specs: Vec<&str> = best.chain([cell, "resnet50", "vgg16", "unet:64x64"]).collect();
    for graph in networks(&specs).unwrap() {
        let form = graph.mini(&HALF).unwrap();
        assert_eq!(form.graph.input_shape(), Shape::new(16, 16, graph.input_shape().c), "{}", graph.name());
        assert_ne!(form.full, form.mini);
        let (full, mini) = (graph.node(graph.len() - 1).shape, form.graph.node(graph.len() - 1).shape);
        assert_eq!(full.c, mini.c, "{}", graph.name());
        assert!(form.graph.cost().multiply_adds * 3 < graph.cost().multiply_adds);
        let settings = NetworkSettings { batch: 2, ..NetworkSettings::default() };
        let mut network = Network::with(&form.graph, 0, settings).unwrap();
        assert!(
            network
                .forward(&vec![0.1; 16 * 16 * graph.input_shape().c as usize])
                .unwrap()
                .iter()
                .all(|value| value.is_finite())
        );
    }
}

#[test]
fn strides_that_a_small_picture_cannot_afford_are_named() {
    let form = networks(&["resnet50"]).unwrap()[0].mini(&HALF).unwrap();
    assert!(!form.dropped.is_empty());
    assert!(form.dropped.iter().all(|line| line.ends_with("stride 2×2 became 1×1")), "{:?}", form.dropped);
}

#[test]
fn sums_of_concatenations_keep_fitting() {
    let mut build = GraphBuilder::new("odd");
    let x = build.add("in", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
    let conv = |filters| Op::Conv(Conv { filters, window: Window::same(1, 1), groups: 1, bias: false });
    let (a, b, c) = (
        build.add("a", conv(5), &[x]).unwrap(),
        build.add("b", conv(7), &[x]).unwrap(),
        build.add("c", conv(12), &[x]).unwrap(),
    );
    let both = build.add("both", Op::Concat, &[a, b]).unwrap();
    let sum = build.add("sum", Op::Add, &[both, c]).unwrap();
    build.add("out", Op::Output, &[sum]).unwrap();
    let graph = build.finish().unwrap();
    // The output keeps its 12 channels, 5 and 7 became 2 and 2.
    let error = graph.mini(&Mini { input: (8, 8), width: Ratio { over: 1, under: 3 } }).unwrap_err();
    assert_eq!(error.to_string(), "node `sum` has no mini form: operands must agree, has 8×8×4 and 8×8×12");
}

#[test]
fn a_transposed_convolution_in_groups_loses_its_stride_where_the_way_down_lost_its_own() {
    let mut build = GraphBuilder::new("up and down");
    let input = build.add("in", Op::Input(Shape::new(8, 8, 4)), &[]).unwrap();
    let conv = |stride: u32, groups: u32| Conv { filters: 4, window: Window::same(3, stride), groups, bias: false };
    let down = build.add("down", Op::Conv(conv(2, 1)), &[input]).unwrap();
    let up = build.add("up", Op::ConvTranspose(conv(2, 2)), &[down]).unwrap();
    let sum = build.add("sum", Op::Add, &[input, up]).unwrap();
    build.add("out", Op::Output, &[sum]).unwrap();
    let graph = build.finish().unwrap();
    let form = graph.mini(&Mini { input: (4, 4), width: Ratio::ONE }).unwrap();
    assert_eq!(form.dropped, ["down: stride 2×2 became 1×1", "up: stride 2×2 became 1×1"]);
}
