//! Programs in Python that the tests compare with: the notebooks' with ONNX Runtime, and one with PyTorch.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
///
/// # Panics
/// When this crate has no folder above it.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A Python that imports these packages. Without them the caller returns early; the reason is printed.
fn with(path: PathBuf, packages: &str) -> Option<PathBuf> {
    let check = Command::new(&path).args(["-c", &format!("import {packages}")]).output();
    let has_them = check.is_ok_and(|output| output.status.success());
    if !has_them {
        // Not `println!`: the test runner would swallow it.
        let _ = writeln!(std::io::stderr(), "skipped: {} has no packages {packages}", path.display());
    }
    has_them.then_some(path)
}

/// The notebooks' Python, if it has these packages; `cargo notebooks` installs onnx and onnxruntime.
pub fn of_notebooks(packages: &str) -> Option<PathBuf> {
    with(root().join("notebooks/.venv/bin/python"), packages)
}

/// Debian's Python, or the one that AUTOGO_TORCH_PYTHON names, if it has these packages.
pub fn of_torch(packages: &str) -> Option<PathBuf> {
    with(std::env::var_os("AUTOGO_TORCH_PYTHON").map_or("/usr/bin/python3".into(), PathBuf::from), packages)
}

/// What a script of this folder prints.
///
/// # Panics
/// When it fails, with its own message.
pub fn script(python: &Path, name: &str, arguments: &[&str]) -> String {
    run(python, &[&[root().join("tests").join(name).to_str().unwrap()], arguments].concat())
}

/// What a Python prints.
///
/// # Panics
/// When it fails, with its own message.
pub fn run(python: &Path, arguments: &[&str]) -> String {
    let output = Command::new(python).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A new folder for files that a test exchanges with a script.
///
/// # Panics
/// When the folder cannot be made.
pub fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("autogo-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
