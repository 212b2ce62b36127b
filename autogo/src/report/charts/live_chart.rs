//! A chart that grows while a cell runs.

use super::super::live::Live;
use super::chart::Chart;
use crate::error::Error;

/// A chart that is replaced in its place while a cell runs, such as the curve of a training.
///
/// Under this repository's kernel every state is seen, five in a second at most. Elsewhere the last state is shown when
/// the value goes.
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
pub struct LiveChart(Live);

impl Default for LiveChart {
    fn default() -> Self {
        LiveChart(Live::new())
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
        self.0.show(chart.svg()?);
        Ok(())
    }
}
