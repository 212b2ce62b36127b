//! The array line by line and word by word, as [npu §A.1] to [npu §A.3] describe it. This simulation is slow; tests
//! compare the fast simulation with it.
//!
//! [npu §A.1]: crate::doc::npu#sa-1
//! [npu §A.3]: crate::doc::npu#sa-3

use super::folds::Folds;
use super::layer::Layer;
use super::machine::{ArrayMachine, Dataflow, Memory};
use super::refused::Refused;
use super::report::{Closed, LayerReport, Run, Span};
use crate::error::Error;
use std::collections::HashSet;

/// What a lane asks for: nothing, a word outside the image, or the word at an address.
type Ask = Option<Option<u64>>;

/// The three operands as matrices of addresses.
struct Operands<'a> {
    layer: &'a Layer,
    output_width: u64,
    pixels: u64,
    window: u64,
    filters: u64,
}

impl Operands<'_> {
    /// Word `k` of the window of pixel `p`.
    fn ifmap(&self, p: u64, k: u64) -> Ask {
        if p >= self.pixels || k >= self.window {
            return None;
        }
        let (height, width) = (u64::from(self.layer.height), u64::from(self.layer.width));
        let (channels, kernel_width) = (u64::from(self.layer.channels), u64::from(self.layer.kernel.1));
        let row = p / self.output_width * u64::from(self.layer.stride.0) + k / (kernel_width * channels);
        let column = p % self.output_width * u64::from(self.layer.stride.1) + k % (kernel_width * channels) / channels;
        Some((row < height && column < width).then_some((row * width + column) * channels + k % channels))
    }

    /// Word `k` of filter `m`.
    fn filter(&self, k: u64, m: u64) -> Ask {
        (k < self.window && m < self.filters).then_some(Some(m * self.window + k))
    }

    /// Filter `m` at pixel `p`.
    fn ofmap(&self, p: u64, m: u64) -> Ask {
        (p < self.pixels && m < self.filters).then_some(Some(p * self.filters + m))
    }
}

/// What a line asks of the three memories: line `x` of the fold whose tile starts at row `r0` and column `c0`.
fn demand(operands: &Operands<'_>, folds: &Folds, r0: u64, c0: u64, x: u64) -> [Vec<Ask>; 3] {
    let (a, b, t) = (folds.rows, folds.columns, folds.steps);
    let skewed = |lanes: u64, delay: u64, steps: u64, f: &dyn Fn(u64, u64) -> Ask| -> Vec<Ask> {
        let step = |lane: u64| x.checked_sub(lane + delay).filter(|step| *step < steps);
        (0..lanes).map(|lane| f(lane, step(lane)?)).collect()
    };
    let loaded = |f: &dyn Fn(u64, u64) -> Ask| -> Vec<Ask> {
        (0..b).map(|lane| if x < a { f(r0 + a - 1 - x, c0 + lane) } else { None }).collect()
    };
    match folds.dataflow {
        Dataflow::OutputStationary => [
            skewed(a, 0, t, &|lane, k| operands.ifmap(r0 + lane, k)),
            skewed(b, 0, t, &|lane, k| operands.filter(k, c0 + lane)),
            skewed(b, t - 1, a, &|lane, q| operands.ofmap(r0 + a - 1 - q, c0 + lane)),
        ],
        Dataflow::WeightStationary => [
            skewed(a, a, t, &|lane, p| operands.ifmap(p, r0 + lane)),
            loaded(&|k, m| operands.filter(k, m)),
            skewed(b, 2 * a - 1, t, &|lane, p| operands.ofmap(p, c0 + lane)),
        ],
        Dataflow::InputStationary => [
            loaded(&|k, p| operands.ifmap(p, k)),
            skewed(a, a, t, &|lane, m| operands.filter(r0 + lane, m)),
            skewed(b, 2 * a - 1, t, &|lane, m| operands.ofmap(c0 + lane, m)),
        ],
    }
}

