//! A number that a notebook stands for, marked so that a later run can be compared with it.

use crate::display::escape;

/// A marked number of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyResult {
    /// The name of the number, with its unit.
    pub name: String,
    /// The number.
    pub value: f64,
    /// The largest distance of another run's number.
    pub tolerance: f64,
}

/// The beginning of a mark.
const MARK: &str = "<data class=\"key-result\" ";

impl KeyResult {
    /// Whether another run's number is close enough.
    ///
    /// ```
    /// use autogo::report::KeyResult;
    /// let srcc = KeyResult { name: "SRCC".into(), value: 0.91, tolerance: 0.02 };
    /// assert!(srcc.agrees(0.925) && !srcc.agrees(0.94) && !srcc.agrees(f64::NAN));
    /// ```
    pub fn agrees(&self, other: f64) -> bool {
        (self.value - other).abs() <= self.tolerance
    }

    /// The number with its mark, as HTML.
    pub(super) fn html(&self) -> String {
        let KeyResult { name, value, tolerance } = self;
        let (name, shown) = (escape(name), rounded(*value, *tolerance));
        let is_exact = *tolerance <= 1e-6 * value.abs().max(1.0);
        let within = if is_exact { String::new() } else { format!(" (another run: ± {tolerance} allowed)") };
        format!(
            "{name}: {MARK}title=\"{name}\" value=\"{value}\" data-tolerance=\"{tolerance}\">{shown}</data>{within}"
        )
    }

    /// The marked numbers of a page, in their order. O(bytes).
    ///
    /// ```
    /// use autogo::report::{KeyResult, Verify};
    /// let html = Verify::new().value("SRCC of the PSC", 0.9135, 0.02).html();
    /// let found = KeyResult::find(&html);
    /// assert_eq!(found, [KeyResult { name: "SRCC of the PSC".into(), value: 0.9135, tolerance: 0.02 }]);
    /// ```
    pub fn find(html: &str) -> Vec<KeyResult> {
        html.split(MARK).skip(1).filter_map(KeyResult::read).collect()
    }

    /// The number whose mark's attributes a text begins with.
    fn read(text: &str) -> Option<KeyResult> {
        let (attributes, _) = text.split_once('>')?;
        let attribute = |name: &str| {
            let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value)
        };
        Some(KeyResult {
            name: unescape(attribute("title")?),
            value: attribute("value")?.parse().ok()?,
            tolerance: attribute("data-tolerance")?.parse().ok()?,
        })
    }
}

/// A number with as many digits as its tolerance makes sense of.
fn rounded(value: f64, tolerance: f64) -> String {
    if tolerance <= 0.0 {
        return value.to_string();
    }
    let digits = (1.0 - tolerance.log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.digits$}")
}

/// The text that was escaped for HTML.
fn unescape(text: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_string(), |text, (escaped, mark)| text.replace(escaped, mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_again_whatever_their_names() {
        let results = [("a < \"b\" & 'c' > d", -0.5, 0.0), ("cycles, &lt; literally", 1_926_596.0, 1e-9)];
        let results = results.map(|(name, value, tolerance)| KeyResult { name: name.into(), value, tolerance });
        let page: String = results.iter().map(|result| format!("<li>{}</li>", result.html())).collect();
        assert_eq!(KeyResult::find(&page), results);
        assert!(KeyResult::find("<data class=\"key-result\" value=\"x\"").is_empty());
    }

    #[test]
    fn numbers_are_shown_as_exactly_as_they_are_meant() {
        assert_eq!(rounded(0.912_345, 0.02), "0.912");
        assert_eq!(rounded(68.77, 3.0), "68.8");
        assert_eq!(rounded(1_926_596.0, 0.0), "1926596");
    }
}
