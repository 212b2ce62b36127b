//! The three memories, word by word ([npu §A.3](crate::doc::npu#sa-3)).

use super::operands::Ask;
use crate::profile::array::refused::Refused;
use crate::profile::array::report::Span;
use std::collections::HashSet;

fn ceil(a: i64, b: i64) -> i64 {
    (a + b - 1) / b
}

/// A memory that is read and whose bandwidth is to be found.
pub(super) struct Calc {
    set_size: usize,
    sets: Vec<HashSet<u64>>,
    /// First and last set that are there or will be.
    range: (usize, usize),
    first: Option<i64>,
    /// Start of the first prefetch.
    start: Option<i64>,
    /// First and last cycle of the last prefetch.
    last: (i64, i64),
    words: usize,
}

impl Calc {
    pub(super) fn new(kb: u32) -> Self {
        let set_size = kb as usize * 1024 / 100;
        let sets = vec![HashSet::new()];
        Calc { set_size, sets, range: (0, 49), first: None, start: None, last: (-2, -1), words: 0 }
    }

    pub(super) fn service(&mut self, cycle: i64, line: &[Ask]) -> Result<i64, Refused> {
        for address in line.iter().flatten().flatten() {
            let first = *self.first.get_or_insert(cycle);
            if self.sets[self.range.0..].iter().any(|set| set.contains(address)) {
                continue;
            }
            let current = self.sets.len() - 1;
            self.sets[current].insert(*address);
            if self.sets[current].len() < self.set_size {
                continue;
            }
            self.sets.push(HashSet::new());
            if current == self.range.1 {
                if self.start.is_none() {
                    self.last.1 = first - 2;
                    self.last.0 = self.last.1 - ceil(50 * self.set_size as i64, 10) + 1;
                    self.start = Some(self.last.0 + 1);
                } else if self.last.1 < self.last.0 {
                    return Err(Refused::UsedUp);
                }
                self.words += self.sets[self.range.0..=self.range.1].iter().map(HashSet::len).sum::<usize>();
                self.range = (self.range.0 + 50, self.range.1 + 50);
                self.last = (self.last.1 + 1, cycle);
            }
        }
        Ok(cycle + 1)
    }

    fn finish(&self) -> Result<((i64, i64), u64), Refused> {
        let rest: usize = self.sets[self.range.0..].iter().map(HashSet::len).sum();
        let words = (self.words + rest) as u64;
        let Some(start) = self.start else {
            let sets = self.sets.iter().filter(|set| !set.is_empty()).count();
            return Ok(((-2 - ceil((sets * self.set_size) as i64, 10) + 2, -1), words));
        };
        if self.last.1 < self.last.0 {
            return Err(Refused::UsedUp);
        }
        Ok(((start, self.last.1 + 1), words))
    }
}

/// A memory that is read, of given bandwidth.
pub(super) struct User {
    lines: Vec<HashSet<u64>>,
    /// Lines that are there.
    active: usize,
    /// Lines that come at once.
    ahead: usize,
    /// The first line that is there, and the line behind the last; the lines go round.
    window: (usize, usize),
    bandwidth: i64,
    /// Cycles of the first prefetch.
    first: i64,
    /// Cycles of every other prefetch.
    more: i64,
    start: Option<i64>,
    last: i64,
    words: i64,
    twice: bool,
}

impl User {
    pub(super) fn new(kb: u32, bandwidth: u32, stream: &[Ask], twice: bool) -> Self {
        let (size, bandwidth) = (i64::from(kb) * 1024, i64::from(bandwidth));
        let line_size = ceil(size, 100) as usize;
        let words: Vec<u64> = stream.iter().flatten().flatten().copied().collect();
        let mut lines: Vec<HashSet<u64>> = words.chunks(line_size).map(|line| line.iter().copied().collect()).collect();
        if words.len().is_multiple_of(line_size) {
            lines.push(HashSet::new());
        }
        let active_size = ceil(size, 2);
        let most = |words: i64| ceil(words, line_size as i64) as usize;
        let active = lines.len().min(most(active_size));
        User {
            active,
            ahead: (lines.len() - active).min(most(size - active_size)),
            window: (0, active),
            lines,
            bandwidth,
            first: ceil(active_size, bandwidth).min(ceil(stream.len() as i64, bandwidth)),
            more: ceil(size - active_size, bandwidth),
            start: None,
            last: 0,
            words: 0,
            twice,
        }
    }

