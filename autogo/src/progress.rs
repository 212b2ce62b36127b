//! How long-running work reports its progress.

use crate::display::{self, LiveOutput};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The shortest time between two states of a bar.
const PAUSE: Duration = Duration::from_millis(100);
/// The shortest time between two states of a bar with a picture below it.
const PICTURE: Duration = Duration::from_millis(500);

/// The place that reports go to.
///
/// ```
/// use autogo::Progress;
/// // Long-running work takes the place of its reports as an argument.
/// fn count(progress: Progress) {
///     let mut bar = progress.start("counting", 0, 3);
///     (1..=3).for_each(|number| bar.report(number, ""));
/// }
/// count(Progress::Silent);
/// assert_eq!(Progress::default(), Progress::Silent);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nowhere.
    #[default]
    Silent,
    /// To standard output: about ten lines over the whole work.
    Lines,
    /// A bar with rate and time to go, which grows in place: under this repository's notebook kernel as an output of
    /// the cell, on a terminal as its last line. Anywhere else, lines.
    Live,
}

impl Progress {
    /// Says something once.
    pub fn say(self, text: &str) {
        if self != Progress::Silent {
            // A closed standard output is no reason to stop working.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// Begins work of `total` steps, `done` of which are done already.
    ///
    /// ```
    /// use autogo::Progress;
    /// let mut bar = Progress::Lines.start("training", 0, 40);
    /// for epoch in 1..=40 {
    ///     bar.report(epoch, &format!("loss {:.3}", 1.0 / epoch as f64)); // every fourth is a line
    /// }
    /// ```
    pub fn start(self, work: &str, done: usize, total: usize) -> Bar {
        let form = match self {
            Progress::Silent => Form::Silent,
            Progress::Lines => Form::Lines,
            Progress::Live if display::is_live() => Form::Notebook(LiveOutput::new()),
            Progress::Live if std::io::stdout().is_terminal() => Form::Terminal,
            Progress::Live => Form::Lines,
        };
        let (work, begun) = (work.into(), Instant::now());
        Bar { form, work, first: done, done, total, begun, shown: None, note: String::new(), below: String::new() }
    }
}

#[derive(Debug)]
enum Form {
    Silent,
    Lines,
    Terminal,
    Notebook(LiveOutput),
}

/// Work that is under way; see [`Progress::start`].
#[derive(Debug)]
pub struct Bar {
    form: Form,
    work: String,
    /// Steps that were done when the work began here.
    first: usize,
    done: usize,
    total: usize,
    begun: Instant,
    /// The time at which the bar was last drawn.
    shown: Option<Instant>,
    note: String,
    /// HTML that a notebook shows below the bar.
    below: String,
}

impl Bar {
    /// Reports that `done` steps are done.
    pub fn report(&mut self, done: usize, note: &str) {
        (self.done, self.note) = (done, note.into());
        match self.form {
            Form::Silent => {}
            Form::Lines => {
                let every = self.total.div_ceil(10).max(1);
                if done.is_multiple_of(every) || done == self.total {
                    // A closed standard output is no reason to stop working.
                    let _ = writeln!(std::io::stdout(), "{} {done}/{}: {note}", self.work, self.total);
                }
            }
            Form::Terminal | Form::Notebook(_) => {
                let pause = if self.below.is_empty() { PAUSE } else { PICTURE };
                if self.shown.is_none_or(|shown| shown.elapsed() >= pause) {
                    self.draw();
                }
            }
        }
    }

    /// Whether the next report will be drawn in a notebook: then a picture below the bar is worth making.
    pub(crate) fn is_drawn(&self) -> bool {
        matches!(self.form, Form::Notebook(_)) && self.shown.is_none_or(|shown| shown.elapsed() >= PICTURE)
    }

    /// Shows HTML below the bar, in a notebook, from the next report on.
    pub(crate) fn below(&mut self, html: String) {
        self.below = html;
    }

    fn draw(&mut self) {
        self.shown = Some(Instant::now());
        let pace =
            pace(self.done.saturating_sub(self.first), self.total.saturating_sub(self.done), self.begun.elapsed());
        let text = format!("{} {}/{}{pace}", self.work, self.done, self.total);
        let note = if self.note.is_empty() { String::new() } else { format!(" · {}", self.note) };
        match &mut self.form {
            Form::Silent | Form::Lines => {}
            Form::Terminal => {
                let mut out = std::io::stdout();
                // The rest of the last state is erased. A closed standard output is no reason to stop working.
                let _ = write!(out, "\r{text}{note}\x1b[K").and_then(|()| out.flush());
            }
            Form::Notebook(output) => {
                let (done, total) = (self.done.min(self.total), self.total.max(1));
                let text = display::escape(&format!("{text}{note}"));
                output.show(&format!(
                    "<div style=\"font:13px sans-serif\"><progress value=\"{done}\" max=\"{total}\" \
                     style=\"width:16em;vertical-align:middle\"></progress> {text}</div>{}",
                    self.below
                ));
            }
        }
    }
}

impl Drop for Bar {
    /// The last state stays.
    fn drop(&mut self) {
        if matches!(self.form, Form::Terminal | Form::Notebook(_)) {
            self.draw();
        }
        if matches!(self.form, Form::Terminal) {
            // A closed standard output is no reason to stop working.
            let _ = writeln!(std::io::stdout());
        }
    }
}

/// Steps a second and the time that `left` steps will take, after `done` steps in `elapsed`; the time alone at the end.
fn pace(done: usize, left: usize, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if done == 0 || seconds <= 0.0 {
        return String::new();
    }
    if left == 0 {
        return format!(" in {}", duration(seconds));
    }
    let rate = done as f64 / seconds;
    let rate_text = match rate {
        100.0.. => format!("{rate:.0}/s"),
        1.0.. => format!("{rate:.1}/s"),
        _ => format!("{:.1} s each", 1.0 / rate),
    };
    format!(" · {rate_text} · {} to go", duration(left as f64 / rate))
}

/// Seconds as people say them.
fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..=9 => format!("{seconds:.1} s"),
        10..=119 => format!("{whole} s"),
        120..=7_199 => format!("{} min", whole / 60),
        _ => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_says_how_fast_and_how_long() {
        assert_eq!(pace(0, 10, Duration::from_secs(1)), "");
        assert_eq!(pace(5, 10, Duration::from_secs(2)), " · 2.5/s · 4.0 s to go");
        assert_eq!(pace(1, 100, Duration::from_secs(8)), " · 8.0 s each · 13 min to go");
        assert_eq!(pace(400, 0, Duration::from_secs(40)), " in 40 s");
        assert_eq!(duration(9_000.0), "2 h 30 min");
    }
}
