//! Tests of whole networks, against a plain computation in `f64`.

pub(in crate::train) mod alone;
pub(in crate::train) mod fit;
mod mini;
mod plain;
mod revision;
mod users;

use crate::error::TrainError;
use crate::families::networks;
use crate::graph::{Border, Conv, Graph, GraphBuilder, Op, Padding, Shape, Window};
use crate::rng::Stream;
use crate::testing::graphs;
use crate::train::{Network, NetworkSettings, Plan};
use plain::{Wide, forward, wide};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseError, TestRunner};
use rand::Rng;
use std::cell::Cell;
use std::collections::BTreeSet;

/// Numbers between −1 and 1.
fn numbers(count: usize, purpose: &str) -> Vec<f32> {
    let mut draw = Stream::new(7, purpose).at(0);
    (0..count).map(|_| draw.random_range(-1.0..1.0)).collect()
}

fn doubled(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// A network whose biases, norms and slopes are not those of the start.
fn stirred(graph: &Graph, batch: usize) -> Result<Network, crate::Error> {
    let mut network = Network::with(graph, 3, NetworkSettings { batch, ..NetworkSettings::default() })?;
    let mut tensors = network.tensors();
    for (name, (_, values)) in &mut tensors {
        if !name.ends_with(".weight") {
            let noise = numbers(values.len(), name);
            values.iter_mut().zip(noise).for_each(|(value, noise)| *value += 0.3 * noise);
        }
    }
    network.set_tensors(&tensors)?;
    Ok(network)
}

/// The largest difference, relative to the largest number.
fn distance(found: &[f32], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let scale = wanted.iter().fold(1e-3f64, |most, value| most.max(value.abs()));
    found.iter().zip(wanted).fold(0.0f64, |most, (a, b)| most.max((f64::from(*a) - b).abs())) / scale
}

/// Σ weight·output of the plain network.
fn weighed(graph: &Graph, tensors: &Wide, images: &[f64], weights: &[f64]) -> f64 {
    let made = forward(graph, tensors, images, true);
    made[graph.len() - 1].iter().zip(weights).map(|(y, w)| y * w).sum()
}

/// The derivative by one weight, if the function is smooth there: differences of two widths agree.
fn difference(
    graph: &Graph,
    tensors: &mut Wide,
    name: &str,
    at: usize,
    images: &[f64],
    weights: &[f64],
) -> Option<f64> {
    let start = tensors[name].1[at];
    let mut slope = |width: f64| {
        let mut side = |value: f64| {
            if let Some((_, values)) = tensors.get_mut(name) {
                values[at] = value;
            }
            weighed(graph, tensors, images, weights)
        };
        let slope = (side(start + width) - side(start - width)) / (2.0 * width);
        side(start);
        slope
    };
    let (near, far) = (slope(1e-6), slope(4e-6));
    ((near - far).abs() <= 1e-4 * near.abs().max(far.abs()).max(1e-2)).then_some(near)
}

fn small(graph: &Graph) -> bool {
    graph.cost().multiply_adds < 2_000_000 && graph.nodes().all(|node| node.shape.elements() < 20_000)
}

/// Runs a check on random graphs that can be trained, and returns how many comparisons were made.
fn on_graphs(steps: usize, check: impl Fn(Graph, Network) -> Result<usize, TestCaseError>) -> usize {
    let compared = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) });
    let result = runner.run(&graphs(steps).prop_filter("large", small), |graph| {
        if let Ok(network) = stirred(&graph, 3) {
            compared.set(compared.get() + check(graph, network)?);
        }
        Ok(())
    });
    result.unwrap();
    compared.get()
}

#[test]
fn a_random_network_computes_what_the_plain_one_does() {
    let compared = on_graphs(14, |graph, mut network| {
        let images = numbers(2 * graph.input_shape().elements() as usize, "images");
        let plain = forward(&graph, &wide(&network.tensors()), &doubled(&images), false);
        let found = network.forward(&images).unwrap();
        prop_assert!(distance(found, &plain[graph.len() - 1]) < 2e-4);
        Ok(1)
    });
    assert!(compared > 40, "only {compared} graphs could be trained");
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count
}

/// How much the batch norms behind each node can enlarge a gradient on its way back: where a channel hardly varies, they divide
/// by next to nothing.
fn steepness(graph: &Graph, tensors: &Wide, made: &[Vec<f64>]) -> Vec<f64> {
    let mut steepness = vec![1.0f64; graph.len()];
    for index in (0..graph.len()).rev() {
        let mut here = steepness[index];
        if graph.node(index).op == Op::BatchNorm {
            let scales = &tensors[&format!("{index}:{}.scale", graph.node(index).name)].1;
            let x = &made[graph.operands(index)[0]];
            let steep = |(channel, scale): (usize, &f64)| {
                let values: Vec<f64> = x.iter().skip(channel).step_by(scales.len()).copied().collect();
                scale.abs() / (variance(&values) + 1e-3).sqrt()
            };
            here *= scales.iter().enumerate().map(steep).fold(1.0, f64::max);
        }
        for &operand in graph.operands(index) {
            steepness[operand] = steepness[operand].max(here);
        }
    }
    steepness
}

