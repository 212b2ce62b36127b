//! What a notebook shows. The only file that speaks evcxr's protocol, and so the only one that prints.

use std::io::Write;

/// Sends HTML to the notebook cell that is running. One such output is shown for each cell.
pub(crate) fn show_html(html: &str) {
    // A notebook that has gone away is no reason to stop working.
    let _ = writeln!(std::io::stdout(), "EVCXR_BEGIN_CONTENT text/html\n{html}\nEVCXR_END_CONTENT");
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
}
