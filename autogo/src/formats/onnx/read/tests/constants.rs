//! Constants that nodes make of constants and sizes.

use super::*;
use crate::formats::onnx::proto::integers;

/// A network that reshapes a picture of 2×3×4 to the sizes in `to`.
fn reshaped(opset: i64) -> File {
    File::new(opset, &[1, 2, 3, 4])
}

#[test]
fn view_of_the_batch_and_the_rest() {
    let file = reshaped(13)
        .node("Shape", "x -> s", vec![])
        .node("Constant", "-> zero", vec![tensor("value", TensorProto { dims: vec![], ..integers("", &[0]) })])
        .node("Gather", "s zero -> n", vec![int("axis", 0)])
        .ints("axes", &[0])
        .node("Unsqueeze", "n axes -> batch", vec![])
        .node("Constant", "-> rest", vec![ints("value_ints", &[-1])])
        .node("Concat", "batch rest -> to", vec![int("axis", 0)])
        .node("Reshape", "x to -> flat", vec![])
        .weight("w", &[24, 5])
        .node("MatMul", "flat w -> y", vec![]);
    assert_eq!(file.made(), (1, 1, 5));
}

#[test]
fn arithmetic_of_sizes() {
    let file = reshaped(11)
        .node("Shape", "x -> s", vec![])
        .ints("one", &[1])
        .ints("end", &[4])
        .node("Slice", "s one end -> chw", vec![])
        .node("ReduceProd", "chw -> all", vec![])
        .node("Cast", "all -> real", vec![int("to", 1)])
        .floats("half", &[1], &[0.5])
        .node("Mul", "real half -> part", vec![])
        .node("Floor", "part -> whole", vec![])
        .node("Cast", "whole -> twelve", vec![int("to", 7)])
        .ints("two", &[2])
        .node("Mul", "twelve two -> all_again", vec![])
        .node("Concat", "one all_again -> to", vec![int("axis", 0)])
        .node("Reshape", "x to -> flat", vec![])
        .weight("w", &[24, 5])
        .node("MatMul", "flat w -> y", vec![]);
    assert_eq!(file.made(), (1, 1, 5));
}

#[test]
fn every_form_of_constant() {
    let with =
        |attribute: Attribute| reshaped(13).node("Constant", "-> k", vec![attribute]).node("Mul", "x k -> y", vec![]);
    let floats = |name: &str, floats: Vec<f32>| Attribute {
        name: name.into(),
        floats,
        kind: kind::FLOATS,
        ..Default::default()
    };
    let half = TensorProto { data_type: 10, raw_data: vec![0, 0x42].into(), ..TensorProto::default() };
    for attribute in [float("value_float", 3.0), floats("value_floats", vec![3.0]), tensor("value", half)] {
        assert_eq!(with(attribute).kinds(), [Kind::Affine { scale: 3.0, shift: 0.0 }]);
    }
    assert!(with(text("value_string", "a")).refused().contains("attribute `value_string` is text"));
    let sparse = Attribute { name: "sparse_value".into(), kind: kind::SPARSE_TENSOR, ..Default::default() };
    assert!(with(sparse).refused().contains("attribute `sparse_value` is sparse"));
}

#[test]
fn weights_behind_identity_transpose_and_unsqueeze() {
    let file = File::new(13, &[1, 4, 1, 1])
        .weight("w", &[3, 4])
        .node("Identity", "w -> w1", vec![])
        .node("Transpose", "w1 -> w2", vec![])
        .node("Transpose", "w2 -> w3", vec![ints("perm", &[1, 0])])
        .ints("axes", &[2, 3])
        .node("Unsqueeze", "w3 axes -> w4", vec![])
        .node("Conv", "x w4 -> y", vec![]);
    assert_eq!(file.made(), (1, 1, 3));
    let model = file.read();
    assert_eq!(model.cost().parameters, 12);
    assert_eq!(model.values(0).unwrap().len(), 12);
}

#[test]
fn too_large_is_refused_at_once() {
    let range = File::new(13, &[1, 1, 1, 1])
        .ints("a", &[0])
        .ints("b", &[1 << 40])
        .ints("d", &[1])
        .node("Range", "a b d -> r", vec![])
        .node("Reshape", "x r -> y", vec![]);
    assert!(range.refused().contains("node `r`: Range is not supported: makes 1099511627776 elements"));
    let fill = File::new(13, &[1, 1, 1, 1]).ints("s", &[1 << 40]).node("ConstantOfShape", "s -> r", vec![]).node(
        "Mul",
        "x r -> y",
        vec![],
    );
    assert!(fill.refused().contains("node `r`: ConstantOfShape is not supported: makes 1099511627776 elements"));
    let wide = File::new(13, &[1, 1, 1, 1])
        .weight("one", &[1])
        .ints("s", &[1 << 20, 1 << 20])
        .node("Expand", "one s -> r", vec![])
        .node("Mul", "x r -> y", vec![]);
    assert!(wide.refused().contains("node `r`: Expand is not supported: makes 1099511627776 elements"));
}

#[test]
fn a_file_has_a_bound_on_all_its_constants() {
    let mut file = File::new(13, &[1, 1, 1, 1]).weight("c0", &[1]).ints("s", &[1 << 20]);
    for at in 0..40 {
        file = file.node("Expand", &format!("c{at} s -> e{at}"), vec![]);
        file = file.node("Floor", &format!("e{at} -> f{at}"), vec![]);
        file = file.ints(&format!("z{at}"), &[0]).node("Gather", &format!("f{at} z{at} -> c{}", at + 1), vec![]);
    }
    file = file.node("Mul", "x c40 -> y", vec![]);
    assert!(file.refused().contains("the file's constants have more than"), "{}", file.refused());
}

#[test]
fn external_weights() {
    let file = |location: &str| {
        File::new(13, &[1, 3, 8, 8]).absent("w", &[4, 3, 3, 3], location).node("Conv", "x w -> y", vec![])
    };
    let model = file("weights.bin").read();
    assert_eq!(model.cost().parameters, 108);
    assert!(model.values(0).unwrap_err().to_string().contains("without a folder"));
    assert!(file("../weights.bin").refused().contains("outside the model's folder"));
    // A small constant of which the numbers matter.
    let clip = File::new(13, &[1, 3, 8, 8]).absent("low", &[], "weights.bin").node("Clip", "x low -> y", vec![]);
    assert!(clip.refused().contains("needs the numbers of `low`, but it lies in the file `weights.bin`"));
}

#[test]
fn half_precision_bounds() {
    let mut file = File::new(13, &[1, 3, 8, 8]).node("Clip", "x low high -> y", vec![]);
    for (name, bits) in [("low", [0, 0]), ("high", [0, 0x46])] {
        let raw_data = bits.to_vec().into();
        file.graph.initializer.push(TensorProto {
            name: name.into(),
            data_type: 10,
            raw_data,
            ..TensorProto::default()
        });
    }
    assert_eq!(file.kinds(), [Kind::Activation(crate::graph::Op::Relu6)]);
}

#[test]
fn divisions_by_zero_and_overflows_are_errors() {
    for (op, value) in [("Div", 0), ("Mul", i64::MAX), ("Add", i64::MAX), ("Mod", 0)] {
        let file = File::new(13, &[1, 1, 1, 1]).ints("a", &[3]).ints("b", &[value]).node(op, "a b -> c", vec![]).node(
            "Reshape",
            "x c -> y",
            vec![],
        );
        assert!(file.refused().contains("a division by 0, or a number that does not fit"), "{op}: {}", file.refused());
    }
}
