//! The longer texts behind the code, a module each.
//!
//! | module | question |
//! |---|---|
//! | [`design`] | Why is this library built as it is? |
//! | [`contributing`] | Which one or two files does it take to add something, and which test proves it? |
//! | [`release`] | What does the published AutoGO code do, paragraph by paragraph? |
//! | [`npu`] | How is a network timed on a neural processing unit? |
//!
//! Paragraphs of [`release`] and [`npu`] have numbers, and comments cite them: [release §4.2](release#s4-2) is the
//! paragraph on sources, [npu §A.2](npu#sa-2) is the paragraph on folds. A paragraph's anchor is `s` and its number in
//! lower case, with `-` for every dot: `s4-2`, `sa-2`. A test in this file checks that every cited paragraph exists.

pub mod design {
    #![doc = include_str!("../doc/design.md")]

    // The text names what stands at the root of the crate.
    #[cfg(doc)]
    #[allow(unused_imports)]
    use crate::*;
}

pub mod contributing {
    #![doc = include_str!("../doc/contributing.md")]

    // The text names what stands at the root of the crate.
    #[cfg(doc)]
    #[allow(unused_imports)]
    use crate::*;
}

pub mod release {
    #![doc = include_str!("../doc/release.md")]
}

pub mod npu {
    #![doc = include_str!("../doc/npu.md")]
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    const TEXTS: [(&str, &str); 2] =
        [("release", include_str!("../doc/release.md")), ("npu", include_str!("../doc/npu.md"))];

    fn anchor(number: &str) -> String {
        format!("s{}", number.to_lowercase().replace('.', "-"))
    }

    fn has_anchor(text: &str, anchor: &str) -> bool {
        text.contains(&format!("<a id=\"{anchor}\"></a>"))
    }

    /// The longest beginning of `text` that could be a paragraph's number or an anchor, without a full stop behind it.
    fn word(text: &str) -> &str {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-')).unwrap_or(text.len());
        text[..end].trim_end_matches(['.', '-'])
    }

    /// The citations in `source` of the text `name` that the text does not hold, or that link to another anchor.
    fn mistakes(source: &str, name: &str, text: &str) -> Vec<String> {
        let mut mistakes = Vec::new();
        let (citation, target) = (format!("{name} §"), format!("doc::{name}#"));
        for (at, _) in source.match_indices(&citation) {
            let rest = &source[at + citation.len()..];
            let number = word(rest);
            let wanted = anchor(number);
            if !number.is_empty() && !has_anchor(text, &wanted) {
                mistakes.push(format!("{citation}{number} is no paragraph"));
            }
            // `[name §1.2](path#anchor)` and `[name §1.2]: path#anchor`.
            let link = rest[number.len()..].strip_prefix(']').and_then(|link| link.strip_prefix(['(', ':']));
            let line = link.and_then(|link| link.lines().next()).and_then(|line| line.split_once('#'));
            if let Some((_, fragment)) = line
                && word(fragment) != wanted
            {
                mistakes.push(format!("{citation}{number} links to #{}", word(fragment)));
            }
        }
        for (at, _) in source.match_indices(&target) {
            let fragment = word(&source[at + target.len()..]);
            if !fragment.is_empty() && !has_anchor(text, fragment) {
                mistakes.push(format!("{target}{fragment} is no anchor"));
            }
        }
        mistakes
    }

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_cited_paragraph_exists() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut wrong = Vec::new();
        for file in files {
            let source = std::fs::read_to_string(&file).unwrap();
            for (name, text) in TEXTS {
                let mistakes = mistakes(&source, name, text);
                wrong.extend(mistakes.into_iter().map(|mistake| format!("{}: {mistake}", file.display())));
            }
        }
        let chapters = [
            ("design.md", include_str!("../doc/design.md")),
            ("contributing.md", include_str!("../doc/contributing.md")),
        ];
        for (file, chapter) in chapters {
            for (name, text) in TEXTS {
                let mistakes = mistakes(chapter, name, text);
                wrong.extend(mistakes.into_iter().map(|mistake| format!("doc/{file}: {mistake}")));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn references_inside_a_text_have_their_anchor() {
        for (name, text) in TEXTS {
            for (at, _) in text.match_indices("](#") {
                let fragment = word(&text[at + 3..]);
                assert!(has_anchor(text, fragment), "{name}: #{fragment}");
            }
            for (at, _) in text.match_indices("<a id=\"") {
                let fragment = word(&text[at + 7..]);
                assert_eq!(text.matches(&format!("id=\"{fragment}\"")).count(), 1, "{name}: #{fragment}");
            }
        }
    }

    #[test]
    fn a_wrong_citation_is_found() {
        let text = "<a id=\"s4-2\"></a>";
        let section = '§';
        assert!(mistakes(&format!("(release {section}4.2)."), "release", text).is_empty());
        assert!(mistakes(&format!("[release {section}4.2](crate::doc::release#s4-2)"), "release", text).is_empty());
        assert_eq!(mistakes(&format!("release {section}4.3."), "release", text).len(), 1);
        assert_eq!(mistakes(&format!("[release {section}4.2]: doc::release#s4-3"), "release", text).len(), 2);
    }
}
