//! The reasons why a layer cannot be simulated although it fits.

use super::layer::Layer;
use super::machine::ArrayMachine;
use crate::error::Error;

/// Most windows, words and bursts that are looked at: a few minutes of work.
pub(super) const MOST_WORK: u64 = 1 << 32;

/// The reason, found deep inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Tables for words that windows share, or that lie outside the image, would not fit into memory.
    Tables,
    /// More would have to be looked at than [`MOST_WORK`].
    Work,
    /// One line drops what is held twice: no bandwidth suffices.
    UsedUp,
    /// Cycles or words that do not fit into 64 bits.
    Cycles,
}

impl Refused {
    /// As an error that names layer, machine and operand.
    pub fn error(self, layer: &Layer, machine: &ArrayMachine, operand: &str) -> Error {
        let what = format!("layer {} on machine {}, {operand}", layer.name, machine.name);
        match self {
            Refused::Tables => Error::setting(
                &what,
                "too many words that windows share or that lie outside the image",
                "up to 2^32 words of an image with shared ones, up to 2^24 words outside",
            ),
            Refused::Work => Error::setting(
                &what,
                "more than 2^32 looks at windows, words and bursts",
                "a smaller layer or kernel, or larger memories",
            ),
            Refused::UsedUp => Error::setting(
                &what,
                "one line asks for more words than the memory holds, so no bandwidth suffices",
                "a larger memory, or given bandwidths",
            ),
            Refused::Cycles => Error::setting(&what, "waits for more than 2^60 cycles or words", "a larger bandwidth"),
        }
    }
}
