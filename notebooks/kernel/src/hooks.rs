//! What the kernel calls around cells. It finds these functions by name in the library that cells link to.
//!
//! The kernel's own program has another copy of the standard library than cells have, so panics and buffered output can only
//! be seen from here. Nothing here knows this repository: the kernel compiles this file into the library of any crate.

use crate::interrupt;
use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};
use std::thread::ThreadId;

/// The thread that runs cells.
static CELLS: Mutex<Option<ThreadId>> = Mutex::new(None);
static PANICS: Once = Once::new();

/// Asks the user for a line of text. Empty where nobody can be asked.
pub fn ask(prompt: &str) -> String {
    // A colon would end the prompt.
    println!("EVCXR_INPUT_REQUEST:{}", prompt.replace(':', "\u{a789}"));
    let mut line = String::new();
    // At the end of the input there is no line, which reads as an empty one.
    let _ = std::io::stdin().read_line(&mut line);
    line.trim_end_matches(['\r', '\n']).to_owned()
}

/// Before a cell: forgets an interrupt that came too late for the last one.
#[unsafe(no_mangle)]
pub extern "C" fn autogo_before_cell() {
    interrupt::forget();
    *CELLS.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
    PANICS.call_once(|| std::panic::set_hook(Box::new(tell)));
}

/// After a cell: what it printed without a line break.
#[unsafe(no_mangle)]
pub extern "C" fn autogo_after_cell() {
    // Nobody reads it any more: nothing is lost.
    let _ = std::io::stdout().flush();
}

/// When the user interrupts a cell.
#[unsafe(no_mangle)]
pub extern "C" fn autogo_interrupt() {
    interrupt::ask();
}

/// Tells the kernel of a panic: in which thread, where, from which line of the cell, and why.
fn tell(panic: &std::panic::PanicHookInfo<'_>) {
    let message = panic.payload();
    let message =
        message.downcast_ref::<&str>().copied().or_else(|| message.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let is_cell = *CELLS.lock().unwrap_or_else(PoisonError::into_inner) == Some(std::thread::current().id());
    let thread = if is_cell { "cell" } else { "thread" };
    let line = if place.starts_with("src/lib.rs:") { None } else { line_of_cell() };
    let line = line.map(|line| line.to_string()).unwrap_or_default();
    let message = message.unwrap_or("a panic without a message");
    let mut out = std::io::stdout().lock();
    // A panic while printing fails must not panic again.
    let _ = writeln!(out, "EVCXR_BEGIN_CONTENT event/panic\n{thread}\n{place}\n{line}\n{message}\nEVCXR_END_CONTENT");
    let _ = out.flush();
}

/// The line of the cell's source that called what panicked: the innermost frame in the kernel's own folder, which the kernel
/// names to this process by a file in it.
fn line_of_cell() -> Option<u32> {
    let file = std::env::var_os("AUTOGO_KERNEL_LIBRARIES")?;
    let folder = std::path::Path::new(&file).parent()?.file_name()?.to_str()?;
    let source = format!("/{folder}/src/lib.rs:");
    let trace = std::backtrace::Backtrace::force_capture().to_string();
    let (_, place) = trace.lines().find_map(|line| line.trim().strip_prefix("at ")?.split_once(&source))?;
    place.split(':').next()?.parse().ok()
}
