//! The last cell of a notebook: its claims, checked.

use super::key_result::KeyResult;
use crate::display;
use std::fmt::Write;
use std::io::Write as _;
use std::time::Duration;

/// The time that what is written has to be handed on before the process ends.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Claims and whether they hold.
///
/// evcxr reports a panic to Jupyter as success, so [`Verify::finish`] ends the process when a claim does not hold:
/// that, Jupyter notices.
///
/// ```
/// use autogo::report::Verify;
/// let verify = Verify::new().claim("two and two make four", 2 + 2 == 4);
/// assert!(verify.holds());
/// assert!(!verify.claim("pigs fly", false).holds());
/// assert!(!Verify::new().holds()); // nothing was checked
/// ```
#[derive(Clone, Debug, Default)]
pub struct Verify {
    claims: Vec<(String, bool)>,
    /// Claims that were not checked, each with the name of the thing that is not there.
    unchecked: Vec<(String, String)>,
    values: Vec<KeyResult>,
}

impl Verify {
    /// The words of [`Verify::finish`] when everything holds, followed by the number of claims. A program that runs a
    /// notebook looks for these words.
    pub const SENTINEL: &'static str = "All claims hold:";

    /// No claims yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a claim.
    pub fn claim(mut self, text: &str, holds: bool) -> Self {
        self.claims.push((text.into(), holds));
        self
    }

    /// Adds a claim about something that may not be there, such as published accuracies: it is checked only if
    /// `is_there`. Otherwise it counts for nothing, and the page says that it was not checked without `what`.
    ///
    /// ```
    /// use autogo::report::Verify;
    /// let accuracies: Option<Vec<f64>> = None;
    /// let best = accuracies.iter().flatten().copied().fold(0.0, f64::max);
    /// let (claim, is_there) = ("the best network has 94.37 %", accuracies.is_some());
    /// let verify = Verify::new().claim_with("accuracies", is_there, claim, best > 94.3);
    /// assert!(!verify.holds()); // nothing was checked
    /// ```
    pub fn claim_with(mut self, what: &str, is_there: bool, text: &str, holds: bool) -> Self {
        match is_there {
            true => self.claims.push((text.into(), holds)),
            false => self.unchecked.push((text.into(), what.into())),
        }
        self
    }

    /// Adds a number that the page stands for. `cargo notebooks --check` compares it with the committed page's: a later
    /// run's may lie `tolerance` away from it. A number that is not finite is a claim that does not hold.
    ///
    /// ```
    /// use autogo::report::Verify;
    /// let verify = Verify::new().claim("the predictor ranks", true).value("SRCC on unseen networks", 0.9135, 0.02);
    /// assert!(verify.holds());
    /// assert!(!verify.value("SRCC of nothing", f64::NAN, 0.02).holds());
    /// ```
    pub fn value(mut self, name: &str, value: f64, tolerance: f64) -> Self {
        if !value.is_finite() {
            self.claims.push((format!("{name} is a number"), false));
        }
        self.values.push(KeyResult { name: name.into(), value, tolerance });
        self
    }

    /// Whether there is a claim and all of them hold.
    pub fn holds(&self) -> bool {
        !self.claims.is_empty() && self.claims.iter().all(|(_, holds)| *holds)
    }

    /// Claims and numbers as HTML; behind them [`Verify::SENTINEL`] if all claims hold.
    pub fn html(&self) -> String {
        let mut html = String::from("<ul style=\"list-style:none;padding-left:0;font-family:system-ui,sans-serif\">");
        for (text, holds) in &self.claims {
            let (mark, colour) = if *holds { ("✓", "#00795c") } else { ("✗", "#b3261e") };
            let _ = write!(html, "<li><b style=\"color:{colour}\">{mark}</b> {}</li>", display::escape(text));
        }
        for (text, what) in &self.unchecked {
            let (text, what) = (display::escape(text), display::escape(what));
            let _ = write!(html, "<li style=\"color:#6b7783\"><b>–</b> not checked without {what}: {text}</li>");
        }
        for value in &self.values {
            let _ = write!(html, "<li><b style=\"color:#00795c\">=</b> {}</li>", value.html());
        }
        html.push_str("</ul>");
        if self.holds() {
            let _ = write!(html, "<p><b>{} {}</b></p>", Self::SENTINEL, self.claims.len());
        }
        html
    }

    /// Shows the claims; ends the process with code 1 unless they hold.
    pub fn finish(&self) {
        display::show_html(&self.html());
        if self.holds() {
            return;
        }
        let broken: Vec<&str> = self.claims.iter().filter(|(_, holds)| !holds).map(|(text, _)| text.as_str()).collect();
        let said = if broken.is_empty() { "there are none".into() } else { broken.join("; ") };
        // Losing this line loses nothing: the exit code is what counts.
        let _ = writeln!(std::io::stderr(), "error: claims that do not hold: {said}");
        // In a notebook another thread of this process hands on what is written: it ends with the process, too.
        std::thread::sleep(LAST_WORDS);
        std::process::exit(1);
    }
}
