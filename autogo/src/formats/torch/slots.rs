//! Numbers of channels inside of source text, which blocks of the same form may differ in.
//!
//! While a block is written, a number of channels stands between two control letters. Blocks whose text is the same but
//! for these numbers become one class, and the numbers in which they differ become its parameters.

const BEGIN: char = '\u{1}';
const END: char = '\u{2}';

/// The role of a number of channels in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// Channels that the layer reads.
    Input,
    /// Channels that the layer makes.
    Output,
}

/// Channels that a layer reads.
pub(super) fn input(channels: u32) -> String {
    slot(channels, Role::Input)
}

/// Channels that a layer makes.
pub(super) fn output(channels: u32) -> String {
    slot(channels, Role::Output)
}

/// A number of channels in source text.
pub(super) fn slot(channels: u32, role: Role) -> String {
    let letter = if role == Role::Input { 'i' } else { 'o' };
    format!("{BEGIN}{letter}{channels}{END}")
}

/// Source text without its numbers of channels: what stands between them, and them.
pub(super) fn split(text: &str) -> (Vec<&str>, Vec<(u32, Role)>) {
    let mut parts = text.split(BEGIN);
    let (mut texts, mut slots) = (vec![parts.next().unwrap_or_default()], Vec::new());
    for part in parts {
        let (slot, rest) = part.split_once(END).unwrap_or(("", part));
        let role = if slot.starts_with('i') { Role::Input } else { Role::Output };
        slots.push((slot.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(0), role));
        texts.push(rest);
    }
    (texts, slots)
}

/// Source text with other words in place of its numbers of channels.
pub(super) fn join(texts: &[&str], words: &[String]) -> String {
    let mut made = String::new();
    for (at, text) in texts.iter().enumerate() {
        made += text;
        made += words.get(at).map_or("", String::as_str);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_out_and_put_back() {
        let text = format!("nn.Conv2d({}, {}, 3)", input(16), output(32));
        let (texts, slots) = split(&text);
        assert_eq!(slots, [(16, Role::Input), (32, Role::Output)]);
        assert_eq!(join(&texts, &["a".into(), "b".into()]), "nn.Conv2d(a, b, 3)");
        assert_eq!(split("plain"), (vec!["plain"], vec![]));
    }
}
