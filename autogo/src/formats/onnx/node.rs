//! What one node of an ONNX file says: its attributes, checked and in this library's terms.

use super::proto::{self, NodeProto};
use crate::formats::FormatError;
use crate::graph::{Border, Op, Padding, Pool, Shape, Window};

pub(super) fn size(value: i64, place: &str) -> Result<u32, FormatError> {
    let size = u32::try_from(value).ok().filter(|size| (1..=Shape::LIMIT).contains(size));
    size.ok_or_else(|| FormatError::content(place, format!("a size of {value}; accepted: 1 to {}", Shape::LIMIT)))
}

/// A node of the file with its attributes.
pub(super) struct Node<'a> {
    pub(super) proto: &'a NodeProto,
    pub(super) name: &'a str,
}

impl<'a> Node<'a> {
    pub(super) fn new(proto: &'a NodeProto) -> Self {
        let made = proto.output.first().map_or("", String::as_str);
        Node { proto, name: if proto.name.is_empty() { made } else { &proto.name } }
    }

    pub(super) fn refuse<T>(&self, reason: impl Into<String>) -> Result<T, FormatError> {
        Err(FormatError::unsupported(self.name, &self.proto.op_type, reason))
    }

    pub(super) fn input(&self, slot: usize) -> Option<&'a str> {
        self.proto.input.get(slot).map(String::as_str).filter(|name| !name.is_empty())
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'a proto::Attribute> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i)
    }

    pub(super) fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.attribute(name).map(|attribute| attribute.ints.as_slice()).filter(|ints| !ints.is_empty())
    }

    pub(super) fn text(&self, name: &str, default: &'a str) -> &'a str {
        let found = self.attribute(name).and_then(|attribute| std::str::from_utf8(&attribute.s).ok());
        found.unwrap_or(default)
    }

    pub(super) fn pair(&self, name: &str, default: Option<(u32, u32)>) -> Result<(u32, u32), FormatError> {
        match (self.ints(name), default) {
            (Some(&[h, w]), _) => Ok((size(h, self.name)?, size(w, self.name)?)),
            (None, Some(default)) => Ok(default),
            (found, _) => self.refuse(format!("{name} {found:?} instead of two sizes")),
        }
    }

    /// The window over a picture of this shape. SAME and VALID are recognised by their border.
    pub(super) fn window(&self, kernel: (u32, u32), shape: Shape) -> Result<Window, FormatError> {
        let stride = self.pair("strides", Some((1, 1)))?;
        if self.pair("dilations", Some((1, 1)))? != (1, 1) {
            return self.refuse("dilated");
        }
        let same = Window { kernel, stride, padding: Padding::Same };
        match self.text("auto_pad", "NOTSET") {
            "SAME_UPPER" => return Ok(same),
            "VALID" => return Ok(Window { padding: Padding::Valid, ..same }),
            "NOTSET" | "" => {}
            other => return self.refuse(format!("auto_pad {other}")),
        }
        let border = self.border("pads")?;
        let padding = if border == same.border(shape.h, shape.w) && same_size(&same, shape, border) {
            Padding::Same
        } else if border == Border::default() {
            Padding::Valid
        } else {
            Padding::Explicit(border)
        };
        Ok(Window { padding, ..same })
    }

    pub(super) fn border(&self, name: &str) -> Result<Border, FormatError> {
        let wide = |value: i64| u32::try_from(value).ok().filter(|width| *width <= Shape::LIMIT);
        match self.ints(name) {
            None => Ok(Border::default()),
            Some(&[top, left, bottom, right]) => match (wide(top), wide(left), wide(bottom), wide(right)) {
                (Some(top), Some(left), Some(bottom), Some(right)) => Ok(Border { top, left, bottom, right }),
                _ => self.refuse(format!("{name} {:?}", [top, left, bottom, right])),
            },
            Some(other) => self.refuse(format!("{name} {other:?} instead of four sizes")),
        }
    }
}

/// Whether this border makes the same number of pixels as SAME does. A kernel smaller than its stride may leave pixels
/// over, and then SAME makes one more than the border lets in.
fn same_size(same: &Window, shape: Shape, border: Border) -> bool {
    let explicit = Window { padding: Padding::Explicit(border), ..*same };
    let slide = |window: Window| Op::Pool(Pool::Max, window).infer(&[shape]);
    slide(*same) == slide(explicit)
}
