//! One node of an ONNX file: its name, and its attributes, each checked for its kind.

use super::proto::{Attribute, NodeProto, kind};
use crate::formats::FormatError;
use crate::graph::Float;

/// The most characters of a name that are kept.
const MOST_NAME: usize = 256;

/// The beginning of a name that is kept: layers and messages copy names, which need not be long.
pub(super) fn kept(name: &str) -> &str {
    // Bytes are counted faster than characters, of which there are no more.
    if name.len() <= MOST_NAME {
        return name;
    }
    &name[..name.char_indices().nth(MOST_NAME).map_or(name.len(), |(end, _)| end)]
}

/// A node of the file under the file's operator set.
pub(crate) struct Call<'a> {
    pub(super) proto: &'a NodeProto,
    /// The node's name, or the name of its first result.
    pub(crate) name: &'a str,
    pub(crate) opset: i64,
}

impl<'a> Call<'a> {
    pub(super) fn new(proto: &'a NodeProto, opset: i64) -> Self {
        let made = proto.output.first().map_or("", String::as_str);
        let name = if proto.name.is_empty() { made } else { &proto.name };
        Call { proto, name: kept(name), opset }
    }

    /// The operation's name.
    pub(crate) fn op(&self) -> &'a str {
        &self.proto.op_type
    }

    pub(crate) fn refuse<T>(&self, reason: impl Into<String>) -> Result<T, FormatError> {
        Err(FormatError::unsupported(self.name, &self.proto.op_type, reason))
    }

    /// Number of operand slots; some may be empty.
    pub(crate) fn slots(&self) -> usize {
        self.proto.input.len()
    }

    /// The name of the operand in this slot.
    pub(crate) fn input(&self, slot: usize) -> Option<&'a str> {
        self.proto.input.get(slot).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// Refuses every attribute but these.
    pub(crate) fn only(&self, accepted: &[&str]) -> Result<(), FormatError> {
        match self.proto.attribute.iter().find(|attribute| !accepted.contains(&attribute.name.as_str())) {
            None => Ok(()),
            Some(other) if accepted.is_empty() => self.refuse(format!("attribute `{}`; accepted: none", other.name)),
            Some(other) => self.refuse(format!("attribute `{}`; accepted: {}", other.name, accepted.join(", "))),
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    /// The attribute, if it is there and of this kind. Files before IR 2 leave the kind out.
    fn of(&self, name: &str, wanted: i32, what: &str) -> Result<Option<&'a Attribute>, FormatError> {
        match self.attribute(name) {
            Some(attribute) if attribute.kind != wanted && attribute.kind != 0 => {
                self.refuse(format!("attribute `{name}` is not {what}"))
            }
            found => Ok(found),
        }
    }

    pub(crate) fn int(&self, name: &str, default: i64) -> Result<i64, FormatError> {
        Ok(self.of(name, kind::INT, "a whole number")?.map_or(default, |attribute| attribute.i))
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, FormatError> {
        match self.int(name, i64::from(default))? {
            0 => Ok(false),
            1 => Ok(true),
            other => self.refuse(format!("attribute `{name}` is {other}; accepted: 0, 1")),
        }
    }

    pub(crate) fn float(&self, name: &str, default: f32) -> Result<f64, FormatError> {
        Ok(f64::from(self.of(name, kind::FLOAT, "a number")?.map_or(default, |attribute| attribute.f)))
    }

    /// A parameter of an activation, which every value but NaN can be.
    pub(crate) fn parameter(&self, name: &str, default: f32) -> Result<Float, FormatError> {
        let value = self.float(name, default)?;
        if value.is_nan() {
            return self.refuse(format!("attribute `{name}` is no number"));
        }
        Ok(Float::new(value as f32))
    }

    pub(crate) fn text(&self, name: &str, default: &'a str) -> Result<&'a str, FormatError> {
        match self.of(name, kind::STRING, "text")? {
            None => Ok(default),
            Some(attribute) => match std::str::from_utf8(&attribute.s) {
                Ok(text) => Ok(text),
                Err(_) => self.refuse(format!("attribute `{name}` is not UTF-8")),
            },
        }
    }

    pub(crate) fn ints(&self, name: &str) -> Result<Option<&'a [i64]>, FormatError> {
        Ok(self.of(name, kind::INTS, "a list of whole numbers")?.map(|attribute| attribute.ints.as_slice()))
    }

    pub(crate) fn floats(&self, name: &str) -> Result<Option<&'a [f32]>, FormatError> {
        Ok(self.of(name, kind::FLOATS, "a list of numbers")?.map(|attribute| attribute.floats.as_slice()))
    }

    /// A size from 1 to the largest that this library takes.
    pub(crate) fn size(&self, what: &str, value: i64) -> Result<u32, FormatError> {
        match u32::try_from(value).ok().filter(|size| (1..=super::model::Shape::LIMIT).contains(size)) {
            Some(size) => Ok(size),
            None => self.refuse(format!("{what} is {value}; accepted: 1 to {}", super::model::Shape::LIMIT)),
        }
    }

    /// A number of pixels from 0 to the largest that this library takes.
    pub(crate) fn width(&self, what: &str, value: i64) -> Result<u32, FormatError> {
        match u32::try_from(value).ok().filter(|size| *size <= super::model::Shape::LIMIT) {
            Some(size) => Ok(size),
            None => self.refuse(format!("{what} is {value}; accepted: 0 to {}", super::model::Shape::LIMIT)),
        }
    }

    /// Two sizes, along height and width.
    pub(crate) fn pair(&self, name: &str, default: (u32, u32)) -> Result<(u32, u32), FormatError> {
        match self.ints(name)? {
            None | Some([]) => Ok(default),
            Some(&[h, w]) => Ok((self.size(name, h)?, self.size(name, w)?)),
            Some(other) => {
                self.refuse(format!("attribute `{name}` is {other:?}; accepted: two sizes, height and width"))
            }
        }
    }
}
