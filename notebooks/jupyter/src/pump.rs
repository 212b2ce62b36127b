//! Reads everything that cells write and sorts it: text and outputs go to the kernel as frames, evcxr's own lines go to evcxr.
//!
//! Between text, on lines of their own, the library and the code that evcxr generates write:
//!
//! - `EVCXR_BEGIN_CONTENT MIME`, content, `EVCXR_END_CONTENT`: an output. Other MIME types that follow belong to the same
//!   output, until `text/plain` or a MIME type that is there already starts the next one;
//! - the same with `display ID MIME` or `update ID MIME`: an output that can be replaced;
//! - the same with `event/panic` or `event/error LINE`: what the panic hook or a failing `?` has to say;
//! - evcxr's notices of panics, errors, changed types and requests for input.

use crate::frame::{Bundle, Frame, Panic};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{Read, Write};
use std::sync::mpsc::Receiver;

/// What the process that runs cells writes when a cell is over.
pub const CELL_OVER: &str = "EVCXR_\u{1}CELL_OVER";

const MARK: &[u8] = b"EVCXR_";
const END: &[u8] = b"\nEVCXR_END_CONTENT\n";
/// Notices that evcxr waits for.
const FOR_EVCXR: [&str; 3] = ["EVCXR_VARIABLE_CHANGED_TYPE:", "EVCXR_INPUT_REQUEST", "EVCXR_ERROR_OCCURRED"];
/// Seconds of silence after which an output is shown although more forms of it might follow, or the end of the cell, whose
/// value it then is. Between the value and the end variables are dropped and kept, for which a busy machine takes a while.
const SILENCE: i64 = 1;

/// Where sorted things go.
pub trait Sink {
    /// To the kernel.
    fn frame(&mut self, frame: Frame);
    /// To evcxr, one line.
    fn line(&mut self, line: &str);
}

/// The state between two pieces of a stream.
pub struct Pump<S> {
    sink: S,
    /// Bytes of standard output that may still become a mark, or a line behind a mark.
    held: Vec<u8>,
    /// The block that is being received: its header, its content, and how far the content has been searched for its end.
    block: Option<(String, Vec<u8>, usize)>,
    /// The output that may get more forms.
    bundle: Bundle,
    /// Bytes at the end of each stream that are the start of a character: standard output, standard error.
    torn: [Vec<u8>; 2],
}

impl<S: Sink> Pump<S> {
    /// A pump in front of a stream's first byte.
    pub fn new(sink: S) -> Self {
        Pump { sink, held: Vec::new(), block: None, bundle: Bundle::new(), torn: [Vec::new(), Vec::new()] }
    }

