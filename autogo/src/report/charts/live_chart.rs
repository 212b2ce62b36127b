//! A chart that grows while a cell runs.

use super::chart::Chart;
use crate::display::{self, LiveOutput};
use crate::error::Error;
use std::time::{Duration, Instant};

/// The shortest time between two drawings.
const PAUSE: Duration = Duration::from_millis(200);

/// A chart that is replaced in its place while a cell runs, such as the curve of a training.
///
/// Under this repository's kernel every state is seen, five in a second at most. Elsewhere the last state is shown when the
/// value goes.
///
/// ```
/// use autogo::report::{Chart, LiveChart};
/// let mut live = LiveChart::new();
/// let mut curve = Vec::new();
/// for epoch in 1..=5 {
///     curve.push((epoch as f64, 1.0 / epoch as f64));
///     live.show(&Chart::new("Training", "epoch", "loss").line("run", &curve))?;
/// }
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Debug)]
pub struct LiveChart {
    output: Option<LiveOutput>,
    /// The last state, if it is not shown.
    waiting: Option<String>,
    shown: Option<Instant>,
}

impl Default for LiveChart {
    fn default() -> Self {
        LiveChart { output: display::is_live().then(LiveOutput::new), waiting: None, shown: None }
    }
}

impl LiveChart {
    /// A chart that shows nothing yet.
    pub fn new() -> Self {
        LiveChart::default()
    }

    /// Shows a new state.
    ///
    /// # Errors
    /// Those of [`Chart::svg`].
    pub fn show(&mut self, chart: &Chart) -> Result<(), Error> {
        let svg = chart.svg()?;
        match &mut self.output {
            Some(output) if self.shown.is_none_or(|shown| shown.elapsed() >= PAUSE) => {
                output.show(&svg);
                (self.waiting, self.shown) = (None, Some(Instant::now()));
            }
            _ => self.waiting = Some(svg),
        }
        Ok(())
    }
}

impl Drop for LiveChart {
    fn drop(&mut self) {
        match (self.waiting.take(), &mut self.output) {
            (Some(svg), Some(output)) => output.show(&svg),
            (Some(svg), None) => display::show_html(&svg),
            (None, _) => {}
        }
    }
}
