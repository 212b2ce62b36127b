//! The lanes of an operand that work in each line, and the words that they work on ([npu §A.2](crate::doc::npu#sa-2)).

use super::folds::{Folds, Trapezoid};
use super::image::Image;
use super::machine::Dataflow;

/// The way in which an operand enters the array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Each lane starts one line after the lane before it, and takes a step a line.
    Skewed,
    /// All lanes take the same step in a line, and the last step of a fold comes first.
    Loaded,
}

/// An operand that is read, as tiles of lanes by steps. A fold reads a whole tile if the operand is skewed, and some
/// steps of a tile if it is loaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    pub folds: Folds,
    pub entry: Entry,
    /// Whether the column fold names the tile; otherwise the row fold does.
    by_column: bool,
    /// Lanes of the array.
    pub width: u64,
    /// Lanes of all tiles.
    pub lanes: u64,
    /// Steps of a tile.
    pub steps: u64,
    /// Whether lanes are words of a window, and steps are pixels or filters; otherwise it is the other way round.
    lanes_are_words: bool,
}

/// The lanes that work in a line, from and to (excluded), and the step of the first of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Working {
    pub from: u64,
    pub to: u64,
    pub step: u64,
}

impl Demand {
    /// The input feature map.
    pub fn ifmap(folds: &Folds) -> Self {
        match folds.dataflow {
            Dataflow::OutputStationary => Demand::skewed(folds, false, false),
            Dataflow::WeightStationary => Demand::skewed(folds, false, true),
            Dataflow::InputStationary => Demand::loaded(folds),
        }
    }

    /// The filters.
    pub fn filter(folds: &Folds) -> Self {
        match folds.dataflow {
            Dataflow::OutputStationary => Demand::skewed(folds, true, false),
            Dataflow::WeightStationary => Demand::loaded(folds),
            Dataflow::InputStationary => Demand::skewed(folds, false, true),
        }
    }

    fn skewed(folds: &Folds, by_column: bool, lanes_are_words: bool) -> Self {
        let (width, lanes) =
            if by_column { (folds.columns, folds.along_columns) } else { (folds.rows, folds.along_rows) };
        Demand { folds: *folds, entry: Entry::Skewed, by_column, width, lanes, steps: folds.steps, lanes_are_words }
    }

    fn loaded(folds: &Folds) -> Self {
        let (width, lanes, steps) = (folds.columns, folds.along_columns, folds.along_rows);
        Demand { folds: *folds, entry: Entry::Loaded, by_column: true, width, lanes, steps, lanes_are_words: false }
    }

    pub fn tiles(&self) -> u64 {
        self.lanes.div_ceil(self.width)
    }

    /// The tile of a fold.
    pub fn tile(&self, fold: u64) -> u64 {
        if self.by_column { fold / self.folds.row_folds() } else { fold % self.folds.row_folds() }
    }

    /// Lanes of a tile.
    pub fn used(&self, tile: u64) -> u64 {
        (self.lanes - tile * self.width).min(self.width)
    }

    /// The loops that the folds are: how many of them, of how many folds that all read something else, how often in a
    /// row.
    pub fn loops(&self) -> (u64, u64, u64) {
        let (rows, columns) = (self.folds.row_folds(), self.folds.column_folds());
        match (self.entry, self.by_column) {
            (Entry::Loaded, _) => (1, rows * columns, 1),
            (Entry::Skewed, true) => (columns, 1, rows),
            (Entry::Skewed, false) => (1, rows, columns),
        }
    }

    /// The lines of a fold in which lanes work: the first of them, counted from the start of all, and how many.
    pub fn lines(&self, fold: u64) -> (u64, u64) {
        let start = fold * self.folds.lines_per_fold();
        match self.entry {
            Entry::Skewed => (start + self.folds.load(), self.shape(fold).lines()),
            Entry::Loaded => {
                let rows = self.folds.used_rows(fold % self.folds.row_folds());
                (start + self.folds.rows - rows, rows)
            }
        }
    }

    /// The lanes and steps that a fold reads of a skewed operand.
    fn shape(&self, fold: u64) -> Trapezoid {
        Trapezoid { lanes: self.used(self.tile(fold)), steps: self.steps }
    }

    /// The lanes that work in line `line` of the lines of a fold. If the operand is skewed, each is a step behind the
    /// one before it.
    pub fn working(&self, fold: u64, line: u64) -> Working {
        match self.entry {
            Entry::Skewed => {
                let (from, to) = self.shape(fold).working(line);
                Working { from, to, step: line - from }
            }
            Entry::Loaded => {
                let row = fold % self.folds.row_folds();
                let last = row * self.folds.rows + self.folds.used_rows(row) - 1;
                Working { from: 0, to: self.used(self.tile(fold)), step: last - line }
            }
        }
    }

    /// Pixels (or filters) and words of their windows that a line reads, in its order.
    pub fn words(&self, fold: u64, line: u64) -> impl Iterator<Item = (u64, u64)> + use<> {
        let (demand, first) = (*self, self.tile(fold) * self.width);
        let working = self.working(fold, line);
        let behind = u64::from(self.entry == Entry::Skewed);
        (working.from..working.to).map(move |lane| {
            let step = working.step - behind * (lane - working.from);
            if demand.lanes_are_words { (step, first + lane) } else { (first + lane, step) }
        })
    }

