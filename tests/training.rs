//! What must hold of a training step: PyTorch's losses, no allocation, the same bytes on any number of threads.
#![allow(clippy::unwrap_used)]
// A global allocator is an unsafe trait; this one counts and leaves the rest to the system.
#![allow(unsafe_code)]

use autogo::formats::onnx::formula;
use autogo::graph::{Border, Conv, Graph, GraphBuilder, Op, Padding, Pool, Shape, Window};
use autogo::testing::graphs;
use autogo::train::{Method, Network, NetworkSettings, Optimiser};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which counts the allocations of every thread.
struct Counting;

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A small network with most layers of the families: convolutions with a border as PyTorch writes it, depthwise, 1×1 with a
/// bias, batch norms, ReLU, ReLU6 and PReLU, both pools, a sum, a concatenation, a mean and a dense layer.
fn peer() -> Graph {
    let mut build = GraphBuilder::new("peer");
    let conv = |filters, kernel, stride, groups, bias| {
        let window = Window::new((kernel, kernel), (stride, stride), Padding::Explicit(Border::all(kernel / 2)));
        Op::Conv(Conv { filters, window, groups, bias })
    };
    let pool = |kind| Op::Pool(kind, Window::new((3, 3), (1, 1), Padding::Explicit(Border::all(1))));
    let mut add = |name: &str, op: Op, operands: &[usize]| build.add(name, op, operands).unwrap();
    let x = add("in", Op::Input(Shape::new(12, 12, 3)), &[]);
    let x = add("stem", conv(16, 3, 1, 1, false), &[x]);
    let x = add("stem_norm", Op::BatchNorm, &[x]);
    let x = add("stem_relu", Op::Relu, &[x]);
    let y = add("depth", conv(16, 3, 1, 16, false), &[x]);
    let y = add("depth_norm", Op::BatchNorm, &[y]);
    let y = add("depth_relu", Op::Relu6, &[y]);
    let z = add("max", pool(Pool::Max), &[x]);
    let x = add("sum", Op::Add, &[y, z]);
    let x = add("wide", conv(32, 3, 2, 1, false), &[x]);
    let x = add("wide_norm", Op::BatchNorm, &[x]);
    let x = add("wide_relu", Op::Relu, &[x]);
    let y = add("mean3", pool(Pool::Avg), &[x]);
    let z = add("point", conv(16, 1, 1, 1, true), &[x]);
    let x = add("both", Op::Concat, &[y, z]);
    let x = add("slopes", Op::PRelu, &[x]);
    let x = add("mean", Op::Mean, &[x]);
    let x = add("head", Op::Dense { features: 10, bias: true }, &[x]);
    add("out", Op::Output, &[x]);
    build.finish().unwrap()
}

/// Losses before each of six steps, printed by `python3 tests/torch_losses.py` with PyTorch 1.13 in `f64`.
const LOSSES: [f64; 6] = [2.349_836_52, 2.333_474_76, 2.317_917_18, 2.306_120_15, 2.298_150_95, 2.293_635_44];

#[test]
fn six_nesterov_steps_have_the_losses_of_pytorch() {
    const IMAGES: usize = 32;
    let graph = peer();
    let mut network =
        Network::with(&graph, 0, NetworkSettings { batch: IMAGES, ..NetworkSettings::default() }).unwrap();
    let mut tensors = network.tensors();
    for (name, (sizes, values)) in &mut tensors {
        let index: u64 = name.split(':').next().unwrap().parse().unwrap();
        let fan: usize = sizes[1..].iter().product();
        let (part, map): (u64, fn(f64, f64) -> f64) = match name.rsplit('.').next().unwrap() {
            "weight" => (0, |u, bound| u * bound),
            "bias" => (1, |u, _| 0.1 * u),
            "scale" => (2, |u, _| 1.0 + 0.1 * u),
            "shift" => (3, |u, _| 0.1 * u),
            "slope" => (4, |u, _| 0.25 + 0.1 * u),
            _ => continue, // running statistics stay as they are
        };
        let numbers = formula(values.len(), 8 * index + part);
        let bound = (6.0 / fan.max(1) as f64).sqrt();
        values.iter_mut().zip(numbers).for_each(|(value, u)| *value = map(u, bound) as f32);
    }
    network.set_tensors(&tensors).unwrap();
    let images: Vec<f32> = formula(IMAGES * 12 * 12 * 3, 7_992).iter().map(|u| *u as f32).collect();
    let labels: Vec<u32> = (0..IMAGES as u32).map(|at| at * 7 % 10).collect();
    let mut optimiser = Optimiser::new(&network, Method::Sgd { momentum: 0.9, nesterov: true }, 5e-4, 0.0);
    let mut found = Vec::new();
    for _ in 0..LOSSES.len() {
        let scores = network.step(&images, &labels, 0.1, &mut optimiser, 0.05).unwrap();
        found.push(scores.loss / scores.counted as f64);
    }
    for (found, wanted) in found.iter().zip(LOSSES) {
        assert!((found - wanted).abs() <= 1e-4 * wanted, "{found:?} are not {LOSSES:?}");
    }
}

