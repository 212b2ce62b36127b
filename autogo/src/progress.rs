//! How long work says where it is.

use std::io::Write;

/// Where reports go. Lines, not a bar: a notebook shows no carriage returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nowhere.
    #[default]
    Silent,
    /// To standard output: about ten lines over the whole work.
    Lines,
}

impl Progress {
    /// Says something once.
    pub fn say(self, text: &str) {
        if self == Progress::Lines {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// Reports that `done` of `total` steps of some work are done.
    pub fn report(self, work: &str, done: usize, total: usize, note: &str) {
        let every = total.div_ceil(10).max(1);
        if self == Progress::Lines && (done.is_multiple_of(every) || done == total) {
            // A closed standard output is no reason to stop working.
            let _ = writeln!(std::io::stdout(), "{work} {done}/{total}: {note}");
        }
    }
}
