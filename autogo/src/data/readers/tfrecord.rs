//! TensorFlow's record files: each record has its length and two masked CRC-32C sums.

use crate::formats::FormatError;

/// The longest record.
const LONGEST: u64 = 1 << 30;

/// The records of a file, checked. Every error names the byte.
///
/// ```
/// use autogo::data::records;
/// assert_eq!(records(b"").count(), 0);
/// let error = records(b"short").next().unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "byte 0: the file ends inside a record");
/// ```
pub fn records(bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], FormatError>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let record = record(bytes, at);
        // Behind a broken record nothing can be trusted.
        at = record.as_ref().map_or(bytes.len(), |(_, next)| *next);
        Some(record.map(|(record, _)| record))
    })
}

fn record(bytes: &[u8], at: usize) -> Result<(&[u8], usize), FormatError> {
    let wrong = |reason: &str| FormatError::Content { place: format!("byte {at}"), reason: reason.into() };
    let ends = || wrong("the file ends inside a record");
    let take =
        |from: usize, count: usize| from.checked_add(count).and_then(|end| bytes.get(from..end)).ok_or_else(ends);
    let sum = |from: usize| {
        Ok::<u32, FormatError>(take(from, 4)?.iter().rev().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    };
    let head = take(at, 8)?;
    let length = head.iter().rev().fold(0u64, |length, &byte| length << 8 | u64::from(byte));
    if sum(at + 8)? != masked(head) {
        return Err(wrong("the checksum of a record's length is wrong"));
    }
    if length > LONGEST {
        return Err(wrong("a record of more than 1 GiB"));
    }
    let length = length as usize;
    let body = take(at + 12, length)?;
    if sum(at + 12 + length)? != masked(body) {
        return Err(wrong("the checksum of a record is wrong"));
    }
    Ok((body, at + 16 + length))
}

/// CRC-32C, rotated and shifted by a constant so that sums of data that holds sums stay good.
pub(super) fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A record file of these records.
#[cfg(test)]
pub(super) fn write(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        let head = (record.len() as u64).to_le_bytes();
        bytes.extend(head);
        bytes.extend(masked(&head).to_le_bytes());
        bytes.extend(record);
        bytes.extend(masked(record).to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_damage_is_found() {
        let file = write(&[b"one".to_vec(), Vec::new(), b"three".to_vec()]);
        let read: Vec<&[u8]> = records(&file).map(Result::unwrap).collect();
        assert_eq!(read, [&b"one"[..], b"", b"three"]);
        let mut damaged = file.clone();
        damaged[13] ^= 1;
        assert_eq!(
            records(&damaged).next().unwrap().unwrap_err().to_string(),
            "byte 0: the checksum of a record is wrong"
        );
        let mut damaged = file.clone();
        damaged[1] ^= 1;
        assert!(records(&damaged).next().unwrap().unwrap_err().to_string().contains("length is wrong"));
        let cut = records(&file[..file.len() - 1]).last().unwrap().unwrap_err().to_string();
        assert_eq!(cut, "byte 35: the file ends inside a record");
    }
}
