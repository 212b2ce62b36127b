//! The `autogo` command line, for tests that use it as its users do.
#![allow(dead_code, clippy::unwrap_used)] // each test uses a part of it

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The command, with data or without.
pub fn autogo(arguments: &[&str], data: Option<&Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogo"));
    command.args(arguments).env_remove("AUTOGO_DATA");
    if let Some(data) = data {
        command.env("AUTOGO_DATA", data);
    }
    command
}

/// Standard output of a command that succeeded.
pub fn said(arguments: &[&str], data: Option<&Path>) -> String {
    let output = autogo(arguments, data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The error of a command that failed: one line, besides what its progress says.
pub fn refused(arguments: &[&str], data: Option<&Path>) -> String {
    let output = autogo(arguments, data).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let own: Vec<&str> = error.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(!output.status.success() && own.len() == 1, "{error}");
    own[0].to_string()
}

/// An empty folder of this process.
pub fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("autogo-{name}-{}", std::process::id()));
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The folder with benchmark data and pictures; without it a word, and the test ends early.
pub fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("AUTOGO_DATA").filter(|folder| !folder.is_empty());
    if folder.is_none() {
        // Not `println!`: the test runner would swallow it.
        let _ = writeln!(std::io::stderr(), "skipped: no AUTOGO_DATA");
    }
    folder.map(PathBuf::from)
}

/// Every file below a folder with its bytes; nothing if there is no folder.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => _ = found.insert(path.strip_prefix(folder).unwrap().into(), fs::read(&path).unwrap()),
            }
        }
    }
    found
}
