//! The last cell of a notebook: its claims, checked.

use crate::display;
use std::fmt::Write;
use std::io::Write as _;

/// Claims and whether they hold.
///
/// evcxr reports a panic to Jupyter as success, so [`Verify::finish`] ends the process when a claim does not hold: that,
/// Jupyter notices.
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
    /// Claims that are about what is not there, and what that is.
    unchecked: Vec<(String, String)>,
}

impl Verify {
    /// What [`Verify::finish`] says when everything holds, followed by the number of claims. Whoever runs a notebook
    /// looks for it.
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

    /// Adds a claim about something that may not be there, such as published accuracies: it is checked only if `is_there`.
    /// Otherwise it counts for nothing, and the page says that it was not checked without `what`.
    ///
    /// ```
    /// use autogo::report::Verify;
    /// let accuracies: Option<Vec<f64>> = None;
    /// let best = accuracies.iter().flatten().copied().fold(0.0, f64::max);
    /// let verify = Verify::new().claim_with("accuracies", accuracies.is_some(), "the best network has 94.37 %", best > 94.3);
    /// assert!(!verify.holds()); // nothing was checked
    /// ```
    pub fn claim_with(mut self, what: &str, is_there: bool, text: &str, holds: bool) -> Self {
        match is_there {
            true => self.claims.push((text.into(), holds)),
            false => self.unchecked.push((text.into(), what.into())),
        }
        self
    }

    /// Whether there is a claim and all of them hold.
    pub fn holds(&self) -> bool {
        !self.claims.is_empty() && self.claims.iter().all(|(_, holds)| *holds)
    }

    /// Shows the claims; ends the process with code 1 unless they hold.
    pub fn finish(&self) {
        let mut html = String::from("<ul style=\"list-style:none;padding-left:0;font-family:system-ui,sans-serif\">");
        for (text, holds) in &self.claims {
            let (mark, colour) = if *holds { ("✓", "#00795c") } else { ("✗", "#b3261e") };
            let _ = write!(html, "<li><b style=\"color:{colour}\">{mark}</b> {}</li>", display::escape(text));
        }
        for (text, what) in &self.unchecked {
            let (text, what) = (display::escape(text), display::escape(what));
            let _ = write!(html, "<li style=\"color:#6b7783\"><b>–</b> not checked without {what}: {text}</li>");
        }
        html.push_str("</ul>");
        if self.holds() {
            let _ = write!(html, "<p><b>{} {}</b></p>", Self::SENTINEL, self.claims.len());
            display::show_html(&html);
            return;
        }
        let broken: Vec<&str> = self.claims.iter().filter(|(_, holds)| !holds).map(|(text, _)| text.as_str()).collect();
        let said = if broken.is_empty() { "there are none".into() } else { broken.join("; ") };
        display::show_html(&html);
        // Losing this line loses nothing: the exit code is what counts.
        let _ = writeln!(std::io::stderr(), "error: claims that do not hold: {said}");
        std::process::exit(1);
    }
}
