//! PyTorch source of graphs. Without a Python that has torch, its values are not compared with ONNX Runtime's.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use autogo::families::{FamilyName, network};
use autogo::files::Tensors;
use autogo::formats::onnx::{Pooling, Weights, export};
use autogo::formats::torch::{check_weights, tensors};
use autogo::graph::{Activation, Border, ChannelOrder, Conv, Float, Graph, GraphBuilder, Op, Padding, Pool};
use autogo::graph::{Shape, Window};
use autogo::testing::graphs;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tests::python::{of_notebooks, of_torch, run, scratch, script};

/// A network of each of the ten systems, small where it can be.
const SYSTEMS: [&str; 11] = [
    "nb101:100110100001001010101:02001",
    "nb201:nor_conv_3x3,none,avg_pool_3x3,skip_connect,none,nor_conv_1x1",
    "hiaml:src1,src1,r30,src3",
    "two_path:conv5x5*/conv5x5*;double3x3*/conv1x1+bottleneck-r2-k3/conv3x3*",
    "inception",
    "resnet50",
    "resnet101",
    "vgg16",
    "edsr:32x18",
    "fsrcnn",
    "unet:32x32",
];

fn systems() -> Vec<(String, Graph)> {
    let built = |spec: &str| match spec {
        "inception" => FamilyName::Inception.build(FamilyName::Inception.best().unwrap()).unwrap(),
        other => network(other).unwrap(),
    };
    SYSTEMS.iter().map(|spec| (spec.split(':').next().unwrap().to_string(), built(spec))).collect()
}

/// Random graphs of every op; every second one with scopes in its names.
fn random(count: usize) -> Vec<(String, Graph)> {
    let mut runner = TestRunner::deterministic();
    let strategy = graphs(14);
    let mut one = |number: usize| {
        let graph = strategy.new_tree(&mut runner).unwrap().current();
        let mut parts = graph.to_parts();
        if number % 2 == 1 {
            for (at, node) in parts.nodes.iter_mut().enumerate() {
                node.name = format!("block_{}/part_{}/{}", at / 6, at / 3, node.op.name());
            }
        }
        (format!("random_{number:03}"), parts.build().unwrap())
    };
    (0..count).map(&mut one).collect()
}

/// A graph of ops in a row behind an input.
fn row(input: Shape, ops: &[Op]) -> Graph {
    let mut build = GraphBuilder::new("row");
    let mut last = build.add("x", Op::Input(input), &[]).unwrap();
    for (at, op) in ops.iter().enumerate() {
        last = build.add(&format!("n{at}"), *op, &[last]).unwrap();
    }
    build.add("out", Op::Output, &[last]).unwrap();
    build.finish().unwrap()
}