/// Networks of random graphs with pictures and labels.
fn networks(count: usize, batch: usize) -> impl Iterator<Item = (Graph, Vec<f32>, Vec<u32>)> {
    let mut runner = TestRunner::deterministic();
    let settings = NetworkSettings { batch, ..NetworkSettings::default() };
    let draw = move || loop {
        let graph = graphs(16).new_tree(&mut runner).unwrap().current();
        let is_small =
            graph.cost().multiply_adds < 1_000_000 && graph.nodes().all(|node| node.shape.elements() < 5_000);
        if is_small && Network::with(&graph, 0, settings).is_ok() {
            let floats = batch * graph.input_shape().elements() as usize;
            let images: Vec<f32> = formula(floats, 7_992).iter().map(|u| *u as f32).collect();
            let classes = graph.node(graph.len() - 1).shape.elements() as u32;
            return (graph, images, (0..batch as u32).map(|at| at % classes).collect());
        }
    };
    std::iter::repeat_with(draw).take(count)
}

#[test]
fn a_step_allocates_nothing() {
    let mut all: Vec<_> = networks(40, 5).collect();
    let images = formula(32 * 12 * 12 * 3, 7_992).iter().map(|u| *u as f32).collect();
    all.push((peer(), images, (0..32).map(|at| at % 10).collect()));
    for (graph, images, labels) in all {
        let settings = NetworkSettings { batch: labels.len(), ..NetworkSettings::default() };
        let mut network = Network::with(&graph, 1, settings).unwrap();
        let mut optimiser = Optimiser::new(&network, Method::default(), 5e-4, 0.9);
        let before = ALLOCATIONS.get();
        for _ in 0..2 {
            network.step(&images, &labels, 0.1, &mut optimiser, 1e-4).unwrap();
            network.evaluate(&images, &labels).unwrap();
            network.forward(&images).unwrap();
        }
        assert_eq!(ALLOCATIONS.get() - before, 0, "{}", graph.to_parts().nodes.len());
    }
}

#[test]
fn any_number_of_threads_makes_the_same_bytes() {
    // 50 images are four pieces of 16, 16, 16 and 2.
    let mut all: Vec<_> = networks(12, 50).collect();
    let images = formula(50 * 12 * 12 * 3, 7_992).iter().map(|u| *u as f32).collect();
    all.push((peer(), images, (0..50).map(|at| at % 10).collect()));
    for (graph, images, labels) in all {
        let run = |threads: usize| {
            let settings = NetworkSettings { batch: 50, threads, ..NetworkSettings::default() };
            let mut network = Network::with(&graph, 1, settings).unwrap();
            let mut optimiser = Optimiser::new(&network, Method::default(), 5e-4, 0.0);
            let mut losses = Vec::new();
            for images_of_step in [50, 50, 20] {
                let floats = graph.input_shape().elements() as usize;
                let (images, labels) = (&images[..images_of_step * floats], &labels[..images_of_step]);
                // A random network may run away; then it does so on any number of threads.
                match network.step(images, labels, 0.1, &mut optimiser, 1e-3) {
                    Ok(scores) => losses.push(scores.loss.to_bits()),
                    Err(_) => losses.push(0),
                }
            }
            let logits: Vec<u32> = network.forward(&images).unwrap().iter().map(|logit| logit.to_bits()).collect();
            let mut weights: Vec<_> = network.tensors().into_iter().collect();
            weights.sort_by(|a, b| a.0.cmp(&b.0));
            let weights: Vec<_> = weights.into_iter().flat_map(|(_, (_, values))| values).map(f32::to_bits).collect();
            (losses, logits, weights)
        };
        let one = run(1);
        assert!((2..=5).all(|threads| run(threads) == one));
    }
}

#[test]
fn a_batch_of_repeats_has_the_gradient_of_one_of_them() {
    // 16 images are one piece, 64 are four: the statistics of batch norms are equal, the mean gradient is.
    for (graph, images, labels) in networks(20, 16).chain([{
        let images = formula(16 * 12 * 12 * 3, 7_992).iter().map(|u| *u as f32).collect();
        (peer(), images, (0..16).map(|at| at % 10).collect::<Vec<u32>>())
    }]) {
        let gradients = |batch: usize| {
            let settings = NetworkSettings { batch, threads: 2, ..NetworkSettings::default() };
            let mut network = Network::with(&graph, 1, settings).unwrap();
            network.gradient(&images.repeat(batch / 16), &labels.repeat(batch / 16), 0.1).unwrap();
            network.gradients()
        };
        for ((name, once), (_, often)) in gradients(16).iter().zip(gradients(64)) {
            let scale = once.iter().fold(1e-4f32, |most, value| most.max(value.abs()));
            let worst = once.iter().zip(&often).fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(worst <= 2e-3 * scale || !scale.is_finite(), "{name}: {worst:e} of {scale:e}");
        }
    }
}
