//! Random choices that depend on their purpose, not on the thread that makes them first.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The generator of one draw.
pub type Draw = ChaCha8Rng;

/// A family of independent generators: one for every index, all keyed by a run's seed and a purpose.
///
/// Index 17 of purpose "split" under seed 3 gives the same numbers on every thread, in every order of calls, and in a
/// resumed run.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    seed: u64,
    purpose: u64,
}

impl Stream {
    /// The stream of a purpose under a seed.
    pub fn new(seed: u64, purpose: &str) -> Self {
        // FNV-1a: purposes are a handful of short literals.
        let purpose = purpose
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Stream { seed, purpose }
    }

    /// The generator of draw `index`.
    pub fn at(self, index: u64) -> Draw {
        self.at2(index, 0)
    }

    /// The generator of draw (`index`, `sub`).
    pub fn at2(self, index: u64, sub: u64) -> Draw {
        let mut key = [0u8; 32];
        for (slot, word) in key.chunks_exact_mut(8).zip([self.seed, self.purpose, index, sub]) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        ChaCha8Rng::from_seed(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;

    #[test]
    fn every_key_has_its_own_numbers_and_they_never_change() {
        let first = |seed, purpose, index, sub| Stream::new(seed, purpose).at2(index, sub).next_u64();
        let mut seen: Vec<u64> = (0..4).map(|i| first(i & 1, if i & 2 == 0 { "a" } else { "b" }, 0, 0)).collect();
        seen.extend([first(0, "a", 1, 0), first(0, "a", 0, 1)]);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 6);
        assert_eq!(first(0, "a", 1, 0), first(0, "a", 1, 0));
    }
}
