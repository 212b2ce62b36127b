//! Layers: windows, dense layers, norms, activations.

use super::*;
use crate::formats::onnx::model::{Border, Conv, Note, Pool, PoolKind, Window};
use crate::graph::{Activation, Float, Op};

fn conv(attributes: Vec<Attribute>) -> File {
    File::new(13, &[1, 3, 9, 8]).weight("w", &[4, 3, 3, 3]).node("Conv", "x w -> y", attributes)
}

#[test]
fn convolutions_by_every_padding_rule() {
    let window = |file: File| match file.kinds()[..] {
        [Kind::Conv(conv)] => conv.window.border,
        ref other => panic!("{other:?}"),
    };
    let border = |top, left, bottom, right| Border { top, left, bottom, right };
    assert_eq!(window(conv(vec![ints("pads", &[1, 0, 2, 1])])), border(1, 0, 2, 1));
    let strided = |rule: &str| conv(vec![text("auto_pad", rule), ints("strides", &[2, 2])]);
    assert_eq!(window(strided("SAME_UPPER")), border(1, 0, 1, 1));
    assert_eq!(window(strided("SAME_LOWER")), border(1, 1, 1, 0));
    assert_eq!(window(strided("VALID")), border(0, 0, 0, 0));
    assert!(strided("SOME").refused().contains("auto_pad SOME; accepted: NOTSET, VALID, SAME_UPPER, SAME_LOWER"));
    let dilated = conv(vec![text("auto_pad", "SAME_UPPER"), ints("dilations", &[2, 3])]);
    assert_eq!(window(dilated), border(2, 3, 2, 3));
    assert!(conv(vec![int("grp", 1)]).refused().contains("attribute `grp`; accepted: auto_pad"));
    assert!(conv(vec![int("group", 2)]).refused().contains("in 2 groups over 3 channels"));
    let line = File::new(13, &[1, 3, 9]).weight("w", &[4, 3, 3]).node("Conv", "x w -> y", vec![]);
    assert!(line.refused().contains("input `x`: has sizes [1, 3, 9]"));
}

#[test]
fn transposed_convolutions() {
    let made = |kernel: i64, attributes: Vec<Attribute>| {
        let file = File::new(13, &[1, 3, 5, 5]).weight("w", &[3, 2, kernel, kernel]);
        file.node("ConvTranspose", "x w -> y", attributes)
    };
    let two = || ints("strides", &[2, 2]);
    assert_eq!(made(3, vec![two(), text("auto_pad", "SAME_UPPER")]).made(), (10, 10, 2));
    assert_eq!(made(4, vec![two(), text("auto_pad", "SAME_LOWER")]).made(), (10, 10, 2));
    assert_eq!(made(3, vec![two(), ints("output_padding", &[1, 1]), ints("pads", &[1, 1, 1, 1])]).made(), (10, 10, 2));
    assert_eq!(made(3, vec![two(), ints("output_shape", &[10, 9])]).made(), (10, 9, 2));
    assert_eq!(made(2, vec![int("group", 3)]).made(), (6, 6, 6));
    assert_eq!(made(3, vec![two()]).read().cost().multiply_adds, 25 * 9 * 3 * 2);
    assert!(made(1, vec![two(), text("auto_pad", "SAME_UPPER")]).refused().contains("does not fill its stride"));
}

#[test]
fn pools_round_up_and_count_their_border() {
    let pool = |op: &str, attributes: Vec<Attribute>| {
        let all = [vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2])], attributes].concat();
        File::new(13, &[1, 4, 112, 112]).node(op, "x -> y", all)
    };
    assert_eq!(pool("MaxPool", vec![]).made(), (55, 55, 4));
    assert_eq!(pool("MaxPool", vec![int("ceil_mode", 1)]).made(), (56, 56, 4));
    let window = Window { kernel: (3, 3), stride: (2, 2), dilation: (1, 1), border: Border::default() };
    let rounded = Pool { kind: PoolKind::Max, window, overhang: (1, 1) };
    assert_eq!(pool("MaxPool", vec![int("ceil_mode", 1)]).kinds(), [Kind::Pool(rounded)]);
    let counted = pool("AveragePool", vec![ints("pads", &[1, 1, 1, 1]), int("count_include_pad", 1)]).kinds();
    assert!(matches!(counted[..], [Kind::Pool(Pool { kind: PoolKind::AvgWithBorder, .. })]));
    let plain = pool("AveragePool", vec![int("count_include_pad", 1)]).kinds();
    assert!(matches!(plain[..], [Kind::Pool(Pool { kind: PoolKind::Avg, .. })]));
    let file = pool("MaxPool", vec![]).node("Relu", "i -> z", vec![]);
    assert!(matches!(file.read().notes[..], [Note::Dropped { .. }]));
}

