//! Networks of torchvision as PyTorch exports them. Without a Python that has torchvision nothing is compared.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use autogo::formats::onnx::{ReadOptions, import_with};
use autogo::graph::Shape;
use std::collections::BTreeSet;
use std::path::Path;
use tests::python::{of_notebooks, of_torch, scratch, script};
use tests::values::{computes, floats};

/// A network with a layer that no op says: a layer norm over channels, which these operator sets write as means and roots.
const REFUSED: &str = "convnext_tiny";

/// Each has the sizes and the values that ONNX Runtime makes, or is refused with the node's name and its op.
#[test]
fn networks_of_torchvision_compute_what_onnx_runtime_does_or_are_refused() {
    let (Some(ours), Some(theirs)) = (of_notebooks("onnxruntime"), of_torch("torch, torchvision")) else { return };
    let (mut wrong, mut refused) = (Vec::new(), BTreeSet::new());
    for name in script(&theirs, "torch_networks.py", &[]).lines() {
        // One network at a time: VGG-16 alone takes a gigabyte.
        let folder = scratch("torchvision");
        let at = folder.to_str().unwrap();
        script(&theirs, "torch_networks.py", &[name, at]);
        let files = script(&ours, "onnx_field.py", &[at, at]);
        assert_eq!(files.lines().count(), 2, "{name}: {files}");
        for line in files.lines() {
            let (number, path) = line.split_once(' ').unwrap();
            let file = match import_with(std::fs::read(path).unwrap(), &ReadOptions::default()) {
                Ok(file) => file,
                Err(error) => {
                    eprintln!("{name}: {error}");
                    assert!(error.to_string().starts_with("node `"), "{error}");
                    refused.insert(name.to_string());
                    continue;
                }
            };
            let read = |end: &str| floats(&folder.join(format!("{number}.{end}"))).unwrap();
            let (input, output) = (read("in"), read("out"));
            let shape = file.graph.node(file.graph.len() - 1).shape;
            let file_name = Path::new(path).file_name().unwrap().display();
            if shape != Shape::new(1, 1, u32::try_from(output.len()).unwrap()) {
                wrong.push(format!("{file_name}: {shape}"));
            } else if !computes(&file, &input, &output).unwrap() {
                wrong.push(format!("{file_name}: computes something else"));
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused.iter().eq([REFUSED]), "{refused:?}");
}
