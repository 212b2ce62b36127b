//! What was executed, for front ends that offer it again.

use jupyter_protocol::{HistoryEntry, HistoryReply, HistoryRequest};

/// Cells in the order in which they ran, each with its number.
#[derive(Default)]
pub struct History(Vec<(usize, String)>);

impl History {
    /// Notes a cell.
    pub fn push(&mut self, count: usize, code: &str) {
        self.0.push((count, code.into()));
    }

    /// Answers a request. There is one session, number 0; outputs are not kept.
    pub fn answer(&self, request: &HistoryRequest) -> HistoryReply {
        let last = |n: i32| self.0.len().saturating_sub(usize::try_from(n).unwrap_or(0));
        let (cells, with_output): (Vec<&(usize, String)>, bool) = match request {
            HistoryRequest::Tail { n, output, .. } => (self.0[last(*n)..].iter().collect(), *output),
            HistoryRequest::Range { start, stop, output, .. } => {
                let is_inside = |count: usize| {
                    let count = i32::try_from(count).unwrap_or(i32::MAX);
                    count >= *start && (*stop <= 0 || count < *stop)
                };
                (self.0.iter().filter(|(count, _)| is_inside(*count)).collect(), *output)
            }
            HistoryRequest::Search { pattern, unique, output, n, .. } => {
                let mut found: Vec<_> = self.0.iter().filter(|(_, code)| matches(pattern, code)).collect();
                if *unique {
                    let mut seen = std::collections::HashSet::new();
                    found.reverse();
                    found.retain(|(_, code)| seen.insert(code.as_str()));
                    found.reverse();
                }
                let from = if *n > 0 { found.len().saturating_sub(usize::try_from(*n).unwrap_or(0)) } else { 0 };
                (found.split_off(from), *output)
            }
        };
        let entry = |(count, code): &(usize, String)| match with_output {
            true => HistoryEntry::InputOutput(0, *count, (code.clone(), String::new())),
            false => HistoryEntry::Input(0, *count, code.clone()),
        };
        HistoryReply::new(cells.into_iter().map(entry).collect())
    }
}

/// Whether `text` is what a pattern describes in which `*` stands for any text and `?` for one character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // What a star may still swallow: where it stands, and how far it has eaten.
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match star.as_mut() {
                Some((place, eaten)) => {
                    *eaten += 1;
                    (at, read) = (*place + 1, *eaten);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&left| left == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(reply: HistoryReply) -> Vec<String> {
        let input = |entry| match entry {
            HistoryEntry::Input(_, _, code) | HistoryEntry::InputOutput(_, _, (code, _)) => code,
        };
        reply.history.into_iter().map(input).collect()
    }

    #[test]
    fn cells_are_found_by_place_and_by_text() {
        let mut history = History::default();
        for (count, code) in ["let x = 1;", "x", "let y = 2;", "x"].into_iter().enumerate() {
            history.push(count + 1, code);
        }
        let tail = HistoryRequest::Tail { n: 2, output: false, raw: true };
        assert_eq!(inputs(history.answer(&tail)), ["let y = 2;", "x"]);
        let range = HistoryRequest::Range { session: None, start: 1, stop: 3, output: true, raw: true };
        assert_eq!(inputs(history.answer(&range)), ["let x = 1;", "x"]);
        let search = |pattern: &str, unique| {
            let request = HistoryRequest::Search { pattern: pattern.into(), unique, output: false, raw: true, n: 10 };
            inputs(history.answer(&request))
        };
        assert_eq!(search("let*", false), ["let x = 1;", "let y = 2;"]);
        assert_eq!((search("x", true).len(), search("x", false).len(), search("*?= 2;", false).len()), (1, 2, 1));
        assert_eq!(search("*", false).len(), 4);
        assert_eq!(search("let", false).len(), 0);
    }
}
