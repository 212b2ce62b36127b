//! An inert reader for Python pickles.
//!
//! It runs the pickle machine without Python: nothing is imported, nothing is called. Classes and functions are only
//! recorded by name, and only those on the caller's list are let through. Values live in an arena and refer to each
//! other by number, so a memo that names the same list a billion times costs a number each.

mod item;
mod machine;

use crate::error::FormatError;
pub use item::Item;
use thiserror::Error;

/// The reason why a pickle was refused, and the byte.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("byte {offset}: {reason}")]
pub struct PickleError {
    /// Offset of the opcode, from 0.
    pub offset: usize,
    /// The reason.
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
        let (values, root) = machine::run(bytes, classes)?;
        Ok(Pickle { values, root })
    }

    /// The value the pickle stands for.
    pub fn root(&self) -> Item<'_> {
        Item::new(self, self.root)
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