/// The stream that an operand is prefetched in: its tiles below each other, read along diagonals if it enters skewed.
fn stream(operands: &Operands<'_>, folds: &Folds, is_filter: bool) -> Vec<Ask> {
    let (a, b, t, sr) = (folds.rows, folds.columns, folds.steps, folds.along_rows);
    let word = |row: u64, column: u64| match (folds.dataflow, is_filter) {
        (Dataflow::OutputStationary, false) => operands.ifmap(row / t * a + column, row % t),
        (Dataflow::OutputStationary, true) => operands.filter(row % t, row / t * b + column),
        (Dataflow::WeightStationary, false) => operands.ifmap(row % t, row / t * a + column),
        (Dataflow::WeightStationary, true) => operands.filter(row % sr, row / sr * b + column),
        (Dataflow::InputStationary, false) => operands.ifmap(row / sr * b + column, row % sr),
        (Dataflow::InputStationary, true) => operands.filter(row / t * a + column, row % t),
    };
    let (rows, columns, along_diagonals) = match (folds.dataflow, is_filter) {
        (Dataflow::OutputStationary, true) => (folds.column_folds() * t, b, true),
        (Dataflow::WeightStationary, true) | (Dataflow::InputStationary, false) => {
            (folds.column_folds() * sr, b, false)
        }
        _ => (folds.row_folds() * t, a, true),
    };
    let mut stream = Vec::new();
    if along_diagonals {
        for diagonal in 0..rows + columns - 1 {
            let from = diagonal.min(rows - 1);
            stream.extend(
                (0..=from)
                    .rev()
                    .map(|row| (row, diagonal - row))
                    .take_while(|at| at.1 < columns)
                    .map(|(r, c)| word(r, c)),
            );
        }
    } else {
        stream.extend((0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).map(|(r, c)| word(r, c)));
    }
    stream
}

fn ceil(a: i64, b: i64) -> i64 {
    (a + b - 1) / b
}

/// A memory that is read and whose bandwidth is to be found.
struct Calc {
    set_size: usize,
    sets: Vec<HashSet<u64>>,
    /// First and last set that are there or will be.
    range: (usize, usize),
    first: Option<i64>,
    /// Start of the first prefetch; first and last cycle of the last one.
    start: Option<i64>,
    last: (i64, i64),
    words: usize,
}

impl Calc {
    fn new(kb: u32) -> Self {
        let set_size = kb as usize * 1024 / 100;
        let sets = vec![HashSet::new()];
        Calc { set_size, sets, range: (0, 49), first: None, start: None, last: (-2, -1), words: 0 }
    }

