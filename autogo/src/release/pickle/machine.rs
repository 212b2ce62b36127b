//! The machine that a pickle is a program of: a stack, marks, a memo.

use super::{Class, PickleError, Value};
use std::collections::HashMap;
use std::str;

/// The most values a pickle may make, which also bounds opcodes, stack and memo.
const MOST_VALUES: usize = 20_000_000;
/// The longest string or byte string.
const LONGEST: usize = 64 << 20;

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

/// Runs a pickle to its end: all values that it made, and the number of the one it stands for.
pub(super) fn run(bytes: &[u8], classes: &[Class]) -> Result<(Vec<Value>, usize), PickleError> {
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
    Ok((machine.values, root))
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
