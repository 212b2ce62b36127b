//! The words that a read memory fetches when its bandwidth is to be found ([npu §A.3.3](crate::doc::npu#sa-3-3)). The
//! memory collects words in sets; 50 sets are half of the memory. Whenever 50 sets are full, the memory drops all its
//! words. A word that is read after that is fetched again.

use super::demand::Demand;
use super::image::Image;
use super::refused::{MOST_WORK, Refused};
use super::report::Span;

/// Sets that are filled before all is dropped.
const SETS: u64 = 50;
/// Words a cycle of the first prefetch.
const BANDWIDTH: u64 = 10;
/// Most words of an image that are written down, one bit each: 512 MB.
const MOST_WORDS: u64 = 1 << 32;

/// The words that were fetched, by line of demand. Time has no part in this, because nothing ever waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    /// Words of a set.
    set: u64,
    /// Words fetched.
    words: u64,
    /// Words held.
    held: u64,
    /// Line of the first read.
    pub first: u64,
    /// Line in which all was last dropped.
    pub dropped: Option<u64>,
}

impl Fetched {
    /// For a memory of `kb` kB.
    ///
    /// # Errors
    /// The tables of shared words would not fit into memory, more work than is allowed, or a line that drops twice.
    pub fn new(demand: &Demand, image: &Image, kb: u32) -> Result<Self, Refused> {
        let set = u64::from(kb) * 1024 / 100;
        let mut fetched = Fetched { set, first: demand.lines(0).0, ..Fetched::default() };
        // Words that no windows share are new whenever a loop starts. A line that holds more than half can drop twice.
        if image.sharing() == 1 && image.count_outside() == 0 && demand.width.min(demand.lanes) <= fetched.half() {
            fetched.read_unshared(demand);
        } else {
            fetched.read(demand, image)?;
        }
        Ok(fetched)
    }

    /// Words that are dropped at once.
    fn half(&self) -> u64 {
        SETS * self.set
    }

    /// Reads words of which each is in one window. O(loops · log lines).
    fn read_unshared(&mut self, demand: &Demand) {
        let (loops, folds, times) = demand.loops();
        for start in (0..loops).map(|number| number * folds * times) {
            let words = demand.words_before(start, start + folds);
            let lines = folds * demand.folds.lines_per_fold();
            let line_of = |word: u64| demand.line_of(start, word % words) + word / words * lines;
            // The first time, all are new.
            self.words += words;
            self.held += words;
            if self.held < self.half() {
                continue;
            }
            self.held %= self.half();
            let stale = words - self.held;
            self.dropped = Some(line_of(stale - 1));
            if times > 1 && words < self.half() {
                // What came before the last drop is fetched again; from then on all are there.
                self.words += stale;
                self.held = words;
            } else if times > 1 {
                // None lasts until it is read again.
                let more = (times - 1) * words;
                self.words += more;
                self.held = (self.held + more) % self.half();
                self.dropped = Some(line_of(words + more - self.held - 1));
            }
        }
    }

    /// Reads any words. O(windows · folds) words of 64 bits.
    fn read(&mut self, demand: &Demand, image: &Image) -> Result<(), Refused> {
        if image.size() > MOST_WORDS {
            return Err(Refused::Tables);
        }
        let mut seen = Seen::new(image);
        let (_, folds, times) = demand.loops();
        let mut dropped_before = None;
        for fold in 0..demand.folds.count() {
            if fold > 0
                && times > 1
                && fold % folds == 0
                && std::mem::replace(&mut dropped_before, self.dropped) == self.dropped
            {
                // Nothing was dropped since the same words were last read.
                break;
            }
            let (start, lines) = demand.lines(fold);
            let used = demand.used(demand.tile(fold));
            let mut line = 0;
            while line < lines {
                if seen.looks > MOST_WORK {
                    return Err(Refused::Work);
                }
                // `calm` lines cannot fill the sets, and the order of the lines does not matter.
                let calm = ((self.half() - 1 - self.held) / used).min(lines - line);
                if calm > 0 {
                    let mut new = 0;
                    demand.windows(fold, line, line + calm, |pixel, from, to| new += seen.add(image, pixel, from, to));
                    self.words += new;
                    self.held += new;
                    line += calm;
                    continue;
                }
                for (pixel, word) in demand.words(fold, line) {
                    let new = seen.add(image, pixel, word, word + 1);
                    self.words += new;
                    self.held += new;
                    if self.held == self.half() {
                        if self.dropped.replace(start + line) == Some(start + line) {
                            return Err(Refused::UsedUp);
                        }
                        self.held = 0;
                        seen.clear();
                    }
                }
                line += 1;
            }
        }
        Ok(())
    }

