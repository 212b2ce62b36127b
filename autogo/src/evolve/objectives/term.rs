//! A formula as a tree.

use super::columns::RunColumn;

/// A term of a formula.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    Number(f64),
    Column(RunColumn),
    Negative(Box<Term>),
    Pair(char, Box<Term>, Box<Term>),
    Call(Function, Box<Term>),
}

/// The functions that a [`Formula`](super::Formula) may call.
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
    pub(super) const ALL: [(&'static str, Function); 5] = [
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

impl Term {
    /// The value where `figure` gives the value of a column.
    pub(super) fn value(&self, figure: &dyn Fn(RunColumn) -> f64) -> f64 {
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

    /// Adds the columns that are not there yet, in order of appearance.
    pub(super) fn collect(&self, columns: &mut Vec<RunColumn>) {
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
