//! Layouts: channels last, flattened pictures, shuffles, parts, sizes.

use super::*;
use crate::formats::onnx::model::{Border, Note, Resize};
use crate::graph::{ChannelOrder, Interpolation, Op};

#[test]
fn channels_last_is_an_input_behind_a_transpose() {
    let file = File::new(13, &[-1, 8, 6, 3])
        .node("Transpose", "x -> a", vec![ints("perm", &[0, 3, 1, 2])])
        .weight("w", &[4, 3, 3, 3])
        .node("Conv", "a w -> b", vec![])
        .node("Transpose", "b -> c", vec![ints("perm", &[0, 2, 3, 1])])
        .weight("k", &[4])
        .node("Add", "c k -> d", vec![])
        .node("Relu", "d -> y", vec![]);
    let model = file.read();
    assert_eq!(model.input(), Some(Shape { h: 8, w: 6, c: 3 }));
    assert_eq!(model.output(), Some(Shape { h: 6, w: 4, c: 4 }));
    assert!(matches!(file.kinds()[..], [Kind::Conv(conv), Kind::Activation(_)] if conv.bias));
    assert!(model.notes.contains(&Note::ChannelsLast { input: "x".into() }));
    assert!(model.notes.contains(&Note::Batch { input: "x".into(), found: "-1".into() }));
}

#[test]
fn one_channel_is_moved_by_a_reshape() {
    let file = File::new(13, &[-1, 8, 6, 1])
        .ints("to", &[-1, 1, 8, 6])
        .node("Reshape", "x to -> a", vec![])
        .weight("w", &[4, 1, 3, 3])
        .node("Conv", "a w -> y", vec![]);
    assert_eq!(file.read().input(), Some(Shape { h: 8, w: 6, c: 1 }));
    assert_eq!(file.made(), (6, 4, 4));
}

#[test]
fn a_narrow_picture_is_not_taken_for_a_grey_one() {
    let flat = |sizes: &[i64]| {
        let all: i64 = sizes[1..].iter().product();
        let file = File::new(13, sizes).ints("to", &[-1, all]).node("Reshape", "x to -> a", vec![]);
        file.weight("w", &[all, 4]).node("MatMul", "a w -> y", vec![]).read().input().unwrap()
    };
    // A signal of three channels has no second axis; a square is a picture.
    assert_eq!(flat(&[1, 3, 64, 1]), Shape { h: 64, w: 1, c: 3 });
    assert_eq!(flat(&[1, 28, 28, 1]), Shape { h: 28, w: 28, c: 1 });
    assert_eq!(flat(&[1, 1, 28, 1]), Shape { h: 28, w: 1, c: 1 });
    // The sizes that the Reshape makes may stand in a node.
    let moved = File::new(13, &[1, 8, 6, 1])
        .node("Constant", "-> to", vec![ints("value_ints", &[-1, 1, 8, 6])])
        .node("Reshape", "x to -> a", vec![])
        .weight("w", &[4, 1, 3, 3])
        .node("Conv", "a w -> y", vec![]);
    assert_eq!(moved.read().input(), Some(Shape { h: 8, w: 6, c: 1 }));
    // The other reading would be a layout that this library does not have: it says so.
    let wrong = File::new(13, &[1, 8, 6, 1])
        .ints("to", &[-1, 2, 4, 6])
        .node("Reshape", "x to -> a", vec![])
        .weight("w", &[4, 2, 3, 3])
        .node("Conv", "a w -> y", vec![]);
    assert!(wrong.refused().contains("node `y`: Conv is not supported: sizes [1, 2, 4, 6] in a layout"));
}

#[test]
fn rectangular_blocks_are_named_or_read() {
    let file = |split: &[i64], perm: &[i64], to: &[i64]| {
        let file = File::new(13, &[1, 12, 4, 6]).ints("s", split).node("Reshape", "x s -> a", vec![]);
        let file = file.node("Transpose", "a -> b", vec![ints("perm", perm)]).ints("t", to);
        file.node("Reshape", "b t -> c", vec![]).node("Relu", "c -> y", vec![]).bytes()
    };
    let wide = file(&[1, 4, 3, 1, 4, 6], &[0, 1, 4, 2, 5, 3], &[1, 4, 12, 6]);
    let said = crate::formats::onnx::import(&wide).unwrap_err().to_string();
    assert!(
        said.contains("node `y`: depth to space is not supported: of rectangles of 3×1; accepted: squares"),
        "{said}"
    );
    let deep = file(&[1, 12, 2, 2, 2, 3], &[0, 1, 3, 5, 2, 4], &[1, 72, 2, 2]);
    let graph = crate::formats::onnx::import(&deep).unwrap();
    let made = graph.nodes().find(|node| matches!(node.op, Op::SpaceToDepth { .. })).unwrap();
    assert_eq!(made.shape.to_string(), "2×2×72");
}

