//! Objectives as arithmetic over the columns of an individual: `score - 2 * log10(cycles)`.

use super::columns::RunColumn;
use super::parser::Parser;
use super::term::Term;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An expression over [`RunColumn`]s: numbers, `+ - * / ^`, parentheses, and the functions of [`Function`](super::Function).
///
/// ```
/// use autogo::evolve::{Formula, RunColumn};
/// let trade: Formula = "score - 2 * log10(cycles / 1e3)".parse()?;
/// let value = trade.value(&|column| if column == RunColumn::Score { 94.0 } else { 1e5 });
/// assert_eq!(value, 90.0);
/// assert_eq!(trade.columns(), [RunColumn::Score, RunColumn::Cycles]);
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

impl Formula {
    /// The value where `figure` gives the value of a column; not a number where the arithmetic has none.
    pub fn value(&self, figure: &dyn Fn(RunColumn) -> f64) -> f64 {
        self.term.value(figure)
    }

    /// The columns that the formula reads, each once, in order of appearance.
    pub fn columns(&self) -> Vec<RunColumn> {
        let mut columns = Vec::new();
        self.term.collect(&mut columns);
        columns
    }

    /// Whether it takes a predictor to know it. What is cheap is known first, and decides what is worth a prediction.
    pub fn is_expensive(&self) -> bool {
        self.columns().into_iter().any(|column| column.is_expensive())
    }
}

impl From<RunColumn> for Formula {
    fn from(column: RunColumn) -> Self {
        Formula { text: column.to_string(), term: Term::Column(column) }
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
        let term = Parser::read(text)?;
        Ok(Formula { text: text.trim().into(), term })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> f64 {
        text.parse::<Formula>().unwrap().value(&|column| match column {
            RunColumn::Score => 90.0,
            RunColumn::Cycles => 100.0,
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
        assert!(formula.is_expensive() && !Formula::from(RunColumn::Params).is_expensive());
    }

    #[test]
    fn own_columns_are_written_with_a_sign() {
        let formula: Formula = "score - @depth ^ 2".parse().unwrap();
        let depth = RunColumn::own("depth").unwrap();
        assert_eq!(formula.columns(), [RunColumn::Score, depth]);
        assert_eq!(formula.value(&|column| if column == depth { 3.0 } else { 10.0 }), 1.0);
        assert_eq!(Formula::from(depth), "@depth".parse().unwrap());
        let error = "score - @".parse::<Formula>().unwrap_err().to_string();
        assert!(error.contains("character 9: no figure is called `@`"), "{error}");
        assert!("@Depth".parse::<Formula>().is_err() && "1@depth".parse::<Formula>().is_err());
    }
}
