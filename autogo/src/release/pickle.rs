//! An inert reader for Python pickles.
//!
//! It runs the pickle machine without Python: nothing is imported, nothing is called. Classes and functions are only
//! recorded by name, and only those on the caller's list are let through. Values live in an arena and refer to each
//! other by number, so a memo that names the same list a billion times costs a number each.

use crate::error::FormatError;
use std::collections::HashMap;
use std::str;
use thiserror::Error;

/// Why a pickle was refused, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("byte {offset}: {reason}")]
pub struct PickleError {
    /// Offset of the opcode, from 0.
    pub offset: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl From<PickleError> for FormatError {
    fn from(error: PickleError) -> Self {
        FormatError::content(format!("byte {}", error.offset), error.reason)
    }
}

/// A class or function that a pickle may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its module.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether the pickle may write a call of it. The call is recorded, never made.
    pub callable: bool,
}

/// The most values a pickle may make, which also bounds opcodes, stack and memo.
const MOST_VALUES: usize = 20_000_000;
/// The longest string or byte string.
const LONGEST: usize = 64 << 20;

/// A value of a pickle; numbers refer to other values of the same pickle.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<usize>),
    Tuple(Vec<usize>),
    Dict(Vec<(usize, usize)>),
    /// Place in the caller's list of classes.
    Global(usize),
    /// Class or function, arguments, and the state that was given to the result.
    Object {
        class: usize,
        arguments: usize,
        state: Option<usize>,
        items: Vec<(usize, usize)>,
    },
    /// Refers to something outside, such as a tensor's storage.
    Persistent(usize),
}

/// A pickle that was read.
#[derive(Clone, Debug)]
pub struct Pickle {
    values: Vec<Value>,
    root: usize,
}

/// A value of a pickle, to look at.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pickle: &'a Pickle,
    at: usize,
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    opcode_at: usize,
    classes: &'a [Class],
    values: Vec<Value>,
    stack: Vec<usize>,
    marks: Vec<usize>,
    memo: HashMap<u64, usize>,
}

impl Pickle {
    /// Reads a pickle of protocol 2 to 5. `classes` are the only classes and functions it may name.
    /// O(bytes); memory is a small multiple of them.
    ///
    /// # Errors
    /// An opcode or a class that is not allowed, or bytes that end too early; the error names the byte.
    ///
    /// ```
    /// use autogo::release::Pickle;
    /// // pickle.dumps([1, "a"], 2)
    /// let pickle = Pickle::read(b"\x80\x02]q\x00(K\x01X\x01\x00\x00\x00aq\x01e.", &[])?;
    /// assert_eq!(pickle.root().list().unwrap()[0].int(), Some(1));
    /// // A pickle that would run a command names a class that is not on the list.
    /// let error = Pickle::read(b"\x80\x02cos\nsystem\n.", &[]).unwrap_err();
    /// assert_eq!(error.to_string(), "byte 2: names os.system, which is not allowed here");
    /// # Ok::<(), autogo::release::PickleError>(())
    /// ```
    pub fn read(bytes: &[u8], classes: &[Class]) -> Result<Pickle, PickleError> {
        let mut machine = Machine {
            bytes,
            at: 0,
            opcode_at: 0,
            classes,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        let root = machine.run()?;
        Ok(Pickle { values: machine.values, root })
    }

    /// The value the pickle stands for.
    pub fn root(&self) -> Item<'_> {
        Item { pickle: self, at: self.root }
    }
}

