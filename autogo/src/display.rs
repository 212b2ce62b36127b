//! Output of a notebook. The only file that speaks the protocol between cells and a kernel.
//!
//! Every kernel that is built on evcxr takes blocks of content from a cell's standard output and shows one of each type
//! when the cell is over. This repository's kernel shows them at once, and replaces one that has a name.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// Set in the process that runs cells, by this repository's kernel.
const KERNEL: &str = "AUTOGO_KERNEL";

/// Whether outputs can be replaced while a cell runs.
pub(crate) fn is_live() -> bool {
    std::env::var_os(KERNEL).is_some()
}

/// Sends HTML to the notebook cell that is running.
pub(crate) fn show_html(html: &str) {
    block("text/html", html);
}

fn block(header: &str, content: &str) {
    let mut out = std::io::stdout().lock();
    // A notebook that has gone away is no reason to stop working.
    let _ = writeln!(out, "EVCXR_BEGIN_CONTENT {header}\n{content}\nEVCXR_END_CONTENT").and_then(|()| out.flush());
}

/// An output that is replaced while its cell runs. For kernels for which [`is_live`] holds.
#[derive(Debug)]
pub(crate) struct LiveOutput {
    id: String,
    is_shown: bool,
}

impl LiveOutput {
    /// An output that shows nothing yet.
    pub(crate) fn new() -> Self {
        // Names only: two outputs of one process must not have the same.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let id = format!("autogo-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        LiveOutput { id, is_shown: false }
    }

    /// Shows HTML in the place of what was shown before.
    pub(crate) fn show(&mut self, html: &str) {
        let kind = if std::mem::replace(&mut self.is_shown, true) { "update" } else { "display" };
        block(&format!("{kind} {} text/html", self.id), html);
    }
}

/// Text for HTML and SVG.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_in_names_is_text() {
        assert_eq!(super::escape("<b a='1'>&\""), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn live_outputs_have_names_of_their_own() {
        let names: Vec<String> = (0..3).map(|_| super::LiveOutput::new().id).collect();
        assert!(names[0] != names[1] && names[1] != names[2]);
    }
}
