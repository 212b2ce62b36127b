//! The memory of the output: filled by the array, emptied in bursts ([npu §A.3.2](crate::doc::npu#sa-3-2)).

use std::collections::VecDeque;

/// Words wait in rows; a row holds the words that leave in one cycle. When more than half of the memory is full and no
/// burst is under way, a burst sends half of the memory. A row that is not full when a burst begins is sent as it is. A
/// word that finds no room waits for the end of the burst.
#[derive(Clone, Debug)]
pub(super) struct WriteBuffer {
    /// Words of a row.
    bandwidth: i64,
    /// Words of a burst.
    burst: i64,
    /// Room, in words, below which a burst starts.
    spare: i64,
    room: i64,
    /// Last cycle of the last burst.
    burst_end: i64,
    /// Words of the row that is being filled.
    open: i64,
    /// The rows that wait: how many with how many words.
    rows: VecDeque<(i64, i64)>,
    /// Whether every row but the last of a burst counts as full.
    rows_full: bool,
    start: Option<i64>,
    stop: i64,
    sent: u64,
}

impl WriteBuffer {
    /// An empty memory of `kb` kB.
    pub fn new(kb: u32, bandwidth: u32, rows_full: bool) -> Self {
        let size = i64::from(kb) * 1024;
        WriteBuffer {
            bandwidth: i64::from(bandwidth),
            burst: size / 2,
            spare: size - size / 2,
            room: size,
            burst_end: 0,
            open: 0,
            rows: VecDeque::new(),
            rows_full,
            start: None,
            stop: 0,
            sent: 0,
        }
    }

    /// First and last cycle in which words are sent.
    pub fn busy(&self) -> (i64, i64) {
        (self.start.unwrap_or(self.stop), self.stop)
    }

    /// Words sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// `lines` lines of `words` words each, the first at cycle `now`. Gives the cycle of the line after them.
    pub fn lines(&mut self, mut now: i64, words: i64, mut lines: i64) -> i64 {
        while lines > 0 {
            let calm =
                if words == 0 { lines } else { (self.calm_words(now) / words).min(self.calm_lines(now)).min(lines) };
            if calm > 0 {
                self.put(words * calm);
                (now, lines) = (now + calm, lines - calm);
            } else {
                (now, lines) = (self.line(now, words) + 1, lines - 1);
            }
        }
        now
    }

    /// Takes `words` words in `lines` lines from cycle `now` on, however they are spread, if nothing else happens
    /// meanwhile.
    pub fn takes(&mut self, now: i64, words: i64, lines: i64) -> bool {
        let takes = words <= self.calm_words(now) && lines <= self.calm_lines(now);
        if takes {
            self.put(words);
        }
        takes
    }

    /// One line of `words` words at cycle `now`. Gives the cycle in which the last is taken.
    pub fn line(&mut self, mut now: i64, words: i64) -> i64 {
        let mut left = words;
        while left > 0 {
            let calm = left.min(self.calm_words(now));
            self.put(calm);
            left -= calm;
            if left > 0 {
                self.put(1);
                left -= 1;
                if now < self.burst_end { now = self.burst_end } else { self.send(now) }
            }
        }
        now
    }

    /// Words that can come before something happens, as long as the burst under way lasts, or none is.
    fn calm_words(&self, now: i64) -> i64 {
        (self.room - if now < self.burst_end { 1 } else { self.spare }).max(0)
    }

    /// Lines from cycle `now` on until the burst under way ends.
    fn calm_lines(&self, now: i64) -> i64 {
        if now < self.burst_end { self.burst_end - now } else { i64::MAX }
    }

    fn put(&mut self, words: i64) {
        self.room -= words;
        self.open += words;
        if self.open >= self.bandwidth {
            self.close(self.open / self.bandwidth, self.bandwidth);
            self.open %= self.bandwidth;
        }
    }

    fn close(&mut self, count: i64, words: i64) {
        match self.rows.back_mut() {
            Some(last) if last.1 == words => last.0 += count,
            _ => self.rows.push_back((count, words)),
        }
    }

    /// Starts a burst at cycle `now`.
    fn send(&mut self, now: i64) {
        if self.open > 0 {
            self.close(1, self.open);
            self.open = 0;
        }
        let most = (self.burst + self.bandwidth - 1) / self.bandwidth;
        let (mut rows, mut words, mut last) = (0, 0, 0);
        while rows < most
            && let Some((count, fill)) = self.rows.front_mut()
        {
            let taken = (most - rows).min(*count);
            (rows, words, last) = (rows + taken, words + taken * *fill, *fill);
            *count -= taken;
            if *count == 0 {
                self.rows.pop_front();
            }
        }
        if self.rows_full {
            words = (rows - 1) * self.bandwidth + last;
        }
        self.room += words;
        self.sent += words.unsigned_abs();
        self.burst_end = now + rows - 1;
        self.start.get_or_insert(now);
        self.stop = self.stop.max(self.burst_end);
    }

    /// Sends all that is left, from cycle `now` on.
    pub fn finish(&mut self, mut now: i64) {
        while self.open > 0 || !self.rows.is_empty() {
            self.send(now);
            now = self.burst_end + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn many_lines_are_as_one_after_the_other(
            bandwidth in 1u32..40, rows_full in any::<bool>(),
            runs in prop::collection::vec((0i64..40, 0i64..100), 1..12),
        ) {
            let mut slow = WriteBuffer::new(1, bandwidth, rows_full);
            let mut fast = slow.clone();
            let (mut slow_now, mut fast_now) = (0, 0);
            for (words, lines) in runs {
                for _line in 0..lines {
                    // Word by word, so that nothing is taken together.
                    for _word in 0..words {
                        slow_now = slow.line(slow_now, 1);
                    }
                    slow_now += 1;
                }
                fast_now = fast.lines(fast_now, words, lines);
                prop_assert_eq!(slow_now, fast_now);
            }
            slow.finish(slow_now);
            fast.finish(fast_now);
            prop_assert_eq!((slow.busy(), slow.sent()), (fast.busy(), fast.sent()));
        }
    }

    #[test]
    fn half_is_sent_when_half_is_full() {
        // 1 kB, 4 words a cycle: word 513 starts a burst of 128 rows at cycle 32 of lines of 16 words.
        let mut writes = WriteBuffer::new(1, 4, false);
        assert_eq!(writes.lines(0, 16, 33), 33);
        assert_eq!((writes.busy(), writes.sent()), ((32, 32 + 127), 512));
        // 496 more find room, line by line; then the array waits for cycle 159.
        assert_eq!(writes.lines(33, 16, 62), 95);
        assert_eq!(writes.line(95, 16), 159);
    }

    #[test]
    fn a_row_that_is_sent_early_counts_its_words_or_as_full() {
        // 513 words in rows of 8 start a burst of 64 full rows; the row of one word waits with what comes later.
        let sent = |rows_full: bool| {
            let mut writes = WriteBuffer::new(1, 8, rows_full);
            let now = writes.lines(0, 27, 19);
            assert_eq!(writes.busy(), (18, 18 + 63));
            let now = writes.lines(now, 0, 100);
            let now = writes.lines(now, 27, 19);
            writes.finish(now);
            writes.sent()
        };
        assert_eq!((sent(false), sent(true)), (2 * 513, 2 * 513 + 7));
    }
}