#[test]
fn vectors_and_pictures_become_each_other() {
    let decoder = File::new(13, &[1, 32])
        .ints("to", &[-1, 2, 4, 4])
        .node("Reshape", "x to -> a", vec![])
        .weight("w", &[3, 2, 1, 1])
        .node("Conv", "a w -> y", vec![]);
    let to_pixels = Kind::DepthToSpace { block: (4, 4), order: ChannelOrder::ChannelFirst };
    assert!(matches!(decoder.kinds()[..], [first, Kind::Conv(_)] if first == to_pixels));
    let flat = File::new(13, &[1, 2, 4, 4]).node("Flatten", "x -> y", vec![]);
    assert_eq!(flat.kinds(), [Kind::SpaceToDepth { block: (4, 4), order: ChannelOrder::ChannelFirst }]);
    assert_eq!(flat.made(), (1, 1, 32));
    let pixels = File::new(13, &[1, 5, 4, 4])
        .node("Transpose", "x -> a", vec![ints("perm", &[0, 2, 3, 1])])
        .weight("w", &[5, 7])
        .node("MatMul", "a w -> y", vec![]);
    assert_eq!(pixels.kinds(), [Kind::Dense { features: 7, bias: false }]);
    assert_eq!(pixels.made(), (4, 4, 7));
}

#[test]
fn a_dense_layer_on_a_flattened_picture() {
    let dense = |file: File| file.weight("w", &[24, 5]).node("MatMul", "f w -> y", vec![]);
    let first = dense(File::new(13, &[1, 2, 3, 4]).node("Flatten", "x -> f", vec![]));
    let last = dense(File::new(13, &[1, 2, 3, 4]).node("Transpose", "x -> t", vec![ints("perm", &[0, 2, 3, 1])]).node(
        "Flatten",
        "t -> f",
        vec![],
    ));
    for file in [&first, &last] {
        assert!(matches!(file.kinds()[..], [Kind::Conv(conv)] if conv.window.kernel == (3, 4)));
        assert_eq!(file.read().cost().multiply_adds, 120);
        assert_eq!(file.read().weights[0].dims, [5, 2, 3, 4]);
    }
    let numbered = |transposed: bool| {
        let values: Vec<f32> = (0..12).map(|value| value as f32).collect();
        let file = File::new(13, &[1, 2, 2, 3]).floats("w", &[12, 1], &values);
        let file = match transposed {
            true => {
                file.node("Transpose", "x -> t", vec![ints("perm", &[0, 2, 3, 1])]).node("Flatten", "t -> f", vec![])
            }
            false => file.node("Flatten", "x -> f", vec![]),
        };
        file.node("MatMul", "f w -> y", vec![]).read().values(0).unwrap()
    };
    assert_eq!(numbered(false), [0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11.]);
    assert_eq!(numbered(true), [0., 2., 4., 6., 8., 10., 1., 3., 5., 7., 9., 11.]);
}

#[test]
fn batches_are_read_as_one() {
    let file = File::new(13, &[10, 2, 3, 4])
        .ints("to", &[10, -1])
        .node("Reshape", "x to -> f", vec![])
        .weight("w", &[24, 5])
        .node("MatMul", "f w -> y", vec![]);
    assert_eq!(file.made(), (1, 1, 5));
    assert_eq!(file.read().cost().multiply_adds, 120);
    assert_eq!(file.read().notes, [Note::Batch { input: "x".into(), found: "10".into() }]);
    let mixed = File::new(13, &[10, 2, 3, 4]).ints("to", &[20, 12]).node("Reshape", "x to -> y", vec![]);
    assert!(mixed.refused().contains("in a layout that is not a picture"), "{}", mixed.refused());
}

#[test]
fn named_pixels_are_fixed_by_the_caller() {
    let file = File::new(13, &[-1, 3, -1, 8]).node("Relu", "x -> y", vec![]);
    assert!(file.refused().contains("fix them with the option `input`"));
    let with = |h: u32, w: u32| file.with(&ReadOptions { input: Some((h, w)), ..ReadOptions::default() });
    assert_eq!(with(5, 8).unwrap().output(), Some(Shape { h: 5, w: 8, c: 3 }));
    assert!(with(5, 9).unwrap_err().to_string().contains("5×9 were asked for"));
    let fixed = File::new(13, &[1, 3, 8, 8]).node("Relu", "x -> y", vec![]);
    let other = fixed.with(&ReadOptions { input: Some((9, 9)), ..ReadOptions::default() });
    assert!(other.unwrap_err().to_string().contains("has 8×8 pixels, 9×9 were asked for"));
}

