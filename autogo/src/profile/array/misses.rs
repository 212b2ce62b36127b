//! The words that miss in the on-chip memory when bandwidths are given ([npu §A.3.4](crate::doc::npu#sa-3-4)). An
//! operand's words are prefetched in one long cyclic stream, which is cut into lines. The memory holds a window of
//! these lines. A miss moves the window until it holds the word that missed. Misses depend on the order of the reads
//! alone and not on time, so they are found before the clock runs.

use super::demand::{Demand, Entry, last_where};
use super::folds::Trapezoid;
use super::image::Image;
use super::refused::{MOST_WORK, Refused};

/// Most words outside the image whose places are written down: 128 MB.
const MOST_OUTSIDE: u64 = 1 << 24;

/// The lines of demand that miss, in order. A word's place in the stream follows from its lane and step, and the places
/// of a line of demand are consecutive. Therefore all words of a line, and most often all lines of a fold, are compared
/// with the window at once.
#[derive(Clone, Debug)]
pub(super) struct Misses {
    demand: Demand,
    image: Image,
    shared: bool,
    /// Words of a line of the stream.
    line_words: u64,
    /// Lines of the stream.
    lines: u64,
    /// Lines of the window.
    width: u64,
    /// Lines that the window moves by.
    ahead: u64,
    /// Rows of the stack of all tiles.
    rows: u64,
    /// Rows above the last tile.
    above: u64,
    /// Lanes of the last tile.
    last_used: u64,
    /// The places, if they were words, of those outside the image; sorted.
    outside: Vec<u64>,
    /// First line of the window.
    start: u64,
    /// The fold of the demand.
    fold: u64,
    /// The line of the demand, of the lines of the fold in which lanes work.
    line: u64,
    /// From a word's own window to the one in which a word was last found.
    shift: (i64, i64),
    /// Places looked at.
    looks: u64,
}

impl Misses {
    /// For a memory of `kb` kB.
    ///
    /// # Errors
    /// More words outside the image than a table holds.
    pub fn new(demand: &Demand, image: &Image, kb: u32) -> Result<Self, Refused> {
        let shared = image.sharing() > 1;
        if image.count_outside() > MOST_OUTSIDE {
            return Err(Refused::Tables);
        }
        let size = u64::from(kb) * 1024;
        let line_words = size.div_ceil(100);
        let lines = (demand.lanes * demand.steps - image.count_outside()) / line_words + 1;
        let width = lines.min((size - size / 2).div_ceil(line_words));
        let mut misses = Misses {
            demand: *demand,
            image: *image,
            shared,
            line_words,
            lines,
            width,
            ahead: (lines - width).min((size / 2).div_ceil(line_words)),
            rows: demand.tiles() * demand.steps,
            above: (demand.tiles() - 1) * demand.steps,
            last_used: demand.used(demand.tiles() - 1),
            outside: Vec::new(),
            start: 0,
            fold: 0,
            line: 0,
            shift: (0, 0),
            looks: 0,
        };
        if width < lines {
            misses.outside = image.outside().into_iter().map(|(pixel, word)| misses.slot(pixel, word)).collect();
            misses.outside.sort_unstable();
        }
        Ok(misses)
    }

    /// The next line of demand that misses, and how often the window moves for it.
    ///
    /// # Errors
    /// More lines had to be looked at than are allowed.
    pub fn next(&mut self) -> Result<Option<(u64, u64)>, Refused> {
        if self.width == self.lines {
            // The whole stream is there.
            return Ok(None);
        }
        while self.fold < self.demand.folds.count() {
            let (start, lines) = self.demand.lines(self.fold);
            while self.line < lines {
                self.looks += 1;
                if self.looks > MOST_WORK {
                    return Err(Refused::Work);
                }
                let (from, to) = self.places(self.line);
                if self.holds(from, to) {
                    // Places go up from line to line if the operand is skewed, and down if it is loaded.
                    let more = last_where(lines - self.line, |more| match self.demand.entry {
                        Entry::Skewed => self.holds(from, self.places(self.line + more).1),
                        Entry::Loaded => self.holds(self.places(self.line + more).0, to),
                    });
                    self.line += more + 1;
                    continue;
                }
                let moves = if self.shared { self.serve_shared(from) } else { self.serve(from, to) };
                self.line += 1;
                if moves > 0 {
                    return Ok(Some((start + self.line - 1, moves)));
                }
            }
            (self.fold, self.line) = (self.fold + 1, 0);
        }
        Ok(None)
    }

    /// Serves the words at places `from` to `to`, which are nowhere else, and gives the moves that it takes.
    fn serve(&mut self, mut from: u64, to: u64) -> u64 {
        let mut moves = 0u64;
        while from < to {
            self.looks += 1;
            moves = moves.saturating_add(self.reach(self.distance(from)));
            // What follows in the window is there too.
            from += self.width * self.line_words - self.distance(from);
        }
        moves
    }

    /// Serves the words of this line, whose own places start at `own`, and gives the moves that it takes. A word is
    /// found in whatever window of the image comes first in the stream.
    fn serve_shared(&mut self, mut own: u64) -> u64 {
        let (mut moves, mut looks) = (0u64, 0);
        for (pixel, word) in self.demand.words(self.fold, self.line) {
            looks += 1;
            if !self.outside.is_empty() && !self.image.is_inside(pixel, word) {
                continue;
            }
            let mut nearest = self.distance(own);
            own += 1;
            if nearest >= self.width * self.line_words {
                // Where one word was found, the next is likely to be.
                self.shift = self.image.same(pixel, word, self.shift, |pixel, word| {
                    looks += 1;
                    let slot = self.slot(pixel, word);
                    nearest = nearest.min(self.distance(slot - self.outside_before(slot)));
                    nearest < self.width * self.line_words
                });
            }
            moves = moves.saturating_add(self.reach(nearest));
        }
        self.looks += looks;
        moves
    }

