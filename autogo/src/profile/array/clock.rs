//! The passing of time: a line of demand a cycle, unless a memory lets the array wait
//! ([npu §A.3.1](crate::doc::npu#sa-3-1)).

use super::estimate::Fetched;
use super::folds::{Folds, Trapezoid};
use super::machine::Dataflow;
use super::misses::Misses;
use super::prefetch::Prefetches;
use super::refused::Refused;
use super::report::{Run, Span};
use super::write::WriteBuffer;
use std::collections::BTreeMap;

/// Whether reads of a memory wait.
pub(super) enum Reads {
    /// Reads never wait.
    Calc(Fetched),
    /// A line that misses waits for its prefetch.
    User(Box<Misses>, Prefetches),
}

/// A memory that is read, and the lines of its first and its last word.
pub(super) struct Reader {
    reads: Reads,
    ends: (u64, u64),
    /// The next line that misses.
    miss: Option<(u64, u64)>,
}

impl Reader {
    /// # Errors
    /// The first search for a miss takes more work than is allowed.
    pub fn new(mut reads: Reads, ends: (u64, u64)) -> Result<Self, Refused> {
        let miss = match &mut reads {
            Reads::Calc(_) => None,
            Reads::User(misses, _) => misses.next()?,
        };
        Ok(Reader { reads, ends, miss })
    }

    /// The cycle in which line `line`, which asks at `cycle`, is served.
    fn serve(&mut self, line: u64, cycle: i64) -> Result<i64, Refused> {
        match (&mut self.reads, self.miss) {
            (Reads::User(misses, prefetches), Some((at, moves))) if at == line => {
                self.miss = misses.next()?;
                prefetches.serve(cycle, moves)
            }
            _ => Ok(cycle + 1),
        }
    }

    /// Lines whose cycles are asked for afterwards.
    fn wanted(&self) -> Vec<u64> {
        let mut wanted = vec![self.ends.0, self.ends.1];
        if let Reads::Calc(fetched) = &self.reads {
            wanted.push(fetched.first);
            wanted.extend(fetched.dropped);
        }
        wanted
    }

    fn span(&self, sram: (i64, i64), cycle: impl Fn(u64) -> i64) -> Result<Span, Refused> {
        match &self.reads {
            Reads::Calc(fetched) => Ok(fetched.span(sram, cycle)),
            Reads::User(_, prefetches) => prefetches.span(sram),
        }
    }
}

/// A line: the cycle in which it asks, and those in which input, filters and output are served.
#[derive(Clone, Copy, Default)]
struct Served {
    cycle: i64,
    by: [i64; 3],
}

/// Runs all lines. O(folds + misses + words written / output memory).
pub(super) fn run(folds: &Folds, mut ifmap: Reader, mut filter: Reader, writes: WriteBuffer) -> Result<Run, Refused> {
    let last_line = folds.lines() - 1;
    let ofmap_ends = (output(folds, 0).0, {
        let (start, shape) = output(folds, folds.count() - 1);
        folds.lines() - folds.lines_per_fold() + start + shape.lines() - 1
    });
    let mut wanted = [ifmap.wanted(), filter.wanted(), vec![ofmap_ends.0, ofmap_ends.1, last_line]].concat();
    wanted.sort_unstable();
    wanted.dedup();
    let mut wanted = wanted.into_iter().peekable();
    let mut served = BTreeMap::new();
    let mut clock = Clock::new(folds, writes);
    // Every other line passes without a wait for a read.
    while let Some(line) = [wanted.peek().copied(), ifmap.miss.map(|miss| miss.0), filter.miss.map(|miss| miss.0)]
        .into_iter()
        .flatten()
        .min()
    {
        clock.pass(line);
        let cycle = clock.cycle;
        let written = clock.writes.line(cycle, clock.words());
        let by = [ifmap.serve(line, cycle)?, filter.serve(line, cycle)?, written];
        if wanted.next_if_eq(&line).is_some() {
            served.insert(line, Served { cycle, by });
        }
        clock.cycle = by[0].max(by[1]).max(written + 1);
        clock.skip(1);
    }
    let at = |line: u64| served.get(&line).copied().unwrap_or_default();
    let ends = |(first, last): (u64, u64), operand: usize| (at(first).by[operand], at(last).by[operand]);
    let cycle = |line: u64| at(line).cycle;
    let total_cycles = at(last_line).by[2];
    let mut writes = clock.writes;
    writes.finish(total_cycles);
    Ok(Run {
        total_cycles,
        stall_cycles: clock.cycle - folds.lines() as i64,
        ifmap: ifmap.span(ends(ifmap.ends, 0), cycle)?,
        filter: filter.span(ends(filter.ends, 1), cycle)?,
        ofmap: Span { sram: ends(ofmap_ends, 2), dram: writes.busy(), dram_words: writes.sent() },
    })
}