/// What random graphs seldom or never have.
fn special() -> Vec<(String, Graph)> {
    let dense = |features: u32| Op::Dense { features, bias: true };
    let act = Op::Activation;
    let lrn =
        |size: u32| act(Activation::Lrn { size, alpha: Float::new(0.3), beta: Float::new(0.7), bias: Float::new(1.5) });
    let spread = |kernel, stride, border, extra| {
        let window = Window::new((kernel, kernel), (stride, stride), Padding::Cut { border, extra });
        Op::ConvTranspose(Conv { filters: 4, window, groups: 1, bias: true })
    };
    let uneven = Border { top: 1, left: 0, bottom: 0, right: 2 };
    let picture = Shape::new(6, 5, 4);
    let conv = |filters: u32| Op::Conv(Conv { filters, window: Window::same(1, 1), groups: 1, bias: true });
    let pool = |pool, kernel, stride| Op::Pool(pool, Window::same(kernel, stride));
    let whole = Op::SpaceToDepth { block: (6, 5), order: ChannelOrder::ChannelFirst };
    let whole_last = Op::SpaceToDepth { block: (6, 5), order: ChannelOrder::BlockFirst };
    let mut all = vec![
        ("classifier", row(picture, &[Op::Mean, dense(8), Op::Relu, dense(5), act(Activation::Softmax)])),
        ("normed", row(picture, &[Op::Max, dense(8), Op::BatchNorm, Op::PRelu, dense(5)])),
        ("flattened", row(picture, &[whole, dense(8), Op::Sigmoid, Op::Identity, dense(3), Op::BatchNorm])),
        ("flattened_last", row(picture, &[whole_last, dense(8), act(Activation::LogSoftmax)])),
        ("input_vector", row(Shape::new(1, 1, 6), &[dense(4), act(Activation::Swish), Op::Zero])),
        ("vector_only", row(Shape::new(1, 1, 6), &[Op::Relu, Op::Mean])),
        ("nothing", row(picture, &[])),
        ("identity", row(picture, &[Op::Identity, Op::Identity])),
        ("lrn", row(picture, &[lrn(3), lrn(5)])),
        ("even_lrn", row(picture, &[lrn(2)])),
        ("cut", row(picture, &[spread(3, 2, uneven, (1, 0)), spread(2, 2, Border::all(1), (0, 1))])),
        ("many_pixels", row(picture, &[pool(Pool::Max, 3, 2), pool(Pool::Avg, 2, 1), pool(Pool::AvgWithBorder, 4, 3)])),
        ("factors", row(picture, &[Op::ChannelAffine { scale: true, shift: true }, conv(3), conv(2)])),
    ];
    let mut build = GraphBuilder::new("gate \"quoted\" \\ \n é");
    let x = build.add("input", Op::Input(picture), &[]).unwrap();
    let body = build.add("se/class", conv(4), &[x]).unwrap();
    let mean = build.add("se/gate/mean", Op::Mean, &[body]).unwrap();
    let low = build.add("se/gate/3 \"x\"", conv(2), &[mean]).unwrap();
    let high = build.add("se/gate/train", conv(4), &[low]).unwrap();
    let gate = build.add("se/gate/sigmoid", Op::Sigmoid, &[high]).unwrap();
    let scaled = build.add("se/mul", Op::Mul, &[gate, body]).unwrap();
    let sum = build.add("se/add", Op::Add, &[scaled, x, gate]).unwrap();
    let vector = build.add("head/max", Op::Max, &[sum]).unwrap();
    let other = build.add("head/é", Op::Max, &[body]).unwrap();
    let both = build.add("head/concat", Op::Concat, &[vector, other, mean]).unwrap();
    let last = build.add("head/forward", dense(7), &[both]).unwrap();
    build.add("output", Op::Output, &[last]).unwrap();
    all.push(("gate", build.finish().unwrap()));
    all.into_iter().map(|(name, graph)| (name.to_string(), graph)).collect()
}

/// Random weights under a seed, of such sizes that values keep theirs.
fn weights(graph: &Graph, seed: u64) -> Tensors {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let mut made = Tensors::new();
    for (name, sizes) in tensors(graph) {
        let inputs: usize = sizes[1..].iter().product();
        let (from, spread) = match name.rsplit('.').next().unwrap() {
            "weight" => (0.0, (3.0 / inputs.max(1) as f32).sqrt()),
            "scale" | "variance" => (1.0, 0.4),
            _ => (0.0, 0.3),
        };
        let count = sizes.iter().product();
        let values = (0..count).map(|_| from + spread * uniform()).collect();
        made.insert(name, (sizes, values));
    }
    made
}