    fn service(&mut self, cycle: i64, line: &[Ask]) -> Result<i64, Refused> {
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
struct User {
    lines: Vec<HashSet<u64>>,
    /// Lines that are there, lines that come at once, and where the former start and end.
    active: usize,
    ahead: usize,
    window: (usize, usize),
    bandwidth: i64,
    /// Cycles of a first and of another prefetch.
    first: i64,
    more: i64,
    start: Option<i64>,
    last: i64,
    words: i64,
    twice: bool,
}

impl User {
    fn new(kb: u32, bandwidth: u32, stream: &[Ask], twice: bool) -> Self {
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

    fn service(&mut self, cycle: i64, line: &[Ask]) -> i64 {
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
enum Reads {
    Calc(Calc),
    User(User),
}

impl Reads {
    fn service(&mut self, cycle: i64, line: &[Ask]) -> Result<i64, Refused> {
        match self {
            Reads::Calc(memory) => memory.service(cycle, line),
            Reads::User(memory) => Ok(memory.service(cycle, line)),
        }
    }

    fn span(&self, sram: (i64, i64)) -> Result<Span, Refused> {
        let (dram, dram_words) = match self {
            Reads::Calc(memory) => memory.finish()?,
            Reads::User(memory) => ((-memory.first, memory.last), memory.words.unsigned_abs()),
        };
        Ok(Span { sram, dram, dram_words })
    }
}

/// The memory of the output.
struct Writes {
    size: i64,
    burst: i64,
    bandwidth: i64,
    free: i64,
    burst_end: i64,
    /// Words of every row, whether sent or not; the last one is open unless it is full.
    rows: Vec<i64>,
    is_open: bool,
    sent: usize,
    /// First and last cycle, and words, of all bursts.
    cycles: Vec<i64>,
    words: i64,
    rows_full: bool,
}

impl Writes {
    fn new(kb: u32, bandwidth: u32, rows_full: bool) -> Self {
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

    fn service(&mut self, cycle: i64, line: &[Ask]) -> i64 {
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

    fn span(mut self, sram: (i64, i64)) -> Span {
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

/// The report of [`super::simulate`], found line by line and word by word. O(words · memory).
pub fn simulate_plainly(layer: &Layer, machine: &ArrayMachine) -> Result<LayerReport, Error> {
    machine.check()?;
    layer.check()?;
    let folds = Folds::of(layer, machine)?;
    let (run, closed) = run(layer, machine, &folds).map_err(|refused| refused.error(layer, machine, "an operand"))?;
    Ok(LayerReport::new(layer, machine, &closed, &run))
}

fn run(layer: &Layer, machine: &ArrayMachine, folds: &Folds) -> Result<(Run, Closed), Refused> {
    let operands = Operands {
        layer,
        output_width: layer.outputs().1,
        pixels: layer.pixels(),
        window: layer.window(),
        filters: u64::from(layer.filters),
    };
    let fidelity = machine.fidelity;
    let reads = |is_filter: bool, kb: u32| match machine.memory {
        Memory::Calc => Reads::Calc(Calc::new(kb)),
        Memory::User { ifmap_bandwidth, filter_bandwidth, .. } => {
            let bandwidth = if is_filter { filter_bandwidth } else { ifmap_bandwidth };
            Reads::User(User::new(kb, bandwidth, &stream(&operands, folds, is_filter), fidelity.stalls_twice))
        }
    };
    let (mut ifmap, mut filter) = (reads(false, machine.ifmap_kb), reads(true, machine.filter_kb));
    let mut ofmap = Writes::new(machine.ofmap_kb, machine.write_bandwidth(), fidelity.rows_full);
    let (mut line, mut stall, mut last) = (0, 0, 0);
    let mut sram: [Option<(i64, i64)>; 3] = [None; 3];
    let mut accesses = [0; 3];
    let (mut mapped, mut computed) = (0.0, 0.0);
    for column in 0..folds.column_folds() {
        for row in 0..folds.row_folds() {
            let mut work = 0;
            for x in 0..folds.lines_per_fold() {
                let words = demand(&operands, folds, row * folds.rows, column * folds.columns, x);
                let cycle = line + stall;
                let out = [
                    ifmap.service(cycle, &words[0])?,
                    filter.service(cycle, &words[1])?,
                    ofmap.service(cycle, &words[2]),
                ];
                for operand in 0..3 {
                    accesses[operand] += words[operand].iter().flatten().count() as u64;
                    if words[operand].iter().flatten().flatten().next().is_some() {
                        let start = sram[operand].map_or(out[operand], |span| span.0);
                        sram[operand] = Some((start, out[operand]));
                    }
                }
                stall += (out[0] - cycle - 1).max(out[1] - cycle - 1).max(out[2] - cycle);
                last = out[2];
                line += 1;
            }
            work += folds.used_rows(row) * folds.used_columns(column);
            let units = (folds.rows * folds.columns) as f64;
            let lines = match (folds.dataflow, fidelity.long_utilisation) {
                (Dataflow::OutputStationary, _) => folds.steps + folds.rows + folds.columns - 2,
                (_, false) => folds.steps + 2 * folds.rows + folds.columns - 2,
                (_, true) => folds.steps + 2 * folds.rows + 2 * folds.columns - 3,
            };
            mapped += work as f64 / units;
            computed += (work * folds.steps) as f64 / (units * lines as f64);
            if folds.dataflow == Dataflow::OutputStationary && fidelity.os_writes_extra {
                accesses[2] += folds.rows + folds.columns;
            }
        }
    }
    let [ifmap_sram, filter_sram, ofmap_sram] = sram.map(Option::unwrap_or_default);
    let mut ofmap = ofmap.span((ofmap_sram.0, last));
    ofmap.sram = ofmap_sram;
    let run = Run {
        total_cycles: last,
        stall_cycles: stall,
        ifmap: ifmap.span(ifmap_sram)?,
        filter: filter.span(filter_sram)?,
        ofmap,
    };
    let mean = |sum: f64| 100.0 * sum / folds.count() as f64;
    Ok((run, Closed { accesses, mapping_efficiency: mean(mapped), compute_utilisation: mean(computed) }))
}
