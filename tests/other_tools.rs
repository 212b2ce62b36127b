//! ONNX files that another tool wrote. Without the notebooks' Python environment nothing is compared.
#![allow(clippy::unwrap_used)]

use autogo::formats::onnx::import;
use std::path::Path;
use std::process::Command;

#[test]
fn networks_written_by_python_import_or_are_refused_by_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let python = root.join("notebooks/.venv/bin/python");
    let has_onnx =
        Command::new(&python).args(["-c", "import onnx"]).output().is_ok_and(|output| output.status.success());
    if !has_onnx {
        eprintln!("skipped: no Python package onnx in notebooks/.venv (`cargo notebooks` installs it)");
        return;
    }
    let folder = std::env::temp_dir().join(format!("autogo-other-tools-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = root.join("tests/other_tools.py");
    let output = Command::new(python).arg(script).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
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
    let refused = read("unet_softplus.onnx").unwrap_err().to_string();
    assert!(refused.contains("Softplus is not supported"), "{refused}");
    std::fs::remove_dir_all(folder).unwrap();
}