    /// Cycles and words of DRAM. `cycle` says when a line asks.
    pub fn span(&self, sram: (i64, i64), cycle: impl Fn(u64) -> i64) -> Span {
        let lasts = |sets: u64| (sets * self.set).div_ceil(BANDWIDTH) as i64;
        let dram = match self.dropped {
            None => (-lasts(self.words.div_ceil(self.set)), -1),
            Some(line) => (cycle(self.first) - lasts(SETS), cycle(line) + 1),
        };
        Span { sram, dram, dram_words: self.words }
    }
}

/// The words read since all was dropped, a bit for each word of the image.
struct Seen {
    bits: Vec<u64>,
    /// The places of `bits` that are not 0.
    touched: Vec<u32>,
    /// The number of times that `bits` were looked at.
    looks: u64,
}

impl Seen {
    fn new(image: &Image) -> Self {
        Seen { bits: vec![0; image.size().div_ceil(64) as usize], touched: Vec::new(), looks: 0 }
    }

    /// Adds words `from` to `to` of a window, and counts those that are new.
    fn add(&mut self, image: &Image, pixel: u64, from: u64, to: u64) -> u64 {
        let mut new = 0;
        self.looks += 1;
        image.runs(pixel, from, to, |mut at, end| {
            while at < end {
                self.looks += 1;
                let (place, bit) = (at / 64, at % 64);
                let count = (end - at).min(64 - bit);
                let mask = (u64::MAX >> (64 - count)) << bit;
                let bits = &mut self.bits[place as usize];
                if *bits == 0 {
                    self.touched.push(place as u32);
                }
                new += u64::from((mask & !*bits).count_ones());
                *bits |= mask;
                at += count;
            }
        });
        new
    }

    fn clear(&mut self) {
        self.touched.drain(..).for_each(|place| self.bits[place as usize] = 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::array::folds::Folds;
    use crate::profile::array::{ArrayMachine, Dataflow, Layer};

    fn filters(layer: &Layer, dataflow: Dataflow) -> (Demand, Image) {
        let folds = Folds::of(layer, &ArrayMachine::new("test", 8, 8, dataflow)).unwrap();
        (Demand::filter(&folds), Image::filters(layer))
    }

    #[test]
    fn what_fits_into_half_is_fetched_once() {
        // 1 kB: sets of 10 words, 500 held at most. 8 · 60 filter words, read in each of 4 row folds.
        let (demand, image) = filters(&Layer::gemm("test", 32, 8, 60), Dataflow::OutputStationary);
        let fetched = Fetched::new(&demand, &image, 1).unwrap();
        assert_eq!((fetched.words, fetched.dropped), (480, None));
        assert_eq!(fetched.span((0, 0), |_| 0).dram, (-48, -1));
    }

    #[test]
    fn what_does_not_fit_is_fetched_every_time() {
        // 8 · 70 words in each of 4 folds of 70 + 14 lines: dropped at words 500, 1000, 1500 and 2000 of 2240. The last
        // is word 320 of the fourth fold, which is one of lane 4 (36 words before line 8, then 8 a line): line 43.
        let (demand, image) = filters(&Layer::gemm("test", 32, 8, 70), Dataflow::OutputStationary);
        let fetched = Fetched::new(&demand, &image, 1).unwrap();
        assert_eq!((fetched.words, fetched.held, fetched.dropped), (2240, 240, Some(3 * 84 + 43)));
        let mut word_by_word = Fetched { words: 0, held: 0, dropped: None, ..fetched };
        word_by_word.read(&demand, &image).unwrap();
        assert_eq!(word_by_word, fetched);
    }

    #[test]
    fn a_line_that_drops_twice_is_refused() {
        let layer = Layer::gemm("wide", 2, 1200, 2);
        let folds = Folds::of(&layer, &ArrayMachine::new("test", 2, 1200, Dataflow::WeightStationary)).unwrap();
        let read = Fetched::new(&Demand::filter(&folds), &Image::filters(&layer), 1);
        assert_eq!(read, Err(Refused::UsedUp));
    }
}
