//! Whether a cell is complete, and positions in it.

use jupyter_protocol::IsCompleteReply;
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

/// Says whether `code` can run as it is. A cell is incomplete while a bracket, a text or a comment is open.
pub fn is_complete(code: &str) -> IsCompleteReply {
    let code: String =
        code.lines().map(|line| if is_command(line) { "\n".into() } else { format!("{line}\n") }).collect();
    let parsed = SourceFile::parse(&code, Edition::CURRENT);
    let mut open: i64 = 0;
    for token in parsed.syntax_node().descendants_with_tokens().filter_map(|element| element.into_token()) {
        match token.kind() {
            SyntaxKind::L_PAREN | SyntaxKind::L_BRACK | SyntaxKind::L_CURLY => open += 1,
            SyntaxKind::R_PAREN | SyntaxKind::R_BRACK | SyntaxKind::R_CURLY => open -= 1,
            _ => {}
        }
        if open < 0 {
            return IsCompleteReply::invalid();
        }
    }
    // What the lexer says of texts and comments without an end; raw texts have a message of their own.
    let is_unterminated = |error: &ra_ap_syntax::SyntaxError| {
        let said = error.to_string();
        said.contains("Missing trailing") || said.contains("Invalid raw string literal")
    };
    if open > 0 || parsed.errors().iter().any(is_unterminated) {
        return IsCompleteReply::incomplete("    ".repeat(usize::try_from(open).unwrap_or(0)));
    }
    IsCompleteReply::complete()
}

/// evcxr's own commands and shell commands are no Rust.
fn is_command(line: &str) -> bool {
    line.starts_with(':') || line.starts_with('!')
}

/// The offset in bytes of character `at`; front ends count characters.
pub fn byte_offset(text: &str, at: usize) -> usize {
    text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset)
}

/// The number of characters in front of byte `at`.
pub fn char_offset(text: &str, at: usize) -> usize {
    text.char_indices().take_while(|(offset, _)| *offset < at).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jupyter_protocol::IsCompleteReplyStatus::{Complete, Incomplete, Invalid};

    #[test]
    fn brackets_count_where_they_are_code() {
        for (code, status) in [
            ("let x = 1;", Complete),
            ("x", Complete),
            ("", Complete),
            (":vars", Complete),
            ("fn f() {", Incomplete),
            ("let v = vec![1,", Incomplete),
            ("let s = \"(\";", Complete),
            ("let c = '{'; // [", Complete),
            ("let s = \"open", Incomplete),
            ("/* open", Incomplete),
            ("let r = r#\"open \"", Incomplete),
            ("fn f<'a>(x: &'a str) -> &'a str { x }", Complete),
            ("let x = 1;\n}", Invalid),
        ] {
            assert_eq!(is_complete(code).status, status, "{code}");
        }
        assert_eq!(is_complete("fn f() {\n    if x {").indent, " ".repeat(8));
    }

    #[test]
    fn characters_and_bytes() {
        assert_eq!(
            (byte_offset("äb", 1), byte_offset("äb", 9), char_offset("äb", 2), char_offset("äb", 3)),
            (2, 3, 1, 2)
        );
    }
}
