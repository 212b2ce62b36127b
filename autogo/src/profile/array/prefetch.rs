//! The ends of prefetches, and the time that the array waits for them ([npu §A.3.4](crate::doc::npu#sa-3-4)).

use super::demand::Demand;
use super::refused::Refused;
use super::report::Span;

/// Most cycles and words that are counted.
pub(super) const MOST_CYCLES: i128 = 1 << 60;

/// The prefetches of one operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefetches {
    /// Cycles of the first prefetch.
    first: i64,
    /// Cycles of every other prefetch.
    more: i64,
    /// Words a cycle.
    bandwidth: u32,
    /// Whether waits are added twice.
    twice: bool,
    /// Cycle in which the last prefetch ended.
    last: i64,
    /// Number of prefetches after the first.
    count: u64,
}

impl Prefetches {
    /// For a memory of `kb` kB. The first prefetch ends just before cycle 0.
    pub fn new(demand: &Demand, kb: u32, bandwidth: u32, twice: bool) -> Self {
        let (size, each) = (u64::from(kb) * 1024, u64::from(bandwidth));
        let stream = (demand.tiles() * demand.steps * demand.width).div_ceil(each);
        let first = stream.min((size - size / 2).div_ceil(each)) as i64;
        Prefetches { first, more: (size / 2).div_ceil(each) as i64, bandwidth, twice, last: -1, count: 0 }
    }

    /// The cycle in which a line that asks at `cycle` is served, after `moves` prefetches more.
    ///
    /// # Errors
    /// The wait ends behind the largest cycle that is counted.
    pub fn serve(&mut self, cycle: i64, moves: u64) -> Result<i64, Refused> {
        let (each, before) = (self.more + 1, self.last);
        let last = i128::from(before) + i128::from(each) * i128::from(moves);
        self.last = i64::try_from(last).ok().filter(|_| last <= MOST_CYCLES).ok_or(Refused::Cycles)?;
        self.count += moves;
        if moves == 0 || !self.twice {
            return Ok(if moves == 0 { cycle + 1 } else { (cycle + 1).max(self.last) });
        }
        // Added twice, a wait turns a lag of g cycles behind a prefetch into one of `each - g` behind the next.
        let next = |lag: i64| (each - lag).max(0);
        let (mut lag, mut left) = (next(cycle + 1 - before), moves - 1);
        if left > 0 && lag > each {
            (lag, left) = (0, left - 1);
        }
        Ok(self.last + if left % 2 == 1 { next(lag) } else { lag })
    }

    /// Cycles and words of DRAM.
    ///
    /// # Errors
    /// The words pass the largest number that is counted.
    pub fn span(&self, sram: (i64, i64)) -> Result<Span, Refused> {
        let cycles = i128::from(self.first) + i128::from(self.count) * i128::from(self.more);
        let words = cycles * i128::from(self.bandwidth);
        let dram_words = u64::try_from(words).ok().filter(|_| words <= MOST_CYCLES).ok_or(Refused::Cycles)?;
        Ok(Span { sram, dram: (-self.first, self.last), dram_words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prefetches(more: i64, twice: bool, last: i64) -> Prefetches {
        Prefetches { first: 8, more, bandwidth: 4, twice, last, count: 0 }
    }

    proptest! {
        #[test]
        fn many_moves_are_as_one_after_the_other(
            more in 1i64..20, last in -1i64..60, cycle in 0i64..50, moves in 0u64..9, twice in any::<bool>(),
        ) {
            let (mut end, mut offset) = (last, 1);
            for _move in 0..moves {
                end += more + 1;
                let wait = end - (cycle + offset);
                if twice {
                    offset += wait;
                }
                if wait > 0 {
                    offset += wait;
                }
            }
            let mut prefetches = prefetches(more, twice, last);
            prop_assert_eq!(prefetches.serve(cycle, moves), Ok(cycle + offset));
            prop_assert_eq!(prefetches.last, end);
        }
    }

    #[test]
    fn a_wait_counts_once_or_twice() {
        // The prefetch that is needed at cycle 3 ends at 4 + 11 = 15.
        assert_eq!(prefetches(10, false, 4).serve(3, 1), Ok(15));
        // Asked for at 3, served at 4 without a wait: 11 cycles, twice.
        assert_eq!(prefetches(10, true, 4).serve(3, 1), Ok(4 + 2 * 11));
    }

    #[test]
    fn cycles_past_counting_are_refused() {
        assert_eq!(prefetches(1 << 40, true, 0).serve(0, 1 << 40), Err(Refused::Cycles));
    }
}