/// Compares some gradients of each tensor with slopes of the plain network, and counts those that are not 0.
fn compare_gradients(graph: &Graph, network: &mut Network) -> Result<usize, TestCaseError> {
    let images = numbers(3 * graph.input_shape().elements() as usize, "images");
    let weights = numbers(3 * graph.node(graph.len() - 1).shape.elements() as usize, "weights");
    network.gradient_of_sum(&images, &weights).unwrap();
    let (images, weights) = (doubled(&images), doubled(&weights));
    let mut tensors = wide(&network.tensors());
    let steepness = steepness(graph, &tensors, &forward(graph, &tensors, &images, true));
    let mut compared = 0;
    for (name, found) in network.gradients() {
        let node: usize = name.split(':').next().unwrap().parse().unwrap();
        // Terms that cancel leave their rounding: before a batch norm, all of a bias' gradient.
        let rounding = 1e-6 * steepness[node];
        let scale = found.iter().fold(1e-2f32, |most, value| most.max(value.abs()));
        let every = found.len().div_ceil(3);
        for at in (0..found.len()).step_by(every) {
            let Some(wanted) = difference(graph, &mut tensors, &name, at, &images, &weights) else { continue };
            let allowed = 3e-3 * f64::from(scale).max(wanted.abs()) + rounding;
            let error = (f64::from(found[at]) - wanted).abs();
            prop_assert!(error < allowed, "{name}[{at}]: {} instead of {wanted}", found[at]);
            compared += usize::from(wanted != 0.0);
        }
    }
    Ok(compared)
}

#[test]
fn every_gradient_of_a_random_network_is_its_slope() {
    let compared = on_graphs(10, |graph, mut network| compare_gradients(&graph, &mut network));
    assert!(compared > 300, "only {compared} slopes were compared");
}

/// A convolution that sees padding alone makes channels without variance: each norm behind it enlarges gradients thirtyfold.
#[test]
fn gradients_behind_channels_without_variance_are_slopes() {
    let conv = |filters, window| Op::Conv(Conv { filters, window, groups: 1, bias: true });
    let padding = Border { top: 0, left: 1, bottom: 0, right: 1 };
    let blind = Window { stride: (1, 9), padding: Padding::Explicit(padding), ..Window::same(1, 1) };
    let mut build = GraphBuilder::new("blind");
    let mut x = build.add("in", Op::Input(Shape::new(4, 2, 3)), &[]).unwrap();
    for (name, op) in [
        ("blind", conv(7, blind)),
        ("norm", Op::BatchNorm),
        ("norm again", Op::BatchNorm),
        ("conv", conv(15, Window::same(3, 1))),
        ("last norm", Op::BatchNorm),
        ("mean", Op::Mean),
        ("out", Op::Output),
    ] {
        x = build.add(name, op, &[x]).unwrap();
    }
    let graph = build.finish().unwrap();
    let compared = compare_gradients(&graph, &mut stirred(&graph, 3).unwrap()).unwrap();
    assert!(compared > 5, "only {compared} slopes were compared");
}

/// The gradient by the images, in random directions.
#[test]
fn the_gradient_of_a_random_networks_images_is_their_slope() {
    let compared = on_graphs(10, |graph, _| {
        let settings = NetworkSettings { batch: 3, reaches_images: true, ..NetworkSettings::default() };
        let mut network = Network::with(&graph, 3, settings).unwrap();
        let images = numbers(3 * graph.input_shape().elements() as usize, "images");
        let weights = numbers(3 * graph.node(graph.len() - 1).shape.elements() as usize, "weights");
        network.gradient_of_sum(&images, &weights).unwrap();
        // Nothing where the output does not depend on the images: then every slope is 0.
        let found = network.image_gradient().unwrap_or_else(|| vec![0.0; images.len()]);
        prop_assert_eq!(found.len(), images.len());
        let (tensors, weights) = (wide(&network.tensors()), doubled(&weights));
        let rounding = 1e-6 * steepness(&graph, &tensors, &forward(&graph, &tensors, &doubled(&images), true))[0];
        let mut compared = 0;
        for (number, purpose) in ["north", "east", "up"].iter().enumerate() {
            let direction = doubled(&numbers(images.len(), purpose));
            let along: f64 = found.iter().zip(&direction).map(|(&slope, way)| f64::from(slope) * way).sum();
            let value = |width: f64| {
                let moved: Vec<f64> =
                    images.iter().zip(&direction).map(|(&x, way)| f64::from(x) + width * way).collect();
                weighed(&graph, &tensors, &moved, &weights)
            };
            let slope = |width: f64| (value(width) - value(-width)) / (2.0 * width);
            let (near, far) = (slope(1e-7), slope(4e-7));
            let size = found.iter().map(|&slope| f64::from(slope).powi(2)).sum::<f64>().sqrt().max(1e-2);
            // Between the two widths a ReLU or a maximum may change sides.
            if (near - far).abs() <= 1e-4 * near.abs().max(far.abs()).max(size) {
                let allowed = 3e-3 * size.max(near.abs()) + rounding;
                prop_assert!((along - near).abs() < allowed, "{number}: {along} instead of {near}");
                compared += usize::from(near != 0.0);
            }
        }
        Ok(compared)
    });
    assert!(compared > 60, "only {compared} slopes were compared");
}

