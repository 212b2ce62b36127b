//! The environment that `cargo run` leaves to a program, for the programs that it starts in turn. The command line includes this
//! file as well, so it uses the standard library alone.

use std::path::PathBuf;
use std::process::Command;

/// Takes away what `cargo run` adds to the environment: build scripts look at some of it, so a cargo that inherits it would
/// compile them anew.
pub fn forget_cargo(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let starts = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        let names = ["CARGO", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR", "OUT_DIR"];
        if starts.iter().any(|start| text.starts_with(start)) || names.contains(&&*text) {
            command.env_remove(&name);
        }
    }
    // The library folders that cargo adds; the user's own stay.
    if let Some(folders) = std::env::var_os("LD_LIBRARY_PATH") {
        let is_added = |folder: &PathBuf| {
            folder.components().any(|part| part.as_os_str() == ".evcxr" || part.as_os_str() == "rustlib")
        };
        let own: Vec<PathBuf> = std::env::split_paths(&folders).filter(|folder| !is_added(folder)).collect();
        match std::env::join_paths(&own) {
            Ok(own) if !own.is_empty() => command.env("LD_LIBRARY_PATH", own),
            _ => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_adds_is_taken_away_and_the_rest_stays() {
        let mut command = Command::new("env");
        let text = String::from_utf8(forget_cargo(&mut command).output().unwrap().stdout).unwrap();
        let names: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        assert!(names.contains(&"PATH"), "{text}");
        assert!(!names.iter().any(|name| name.starts_with("CARGO_PKG_") || *name == "CARGO"), "{text}");
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "cargo has added something");
    }
}
