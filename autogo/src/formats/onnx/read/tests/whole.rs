//! Tests of whole files: inputs, outputs, nodes without effect, refusals.

use super::*;
use crate::formats::onnx::model::Note;

#[test]
fn nodes_without_effect_vanish() {
    let file = File::new(13, &[1, 3, 8, 8])
        .node("Identity", "x -> a", vec![])
        .node("Dropout", "a -> b", vec![])
        .node("Cast", "b -> c", vec![int("to", 10)])
        .node("Cast", "c -> d", vec![int("to", 1)])
        .node("Relu", "d -> e", vec![])
        .node("Concat", "e -> f", vec![int("axis", 1)])
        .node("Sum", "f -> g", vec![])
        .ints("p", &[0; 8])
        .node("Pad", "g p -> h", vec![])
        .node("Transpose", "h -> y", vec![ints("perm", &[0, 1, 2, 3])]);
    assert_eq!(file.kinds().len(), 1);
    let kept = file.with(&ReadOptions { keep_all: true, ..ReadOptions::default() }).unwrap();
    assert_eq!(kept.layers[1].kind, Kind::Identity);
    let whole = File::new(13, &[1, 3, 8, 8]).node("Cast", "x -> y", vec![int("to", 7)]);
    assert!(whole.refused().contains("attribute `to` is 7; accepted: floats"));
}

#[test]
fn what_nobody_reads_is_named() {
    let file = File::new(13, &[1, 3, 8, 8]).node("Relu", "x -> y", vec![]).node("NonMaxSuppression", "y -> z", vec![]);
    let dropped = Note::Dropped { node: "z".into(), op: "NonMaxSuppression".into() };
    assert_eq!(file.read().notes, std::slice::from_ref(&dropped));
    assert_eq!(dropped.to_string(), "node `z`: NonMaxSuppression does not lead to the output and is dropped");
}

#[test]
fn one_of_several_outputs() {
    let mut file = File::new(13, &[1, 3, 8, 8]).node("Relu", "x -> y", vec![]).node("Sigmoid", "y -> z", vec![]);
    file.graph.output.push(proto::value_info("z", &[]));
    assert_eq!(file.kinds().len(), 1);
    assert!(file.read().notes.contains(&Note::Output { output: "y".into(), others: vec!["z".into()] }));
    let named = |name: &str| file.with(&ReadOptions { output: Some(name.into()), ..ReadOptions::default() });
    assert_eq!(named("z").unwrap().layers.len(), 4);
    // An output that does not depend on the input is not taken.
    file.graph.output.insert(0, proto::value_info("k", &[]));
    let constant = file.weight("v", &[1]).node("Identity", "v -> k", vec![]);
    assert!(matches!(&constant.read().notes[..], [Note::Output { output, .. }, ..] if output == "y"));
    let file = constant;
    let named = |name: &str| file.with(&ReadOptions { output: Some(name.into()), ..ReadOptions::default() });
    assert_eq!(named("k").unwrap_err().to_string(), "graph: has 0 inputs instead of one");
    assert_eq!(named("q").unwrap_err().to_string(), "graph: has no output `q`; accepted: k, y, z");
}

#[test]
fn inputs_that_are_weights() {
    let mut file = File::new(13, &[1, 3, 8, 8]).ints("s", &[4, 3, 1, 1]).node("Reshape", "w s -> v", vec![]).node(
        "Conv",
        "x v -> y",
        vec![],
    );
    file.graph.input.push(proto::value_info("w", &[12]));
    assert_eq!(file.read().cost().parameters, 12);
    file.graph.input.push(proto::value_info("u", &[1]));
    assert!(file.read().notes.contains(&Note::UnusedInput { input: "u".into() }));
    let mut two = File::new(13, &[1, 3, 8, 8]).node("Add", "x z -> y", vec![]);
    two.graph.input.push(proto::value_info("z", &[1, 3, 8, 8]));
    assert_eq!(two.refused(), "graph: has 2 inputs instead of one: x, z");
    two.graph.input.clear();
    assert_eq!(two.refused(), "graph: has 0 inputs instead of one");
}

#[test]
fn refusals_have_the_node_and_what_would_be_accepted() {
    let file = File::new(13, &[1, 3, 8, 8]).node("Einsum", "x -> y", vec![]);
    assert!(
        file.refused().starts_with("node `y`: Einsum is not supported: this library has no such operation; accepted")
    );
    let file = File::new(6, &[1, 3, 8, 8]).node("Relu", "x -> y", vec![]);
    assert_eq!(file.refused(), "opset: is 6; accepted: 7 to 21");
    let file = File::new(13, &[1, 3, 8, 8]).node("Relu", "z -> y", vec![]);
    assert!(file.refused().contains("reads `z`, which no node before it makes") || file.refused().contains("0 inputs"));
    let twice = File::new(13, &[1, 3, 8, 8]).node("Relu", "x -> y", vec![]).node("Tanh", "x -> y", vec![]);
    assert!(twice.refused().contains("makes `y` again"));
    let mut own = File::new(13, &[1, 3, 8, 8]).node("Relu", "x -> y", vec![]);
    own.graph.node[0].domain = "com.example".into();
    assert!(own.refused().contains("domain `com.example`; accepted: ai.onnx"));
    let constant = File::new(13, &[1, 3, 8, 8]).weight("w", &[1]).node("Relu", "w -> y", vec![]);
    assert!(constant.with(&ReadOptions::default()).is_err());
}