#[test]
fn shuffles_of_channels_and_pixels() {
    let shuffled = |split: &[i64], perm: &[i64], to: &[i64]| {
        File::new(13, &[1, 12, 4, 6])
            .ints("s", split)
            .node("Reshape", "x s -> a", vec![])
            .node("Transpose", "a -> b", vec![ints("perm", perm)])
            .ints("t", to)
            .node("Reshape", "b t -> c", vec![])
            .weight("w", &[2, to[1], 1, 1])
            .node("Conv", "c w -> y", vec![])
    };
    let groups = shuffled(&[1, 3, 4, 4, 6], &[0, 2, 1, 3, 4], &[1, 12, 4, 6]).kinds();
    assert_eq!(groups[0], Kind::ChannelShuffle { groups: 3 });
    let pixels = shuffled(&[1, 3, 2, 2, 4, 6], &[0, 1, 4, 2, 5, 3], &[1, 3, 8, 12]).kinds();
    assert_eq!(pixels[0], Kind::DepthToSpace { block: (2, 2), order: ChannelOrder::ChannelFirst });
    let turned = shuffled(&[1, 12, 4, 6], &[0, 1, 3, 2], &[1, 12, 6, 4]);
    assert!(turned.refused().contains("node `y`: Conv is not supported: sizes [1, 12, 6, 4] in a layout"));
    let there_and_back = File::new(13, &[1, 12, 4, 6])
        .node("Transpose", "x -> a", vec![ints("perm", &[0, 2, 1, 3])])
        .node("Relu", "a -> b", vec![])
        .node("Transpose", "b -> y", vec![ints("perm", &[0, 2, 1, 3])]);
    assert_eq!(there_and_back.kinds().len(), 1);
}

#[test]
fn parts_of_pictures() {
    let slice = |starts: &[i64], ends: &[i64], axes: &[i64], steps: &[i64]| {
        File::new(13, &[1, 12, 6, 8]).ints("s", starts).ints("e", ends).ints("a", axes).ints("t", steps).node(
            "Slice",
            "x s e a t -> y",
            vec![],
        )
    };
    let end = i64::MAX;
    let crop = Border { top: 1, left: 1, bottom: 0, right: 0 };
    assert_eq!(slice(&[1, 1], &[end, end], &[2, 3], &[1, 1]).kinds(), [Kind::Crop(crop)]);
    assert_eq!(slice(&[-4], &[end], &[1], &[1]).kinds(), [Kind::Channels { start: 8, count: 4 }]);
    assert_eq!(slice(&[0], &[end], &[2], &[1]).kinds(), []);
    assert_eq!(slice(&[0, 0], &[end, end], &[2, 3], &[2, 2]).made(), (3, 4, 12));
    assert!(slice(&[0], &[end], &[1], &[2]).refused().contains("of axis 1 of [1, 12, 6, 8] by steps of 2"));
    assert!(slice(&[-1], &[-100], &[3], &[-1]).refused().contains("backwards"));
    let split = File::new(11, &[1, 12, 6, 8])
        .node("Split", "x -> a b", vec![int("axis", 1), ints("split", &[4, 8])])
        .node("Relu", "b -> y", vec![]);
    assert_eq!(split.kinds()[0], Kind::Channels { start: 4, count: 8 });
}

#[test]
fn sizes_and_factors() {
    let nearest = Resize { size: (12, 16), scale: (2.0, 2.0), interpolation: Interpolation::Nearest };
    let new = |opset: i64| File::new(opset, &[1, 3, 6, 8]);
    let two = |file: File| file.floats("f", &[4], &[1.0, 1.0, 2.0, 2.0]);
    let upsample = two(new(9)).node("Upsample", "x f -> y", vec![text("mode", "nearest")]);
    assert_eq!(upsample.kinds(), [Kind::Resize(nearest)]);
    assert_eq!(two(new(10)).node("Resize", "x f -> y", vec![]).kinds(), [Kind::Resize(nearest)]);
    assert_eq!(two(new(13)).node("Resize", "x _ f -> y", vec![]).kinds(), [Kind::Resize(nearest)]);
    let sizes = new(13).ints("s", &[1, 3, 12, 16]).node("Resize", "x _ _ s -> y", vec![]);
    assert_eq!(sizes.kinds(), [Kind::Resize(nearest)]);
    let linear = sizes_with(new(13), "linear", "align_corners").kinds();
    assert!(matches!(linear[..], [Kind::Resize(Resize { interpolation: Interpolation::BilinearAligned, .. })]));
    assert!(sizes_with(new(13), "cubic", "half_pixel").refused().contains("attribute `mode` is cubic"));
    let mut corners = sizes_with(new(13), "nearest", "align_corners");
    corners.graph.node[0].attribute.push(text("nearest_mode", "floor"));
    assert!(corners.refused().contains("nearest by align_corners and floor from 6 to 12 pixels"));
    let same = new(13).ints("s", &[1, 3, 6, 8]).node("Resize", "x _ _ s -> y", vec![]);
    assert_eq!(same.kinds(), []);
}

fn sizes_with(file: File, mode: &str, coordinates: &str) -> File {
    let attributes = vec![text("mode", mode), text("coordinate_transformation_mode", coordinates)];
    file.ints("s", &[1, 3, 12, 16]).node("Resize", "x _ _ s -> y", attributes)
}
