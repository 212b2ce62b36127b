//! The notebooks' kernel, driven as front ends drive it. Without the notebooks' Python environment and the kernel
//! nothing runs.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

#[test]
fn the_kernel_does_what_its_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let notebooks = root.join("notebooks");
    let python = notebooks.join(".venv/bin/python");
    let kernel = notebooks.join(".tools/bin/autogo-jupyter");
    if !python.is_file() || !kernel.is_file() {
        eprintln!("skipped: no notebooks/.venv or no kernel (`cargo notebooks` makes both)");
        return;
    }
    let install = Command::new(&kernel)
        .args(["--install", "autogo-rust", "--prefix"])
        .arg(notebooks.join(".venv"))
        .output()
        .unwrap();
    assert!(install.status.success(), "{}", String::from_utf8_lossy(&install.stderr));
    let mut suite = Command::new(&python);
    suite.arg(root.join("tests/kernel.py")).current_dir(&notebooks);
    // What cargo adds for a test would be seen by the cargo that the kernel calls.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO") && name != "CARGO_HOME") {
        suite.env_remove(name);
    }
    suite.env_remove("LD_LIBRARY_PATH");
    assert!(suite.status().unwrap().success(), "tests/kernel.py says above what failed");
}