    fn has(&self, address: u64) -> bool {
        let (from, to) = self.window;
        if from < to {
            self.lines[from..to].iter().any(|line| line.contains(&address))
        } else {
            self.lines[from..].iter().chain(&self.lines[..to]).any(|line| line.contains(&address))
        }
    }

    pub(super) fn service(&mut self, cycle: i64, line: &[Ask]) -> i64 {
        if self.start.is_none() {
            self.start = Some(cycle - self.first);
            self.last = cycle - 1;
            self.words = self.first * self.bandwidth;
        }
        let mut offset = 1;
        for address in line.iter().flatten().flatten() {
            while !self.has(*address) {
                self.window.0 = (self.window.0 + self.ahead) % self.lines.len();
                self.window.1 = (self.window.0 + self.active) % self.lines.len();
                self.words += self.more * self.bandwidth;
                self.last += self.more + 1;
                let wait = self.last - (cycle + offset);
                if self.twice {
                    offset += wait;
                }
                if wait > 0 {
                    offset += wait;
                }
            }
        }
        cycle + offset
    }
}

/// A memory that is read.
pub(super) enum Reads {
    Calc(Calc),
    User(User),
}

impl Reads {
    pub(super) fn service(&mut self, cycle: i64, line: &[Ask]) -> Result<i64, Refused> {
        match self {
            Reads::Calc(memory) => memory.service(cycle, line),
            Reads::User(memory) => Ok(memory.service(cycle, line)),
        }
    }

    pub(super) fn span(&self, sram: (i64, i64)) -> Result<Span, Refused> {
        let (dram, dram_words) = match self {
            Reads::Calc(memory) => memory.finish()?,
            Reads::User(memory) => ((-memory.first, memory.last), memory.words.unsigned_abs()),
        };
        Ok(Span { sram, dram, dram_words })
    }
}

/// The memory of the output.
pub(super) struct Writes {
    size: i64,
    burst: i64,
    bandwidth: i64,
    free: i64,
    burst_end: i64,
    /// Words of every row, whether sent or not.
    rows: Vec<i64>,
    /// Whether the last row is open: it is not full.
    is_open: bool,
    sent: usize,
    /// First and last cycle of every burst, one burst after the other.
    cycles: Vec<i64>,
    /// Words of all bursts.
    words: i64,
    rows_full: bool,
}

impl Writes {
    pub(super) fn new(kb: u32, bandwidth: u32, rows_full: bool) -> Self {
        let size = i64::from(kb) * 1024;
        Writes {
            size,
            burst: size - ceil(size, 2),
            bandwidth: i64::from(bandwidth),
            free: size,
            burst_end: 0,
            rows: Vec::new(),
            is_open: false,
            sent: 0,
            cycles: Vec::new(),
            words: 0,
            rows_full,
        }
    }

    fn empty(&mut self, now: i64) {
        self.is_open = false;
        let most = ceil(self.burst, self.bandwidth) as usize;
        let rows = &self.rows[self.sent..self.rows.len().min(self.sent + most)];
        let count = rows.len() as i64;
        let words = match rows.last() {
            Some(last) if self.rows_full => (count - 1) * self.bandwidth + last,
            _ => rows.iter().sum(),
        };
        self.sent += rows.len();
        self.words += words;
        self.free += words;
        self.burst_end = now + count - 1;
        self.cycles.extend([now, self.burst_end]);
    }

    pub(super) fn service(&mut self, cycle: i64, line: &[Ask]) -> i64 {
        let mut now = cycle;
        for _word in line.iter().flatten() {
            self.free -= 1;
            match self.rows.last_mut() {
                Some(row) if self.is_open => *row += 1,
                _ => self.rows.push(1),
            }
            self.is_open = self.rows.last() < Some(&self.bandwidth);
            if now < self.burst_end {
                if self.free <= 0 {
                    now = self.burst_end;
                }
            } else if self.free < self.size - self.burst {
                self.empty(now);
            }
        }
        now
    }

    pub(super) fn span(mut self, sram: (i64, i64)) -> Span {
        let mut now = sram.1;
        while self.sent < self.rows.len() {
            self.empty(now);
            now = self.burst_end + 1;
        }
        let (start, stop) = (self.cycles.iter().min(), self.cycles.iter().max());
        let dram = (start.copied().unwrap_or_default(), stop.copied().unwrap_or_default());
        Span { sram, dram, dram_words: self.words.unsigned_abs() }
    }
}
