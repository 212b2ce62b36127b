//! What the crossing tests share.
//!
//! The code in the README is compiled and run here:
#![doc = include_str!("../README.md")]

pub mod exact;
pub mod python;
pub mod values;

use std::io::Write;
use std::path::PathBuf;

/// The folder that an environment variable names. Without it the caller returns early; the reason is printed.
///
/// # Panics
/// When the variable is set but names no folder: a wrong path must not look like a skipped test.
#[allow(clippy::panic)]
pub fn folder(variable: &str) -> Option<PathBuf> {
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        None => {
            // Not `println!`: the test runner would swallow it.
            let _ = writeln!(std::io::stderr(), "skipped: no {variable}");
            None
        }
        Some(folder) => match PathBuf::from(&folder).canonicalize() {
            Ok(folder) => Some(folder),
            Err(error) => panic!("{variable}={}: {error}", folder.display()),
        },
    }
}
