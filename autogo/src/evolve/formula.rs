//! Objectives as arithmetic over the figures of an individual: `score - 2 * log10(cycles)`.

use super::Column;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An expression over [`Column`]s: numbers, `+ - * / ^`, parentheses, and the functions of [`Function`].
///
/// ```
/// use autogo::evolve::{Column, Formula};
/// let trade: Formula = "score - 2 * log10(cycles / 1e3)".parse()?;
/// let value = trade.value(&|column| if column == Column::Score { 94.0 } else { 1e5 });
/// assert_eq!(value, 90.0);
/// assert_eq!(trade.columns(), [Column::Score, Column::Cycles]);
/// let error = "score * speed".parse::<Formula>().unwrap_err().to_string();
/// assert!(error.starts_with("`score * speed`, character 9: no figure is called `speed`; accepted: score, cycles"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Formula {
    text: String,
    term: Term,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Number(f64),
    Column(Column),
    Negative(Box<Term>),
    Pair(char, Box<Term>, Box<Term>),
    Call(Function, Box<Term>),
}

/// The functions a [`Formula`] may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Natural logarithm.
    Ln,
    /// Logarithm to base 10.
    Log10,
    /// e to the power of.
    Exp,
    /// Square root.
    Sqrt,
    /// Absolute value.
    Abs,
}

impl Function {
    const ALL: [(&'static str, Function); 5] = [
        ("ln", Function::Ln),
        ("log10", Function::Log10),
        ("exp", Function::Exp),
        ("sqrt", Function::Sqrt),
        ("abs", Function::Abs),
    ];

    fn of(self, x: f64) -> f64 {
        match self {
            Function::Ln => x.ln(),
            Function::Log10 => x.log10(),
            Function::Exp => x.exp(),
            Function::Sqrt => x.sqrt(),
            Function::Abs => x.abs(),
        }
    }
}

impl Formula {
    /// The value where `figure` gives the value of a column; not a number where the arithmetic has none.
    pub fn value(&self, figure: &dyn Fn(Column) -> f64) -> f64 {
        self.term.value(figure)
    }

    /// The columns it reads, each once, in order of appearance.
    pub fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        self.term.collect(&mut columns);
        columns
    }

    /// Whether it takes a predictor to know it. What is cheap is known first, and decides what is worth a prediction.
    pub fn is_expensive(&self) -> bool {
        self.columns().into_iter().any(Column::is_expensive)
    }
}

impl From<Column> for Formula {
    fn from(column: Column) -> Self {
        Formula { text: column.name().into(), term: Term::Column(column) }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Formula> for String {
    fn from(formula: Formula) -> String {
        formula.text
    }
}

impl TryFrom<String> for Formula {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl FromStr for Formula {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            let reason = format!("is {} bytes long", text.len());
            return Err(Error::setting("formula", reason, &format!("up to {LONGEST}")));
        }
        let mut parser = Parser { text, rest: text.trim_start(), depth: 0 };
        let term = parser.sum()?;
        if !parser.rest.is_empty() {
            return Err(parser.wrong("nothing is expected here", "an operator (+ - * / ^) or the end"));
        }
        Ok(Formula { text: text.trim().into(), term })
    }
}

impl Term {
    fn value(&self, figure: &dyn Fn(Column) -> f64) -> f64 {
        match self {
            Term::Number(number) => *number,
            Term::Column(column) => figure(*column),
            Term::Negative(term) => -term.value(figure),
            Term::Call(function, term) => function.of(term.value(figure)),
            Term::Pair(operator, a, b) => {
                let (a, b) = (a.value(figure), b.value(figure));
                match operator {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    '/' => a / b,
                    _ => a.powf(b),
                }
            }
        }
    }

    fn collect(&self, columns: &mut Vec<Column>) {
        match self {
            Term::Number(_) => {}
            Term::Column(column) if columns.contains(column) => {}
            Term::Column(column) => columns.push(*column),
            Term::Negative(term) | Term::Call(_, term) => term.collect(columns),
            Term::Pair(_, a, b) => {
                a.collect(columns);
                b.collect(columns);
            }
        }
    }
}

/// Longest text: a formula of many terms is a tree as deep as they are many.
const LONGEST: usize = 1000;
/// Deepest nesting: a formula from a file must not exhaust the stack.
const DEPTH: usize = 64;

/// A parser by recursive descent: a sum of products of powers of signed values.
struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
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
        let end = start.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(start.len());
        let name = &start[..end];
        let function = Function::ALL.iter().find(|(known, _)| *known == name);
        match (Column::named(name), function) {
            (Some(column), _) => {
                self.rest = start[end..].trim_start();
                Ok(Term::Column(column))
            }
            (None, Some(&(_, function))) => {
                self.rest = start[end..].trim_start();
                if !self.rest.starts_with('(') {
                    return Err(self.wrong(&format!("`{name}` is a function"), "`(` and what it is of"));
                }
                Ok(Term::Call(function, Box::new(self.value()?)))
            }
            (None, None) => {
                let known: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
                let functions: Vec<&str> = Function::ALL.iter().map(|(name, _)| *name).collect();
                let accepted = format!("{}, a number, or a function: {}", known.join(", "), functions.join(", "));
                let reason = match name {
                    "" => "a value is missing".into(),
                    name => format!("no figure is called `{name}`"),
                };
                Err(self.wrong(&reason, &accepted))
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> f64 {
        text.parse::<Formula>().unwrap().value(&|column| match column {
            Column::Score => 90.0,
            Column::Cycles => 100.0,
            _ => 0.5,
        })
    }

    #[test]
    fn operators_bind_as_in_school() {
        assert_eq!(value("1 + 2 * 3 - 4 / 2"), 5.0);
        assert_eq!(value("(1+2)*3"), 9.0);
        assert_eq!(value("-2 ^ 2"), -4.0);
        assert_eq!(value("2 ^ -1 + 2 ^ 3 ^ 2"), 512.5);
        assert_eq!(value("10 - 3 - 2"), 5.0);
        assert_eq!(value("2*-score"), -180.0);
        assert_eq!(value("score - log10(cycles) * sqrt(4)"), 86.0);
        assert_eq!(value("abs(1e-1 - 0.2)"), 0.1);
        assert!(value("ln(-1)").is_nan());
    }

    #[test]
    fn errors_say_where_and_what_is_accepted() {
        let error = |text: &str| text.parse::<Formula>().unwrap_err().to_string();
        assert!(error("").starts_with("``, character 1: a value is missing; accepted: score, cycles"));
        assert!(error("score +").contains("character 8: a value is missing"));
        assert_eq!(error("(score"), "`(score`, character 7: a parenthesis is open; accepted: `)`");
        assert!(error("score cycles").contains("character 7: nothing is expected here"));
        assert!(error("log10 cycles").contains("`log10` is a function"));
        assert!(error("1.2.3").contains("`1.2.3` is no number"));
        assert!(error(&"score+".repeat(200)).starts_with("formula: is 1200 bytes long; accepted: up to 1000"));
        assert!(error(&format!("{}1{}", "(".repeat(400), ")".repeat(400))).contains("nested too deeply"));
    }

    #[test]
    fn it_is_saved_as_its_text() {
        let formula: Formula = " score / cycles ".parse().unwrap();
        let text = serde_json::to_string(&formula).unwrap();
        assert_eq!(text, "\"score / cycles\"");
        assert_eq!(serde_json::from_str::<Formula>(&text).unwrap().to_string(), formula.to_string());
        assert!(formula.is_expensive() && !Formula::from(Column::Params).is_expensive());
    }
}
