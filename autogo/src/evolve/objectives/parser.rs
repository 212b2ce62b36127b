//! Reads a formula, by recursive descent.

use super::columns::RunColumn;
use super::term::{Function, Term};
use crate::error::Error;

/// Longest text: a formula of many terms is a tree as deep as they are many.
const LONGEST: usize = 1000;
/// Deepest nesting: a formula from a file must not exhaust the stack.
const DEPTH: usize = 64;

/// A parser by recursive descent: a sum of products of powers of signed values.
pub(super) struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}
impl<'a> Parser<'a> {
    /// The term that a whole text spells.
    pub(super) fn read(text: &'a str) -> Result<Term, Error> {
        if text.len() > LONGEST {
            let reason = format!("is {} bytes long", text.len());
            return Err(Error::setting("formula", reason, &format!("up to {LONGEST}")));
        }
        let mut parser = Parser { text, rest: text.trim_start(), depth: 0 };
        let term = parser.sum()?;
        match parser.rest {
            "" => Ok(term),
            _ => Err(parser.wrong("nothing is expected here", "an operator (+ - * / ^) or the end")),
        }
    }

    fn wrong(&self, reason: &str, accepted: &str) -> Error {
        Error::spec(self.text, self.rest, reason.into(), accepted)
    }

    /// Takes one of these characters, and the blanks behind it.
    fn take(&mut self, characters: &[char]) -> Option<char> {
        let first = self.rest.chars().next().filter(|first| characters.contains(first))?;
        self.rest = self.rest[first.len_utf8()..].trim_start();
        Some(first)
    }

    fn sum(&mut self) -> Result<Term, Error> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.wrong("nested too deeply", &format!("{DEPTH} levels of parentheses")));
        }
        let mut term = self.product()?;
        while let Some(operator) = self.take(&['+', '-']) {
            term = Term::Pair(operator, Box::new(term), Box::new(self.product()?));
        }
        self.depth -= 1;
        Ok(term)
    }

    fn product(&mut self) -> Result<Term, Error> {
        let mut term = self.signed()?;
        while let Some(operator) = self.take(&['*', '/']) {
            term = Term::Pair(operator, Box::new(term), Box::new(self.signed()?));
        }
        Ok(term)
    }

    fn signed(&mut self) -> Result<Term, Error> {
        match self.take(&['-']) {
            Some(_) => Ok(Term::Negative(Box::new(self.power()?))),
            None => self.power(),
        }
    }

    fn power(&mut self) -> Result<Term, Error> {
        let base = self.value()?;
        match self.take(&['^']) {
            // The exponent may have a sign, and a power in it binds first.
            Some(operator) => Ok(Term::Pair(operator, Box::new(base), Box::new(self.signed()?))),
            None => Ok(base),
        }
    }

    fn value(&mut self) -> Result<Term, Error> {
        if self.take(&['(']).is_some() {
            let inner = self.sum()?;
            return match self.take(&[')']) {
                Some(_) => Ok(inner),
                None => Err(self.wrong("a parenthesis is open", "`)`")),
            };
        }
        let start = self.rest;
        if start.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
            return self.number();
        }
        let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = start.find(|c: char| !is_inside(c) && c != '@').unwrap_or(start.len());
        let name = &start[..end];
        if let Some(&(_, function)) = Function::ALL.iter().find(|(known, _)| *known == name) {
            self.rest = start[end..].trim_start();
            if !self.rest.starts_with('(') {
                return Err(self.wrong(&format!("`{name}` is a function"), "`(` and what it is of"));
            }
            return Ok(Term::Call(function, Box::new(self.value()?)));
        }
        let Ok(column) = name.parse::<RunColumn>() else {
            let functions = Function::ALL.map(|(name, _)| name).join(", ");
            let accepted = format!("{}, a number, or a function: {functions}", RunColumn::accepted());
            let reason = match name {
                "" => "a value is missing".into(),
                name => format!("no figure is called `{name}`"),
            };
            return Err(self.wrong(&reason, &accepted));
        };
        self.rest = start[end..].trim_start();
        Ok(Term::Column(column))
    }

    fn number(&mut self) -> Result<Term, Error> {
        let bytes = self.rest.as_bytes();
        let is_exponent_sign = |at: usize| matches!(bytes[at], b'+' | b'-') && matches!(bytes[at - 1], b'e' | b'E');
        let mut end = 1;
        while end < bytes.len() && (bytes[end].is_ascii_alphanumeric() || bytes[end] == b'.' || is_exponent_sign(end)) {
            end += 1;
        }
        match self.rest[..end].parse::<f64>() {
            Ok(number) if number.is_finite() => {
                self.rest = self.rest[end..].trim_start();
                Ok(Term::Number(number))
            }
            _ => Err(self.wrong(&format!("`{}` is no number", &self.rest[..end]), "a number such as 0.5 or 1e6")),
        }
    }
}
