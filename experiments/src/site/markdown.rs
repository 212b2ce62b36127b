//! A Markdown text as HTML, with its links led to where the site has them.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use std::collections::BTreeMap;

/// A text as HTML, and its title: the text of the first heading. `lead` gives every link that names a file the
/// place of the file on the site. O(bytes).
pub fn render<E>(text: &str, mut lead: impl FnMut(&str) -> Result<String, E>) -> Result<(String, String), E> {
    let mut events: Vec<Event<'_>> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let title = name_headings(&mut events);
    for event in &mut events {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event
            && is_file(dest_url)
        {
            *dest_url = CowStr::from(lead(dest_url)?);
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    // A table that is wider than the page scrolls by itself.
    let body = body.replace("<table>", "<div class=\"wide\"><table>").replace("</table>", "</table></div>");
    Ok((body, title))
}

/// Whether a link names a file of the repository: not a place on the page, not an address.
fn is_file(link: &str) -> bool {
    !link.starts_with('#') && !link.contains("://") && !link.starts_with("mailto:")
}

/// Gives every heading an id as code hosts do: its words in lower case, joined by hyphens; a repeated one gets a number.
/// Returns the text of the first.
fn name_headings(events: &mut [Event<'_>]) -> String {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut title = String::new();
    let mut open: Option<(usize, String)> = None;
    for at in 0..events.len() {
        match &events[at] {
            Event::Start(Tag::Heading { .. }) => open = Some((at, String::new())),
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, heading)) = &mut open {
                    heading.push_str(text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let Some((start, heading)) = open.take() else { continue };
                let name = anchor(&heading);
                let count = seen.entry(name.clone()).or_insert(0);
                let name = if *count == 0 { name } else { format!("{name}-{count}") };
                *count += 1;
                if let Event::Start(Tag::Heading { id, .. }) = &mut events[start] {
                    *id = Some(CowStr::from(name));
                }
                if title.is_empty() {
                    title = heading;
                }
            }
            _ => {}
        }
    }
    title
}

/// The id of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|character| character.is_alphanumeric() || matches!(character, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_names_and_files_are_led_to_their_places() {
        let text =
            "# The *first* `one`\n\n## Same\n\n[a](b.md#c) [d](#same) [e](https://f.g)\n\n## Same\n\n|x|\n|-|\n|y|\n";
        let (body, title) = render(text, |link| Ok::<_, ()>(format!("led/{link}"))).unwrap();
        assert_eq!(title, "The first one");
        assert!(body.contains("<h1 id=\"the-first-one\">") && body.contains("<h2 id=\"same-1\">"), "{body}");
        assert!(
            body.contains("href=\"led/b.md#c\"") && body.contains("href=\"#same\"") && body.contains("https://f.g")
        );
        assert!(body.contains("<div class=\"wide\"><table>"), "{body}");
        assert_eq!(render(text, |_| Err::<String, _>("no")), Err("no"));
    }
}
