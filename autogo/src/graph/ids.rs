//! Names for graphs that do not depend on node names, node order or the machine, and the hashing behind them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A 128-bit content id: equal for graphs that compute the same with the same weights, whatever the names, the order and
/// the nesting of their nodes. [`Graph::content_id`](super::Graph::content_id) says which graphs are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContentId(pub(crate) u64, pub(crate) u64);

/// A 128-bit name of the formula that a graph writes down: equal for graphs whose formulas are equal term by term. A formula does
/// not say which of its convolutions share their weights, so networks of several [`ContentId`]s may have one formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FormulaId(pub(super) ContentId);

impl fmt::Display for FormulaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0, self.1)
    }
}

impl FromStr for ContentId {
    type Err = String;

    /// Reads what `Display` writes: 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, String> {
        let half = |range: std::ops::Range<usize>| u64::from_str_radix(text.get(range)?, 16).ok();
        let halves = if text.len() == 32 { half(0..16).zip(half(16..32)) } else { None };
        halves.map(|(low, high)| ContentId(low, high)).ok_or_else(|| format!("`{text}` is no content id of 32 digits"))
    }
}

/// SplitMix64's output function: a bijection that spreads every bit.
pub(crate) fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Folds `value` into `state`; the order of folding matters.
pub(crate) fn mix(state: u64, value: u64) -> u64 {
    scramble(state.rotate_left(23) ^ scramble(value))
}

/// The id of a multiset of colours.
pub(crate) fn combine(colours: impl Iterator<Item = u64>) -> ContentId {
    let (mut count, mut low, mut high) = (0u64, 0u64, 0u64);
    for colour in colours {
        count += 1;
        low = low.wrapping_add(scramble(colour));
        high = high.wrapping_add(scramble(colour ^ 0xa5a5_a5a5_5a5a_5a5a));
    }
    ContentId(mix(low, count), mix(high, !count))
}
