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
