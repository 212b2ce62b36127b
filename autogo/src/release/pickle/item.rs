//! A value of a pickle, seen from outside.

use super::{Pickle, Value};

/// A value of a pickle, to look at.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pickle: &'a Pickle,
    at: usize,
}

impl<'a> Item<'a> {
    pub(super) fn new(pickle: &'a Pickle, at: usize) -> Item<'a> {
        Item { pickle, at }
    }

    fn value(self) -> &'a Value {
        &self.pickle.values[self.at]
    }

    fn of(self, at: usize) -> Item<'a> {
        Item { pickle: self.pickle, at }
    }

    /// Whether it is `None`.
    pub fn is_none(self) -> bool {
        *self.value() == Value::None
    }

    /// An integer, or a float that is one.
    pub fn int(self) -> Option<i64> {
        match *self.value() {
            Value::Int(number) => Some(number),
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(number as i64),
            _ => None,
        }
    }

    /// A number.
    pub fn float(self) -> Option<f64> {
        match *self.value() {
            Value::Int(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            _ => None,
        }
    }

    /// A truth value.
    pub fn bool(self) -> Option<bool> {
        match *self.value() {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Text.
    pub fn text(self) -> Option<&'a str> {
        match self.value() {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list or tuple.
    pub fn list(self) -> Option<Vec<Item<'a>>> {
        match self.value() {
            Value::List(items) | Value::Tuple(items) => Some(items.iter().map(|&at| self.of(at)).collect()),
            _ => None,
        }
    }

    /// Whether it is a tuple rather than a list.
    pub fn is_tuple(self) -> bool {
        matches!(self.value(), Value::Tuple(_))
    }

    /// The entries of a dictionary, or of an object that was filled like one (an `OrderedDict`).
    pub fn entries(self) -> Option<Vec<(Item<'a>, Item<'a>)>> {
        match self.value() {
            Value::Dict(items) | Value::Object { items, .. } => {
                Some(items.iter().map(|&(key, value)| (self.of(key), self.of(value))).collect())
            }
            _ => None,
        }
    }

    /// The value under a text key: of a dictionary, or of an object's state.
    pub fn field(self, name: &str) -> Option<Item<'a>> {
        let entries = match self.value() {
            Value::Dict(items) => items,
            Value::Object { state: Some(state), .. } => match &self.pickle.values[*state] {
                Value::Dict(items) => items,
                _ => return None,
            },
            _ => return None,
        };
        // The last one counts, as in Python.
        let found = entries.iter().rev().find(|(key, _)| self.of(*key).text() == Some(name))?;
        Some(self.of(found.1))
    }

    /// Place of an object's or global's class in the list given to [`Pickle::read`].
    pub fn class(self) -> Option<usize> {
        match *self.value() {
            Value::Object { class, .. } | Value::Global(class) => Some(class),
            _ => None,
        }
    }

    /// The arguments that an object, or a persistent reference, was made with.
    pub fn arguments(self) -> Option<Vec<Item<'a>>> {
        match *self.value() {
            Value::Object { arguments, .. } => self.of(arguments).list(),
            Value::Persistent(reference) => self.of(reference).list(),
            _ => None,
        }
    }
}
