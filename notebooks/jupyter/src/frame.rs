//! What the process that runs cells tells the kernel: one frame, a length and JSON, for each thing that a front end may see.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::io::{self, Read, Write};

/// One output in several forms: content by MIME type.
pub type Bundle = Map<String, Value>;

/// The longest frame that is believed, in bytes: a notebook that is larger cannot be opened by any front end.
const LONGEST: usize = 1 << 30;

/// One thing that a cell did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Frame {
    /// Text on standard output (`stdout`) or standard error.
    Stream {
        /// Whether the text came on standard output.
        stdout: bool,
        /// The text, in pieces as they came.
        text: String,
    },
    /// A new output; `id` names it if it may be replaced later.
    Display {
        /// The name by which [`Frame::Update`] finds the output again.
        id: Option<String>,
        /// The output.
        data: Bundle,
    },
    /// A new state of the output called `id`.
    Update {
        /// The name that [`Frame::Display`] gave.
        id: String,
        /// The new output.
        data: Bundle,
    },
    /// A `?` returned an error.
    Failed {
        /// The line of the generated source where the `?` stands.
        line: Option<usize>,
        /// The error's own text.
        text: String,
    },
    /// A thread panicked; whether somebody catches the panic is not known yet.
    Panic(Panic),
    /// A panic ended the cell.
    Panicked,
    /// The cell is over and everything it wrote has been sent.
    Finished {
        /// The value of its last expression.
        result: Option<Bundle>,
    },
}

/// What a panic hook knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Panic {
    /// Whether the thread that runs cells panicked.
    pub in_cell: bool,
    /// Source file, line and column of the panic.
    pub place: String,
    /// The line of the generated source that led to the panic.
    pub line: Option<usize>,
    /// The message.
    pub text: String,
}

impl Panic {
    /// Reads what the library's hook wrote: a line each for thread, place and generated line, then the message.
    pub fn parse(content: &str) -> Panic {
        let mut parts = content.splitn(4, '\n');
        let mut next = || parts.next().unwrap_or_default();
        Panic { in_cell: next() == "cell", place: next().into(), line: next().parse().ok(), text: next().into() }
    }
}

/// Writes one frame.
pub fn write(mut to: impl Write, frame: &Frame) -> io::Result<()> {
    let body = serde_json::to_vec(frame)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(body);
    to.write_all(&bytes)
}

/// Reads one frame; `None` at the end of the stream.
pub fn read(mut from: impl Read) -> io::Result<Option<Frame>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(io::Error::other(format!("a frame of {length} bytes; accepted: at most {LONGEST}")));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_were() {
        let data: Bundle = [("text/html".to_string(), Value::from("<b>1</b>"))].into_iter().collect();
        let frames = [
            Frame::Stream { stdout: true, text: "a\rb".into() },
            Frame::Display { id: Some("7".into()), data: data.clone() },
            Frame::Update { id: "7".into(), data: data.clone() },
            Frame::Failed { line: Some(3), text: "no".into() },
            Frame::Panic(Panic::parse("cell\nsrc/lib.rs:3:5\n3\nbroken\nin two lines")),
            Frame::Panicked,
            Frame::Finished { result: Some(data) },
        ];
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| write(&mut bytes, frame).expect("memory takes everything"));
        let mut stream = bytes.as_slice();
        for frame in frames {
            assert_eq!(read(&mut stream).expect("a whole frame"), Some(frame));
        }
        assert_eq!(read(&mut stream).expect("the end"), None);
        assert!(read(&[255u8; 8][..]).is_err());
        assert!(read(&[9, 0, 0, 0, b'{'][..]).is_err());
    }

    #[test]
    fn a_panic_keeps_its_message_whole() {
        let panic = Panic::parse("thread\nlib.rs:1:1\n\nfirst\nsecond");
        assert_eq!((panic.in_cell, panic.line, panic.text.as_str()), (false, None, "first\nsecond"));
    }
}