impl Machine<'_> {
    fn error<T>(&self, reason: impl Into<String>) -> Result<T, PickleError> {
        Err(PickleError { offset: self.opcode_at, reason: reason.into() })
    }

    fn take(&mut self, count: usize) -> Result<&[u8], PickleError> {
        match self.at.checked_add(count).and_then(|end| self.bytes.get(self.at..end)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => self.error("the file ends inside an opcode"),
        }
    }

    fn number(&mut self, bytes: usize) -> Result<u64, PickleError> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn length(&mut self, bytes: usize) -> Result<usize, PickleError> {
        let length = self.number(bytes)?;
        match usize::try_from(length) {
            Ok(length) if length <= LONGEST => Ok(length),
            _ => self.error(format!("a string of {length} bytes; at most {LONGEST} are read")),
        }
    }

    fn text(&mut self, length: usize) -> Result<String, PickleError> {
        match str::from_utf8(self.take(length)?).map(String::from) {
            Ok(text) => Ok(text),
            Err(_) => self.error("a string that is not UTF-8"),
        }
    }

    fn line(&mut self) -> Result<String, PickleError> {
        let rest = &self.bytes[self.at..];
        match rest.iter().take(1024).position(|byte| *byte == b'\n') {
            Some(length) => {
                let text = self.text(length)?;
                self.at += 1;
                Ok(text)
            }
            None => self.error("a name without an end"),
        }
    }

    fn push(&mut self, value: Value) -> Result<(), PickleError> {
        if self.values.len() >= MOST_VALUES {
            return self.error(format!("more than {MOST_VALUES} values"));
        }
        self.stack.push(self.values.len());
        self.values.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<usize, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return self.error("takes a value from an empty stack");
        }
        match self.stack.pop() {
            Some(value) => Ok(value),
            None => self.error("takes a value from an empty stack"),
        }
    }

    fn top(&self) -> Result<usize, PickleError> {
        match self.stack.last() {
            Some(&value) => Ok(value),
            None => self.error("looks at an empty stack"),
        }
    }

    fn since_mark(&mut self) -> Result<Vec<usize>, PickleError> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark.min(self.stack.len()))),
            None => self.error("has no mark"),
        }
    }

    fn tuple(&mut self, count: usize) -> Result<(), PickleError> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Value::Tuple(items))
    }

    fn extend(&mut self, items: Vec<usize>) -> Result<(), PickleError> {
        let list = self.top()?;
        match &mut self.values[list] {
            Value::List(list) => {
                list.extend(items);
                Ok(())
            }
            _ => self.error("appends to what is no list"),
        }
    }

    fn set_items(&mut self, items: Vec<usize>) -> Result<(), PickleError> {
        if !items.len().is_multiple_of(2) {
            return self.error("sets a key without a value");
        }
        let pairs = items.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        let dict = self.top()?;
        match &mut self.values[dict] {
            Value::Dict(dict) | Value::Object { items: dict, .. } => {
                dict.extend(pairs);
                Ok(())
            }
            _ => self.error("sets items of what is no dictionary"),
        }
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), PickleError> {
        let found = self.classes.iter().position(|class| class.module == module && class.name == name);
        match found {
            Some(class) => self.push(Value::Global(class)),
            None => self.error(format!("names {module}.{name}, which is not allowed here")),
        }
    }

    fn object(&mut self, is_call: bool) -> Result<(), PickleError> {
        let (arguments, class) = (self.pop()?, self.pop()?);
        if !matches!(self.values[arguments], Value::Tuple(_)) {
            return self.error("gives arguments that are no tuple");
        }
        match self.values[class] {
            Value::Global(class) if !is_call || self.classes[class].callable => {
                self.push(Value::Object { class, arguments, state: None, items: Vec::new() })
            }
            Value::Global(class) => {
                let Class { module, name, .. } = self.classes[class];
                self.error(format!("calls {module}.{name}, which is not allowed here"))
            }
            _ => self.error("makes an object of what is no class"),
        }
    }

    fn put(&mut self, key: u64) -> Result<(), PickleError> {
        let value = self.top()?;
        self.memo.insert(key, value);
        Ok(())
    }

    fn get(&mut self, key: u64) -> Result<(), PickleError> {
        match self.memo.get(&key) {
            // The stack is bounded as the values are: a loop of gets must not grow it without end.
            Some(_) if self.stack.len() >= MOST_VALUES => self.error(format!("more than {MOST_VALUES} values")),
            Some(&value) => {
                self.stack.push(value);
                Ok(())
            }
            None => self.error(format!("memo {key} is not there")),
        }
    }

    /// Runs the program to its end and returns the value that is left.
    fn run(&mut self) -> Result<usize, PickleError> {
        loop {
            self.opcode_at = self.at;
            let opcode = self.take(1)?[0];
            match opcode {
                0x80 => match self.number(1)? {
                    2..=5 => {}
                    protocol => return self.error(format!("protocol {protocol}; 2 to 5 are read")),
                },
                // A frame: its length.
                0x95 => {
                    self.number(8)?;
                }
                b'.' => {
                    let root = self.pop()?;
                    return if self.stack.is_empty() && self.marks.is_empty() {
                        Ok(root)
                    } else {
                        self.error("stops with values left over")
                    };
                }
                b'(' => self.marks.push(self.stack.len()),
                b'0' => {
                    self.pop()?;
                }
                b'N' | 0x88 | 0x89 | b'K' | b'M' | b'J' | 0x8a | b'G' | b'X' | 0x8c | 0x8d | b'C' | b'B' | 0x8e => {
                    let value = self.literal(opcode)?;
                    self.push(value)?;
                }
                b']' | b'a' | b'e' | b'l' | b')' | 0x85..=0x87 | b't' | b'}' | b's' | b'u' | b'd' => {
                    self.collection(opcode)?;
                }
                b'q' | b'r' | 0x94 | b'h' | b'j' => self.remembered(opcode)?,
                b'c' | 0x93 | 0x81 | b'R' | b'b' | b'Q' => self.instance(opcode)?,
                other => return self.unread(other),
            }
        }
    }

    fn unread<T>(&self, opcode: u8) -> Result<T, PickleError> {
        self.error(format!("opcode 0x{opcode:02x} is not read"))
    }

    /// A value that the program writes out.
    fn literal(&mut self, opcode: u8) -> Result<Value, PickleError> {
        Ok(match opcode {
            b'N' => Value::None,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'K' => Value::Int(self.number(1)? as i64),
            b'M' => Value::Int(self.number(2)? as i64),
            b'J' => Value::Int(i64::from(self.number(4)? as u32 as i32)),
            0x8a => {
                let length = self.number(1)? as usize;
                if length > 8 {
                    return self.error(format!("an integer of {length} bytes; at most 8 are read"));
                }
                let number = self.number(length)?;
                let shift = 64 - 8 * length as u32;
                Value::Int(if length == 0 { 0 } else { (number << shift) as i64 >> shift })
            }
            b'G' => {
                let bits = self.take(8)?.iter().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte));
                Value::Float(f64::from_bits(bits))
            }
            b'X' | 0x8c | 0x8d => {
                let length = self.length(match opcode {
                    b'X' => 4,
                    0x8c => 1,
                    _ => 8,
                })?;
                Value::Text(self.text(length)?)
            }
            b'C' | b'B' | 0x8e => {
                let length = self.length(match opcode {
                    b'C' => 1,
                    b'B' => 4,
                    _ => 8,
                })?;
                Value::Bytes(self.take(length)?.to_vec())
            }
            other => return self.unread(other),
        })
    }

    /// Makes or fills a list, a tuple or a dictionary.
    fn collection(&mut self, opcode: u8) -> Result<(), PickleError> {
        match opcode {
            b']' => self.push(Value::List(Vec::new())),
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])
            }
            b'e' => {
                let items = self.since_mark()?;
                self.extend(items)
            }
            b'l' => {
                let items = self.since_mark()?;
                self.push(Value::List(items))
            }
            b')' => self.push(Value::Tuple(Vec::new())),
            0x85..=0x87 => self.tuple(usize::from(opcode - 0x84)),
            b't' => {
                let items = self.since_mark()?;
                self.push(Value::Tuple(items))
            }
            b'}' => self.push(Value::Dict(Vec::new())),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set_items(vec![key, value])
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set_items(items)
            }
            b'd' => {
                let items = self.since_mark()?;
                self.push(Value::Dict(Vec::new()))?;
                self.set_items(items)
            }
            other => self.unread(other),
        }
    }

    /// Puts the top value into the memo, or a value of the memo onto the stack.
    fn remembered(&mut self, opcode: u8) -> Result<(), PickleError> {
        let key = match opcode {
            b'q' | b'h' => self.number(1)?,
            b'r' | b'j' => self.number(4)?,
            _ => self.memo.len() as u64,
        };
        match opcode {
            b'q' | b'r' | 0x94 => self.put(key),
            b'h' | b'j' => self.get(key),
            other => self.unread(other),
        }
    }

    /// Names a class, makes an object of one, or gives an object its state.
    fn instance(&mut self, opcode: u8) -> Result<(), PickleError> {
        match opcode {
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(&module, &name)
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (&self.values[module], &self.values[name]) {
                    (Value::Text(module), Value::Text(name)) => {
                        let (module, name) = (module.clone(), name.clone());
                        self.global(&module, &name)
                    }
                    _ => self.error("names a class by what is no text"),
                }
            }
            0x81 => self.object(false),
            b'R' => self.object(true),
            b'b' => {
                let (given, object) = (self.pop()?, self.top()?);
                match &mut self.values[object] {
                    Value::Object { state, .. } if state.is_none() => *state = Some(given),
                    _ => return self.error("gives state to what is no fresh object"),
                }
                Ok(())
            }
            b'Q' => {
                let reference = self.pop()?;
                self.push(Value::Persistent(reference))
            }
            other => self.unread(other),
        }
    }
}