    /// Pumps until both pipes are closed.
    pub fn run(mut self, mut out: File, mut err: File) {
        let mut buffer = vec![0; 1 << 16];
        let (mut out_open, mut err_open) = (true, true);
        while out_open || err_open {
            let mut pipes = [
                PollFd::new(&out, if out_open { PollFlags::IN } else { PollFlags::empty() }),
                PollFd::new(&err, if err_open { PollFlags::IN } else { PollFlags::empty() }),
            ];
            let patience = Timespec { tv_sec: SILENCE, tv_nsec: 0 };
            let is_waiting = !self.bundle.is_empty();
            match poll(&mut pipes, is_waiting.then_some(&patience)) {
                Ok(0) => self.show_bundle(),
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
            let [out_ready, err_ready] = [0, 1].map(|pipe| !pipes[pipe].revents().is_empty());
            // Standard error first: when a cell is over, what it wrote there has been sent.
            if err_ready && err_open {
                err_open = self.read_error(&mut err, &mut buffer);
            }
            if out_ready && out_open {
                match out.read(&mut buffer) {
                    Ok(0) | Err(_) => out_open = false,
                    Ok(length) => self.output(&buffer[..length], &mut err),
                }
            }
        }
    }

    fn read_error(&mut self, err: &mut File, buffer: &mut [u8]) -> bool {
        match err.read(buffer) {
            Ok(0) | Err(_) => false,
            Ok(length) => {
                self.show_bundle();
                self.text(false, &buffer[..length]);
                true
            }
        }
    }

    /// Sends what is in the error pipe already.
    fn drain_error(&mut self, err: &mut File) {
        let mut buffer = vec![0; 1 << 16];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        while poll(&mut [PollFd::new(&*err, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
            && self.read_error(err, &mut buffer)
        {}
    }

    /// Sends text, whole characters of it.
    fn text(&mut self, stdout: bool, bytes: &[u8]) {
        let torn = &mut self.torn[usize::from(!stdout)];
        torn.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(torn) {
            // The start of a character that is not over yet; anything else that is no text is shown as such.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => torn.len(),
        };
        let rest = torn.split_off(whole);
        let text = String::from_utf8_lossy(&std::mem::replace(torn, rest)).into_owned();
        if !text.is_empty() {
            self.sink.frame(Frame::Stream { stdout, text });
        }
    }

    fn show_bundle(&mut self) {
        if !self.bundle.is_empty() {
            let data = std::mem::take(&mut self.bundle);
            self.sink.frame(Frame::Display { id: None, data });
        }
    }

    /// Sorts a piece of standard output.
    fn output(&mut self, bytes: &[u8], err: &mut File) {
        let mut bytes = [std::mem::take(&mut self.held).as_slice(), bytes].concat();
        loop {
            if let Some((header, mut content, searched)) = self.block.take() {
                content.append(&mut bytes);
                let Some(at) = position(&content[searched..], END).map(|at| at + searched) else {
                    let searched = content.len().saturating_sub(END.len());
                    self.block = Some((header, content, searched));
                    return;
                };
                bytes = content.split_off(at + END.len());
                content.truncate(at);
                let content = content.strip_prefix(b"\n").unwrap_or(&content);
                self.content(&header, String::from_utf8_lossy(content).into_owned());
                continue;
            }
            let Some(at) = position(&bytes, MARK) else {
                // The end may be the start of a mark.
                let kept = (1..MARK.len()).rev().find(|&length| bytes.ends_with(&MARK[..length])).unwrap_or(0);
                self.held = bytes.split_off(bytes.len() - kept);
                self.plain(&bytes);
                return;
            };
            let mut marked = bytes.split_off(at);
            self.plain(&bytes);
            let Some(end) = marked.iter().position(|&byte| byte == b'\n') else {
                self.held = marked;
                return;
            };
            bytes = marked.split_off(end + 1);
            let line = String::from_utf8_lossy(&marked[..end]).into_owned();
            if let Some(header) = line.strip_prefix("EVCXR_BEGIN_CONTENT ") {
                // The end mark begins with a line break, also where the content is empty.
                self.block = Some((header.trim().into(), b"\n".to_vec(), 0));
            } else {
                self.notice(&line, err);
            }
        }
    }

    fn plain(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.show_bundle();
            self.text(true, bytes);
        }
    }

    /// Sorts a block.
    fn content(&mut self, header: &str, content: String) {
        let words: Vec<&str> = header.splitn(3, ' ').collect();
        match words[..] {
            ["display", id, mime] => {
                self.show_bundle();
                self.sink.frame(Frame::Display { id: Some(id.into()), data: only(mime, content) });
            }
            ["update", id, mime] => {
                self.show_bundle();
                self.sink.frame(Frame::Update { id: id.into(), data: only(mime, content) });
            }
            ["event/panic", ..] => self.sink.frame(Frame::Panic(Panic::parse(&content))),
            ["event/error", line, ..] => {
                self.show_bundle();
                self.sink.frame(Frame::Failed { line: line.parse().ok(), text: content });
            }
            // The value of a statement such as a final `for`.
            ["text/plain"] if content == "()" => {}
            _ => {
                if header == "text/plain" || self.bundle.contains_key(header) {
                    self.show_bundle();
                }
                self.bundle.insert(header.into(), content.into());
            }
        }
    }

    /// Sorts a marked line.
    fn notice(&mut self, line: &str, err: &mut File) {
        if line == CELL_OVER {
            self.drain_error(err);
            let result = std::mem::take(&mut self.bundle);
            self.sink.frame(Frame::Finished { result: (!result.is_empty()).then_some(result) });
            self.sink.line("EVCXR_EXECUTION_COMPLETE");
        } else if line == "EVCXR_PANIC_NOTIFICATION" {
            self.sink.frame(Frame::Panicked);
            self.sink.line(line);
        } else if FOR_EVCXR.iter().any(|start| line.starts_with(start)) {
            self.sink.line(line);
        } else {
            self.plain(format!("{line}\n").as_bytes());
        }
    }
}

fn only(mime: &str, content: String) -> Bundle {
    [(mime.to_string(), content.into())].into_iter().collect()
}

/// Where `wanted` first stands in `bytes`.
fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|&byte| byte == first) {
        if bytes[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// The sink of a process that runs cells: the kernel's socket and the pipe to evcxr.
pub struct Wires<K, E> {
    /// To the kernel.
    pub kernel: Option<K>,
    /// Something each time that the kernel has heard the end of a cell.
    pub heard: Receiver<()>,
    /// To evcxr.
    pub evcxr: E,
}

impl<K: Write, E: Write> Sink for Wires<K, E> {
    /// Returns from the end of a cell when the kernel has heard it: evcxr, which is told next, may begin another execution at
    /// once, whose end is then not taken for this one's.
    fn frame(&mut self, frame: Frame) {
        let Some(kernel) = &mut self.kernel else { return };
        let is_told = crate::frame::write(kernel, &frame).is_ok()
            && (!matches!(frame, Frame::Finished { .. }) || self.heard.recv().is_ok());
        // A kernel that is gone takes nothing; the parent's end ends this process.
        if !is_told {
            self.kernel = None;
        }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.evcxr, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[derive(Default)]
    struct Kept(Vec<Frame>, Vec<String>);

    impl<S: Sink> Sink for &mut S {
        fn frame(&mut self, frame: Frame) {
            (**self).frame(frame);
        }
        fn line(&mut self, line: &str) {
            (**self).line(line);
        }
    }

    impl Sink for Kept {
        fn frame(&mut self, frame: Frame) {
            // Pieces of text are joined, so that a test need not know where they were torn.
            match (self.0.last_mut(), frame) {
                (Some(Frame::Stream { stdout, text }), Frame::Stream { stdout: also, text: more })
                    if *stdout == also =>
                {
                    text.push_str(&more);
                }
                (_, frame) => self.0.push(frame),
            }
        }
        fn line(&mut self, line: &str) {
            self.1.push(line.into());
        }
    }

    /// What comes of `written` on standard output when it arrives in pieces of `size` bytes.
    fn sorted(written: &str, size: usize) -> Kept {
        let mut kept = Kept::default();
        let mut err = File::open("/dev/null").expect("there is always nothing");
        let mut pump = Pump::new(&mut kept);
        written.as_bytes().chunks(size).for_each(|piece| pump.output(piece, &mut err));
        drop(pump);
        kept
    }

    fn said(text: &str) -> Frame {
        Frame::Stream { stdout: true, text: text.into() }
    }

    fn shown(forms: &[(&str, &str)]) -> Bundle {
        forms.iter().map(|(mime, content)| (mime.to_string(), Value::from(*content))).collect()
    }

    #[test]
    fn it_does_not_matter_where_a_stream_is_torn() {
        let block =
            |header: &str, content: &str| format!("EVCXR_BEGIN_CONTENT {header}\n{content}\nEVCXR_END_CONTENT\n");
        let written = [
            "50 %\r100 %é",
            &block("text/html", "<b>\n1</b>"),
            &block("image/svg+xml", "<svg/>"),
            &block("text/plain", ""),
            &block("display a-1 text/html", "bar"),
            "between EVCXR_NOTHING\n",
            &block("update a-1 text/html", "done"),
            &block("event/panic", "cell\nsrc/lib.rs:7:1\n7\nno"),
            &block("event/error 9", "not found"),
            "EVCXR_ERROR_OCCURRED\nEVCXR_PANIC_NOTIFICATION\n",
            &block("text/plain", "()"),
            &block("text/plain", "42"),
            CELL_OVER,
            "\n",
        ]
        .concat();
        for size in [1, 2, 3, 7, 64, 10_000] {
            let Kept(frames, lines) = sorted(&written, size);
            assert_eq!(
                frames,
                [
                    said("50 %\r100 %é"),
                    Frame::Display {
                        id: None,
                        data: shown(&[("text/html", "<b>\n1</b>"), ("image/svg+xml", "<svg/>")])
                    },
                    Frame::Display { id: None, data: shown(&[("text/plain", "")]) },
                    Frame::Display { id: Some("a-1".into()), data: shown(&[("text/html", "bar")]) },
                    said("between EVCXR_NOTHING\n"),
                    Frame::Update { id: "a-1".into(), data: shown(&[("text/html", "done")]) },
                    Frame::Panic(Panic {
                        in_cell: true,
                        place: "src/lib.rs:7:1".into(),
                        line: Some(7),
                        text: "no".into()
                    }),
                    Frame::Failed { line: Some(9), text: "not found".into() },
                    Frame::Panicked,
                    Frame::Finished { result: Some(shown(&[("text/plain", "42")])) },
                ],
                "pieces of {size} bytes"
            );
            assert_eq!(lines, ["EVCXR_ERROR_OCCURRED", "EVCXR_PANIC_NOTIFICATION", "EVCXR_EXECUTION_COMPLETE"]);
        }
    }

    #[test]
    fn a_value_waits_for_the_end_of_its_cell_and_another_output_is_shown_meanwhile() {
        let (out, mut cell) = std::io::pipe().expect("a pipe");
        let pump = std::thread::spawn(move || {
            let mut kept = Kept::default();
            let err = File::open("/dev/null").expect("there is always nothing");
            Pump::new(&mut kept).run(File::from(std::os::fd::OwnedFd::from(out)), err);
            kept.0
        });
        let mut write = |text: &str, then: f64| {
            cell.write_all(text.as_bytes()).expect("the pump reads");
            std::thread::sleep(std::time::Duration::from_secs_f64(then * SILENCE as f64));
        };
        let output = |text: &str| format!("EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT\n");
        write(&output("shown"), 1.5);
        write(&output("value"), 0.1);
        write(&format!("{CELL_OVER}\n"), 0.0);
        drop(cell);
        let shown_first = Frame::Display { id: None, data: shown(&[("text/plain", "shown")]) };
        let value = Frame::Finished { result: Some(shown(&[("text/plain", "value")])) };
        assert_eq!(pump.join().expect("the pump ends"), [shown_first, value]);
    }

    #[test]
    fn evcxr_is_told_of_the_end_when_the_kernel_has_heard_it() {
        let (tell, heard) = std::sync::mpsc::channel();
        let (mut ear, evcxr) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
        ear.set_nonblocking(true).expect("a socket need not wait");
        let mut wires = Wires { kernel: Some(Vec::new()), heard, evcxr };
        let pump = std::thread::spawn(move || {
            let mut err = File::open("/dev/null").expect("there is always nothing");
            let mut pump = Pump::new(&mut wires);
            pump.output(format!("{CELL_OVER}\n").as_bytes(), &mut err);
            drop(pump);
            wires
        });
        std::thread::sleep(std::time::Duration::from_millis(50));
        let mut said = [0; 64];
        assert!(ear.read(&mut said).is_err(), "evcxr was told before the kernel had heard");
        tell.send(()).expect("the pump waits");
        let mut wires = pump.join().expect("the pump ends");
        assert_eq!(ear.read(&mut said).expect("evcxr is told"), "EVCXR_EXECUTION_COMPLETE\n".len());
        // A kernel that is gone keeps nobody waiting.
        drop(tell);
        wires.frame(Frame::Finished { result: None });
        assert!(wires.kernel.is_none());
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_it() {
        let mut kept = Kept::default();
        let mut err = File::open("/dev/null").expect("there is always nothing");
        Pump::new(&mut kept).output(b"a\xffb", &mut err);
        assert_eq!(kept.0, [said("a\u{fffd}b")]);
    }
}
