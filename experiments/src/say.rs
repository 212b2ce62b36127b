//! Output to standard output.

use crate::failure::Failure;
use serde::Serialize;

/// Prints a line, as `println!` does. A reader that has gone away (`autogo … | head`) is no reason to complain.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

/// A value as JSON for machines.
pub fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::Work(error.to_string()))
}