/// A safetensors file, by the format's description.
fn write_safetensors(path: &Path, weights: &Tensors) {
    let (mut header, mut numbers) = (BTreeMap::new(), Vec::new());
    for (name, (sizes, values)) in weights {
        let begin = numbers.len();
        numbers.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let about = serde_json::json!({"dtype": "F32", "shape": sizes, "data_offsets": [begin, numbers.len()]});
        header.insert(name.clone(), about);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], &header, &numbers].concat();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn every_source_is_python_and_names_every_weight() {
    let folder = scratch("torch-syntax");
    let mut ops = BTreeSet::new();
    let all = [systems(), special(), random(200)].concat();
    for (name, graph) in &all {
        ops.extend(graph.nodes().map(|node| node.op.name()));
        let source = graph.to_torch().unwrap();
        assert_eq!(source, graph.to_torch().unwrap());
        assert!(source.is_ascii() && !source.contains(['\u{1}', '\u{2}', '\t']), "{name}");
        let table = source.split("NODES = {\n").nth(1).unwrap().split("\n}").next().unwrap();
        let owners: BTreeSet<String> =
            tensors(graph).iter().map(|(name, _)| name.rsplit_once('.').unwrap().0.to_string()).collect();
        assert_eq!(table.lines().filter(|line| line.ends_with("\",")).count(), owners.len(), "{name}");
        let line = |owner: &&String| owner.is_ascii() && !owner.contains(['"', '\\', '\n']);
        for owner in owners.iter().filter(line) {
            assert!(table.contains(&format!(": \"{owner}\",")), "{name}: {owner}");
        }
        check_weights(graph, &weights(graph, 1)).unwrap();
        std::fs::write(folder.join(format!("{name}.py")), source).unwrap();
    }
    let missing: Vec<&str> = Op::NAMES.into_iter().filter(|name| !ops.contains(name)).collect();
    assert!(missing.is_empty(), "no graph has {missing:?}");
    if let Some(python) = of_notebooks("py_compile") {
        run(&python, &["-m", "compileall", "-q", folder.to_str().unwrap()]);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_pytorch_has_not_is_refused_by_name() {
    let dilated = Window { dilation: (2, 2), ..Window::new((2, 2), (1, 1), Padding::Valid) };
    let wide = Window::new((2, 2), (1, 1), Padding::Explicit(Border::all(2)));
    for (pool, window, reason) in
        [(Pool::Avg, dilated, "dilated"), (Pool::Max, wide, "a border as wide"), (Pool::Avg, wide, "a border as wide")]
    {
        let error = row(Shape::new(8, 8, 2), &[Op::Pool(pool, window)]).to_torch().unwrap_err().to_string();
        assert!(error.starts_with("node `n0`: ") && error.contains(reason), "{error}");
    }
    let graph = network("fsrcnn").unwrap();
    let mut given = weights(&graph, 1);
    given.get_mut("1:features/conv2d.weight").unwrap().0 = vec![56, 25];
    let error = check_weights(&graph, &given).unwrap_err().to_string();
    assert_eq!(error, "weights: tensor `1:features/conv2d.weight` is [56, 25]; accepted: [56, 1, 5, 5]");
}

/// The same weights in ONNX Runtime and in PyTorch: the same values to 1e-5.
#[test]
fn values_are_those_of_the_onnx_file() {
    let (Some(ours), Some(theirs)) = (of_notebooks("numpy, onnxruntime"), of_torch("torch, numpy")) else { return };
    let folder = scratch("torch-values");
    let mut written = 0;
    for (seed, (name, graph)) in [systems(), special(), random(300)].concat().iter().enumerate() {
        let given = weights(graph, seed as u64);
        // What operator set 17 has not, such as a border as wide as its window.
        let Ok(bytes) = export(graph, Weights::Named(&given), Pooling::default()) else { continue };
        written += 1;
        std::fs::write(folder.join(format!("{name}.onnx")), bytes).unwrap();
        std::fs::write(folder.join(format!("{name}.py")), graph.to_torch().unwrap()).unwrap();
        write_safetensors(&folder.join(format!("{name}.safetensors")), &given);
    }
    // ONNX has no dense layer on many pixels; a convolution is the same.
    let input = Shape::new(5, 4, 3);
    let window = Window::same(1, 1);
    let conv = row(input, &[Op::Conv(Conv { filters: 6, window, groups: 1, bias: true })]);
    let dense = row(input, &[Op::Dense { features: 6, bias: true }]);
    let mut given = weights(&conv, 3);
    std::fs::write(folder.join("dense.onnx"), export(&conv, Weights::Named(&given), Pooling::default()).unwrap())
        .unwrap();
    given.get_mut("1:n0.weight").unwrap().0 = vec![6, 3];
    check_weights(&dense, &given).unwrap();
    std::fs::write(folder.join("dense.py"), dense.to_torch().unwrap()).unwrap();
    write_safetensors(&folder.join("dense.safetensors"), &given);
    assert!(written > 290, "{written} written");
    let at = folder.to_str().unwrap();
    // ONNX Runtime sums over odd numbers of channels alone.
    assert_eq!(script(&ours, "torch_values.py", &["onnx", at]).trim(), "even_lrn");
    let said = script(&theirs, "torch_values.py", &["torch", at]);
    assert_eq!(said.trim(), written.to_string(), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}
