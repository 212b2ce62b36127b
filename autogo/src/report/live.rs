//! An output that is replaced while a cell runs.

use crate::display::{self, LiveOutput};
use std::time::{Duration, Instant};

/// The shortest time between two states.
const PAUSE: Duration = Duration::from_millis(200);

/// An output of which every state is seen under this repository's kernel, five in a second at most. Elsewhere the last
/// state is shown when the value goes.
#[derive(Debug)]
pub(super) struct Live {
    output: Option<LiveOutput>,
    /// The last state, if it is not shown.
    waiting: Option<String>,
    shown: Option<Instant>,
}

impl Live {
    /// An output that shows nothing yet.
    pub fn new() -> Self {
        Live { output: display::is_live().then(LiveOutput::new), waiting: None, shown: None }
    }

    /// Shows a new state, as HTML or SVG.
    pub fn show(&mut self, html: String) {
        match &mut self.output {
            Some(output) if self.shown.is_none_or(|shown| shown.elapsed() >= PAUSE) => {
                output.show(&html);
                (self.waiting, self.shown) = (None, Some(Instant::now()));
            }
            _ => self.waiting = Some(html),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        match (self.waiting.take(), &mut self.output) {
            (Some(html), Some(output)) => output.show(&html),
            (Some(html), None) => display::show_html(&html),
            (None, _) => {}
        }
    }
}
