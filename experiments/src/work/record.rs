//! A result as a file: one line of JSON and its checksum.

use sha2::{Digest, Sha256};

fn checksum(line: &str) -> String {
    Sha256::digest(line).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The line with its checksum.
pub(super) fn sealed(line: &str) -> String {
    format!("{line}\n{}\n", checksum(line))
}

/// The line of a file, if its checksum holds.
pub(super) fn unsealed(text: &str) -> Result<&str, String> {
    let wrong = || "is damaged: its checksum does not hold; remove the file, and the item is run again".to_string();
    let (line, sum) = text.trim_end_matches('\n').split_once('\n').ok_or_else(wrong)?;
    if checksum(line) == sum { Ok(line) } else { Err(wrong()) }
}
