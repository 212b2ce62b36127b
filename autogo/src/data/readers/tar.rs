//! Tape archives (POSIX ustar), read from front to back.

use std::io::{self, Read};

/// Bytes of a record: headers and contents are padded to whole records.
const RECORD: usize = 512;
/// The most entries of an archive.
const ENTRIES: usize = 10_000;

/// Calls `visit(name, content)` for every file of an archive. A file of more than `largest` bytes is an error; folders,
/// links and extended headers are passed over.
pub(super) fn files(
    mut archive: impl Read,
    largest: u64,
    mut visit: impl FnMut(&str, Vec<u8>) -> Result<(), String>,
) -> Result<(), String> {
    let mut header = [0u8; RECORD];
    for _ in 0..ENTRIES {
        match archive.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err("is cut off".into()),
            other => other.map_err(|error| error.to_string())?,
        }
        if header.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        // The sum of all bytes, those of the sum itself counted as blanks.
        let sum: u64 = header
            .iter()
            .enumerate()
            .map(|(at, &byte)| u64::from(if (148..156).contains(&at) { 32 } else { byte }))
            .sum();
        if octal(&header[148..156]) != Some(sum) {
            return Err("is no tape archive, or damaged".into());
        }
        let name = String::from_utf8_lossy(text(&header[..100])).into_owned();
        let size = octal(&header[124..136]);
        let size = size.ok_or_else(|| format!("holds `{name}` with a size that is no octal number"))?;
        if size > largest {
            return Err(format!("holds `{name}`, which is too large; accepted: at most {largest} bytes"));
        }
        let mut content = Vec::new();
        let read = archive.by_ref().take(size).read_to_end(&mut content).map_err(|error| error.to_string())?;
        let padding = size.next_multiple_of(RECORD as u64) - size;
        let skipped =
            io::copy(&mut archive.by_ref().take(padding), &mut io::sink()).map_err(|error| error.to_string())?;
        if (read as u64, skipped) != (size, padding) {
            return Err(format!("is cut off in `{name}`"));
        }
        if matches!(header[156], b'0' | 0) {
            visit(&name, content)?;
        }
    }
    Err(format!("has more than {ENTRIES} entries"))
}

/// The bytes before the first zero.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// A number in octal digits.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text(field)).ok()?.trim();
    u64::from_str_radix(digits, 8).ok()
}

/// An archive of some files.
#[cfg(test)]
pub(super) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in files {
        let mut header = [0u8; RECORD];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = if name.ends_with('/') { b'5' } else { b'0' };
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        bytes.extend(header);
        bytes.extend(*content);
        bytes.resize(bytes.len().next_multiple_of(RECORD), 0);
    }
    bytes.resize(bytes.len() + 2 * RECORD, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_their_order_and_what_is_cut_off_is_refused() {
        let bytes = archive(&[("a/", b""), ("a/one.bin", &[7; 600]), ("a/two.bin", b"")]);
        let mut found = Vec::new();
        let mut read = |bytes: &[u8]| {
            found.clear();
            let result = files(bytes, 600, |name, content| {
                found.push((name.to_string(), content.len()));
                Ok(())
            });
            (result, found.clone())
        };
        let (result, names) = read(&bytes);
        assert_eq!((result, names), (Ok(()), vec![("a/one.bin".into(), 600), ("a/two.bin".into(), 0)]));
        for end in (0..bytes.len() - 2 * RECORD).step_by(100) {
            let error = read(&bytes[..end]).0.unwrap_err();
            assert!(error.starts_with("is cut off"), "{error}");
        }
        let mut damaged = bytes.clone();
        damaged[3] ^= 1;
        assert_eq!(read(&damaged).0.unwrap_err(), "is no tape archive, or damaged");
        let mut lettered = archive(&[("lettered", &[0; 4])]);
        lettered[124] = b'x';
        let sum: u32 =
            lettered[..148].iter().chain(&lettered[156..RECORD]).map(|&byte| u32::from(byte)).sum::<u32>() + 8 * 32;
        lettered[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        assert_eq!(read(&lettered).0.unwrap_err(), "holds `lettered` with a size that is no octal number");
        let large = archive(&[("large", &[0; 601])]);
        assert!(read(&large).0.unwrap_err().contains("`large`, which is too large"));
    }
}