    /// Words from the start of the window on to a place, round the end of the stream.
    fn distance(&self, place: u64) -> u64 {
        let start = self.start * self.line_words;
        if place >= start { place - start } else { place + self.lines * self.line_words - start }
    }

    /// Moves the window until it holds the word that is `distance` words from its start, and counts how often.
    fn reach(&mut self, distance: u64) -> u64 {
        let Some(beyond) = (distance / self.line_words + 1).checked_sub(self.width) else { return 0 };
        let moves = beyond.div_ceil(self.ahead);
        self.start = (self.start + moves * self.ahead) % self.lines;
        moves
    }

    /// Whether all places `from` to `to` are in the window.
    fn holds(&self, from: u64, to: u64) -> bool {
        let (start, end) = (self.start * self.line_words, (self.start + self.width) * self.line_words);
        let around = self.lines * self.line_words;
        if end <= around { from >= start && to <= end } else { from >= start || to <= end - around }
    }

    /// The places, from and to (excluded), of what line `line` of this fold reads.
    fn places(&self, line: u64) -> (u64, u64) {
        let working = self.demand.working(self.fold, line);
        let first = self.slot_of(self.demand.tile(self.fold), working.from, working.step);
        let end = first + working.to - working.from;
        (first - self.outside_before(first), end - self.outside_before(end))
    }

    fn outside_before(&self, slot: u64) -> u64 {
        if self.outside.is_empty() { 0 } else { self.outside.partition_point(|outside| *outside < slot) as u64 }
    }

    fn slot(&self, pixel: u64, word: u64) -> u64 {
        let (tile, lane, step) = self.demand.lane(pixel, word);
        self.slot_of(tile, lane, step)
    }

    /// The place of what a lane reads at a step, if no word were outside the image. The stream reads the stack of all
    /// tiles row by row if it is loaded, and along diagonals, the first lane first, if it is skewed.
    fn slot_of(&self, tile: u64, lane: u64, step: u64) -> u64 {
        let demand = &self.demand;
        if demand.entry == Entry::Loaded {
            return tile * demand.width * demand.steps + step * demand.used(tile) + lane;
        }
        let diagonal = tile * demand.steps + step + lane;
        let first = (diagonal + 1).saturating_sub(self.rows);
        let slot = Trapezoid { lanes: demand.width, steps: self.rows }.before(diagonal) + lane - first;
        if self.last_used == demand.width {
            return slot;
        }
        // The last tile lacks lanes. On a diagonal it comes before the other tiles.
        let lacking = Trapezoid { lanes: demand.width - self.last_used, steps: demand.steps };
        let of_last = (diagonal + 1).saturating_sub(self.above).min(lane);
        slot - lacking.before(diagonal.saturating_sub(self.above + self.last_used))
            - of_last.saturating_sub(self.last_used.max(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::array::folds::Folds;
    use crate::profile::array::{ArrayMachine, Dataflow, Layer};

    #[test]
    fn slots_count_the_stream() {
        for (dataflow, (m, n, k)) in
            Dataflow::ALL.into_iter().flat_map(|flow| [(5, 4, 7), (6, 3, 1), (1, 9, 4)].map(|size| (flow, size)))
        {
            let layer = Layer::gemm("test", m, n, k);
            let folds = Folds::of(&layer, &ArrayMachine::new("test", 4, 3, dataflow)).unwrap();
            for (demand, image) in
                [(Demand::ifmap(&folds), Image::input(&layer)), (Demand::filter(&folds), Image::filters(&layer))]
            {
                let misses = Misses::new(&demand, &image, 1).unwrap();
                let rows = demand.tiles() * demand.steps;
                let skewed = demand.entry == Entry::Skewed;
                let mut cells: Vec<(u64, u64)> =
                    (0..rows).flat_map(|row| (0..demand.width).map(move |lane| (row, lane))).collect();
                cells.retain(|(row, lane)| *lane < demand.used(row / demand.steps));
                if skewed {
                    cells.sort_by_key(|(row, lane)| (row + lane, *lane));
                }
                for (slot, (row, lane)) in cells.iter().enumerate() {
                    assert_eq!(misses.slot_of(row / demand.steps, *lane, row % demand.steps), slot as u64);
                }
            }
        }
    }

    #[test]
    fn a_window_moves_by_half_a_memory_and_round_the_stream() {
        // 2 kB: lines of 21 words, a window of 49 lines that moves by as many. 64 pixels of 32 words, all in one tile:
        // 98 lines, the last one with 11 words.
        let layer = Layer::gemm("test", 64, 16, 32);
        let folds = Folds::of(&layer, &ArrayMachine::new("test", 32, 8, Dataflow::WeightStationary)).unwrap();
        let mut misses = Misses::new(&Demand::ifmap(&folds), &Image::input(&layer), 2).unwrap();
        assert_eq!((misses.line_words, misses.lines, misses.width, misses.ahead), (21, 98, 49, 49));
        // 1029 words are there: 496 of the 31 lines in which lanes start, and 533 / 32 = 16 of the lines after. The
        // second column fold starts over, 136 lines later.
        let found: Vec<(u64, u64)> = std::iter::from_fn(|| misses.next().unwrap()).collect();
        assert_eq!(found, [(32 + 47, 1), (134 + 32, 1), (134 + 32 + 47, 1)]);
    }
}