#[test]
fn a_second_result_is_refused_when_it_is_read() {
    let file = File::new(13, &[1, 4, 8, 8]).node("MaxPool", "x -> p i", vec![ints("kernel_shape", &[2, 2])]).node(
        "Mul",
        "p i -> y",
        vec![],
    );
    assert!(file.refused().contains("its result `i` is read"));
}

#[test]
fn a_summand_behind_weights_is_a_bias() {
    for dims in [vec![4, 1, 1], vec![1, 4, 1, 1]] {
        let file = File::new(13, &[1, 3, 8, 8])
            .weight("w", &[4, 3, 1, 1])
            .node("Conv", "x w -> c", vec![])
            .weight("b", &dims)
            .node("Add", "b c -> y", vec![]);
        assert!(matches!(file.kinds()[..], [Kind::Conv(Conv { bias: true, .. })]));
        assert_eq!(file.read().cost().parameters, 16);
        assert_eq!(file.read().values(1).unwrap(), [0.5; 4]);
    }
    // One number is one parameter.
    let one = File::new(13, &[1, 3, 8, 8])
        .weight("w", &[4, 3, 1, 1])
        .node("Conv", "x w -> c", vec![])
        .weight("b", &[1])
        .node("Sub", "c b -> y", vec![]);
    assert!(matches!(one.kinds()[..], [Kind::Conv(Conv { bias: true, .. })]));
    assert_eq!((one.read().cost().parameters, one.read().values(1).unwrap()), (13, vec![-0.5; 4]));
    // Another reader of the convolution does not see the bias.
    let both = File::new(13, &[1, 3, 8, 8])
        .weight("w", &[3, 3, 1, 1])
        .node("Conv", "x w -> c", vec![])
        .weight("b", &[3, 1, 1])
        .node("Add", "c b -> d", vec![])
        .node("Mul", "c d -> y", vec![]);
    assert!(matches!(both.kinds()[..], [Kind::Conv(Conv { bias: false, .. }), Kind::ChannelAffine { .. }, Kind::Mul]));
}

#[test]
fn batch_norm_written_as_factor_and_summand() {
    let file = File::new(13, &[1, 3, 8, 8])
        .weight("w", &[4, 3, 1, 1])
        .node("Conv", "x w -> c", vec![])
        .weight("f", &[4, 1, 1])
        .node("Mul", "c f -> d", vec![])
        .weight("b", &[4, 1, 1])
        .node("Add", "d b -> y", vec![]);
    assert!(matches!(file.kinds()[..], [Kind::Conv(_), Kind::ChannelAffine { scale: true, shift: true }]));
    assert_eq!(file.read().cost().parameters, 12 + 8);
    // Differences along height are not channels.
    let wrong = File::new(13, &[1, 3, 8, 8]).weight("f", &[8, 1]).node("Mul", "x f -> y", vec![]);
    assert!(wrong.refused().contains("along no channels"), "{}", wrong.refused());
    let wide = File::new(13, &[1, 1, 8, 8]).weight("f", &[4, 1, 1]).node("Mul", "x f -> y", vec![]);
    assert!(wide.refused().contains("a constant of [4, 1, 1] with [1, 1, 8, 8]"));
}

#[test]
fn shared_weights_count_once() {
    let file = File::new(13, &[1, 4, 8, 8])
        .weight("w", &[4, 4, 1, 1])
        .weight("b", &[4])
        .node("Conv", "x w b -> c", vec![])
        .node("Conv", "c w b -> y", vec![]);
    assert_eq!(file.read().cost().parameters, 20);
    assert_eq!(file.read().parameters(), [0, 20, 0, 0]);
    // Behind Identity stands another weight that happens to be equal.
    let equal = File::new(13, &[1, 4, 8, 8])
        .weight("w", &[4, 4, 1, 1])
        .weight("b", &[4])
        .node("Identity", "b -> b2", vec![])
        .node("Conv", "x w b -> c", vec![])
        .node("Conv", "c w b2 -> y", vec![]);
    assert_eq!(equal.read().parameters(), [0, 20, 4, 0]);
}