#[test]
fn every_op_is_planned() {
    let mut runner = TestRunner::deterministic();
    let (mut seen, mut refused) = (BTreeSet::new(), Vec::new());
    for _ in 0..600 {
        let graph = graphs(20).new_tree(&mut runner).unwrap().current();
        match Plan::new(&graph, NetworkSettings { batch: 1, ..NetworkSettings::default() }) {
            Ok(_) => seen.extend(graph.nodes().map(|node| node.op.name())),
            Err(TrainError::Untrainable { .. }) => {}
            Err(error) => refused.push(error.to_string()),
        }
    }
    // The generator makes no dense layers; `chain` ends with one.
    let missing: Vec<_> = Op::NAMES.iter().filter(|name| **name != "matmul" && !seen.contains(*name)).collect();
    assert!(missing.is_empty(), "never planned: {missing:?}");
    // What is left are geometries that the engine refuses: windows of a pool that see padding alone.
    let others: Vec<_> = refused.iter().filter(|error| !error.contains("padding alone")).collect();
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn the_families_compute_what_the_plain_network_does() {
    let best = "nb201:nor_conv_3x3,nor_conv_3x3,avg_pool_3x3,skip_connect,none,nor_conv_1x1";
    for graph in networks(&[best, "fsrcnn"]).unwrap() {
        let mut network = stirred(&graph, 1).unwrap();
        let images = numbers(graph.input_shape().elements() as usize, "images");
        let plain = forward(&graph, &wide(&network.tensors()), &doubled(&images), false);
        let found = network.forward(&images).unwrap();
        let distance = distance(found, &plain[graph.len() - 1]);
        assert!(distance < 1e-4, "{}: {distance}", graph.name());
    }
}

/// Convolution, batch norm, ReLU twice, mean, dense.
pub(crate) fn chain(classes: u32) -> Graph {
    let mut build = GraphBuilder::new("chain");
    let mut x = build.add("in", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
    for (name, filters, stride) in [("a", 16, 1), ("b", 32, 2)] {
        let conv = Conv { filters, window: Window::same(3, stride), groups: 1, bias: false };
        x = build.add(name, Op::Conv(conv), &[x]).unwrap();
        x = build.add(&format!("{name}_norm"), Op::BatchNorm, &[x]).unwrap();
        x = build.add(&format!("{name}_relu"), Op::Relu, &[x]).unwrap();
    }
    x = build.add("mean", Op::Mean, &[x]).unwrap();
    x = build.add("head", Op::Dense { features: classes, bias: true }, &[x]).unwrap();
    build.add("out", Op::Output, &[x]).unwrap();
    build.finish().unwrap()
}

#[test]
fn a_graph_without_weights_and_too_large_a_plan_are_refused() {
    let mut build = GraphBuilder::new("empty");
    let x = build.add("in", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
    build.add("out", Op::Output, &[x]).unwrap();
    let error = Network::new(&build.finish().unwrap(), 0).unwrap_err();
    assert!(matches!(error, crate::Error::Train(TrainError::Untrainable { .. })), "{error}");
    let graph = chain(10);
    let settings = NetworkSettings { batch: 64, memory: Some(1_000), ..NetworkSettings::default() };
    let error = Network::with(&graph, 0, settings).unwrap_err().to_string();
    let needed = Plan::bytes(&graph, 64).unwrap().to_string();
    assert!(error.contains(&needed) && error.contains("1000") && error.lines().count() == 1, "{error}");
}

#[test]
fn weights_are_saved_and_read_back() {
    let graph = chain(4);
    let path = std::env::temp_dir().join(format!("autogo-train-weights-{}.safetensors", std::process::id()));
    let mut network = stirred(&graph, 4).unwrap();
    let images = numbers(4 * 8 * 8 * 3, "images");
    let wanted = network.forward(&images).unwrap().to_vec();
    network.save(&path).unwrap();
    let mut other = Network::with(&graph, 99, NetworkSettings { batch: 4, ..NetworkSettings::default() }).unwrap();
    assert_ne!(other.forward(&images).unwrap(), wanted);
    other.load(&path).unwrap();
    assert_eq!(other.forward(&images).unwrap(), wanted);
    let error = Network::new(&chain(5), 0).unwrap().load(&path).unwrap_err().to_string();
    assert!(error.contains("8:head.weight") && error.contains("accepted: [5, 32]"), "{error}");
    std::fs::remove_file(path).unwrap();
}
