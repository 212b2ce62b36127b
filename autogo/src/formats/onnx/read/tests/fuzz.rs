//! Damaged files: whatever the bytes say, an answer comes soon and nothing panics.

use super::*;
use std::time::{Duration, Instant};

/// Files that meet many rules of the reader.
fn files() -> Vec<Vec<u8>> {
    let chain = File::new(13, &[1, 4, 8, 8])
        .weight("w", &[8, 4, 3, 3])
        .node("Conv", "x w -> a", vec![text("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])])
        .weight("b", &[8, 1, 1])
        .node("Add", "a b -> c", vec![])
        .ints("split", &[1, 2, 4, 4, 4])
        .node("Reshape", "c split -> d", vec![])
        .node("Transpose", "d -> e", vec![ints("perm", &[0, 2, 1, 3, 4])])
        .ints("join", &[1, 8, 4, 4])
        .node("Reshape", "e join -> f", vec![])
        .node("Shape", "f -> s", vec![])
        .ints("zero", &[0])
        .node("Gather", "s zero -> n", vec![])
        .node("Constant", "-> rest", vec![ints("value_ints", &[-1])])
        .node("Concat", "n rest -> to", vec![int("axis", 0)])
        .node("Reshape", "f to -> g", vec![])
        .weight("v", &[128, 3])
        .node("Gemm", "g v -> y", vec![]);
    let sizes = File::new(11, &[2, 4, 6, 6])
        .ints("from", &[1, 1])
        .ints("end", &[i64::MAX, i64::MAX])
        .ints("axes", &[2, 3])
        .node("Slice", "x from end axes -> a", vec![])
        .ints("s", &[2, 4, 10, 10])
        .floats("none", &[0], &[])
        .node("Resize", "a none none s -> b", vec![text("mode", "nearest")])
        .node("MaxPool", "b -> c", vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2]), int("ceil_mode", 1)])
        .ints("r0", &[0])
        .ints("r1", &[9])
        .ints("r2", &[2])
        .node("Range", "r0 r1 r2 -> r", vec![])
        .ints("two", &[2])
        .node("ConstantOfShape", "two -> z", vec![])
        .node("Tile", "r two -> t", vec![])
        .node("Pad", "c p -> d", vec![])
        .ints("p", &[0, 0, 1, 0, 0, 0, 0, 1])
        .node("GlobalAveragePool", "d -> e", vec![])
        .node("Mul", "d e -> y", vec![]);
    vec![chain.bytes(), sizes.bytes()]
}

#[test]
fn damaged_files_are_answered() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for whole in files() {
        assert!(read(whole.clone().into(), &ReadOptions::default()).is_ok());
        for _ in 0..4000 {
            let mut bytes = whole.clone();
            for _ in 0..=next(4) {
                let at = next(bytes.len());
                match next(4) {
                    0 => bytes[at] = next(256) as u8,
                    1 => bytes[at] ^= 1 << next(8),
                    2 => bytes.insert(at, [0xff, 0x7f, 0x00, 0x80][next(4)]),
                    _ => bytes.truncate(at.max(1)),
                }
            }
            let began = Instant::now();
            if let Ok(model) = read(bytes.into(), &ReadOptions::default()) {
                assert!(model.layers.len() < 1000);
                for (at, _) in model.weights.iter().enumerate().filter(|(_, weight)| weight.len() < 1 << 20) {
                    let _ = model.values(at);
                }
            }
            // Milliseconds; only what does not end takes this long, however busy the machine.
            assert!(began.elapsed() < Duration::from_secs(60));
        }
    }
}