impl<'a> Item<'a> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        Pickle::read(bytes, &[Class { module: "m", name: "C", callable: false }]).unwrap_err().to_string()
    }

    #[test]
    fn nothing_can_be_called() {
        assert_eq!(refused(b"\x80\x02cbuiltins\neval\n."), "byte 2: names builtins.eval, which is not allowed here");
        assert_eq!(refused(b"\x80\x02cm\nC\n)R."), "byte 8: calls m.C, which is not allowed here");
        let stacked = b"\x80\x04\x8c\x02os\x8c\x06system\x93.";
        assert_eq!(refused(stacked), "byte 14: names os.system, which is not allowed here");
        assert!(refused(b"\x80\x02i").contains("opcode 0x69 is not read"));
    }

    #[test]
    fn malformed_bytes_are_errors_with_their_offset() {
        assert_eq!(refused(b""), "byte 0: the file ends inside an opcode");
        assert_eq!(
            refused(b"\x80\x02X\xff\xff\xff\x7f"),
            "byte 2: a string of 2147483647 bytes; at most 67108864 are read"
        );
        assert_eq!(refused(b"\x80\x02h\x05."), "byte 2: memo 5 is not there");
        assert_eq!(refused(b"\x80\x02(0."), "byte 3: takes a value from an empty stack");
        assert_eq!(refused(b"\x80\x09."), "byte 0: protocol 9; 2 to 5 are read");
        assert_eq!(refused(b"\x80\x02NN."), "byte 4: stops with values left over");
    }

    #[test]
    fn a_memo_bomb_costs_a_number_for_each_reference() {
        // Lists that each hold the one before twice: 2^60 leaves if they were copied.
        let mut bytes = b"\x80\x02]q\x00".to_vec();
        for level in 0..60u8 {
            bytes.extend([b']', b'q', level + 1, b'(', b'h', level, b'h', level, b'e']);
        }
        bytes.extend(b"0".repeat(60));
        bytes.push(b'.');
        let pickle = Pickle::read(&bytes, &[]).unwrap();
        assert_eq!(pickle.values.len(), 61);
    }

    #[test]
    fn a_list_that_holds_itself_is_read_and_can_be_looked_at() {
        let pickle = Pickle::read(b"\x80\x02]q\x00h\x00a.", &[]).unwrap();
        let inner = pickle.root().list().unwrap()[0];
        assert_eq!(inner.list().unwrap().len(), 1);
    }
}