#[test]
fn norms_of_layers_are_refused_by_name_in_either_form() {
    let norm = File::new(17, &[1, 6, 5, 5])
        .node("Transpose", "x -> a", vec![ints("perm", &[0, 2, 3, 1])])
        .weight("scale", &[6])
        .node("LayerNormalization", "a scale -> y", vec![int("axis", -1)]);
    assert!(norm.refused().starts_with("node `y`: LayerNormalization is not supported: this library has no such"));
    let written_out = File::new(13, &[1, 6, 5, 5])
        .node("Transpose", "x -> a", vec![ints("perm", &[0, 2, 3, 1])])
        .node("ReduceMean", "a -> m", vec![ints("axes", &[-1])])
        .node("Sub", "a m -> y", vec![]);
    assert!(written_out.refused().contains("node `m`: ReduceMean is not supported: over axes 3 of [1, 5, 5, 6]"));
}

#[test]
fn gates_are_repeated_over_the_picture() {
    let gated = |op: &str| {
        File::new(13, &[1, 6, 5, 5]).node("GlobalAveragePool", "x -> a", vec![]).node("Sigmoid", "a -> b", vec![]).node(
            op,
            "b x -> y",
            vec![],
        )
    };
    assert_eq!(gated("Mul").made(), (5, 5, 6));
    assert_eq!(gated("Add").kinds().last(), Some(&Kind::Add));
    let flat = File::new(13, &[1, 6, 5, 6])
        .node("GlobalAveragePool", "x -> a", vec![])
        .node("Flatten", "a -> b", vec![])
        .node("Mul", "x b -> y", vec![]);
    // A vector of six lies over six columns, not over six channels.
    assert!(flat.refused().contains("accepted: equal sizes in one layout"));
    let mean = File::new(13, &[1, 6, 5, 5])
        .node("ReduceMean", "x -> a", vec![ints("axes", &[2, 3]), int("keepdims", 0)])
        .weight("w", &[6, 4])
        .node("MatMul", "a w -> y", vec![]);
    assert_eq!(mean.kinds()[0], Kind::Mean);
    let mean = |op: &str, axes: &[i64]| {
        File::new(13, &[1, 6, 4, 5]).node(op, "x -> y", vec![ints("axes", axes), int("keepdims", 1)])
    };
    assert_eq!(mean("ReduceMean", &[3]).made(), (4, 1, 6));
    assert!(mean("ReduceMean", &[1]).refused().contains("over axes 1 of [1, 6, 4, 5]; accepted: height and width"));
    let twice = mean("ReduceMax", &[3]).node("ReduceMax", "y -> z", vec![ints("axes", &[2])]);
    let both = twice.with(&ReadOptions { output: None, ..ReadOptions::default() }).unwrap();
    assert_eq!(both.output(), Some(Shape { h: 4, w: 1, c: 6 }));
    let mut twice = twice;
    twice.graph.output[0].name = "z".into();
    assert_eq!(twice.kinds(), [Kind::Max]);
}

#[test]
fn a_gate_may_be_repeated_before() {
    let gated = |op: &str, to: &[i64]| {
        File::new(13, &[1, 6, 4, 5]).node("GlobalAveragePool", "x -> a", vec![]).ints("to", to).node(
            op,
            "a to -> b",
            vec![],
        )
    };
    let expand = gated("Expand", &[1, 6, 4, 5]).node("Mul", "x b -> y", vec![]);
    assert_eq!(expand.kinds(), [Kind::Mean, Kind::Mul]);
    let tile = gated("Tile", &[1, 1, 4, 5]).node("Add", "b x -> y", vec![]);
    assert_eq!(tile.kinds(), [Kind::Mean, Kind::Add]);
    let alone = gated("Expand", &[1, 6, 4, 5]).node("Concat", "x b -> y", vec![int("axis", 1)]);
    assert!(matches!(alone.kinds()[..], [Kind::Mean, Kind::Resize(_), Kind::Concat]));
    assert!(gated("Expand", &[2, 6, 1, 1]).node("Relu", "b -> y", vec![]).refused().contains("accepted: a size of 1"));
}