/// The words that a fold writes: the first line of the fold that writes, and the lanes and steps that write.
fn output(folds: &Folds, fold: u64) -> (u64, Trapezoid) {
    let rows = folds.used_rows(fold % folds.row_folds());
    let lanes = folds.used_columns(fold / folds.row_folds());
    match folds.dataflow {
        // The bottom row comes first; unused rows are at the bottom.
        Dataflow::OutputStationary => (folds.steps - 1 + folds.rows - rows, Trapezoid { lanes, steps: rows }),
        Dataflow::WeightStationary | Dataflow::InputStationary => {
            (2 * folds.rows - 1, Trapezoid { lanes, steps: folds.steps })
        }
    }
}

/// A line, its cycle, and where in a fold it is.
struct Clock<'a> {
    folds: &'a Folds,
    writes: WriteBuffer,
    line: u64,
    cycle: i64,
    fold: u64,
    in_fold: u64,
    /// First line of the fold that writes.
    start: u64,
    /// Lanes and steps that write.
    shape: Trapezoid,
}

impl<'a> Clock<'a> {
    fn new(folds: &'a Folds, writes: WriteBuffer) -> Self {
        let (start, shape) = output(folds, 0);
        Clock { folds, writes, line: 0, cycle: 0, fold: 0, in_fold: 0, start, shape }
    }

    /// Words written in this line.
    fn words(&self) -> i64 {
        match self.in_fold.checked_sub(self.start) {
            Some(line) if line < self.shape.lines() => {
                let (from, to) = self.shape.working(line);
                (to - from) as i64
            }
            _ => 0,
        }
    }

    /// Goes on by lines of one fold, whose cycles are counted elsewhere.
    fn skip(&mut self, lines: u64) {
        self.line += lines;
        self.in_fold += lines;
        if self.in_fold == self.folds.lines_per_fold() {
            (self.fold, self.in_fold) = (self.fold + 1, 0);
            if self.fold < self.folds.count() {
                (self.start, self.shape) = output(self.folds, self.fold);
            }
        }
    }

    /// Lets all lines before `end` pass, in which no read waits.
    fn pass(&mut self, end: u64) {
        while self.line < end {
            let left = (end - self.line).min(self.folds.lines_per_fold() - self.in_fold);
            let (all, (full, falls)) = (self.shape.lines(), self.shape.top());
            match self.in_fold.checked_sub(self.start) {
                None => self.pass_calm(left.min(self.start - self.in_fold)),
                Some(line) if line >= all => self.pass_calm(left),
                Some(0) if all <= left && self.pass_at_once(0, all) => {}
                Some(line) if (full..falls).contains(&line) => {
                    let lines = left.min(falls - line);
                    self.cycle = self.writes.lines(self.cycle, self.words(), lines as i64);
                    self.skip(lines);
                }
                Some(line) => {
                    let to = if line < full { full } else { all };
                    if to - line > left || !self.pass_at_once(line, to) {
                        self.cycle = self.writes.line(self.cycle, self.words()) + 1;
                        self.skip(1);
                    }
                }
            }
        }
    }

    /// Lets lines pass in which nothing is written.
    fn pass_calm(&mut self, lines: u64) {
        self.cycle += lines as i64;
        self.skip(lines);
    }

    /// Lets lines `from` to `to` of what is written pass, if nothing happens to the output meanwhile.
    fn pass_at_once(&mut self, from: u64, to: u64) -> bool {
        let lines = (to - from) as i64;
        let words = (self.shape.before(to) - self.shape.before(from)) as i64;
        let passes = self.writes.takes(self.cycle, words, lines);
        if passes {
            self.pass_calm(to - from);
        }
        passes
    }
}