    /// Calls `f` with every pixel and the words of its window, from and to (excluded), that lines `from` to `to` of a
    /// fold read, in no particular order.
    pub fn windows(&self, fold: u64, from: u64, to: u64, mut f: impl FnMut(u64, u64, u64)) {
        let tile = self.tile(fold);
        let (used, first) = (self.used(tile), tile * self.width);
        if self.entry == Entry::Loaded {
            let (high, low) = (self.working(fold, from).step, self.working(fold, to - 1).step);
            return (0..used).for_each(|lane| f(first + lane, low, high + 1));
        }
        // Line = lane + step.
        let rest = |part: u64, end: u64| (from.saturating_sub(part), (to - part).min(end));
        if self.lanes_are_words {
            for step in (from + 1).saturating_sub(used)..to.min(self.steps) {
                let (low, high) = rest(step, used);
                f(step, first + low, first + high);
            }
        } else {
            for lane in (from + 1).saturating_sub(self.steps)..to.min(used) {
                let (low, high) = rest(lane, self.steps);
                f(first + lane, low, high);
            }
        }
    }

    /// Tile, lane and step of a word of a window.
    pub fn lane(&self, pixel: u64, word: u64) -> (u64, u64, u64) {
        let (lane, step) = if self.lanes_are_words { (word, pixel) } else { (pixel, word) };
        (lane / self.width, lane % self.width, step)
    }

    /// Words that the folds of a loop before `fold` read, the loop starting with fold `start`.
    pub fn words_before(&self, start: u64, fold: u64) -> u64 {
        let whole = |tiles: u64| (tiles * self.width).min(self.lanes) * self.steps;
        match (self.entry, self.by_column) {
            (Entry::Skewed, true) => (fold - start) * self.used(self.tile(start)) * self.steps,
            (Entry::Skewed, false) => whole(fold),
            (Entry::Loaded, _) => {
                let (tile, row) = (fold / self.folds.row_folds(), fold % self.folds.row_folds());
                whole(tile) + if row == 0 { 0 } else { row * self.folds.rows * self.used(tile) }
            }
        }
    }

    /// The line that reads word number `word` of a loop, which starts with fold `start`.
    pub fn line_of(&self, start: u64, word: u64) -> u64 {
        let folds = self.loops().1;
        let fold = start + last_where(folds, |fold| self.words_before(start, start + fold) <= word);
        let word = word - self.words_before(start, fold);
        let (first, lines) = self.lines(fold);
        first
            + match self.entry {
                Entry::Skewed => last_where(lines, |line| self.shape(fold).before(line) <= word),
                Entry::Loaded => word / self.used(self.tile(fold)),
            }
    }

    /// The last line that reads a word inside the image.
    pub fn last_line(&self, image: &Image) -> u64 {
        let reads = |fold: u64, line: u64| self.words(fold, line).any(|(pixel, word)| image.is_inside(pixel, word));
        for fold in (0..self.folds.count()).rev() {
            let (start, lines) = self.lines(fold);
            if let Some(line) = (0..lines).rev().find(|line| reads(fold, *line)) {
                return start + line;
            }
        }
        0
    }
}

/// The last number below `end` for which `holds`, which holds for 0 and then up to some number. O(log of that number).
pub(super) fn last_where(end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut yes, mut step) = (0, 1);
    while step < end - yes && holds(yes + step) {
        yes += step;
        step *= 2;
    }
    let mut no = end.min(yes + step);
    while no - yes > 1 {
        let middle = yes + (no - yes) / 2;
        if holds(middle) { yes = middle } else { no = middle }
    }
    yes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::array::{ArrayMachine, Layer};
    use std::collections::HashSet;

    /// 5 × 7 with 7 × 4, on 3 × 2 units: tiles of which the last one is narrow.
    fn demands() -> Vec<Demand> {
        let layer = Layer::gemm("test", 5, 4, 7);
        let folds = |dataflow| Folds::of(&layer, &ArrayMachine::new("test", 3, 2, dataflow)).unwrap();
        Dataflow::ALL
            .iter()
            .flat_map(|dataflow| [Demand::ifmap(&folds(*dataflow)), Demand::filter(&folds(*dataflow))])
            .collect()
    }

    #[test]
    fn a_loop_reads_every_word_once_in_the_order_that_is_counted() {
        for demand in demands() {
            let (loops, folds, times) = demand.loops();
            assert_eq!(loops * folds * times, demand.folds.count());
            let mut all = HashSet::new();
            for start in (0..loops).map(|number| number * folds * times) {
                let mut number = 0;
                for fold in start..start + folds {
                    assert_eq!(demand.words_before(start, fold), number);
                    let (first, lines) = demand.lines(fold);
                    for line in 0..lines {
                        for word in demand.words(fold, line) {
                            assert!(all.insert(word), "{demand:?}: {word:?} twice");
                            assert_eq!(demand.line_of(start, number), first + line);
                            number += 1;
                        }
                    }
                }
                assert_eq!(demand.words_before(start, start + folds), number);
            }
            assert_eq!(all.len() as u64, demand.lanes * demand.steps);
        }
    }

    #[test]
    fn the_last_number_is_found() {
        for end in 1..40 {
            (0..end).for_each(|last| assert_eq!(last_where(end, |number| number <= last), last));
        }
    }

    #[test]
    fn windows_hold_the_words_of_their_lines() {
        for demand in demands() {
            for fold in 0..demand.folds.count() {
                let lines = demand.lines(fold).1;
                for (from, to) in (0..lines).flat_map(|from| (from + 1..=lines).map(move |to| (from, to))) {
                    let mut words: Vec<(u64, u64)> = (from..to).flat_map(|line| demand.words(fold, line)).collect();
                    let mut found = Vec::new();
                    demand.windows(fold, from, to, |pixel, low, high| {
                        found.extend((low..high).map(|word| (pixel, word)))
                    });
                    words.sort_unstable();
                    found.sort_unstable();
                    assert_eq!(found, words, "{demand:?}, fold {fold}, lines {from} to {to}");
                }
            }
        }
    }
}
