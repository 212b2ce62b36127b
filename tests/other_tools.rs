//! ONNX files that another tool wrote. Without the notebooks' Python environment nothing is compared.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use autogo::evolve::MutationSettings;
use autogo::formats::onnx::{Pooling, ReadOptions, Weights, export, formula, import, import_with};
use autogo::graph::Shape;
use autogo::prelude::*;
use autogo::testing::graphs;
use autogo::train::{Method, Mini, Network, NetworkSettings, Optimiser, Ratio};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tests::python::{of_notebooks, scratch, script};
use tests::values::{computes, floats};

/// The notebooks' Python, if it has onnx and ONNX Runtime.
fn python() -> Option<PathBuf> {
    of_notebooks("onnx, onnxruntime")
}

/// Height, width and channels of an output's sizes, its batch left out.
fn picture(sizes: &[u64]) -> Option<Shape> {
    let size = |size: u64| u32::try_from(size).unwrap();
    match *sizes {
        [_, c, h, w] | [1, _, c, h, w] => Some(Shape::new(size(h), size(w), size(c))),
        [_, c] => Some(Shape::new(1, 1, size(c))),
        [_, c, h] => Some(Shape::new(size(h), 1, size(c))),
        _ => None,
    }
}

/// Files that users of other tools sent around, with their own weights, in this library's engine.
#[test]
fn networks_of_the_field_compute_what_onnx_runtime_does() {
    let Some(python) = python() else { return };
    let Some(field) = std::env::var_os("AUTOGO_FIELD").map(PathBuf::from).filter(|field| field.is_dir()) else {
        eprintln!("skipped: no AUTOGO_FIELD");
        return;
    };
    let folder = scratch("field-engine");
    let said = script(&python, "onnx_field.py", &[field.to_str().unwrap(), folder.to_str().unwrap()]);
    let (mut computed, mut wrong, mut refused) = (0, Vec::new(), Vec::new());
    for line in said.lines() {
        let (number, path) = line.split_once(' ').unwrap();
        let path = Path::new(path);
        let options = ReadOptions { folder: path.parent().map(Into::into), ..ReadOptions::default() };
        let Ok(file) = import_with(std::fs::read(path).unwrap(), &options) else { continue };
        let read = |end: &str| floats(&folder.join(format!("{number}.{end}"))).unwrap();
        match computes(&file, &read("in"), &read("out")) {
            Ok(true) => computed += 1,
            Ok(false) => wrong.push(path.display().to_string()),
            Err(error) => refused.push(format!("{}: {error}", path.display())),
        }
    }
    eprintln!("{computed} files compute the same; not computed:\n{}", refused.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(computed > 8, "{computed} computed");
    std::fs::remove_dir_all(folder).unwrap();
}

/// A thousand files of one layer or a few: each has the sizes and, read and written again, the values that ONNX Runtime
/// makes of it, or is refused. Where the engine has the kernels, it computes these values as well.
#[test]
fn random_layers_are_those_of_onnx_runtime_or_are_refused() {
    let Some(python) = python() else { return };
    let folder = scratch("layers");
    script(&python, "onnx_layers.py", &[folder.to_str().unwrap(), "1000", "7"]);
    let table = std::fs::read_to_string(folder.join("cases.csv")).unwrap();
    let (mut wrong, mut read, mut refused, mut written, mut computed) = (Vec::new(), 0, 0, 0, 0);
    for line in table.lines().skip(1) {
        let parts: Vec<&str> = line.trim().split(',').collect();
        let &[name, _, _, sizes] = parts.as_slice() else { panic!("{line}") };
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let Ok(network) = import_with(bytes, &ReadOptions::default()) else {
            refused += 1;
            continue;
        };
        read += 1;
        let Ok(sizes) = sizes.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>() else { continue };
        let shape = network.graph.node(network.graph.len() - 1).shape;
        // Three axes may be a batch of sequences: then the number of elements counts.
        let is_same = picture(&sizes) == Some(shape) || (sizes.len() == 3 && sizes[1] * sizes[2] == shape.elements());
        if !is_same {
            wrong.push(format!("{line}: {shape}"));
        }
        let (input, output) = (name.replace(".onnx", ".in"), name.replace(".onnx", ".out"));
        if let Some((input, output)) = floats(&folder.join(input)).zip(floats(&folder.join(output))) {
            match computes(&network, &input, &output) {
                Ok(true) => computed += 1,
                Ok(false) => wrong.push(format!("{line}: computes something else")),
                Err(_) => {}
            }
        }
        let weights = network.weights.load().unwrap();
        if let Ok(again) = export(&network.graph, Weights::Given(&weights), Pooling::default()) {
            written += 1;
            std::fs::write(folder.join(name.replace(".onnx", ".ours.onnx")), again).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 3 * refused, "{read} read, {refused} refused");
    assert!(10 * written > 9 * read, "{written} written of {read}");
    assert!(computed > 100, "{computed} computed of {read}");
    let said = script(&python, "onnx_values.py", &[folder.to_str().unwrap()]);
    assert_eq!(said.lines().count(), 1, "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// The networks of other people in the folder `AUTOGO_FIELD`, read and written again with their weights, make the values
/// that ONNX Runtime makes of the originals. Files that carry no weights are left out.
#[test]
fn networks_of_other_people_keep_their_values() {
    let Some(field) = tests::folder("AUTOGO_FIELD") else { return };
    let Some(python) = python() else { return };
    let folder = scratch("field");
    let table = std::fs::read_to_string(field.join("cases.csv")).unwrap();
    let (mut originals, mut bare) = (String::new(), Vec::new());
    for line in table.lines().skip(1) {
        let name = line.split(',').next().unwrap();
        let path = field.join(name);
        let options = ReadOptions { folder: path.parent().map(Into::into), ..ReadOptions::default() };
        let network = import_with(std::fs::read(&path).unwrap(), &options).unwrap();
        let Ok(weights) = network.weights.load() else {
            bare.push(name);
            continue;
        };
        let ours = name.replace(['/', '.'], "_");
        let written = export(&network.graph, Weights::Given(&weights), Pooling::default()).unwrap();
        std::fs::write(folder.join(format!("{ours}.ours.onnx")), written).unwrap();
        originals += &format!("{ours},{}\n", path.display());
    }
    std::fs::write(folder.join("originals.csv"), &originals).unwrap();
    let said = script(&python, "onnx_values.py", &[folder.to_str().unwrap()]);
    assert_eq!(said.trim(), originals.lines().count().to_string(), "without weights: {bare:?}");
    assert!(originals.lines().count() > 3 * bare.len(), "without weights: {bare:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// The nine networks of the package `onnx`: as they come, their sizes and numbers of weights; given weights, the values that
/// ONNX Runtime makes of them.
#[test]
fn networks_of_the_onnx_package_are_read_and_compute_what_onnx_runtime_does() {
    let Some(python) = python() else { return };
    let mut wrong = Vec::new();
    let list = script(&python, "onnx_zoo.py", &[]);
    for line in list.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let &[name, path, parameters] = parts.as_slice() else { panic!("{line}") };
        let bare = import(&std::fs::read(path).unwrap()).unwrap();
        let shape = bare.node(bare.len() - 1).shape;
        if shape != Shape::new(1, 1, 1000) || bare.cost().params.to_string() != parameters {
            wrong.push(format!("{name}: {shape}, {} parameters for {parameters}", bare.cost().params));
        }
        // One network at a time: VGG-19 alone takes half a gigabyte.
        let folder = scratch("zoo");
        let at = folder.to_str().unwrap();
        script(&python, "onnx_zoo.py", &[name, at]);
        assert_eq!(script(&python, "onnx_field.py", &[at, at]).lines().count(), 1, "{name}");
        let bytes = std::fs::read(folder.join(format!("{name}.onnx"))).unwrap();
        let file = import_with(bytes, &ReadOptions::default()).unwrap();
        let read = |end: &str| floats(&folder.join(format!("0.{end}"))).unwrap();
        if !computes(&file, &read("in"), &read("out")).unwrap() {
            wrong.push(format!("{name}: computes something else"));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(list.lines().count(), 9, "{list}");
}

#[test]
fn networks_written_by_python_import_or_are_refused_by_name() {
    let Some(python) = python() else { return };
    let folder = scratch("other-tools");
    script(&python, "other_tools.py", &[folder.to_str().unwrap()]);
    let read = |name: &str| import(&std::fs::read(folder.join(name)).unwrap());
    // Published sizes: torchvision's resnet18 and mobilenet_v2, 11,689,512 and 3,504,872 parameters.
    let resnet = read("resnet18.onnx").unwrap();
    assert_eq!(resnet.cost().params, 11_689_512);
    assert_eq!(resnet.cost().multiply_adds, 1_814_073_344);
    let mobilenet = read("mobilenet_v2.onnx").unwrap();
    assert_eq!(mobilenet.cost().params, 3_504_872);
    assert_eq!(mobilenet.cost().multiply_adds, 300_774_272);
    let unet = read("unet.onnx").unwrap();
    assert_eq!(unet.node(unet.len() - 1).shape.to_string(), "64×64×1");
    let refused = read("unet_shrink.onnx").unwrap_err().to_string();
    assert!(refused.contains("Shrink is not supported"), "{refused}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Networks written for `onnx_values.py`: each as an ONNX file with its weights, a picture, and what the network makes of it.
struct Folder {
    path: PathBuf,
    written: u64,
}

impl Folder {
    /// Writes a network of random weights, unless it has no form in the operator set or runs away.
    fn write(&mut self, graph: &Graph) -> bool {
        let settings = NetworkSettings { batch: 16, ..NetworkSettings::default() };
        let Ok(mut network) = Network::with(graph, self.written, settings) else { return false };
        let floats = graph.input_shape().elements() as usize;
        let pictures: Vec<f32> = formula(16 * floats, 7_992).iter().map(|u| *u as f32).collect();
        // Running statistics and biases that are not those of the start.
        let mut optimiser = Optimiser::new(&network, Method::default(), 0.0, 0.0);
        if network.step(&pictures, &[0; 16], 0.1, &mut optimiser, 1e-3).is_err() {
            return false;
        }
        // Some ops have no form in the operator set: means of dilated windows, products of three.
        let Ok(file) = export(graph, Weights::Named(&network.tensors()), Pooling::default()) else { return false };
        let picture = &pictures[..floats];
        let made = network.forward(picture).unwrap().to_vec();
        if made.iter().any(|value| !value.is_finite() || value.abs() > 1e6) {
            return false;
        }
        let (pixels, c) = (floats / graph.input_shape().c as usize, graph.input_shape().c as usize);
        let planes: Vec<f32> = (0..floats).map(|at| picture[at % pixels * c + at / pixels]).collect();
        let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        for (end, bytes) in [("onnx", &file), ("ours.onnx", &file), ("in", &bytes(&planes)), ("out", &bytes(&made))] {
            std::fs::write(self.path.join(format!("{}.{end}", self.written)), bytes).unwrap();
        }
        self.written += 1;
        true
    }

    /// Runs all of them in ONNX Runtime.
    fn compare(self, python: &Path) {
        let said = script(python, "onnx_values.py", &[self.path.to_str().unwrap()]);
        assert_eq!(said.trim(), self.written.to_string(), "{said}");
        std::fs::remove_dir_all(self.path).unwrap();
    }
}

/// Random graphs with every op.
#[test]
fn random_networks_compute_what_onnx_runtime_computes() {
    let Some(python) = python() else { return };
    let mut files = Folder { path: scratch("networks"), written: 0 };
    let mut runner = TestRunner::deterministic();
    let mut ops = BTreeSet::new();
    while files.written < 150 {
        let graph = graphs(14).new_tree(&mut runner).unwrap().current();
        if files.write(&graph) {
            ops.extend(graph.nodes().map(|node| node.op.name()));
        }
    }
    assert!(ops.len() > 40, "only {ops:?}");
    files.compare(&python);
}

/// A hundred mutants at 16×16, where the runtime takes a network in milliseconds: mutation does not look at a picture's size.
#[test]
fn mutants_compute_what_onnx_runtime_computes() {
    let Some(python) = python() else { return };
    let mut files = Folder { path: scratch("mutants"), written: 0 };
    let families =
        [FamilyName::Nb101, FamilyName::Nb201, FamilyName::Hiaml, FamilyName::Inception, FamilyName::TwoPath];
    let specs = families.iter().flat_map(|family| (0..8).map(|at| family.sample(3, at)));
    let graphs: Vec<Graph> = specs.map(|spec| network(&spec).unwrap()).collect();
    let mined = Mining::bpe(80).run(&graphs).unwrap();
    let mutator = Mutator::new(mined, |graph: &Graph| graph.len() as f64, Npu::n256()).unwrap();
    let settings = MutationSettings { places: 10, donors: 20, ..MutationSettings::default() };
    let mini = Mini { input: (16, 16), width: Ratio { over: 1, under: 2 } };
    let mut seen = BTreeSet::new();
    for (seed, family) in (0..40).flat_map(|seed| families.map(|family| (seed, family))) {
        let parent = network(family.best().unwrap()).unwrap();
        for (child, _) in mutator.children(&parent, &settings, seed).unwrap().into_iter().take(5) {
            let Ok(form) = child.mini(&mini) else { continue };
            if files.written < 100 && seen.insert(form.mini.to_string()) {
                files.write(&form.graph);
            }
        }
        if files.written == 100 {
            break;
        }
    }
    assert_eq!(files.written, 100);
    files.compare(&python);
}