#[test]
fn activations_written_out_are_themselves() {
    let op = |file: File| match file.kinds()[..] {
        [Kind::Activation(op)] => op,
        ref other => panic!("{other:?}"),
    };
    let only = |file: File| match op(file) {
        Op::Activation(activation) => activation,
        other => panic!("{other:?}"),
    };
    let new = || File::new(13, &[1, 4, 8, 8]);
    let three = |file: File| file.floats("three", &[], &[3.0]).floats("zero", &[], &[0.0]).floats("six", &[], &[6.0]);
    let gate = |file: File| three(file).node("Add", "x three -> a", vec![]).node("Clip", "a zero six -> b", vec![]);
    let swish = new().node("Sigmoid", "x -> s", vec![]).node("Mul", "s x -> y", vec![]);
    assert_eq!(only(swish), Activation::Swish);
    let hard = gate(new()).node("Mul", "x b -> c", vec![]).node("Div", "c six -> y", vec![]);
    assert_eq!(only(hard), Activation::HardSwish);
    let hard = gate(new()).node("Div", "b six -> c", vec![]).node("Mul", "c x -> y", vec![]);
    assert_eq!(only(hard), Activation::HardSwish);
    let sigmoid = only(gate(new()).node("Div", "b six -> y", vec![]));
    assert_eq!(sigmoid, Activation::HardSigmoid { alpha: Float::new(1.0 / 6.0), beta: Float::new(0.5) });
    let root = |file: File| file.floats("r", &[], &[2f32.sqrt()]).floats("h", &[], &[0.5]).floats("o", &[], &[1.0]);
    let erf = |file: File| {
        root(file).node("Div", "x r -> a", vec![]).node("Erf", "a -> b", vec![]).node("Add", "b o -> c", vec![])
    };
    let gelu = erf(new()).node("Mul", "x c -> d", vec![]).node("Mul", "d h -> y", vec![]);
    assert_eq!(only(gelu), Activation::Gelu);
    let gelu = erf(new()).node("Mul", "x h -> d", vec![]).node("Mul", "d c -> y", vec![]);
    assert_eq!(only(gelu), Activation::Gelu);
    let mish = new().node("Softplus", "x -> a", vec![]).node("Tanh", "a -> b", vec![]).node("Mul", "x b -> y", vec![]);
    assert_eq!(only(mish), Activation::Mish);
    let leaky = new().floats("a", &[], &[0.25]).node("Mul", "x a -> b", vec![]).node("Max", "x b -> y", vec![]);
    assert_eq!(only(leaky), Activation::LeakyRelu { alpha: Float::new(0.25) });
    let six = new().floats("six", &[], &[6.0]).node("Relu", "x -> a", vec![]).node("Min", "a six -> y", vec![]);
    assert_eq!(op(six), Op::Relu6);
    let lone = new().node("Erf", "x -> y", vec![]);
    assert_eq!(lone.refused(), "node `y`: Erf is not supported: outside of an activation that this library knows");
}

#[test]
fn parameters_are_numbers() {
    let file = File::new(13, &[1, 4, 8, 8]).node("LeakyRelu", "x -> y", vec![float("alpha", f32::NAN)]);
    assert_eq!(file.refused(), "node `y`: LeakyRelu is not supported: attribute `alpha` is no number");
}

#[test]
fn softmax_runs_over_channels() {
    let soft =
        |opset: i64, dims: &[i64], axis: i64| File::new(opset, dims).node("Softmax", "x -> y", vec![int("axis", axis)]);
    assert_eq!(soft(9, &[1, 4, 1, 1], 1).kinds(), [Kind::Activation(Op::Activation(Activation::Softmax))]);
    assert_eq!(soft(13, &[1, 4, 5, 5], 1).kinds(), [Kind::Activation(Op::Activation(Activation::Softmax))]);
    assert!(soft(9, &[1, 4, 5, 5], 1).refused().contains("along axis 1 of [1, 4, 5, 5]; accepted: the channels"));
    assert!(soft(13, &[1, 4, 5, 5], -1).refused().contains("accepted: the channels"));
}

#[test]
fn borders_in_front_of_windows() {
    let pad = |value: f32| {
        let file = File::new(13, &[1, 3, 8, 8]).ints("p", &[0, 0, 1, 1, 0, 0, 1, 1]).floats("v", &[], &[value]);
        file.node("Pad", "x p v -> a", vec![])
    };
    let conv = pad(0.0).weight("w", &[4, 3, 3, 3]).node("Conv", "a w -> y", vec![]);
    assert!(matches!(conv.kinds()[..], [Kind::Conv(conv)] if conv.window.border.sums() == (2, 2)));
    let pool = |value: f32, op: &str| pad(value).node(op, "a -> y", vec![ints("kernel_shape", &[3, 3])]);
    assert!(matches!(pool(f32::MIN, "MaxPool").kinds()[..], [Kind::Pool(pool)] if pool.kind == PoolKind::Max));
    assert!(matches!(pool(0.0, "MaxPool").kinds()[..], [Kind::Pad { .. }, Kind::Pool(_)]));
    let mean = pool(0.0, "AveragePool").kinds();
    assert!(matches!(mean[..], [Kind::Pool(pool)] if pool.kind == PoolKind::AvgWithBorder));
    assert!(pool(1.0, "AveragePool").refused().contains("Pad is not supported: with 1; accepted: 0"));
    let mirrored = File::new(9, &[1, 3, 8, 8]).node(
        "Pad",
        "x -> y",
        vec![text("mode", "reflect"), ints("pads", &[0, 0, 1, 1, 0, 0, 1, 1])],
    );
    assert!(mirrored.refused().contains("attribute `mode` is reflect; accepted: constant"));
}
