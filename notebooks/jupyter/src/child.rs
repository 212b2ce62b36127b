//! The process that runs cells. evcxr tells it on standard input which library to load and which function to call; what
//! cells write goes through a pump to the kernel.
//!
//! The only room with `unsafe` code: a cell is a function in a shared library, and only the linker knows its type.

use crate::pump::{CELL_OVER, Pump, Wires};
use libloading::Library;
use libloading::os::unix::{Library as UnixLibrary, RTLD_GLOBAL, RTLD_LAZY};
use rustix::pipe::{PipeFlags, pipe_with};
use std::ffi::c_void;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the kernel listens for frames.
pub const SOCKET: &str = "AUTOGO_KERNEL_SOCKET";
/// What the kernel writes to ask for an interrupt.
pub const INTERRUPT: u8 = b'I';
/// What the kernel writes when it has heard that a cell is over.
pub const HEARD: u8 = b'H';
/// A file with the libraries that cells link to, a path each line. The linker drops a library that a cell does not name;
/// its hooks are wanted all the same.
pub const LIBRARIES: &str = "AUTOGO_KERNEL_LIBRARIES";

/// What evcxr takes for a loader that failed.
const LOADER_FAILED: i32 = 99;

/// A function of the library that cells link to, without arguments: see `notebooks/kernel/src/hooks.rs`.
type Hook = extern "C" fn();
/// A cell: takes the variables that earlier cells left and returns them with its own.
type Cell = extern "C" fn(*mut c_void) -> *mut c_void;

/// What the library exports to the kernel. All of it may be missing: a crate need not know of this kernel.
#[derive(Clone, Copy, Default)]
struct Hooks {
    /// Installs the panic hook, and forgets an interrupt that came too late.
    before_cell: Option<Hook>,
    /// Flushes what the cell printed.
    after_cell: Option<Hook>,
    /// Asks long loops to end.
    interrupt: Option<Hook>,
}

/// Runs cells until standard input ends.
pub fn run() -> ! {
    match prepare() {
        Ok(hooks) => serve(&hooks),
        Err(error) => {
            eprintln!("the process that runs cells cannot start: {error}");
            exit(LOADER_FAILED)
        }
    }
}

type Shared = Arc<Mutex<Hooks>>;

/// Puts pipes in the places of standard output and standard error and starts the pump and the listener to the kernel.
fn prepare() -> io::Result<Shared> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let kernel = std::env::var_os(SOCKET).map(UnixStream::connect).transpose()?;
    let hooks = Shared::default();
    let (tell, heard) = mpsc::channel();
    if let Some(requests) = kernel.as_ref().map(UnixStream::try_clone).transpose()? {
        let hooks = hooks.clone();
        std::thread::spawn(move || obey(requests, &hooks, &tell));
    }
    let evcxr = File::from(rustix::io::dup(rustix::stdio::stdout())?);
    rustix::io::fcntl_setfd(&evcxr, rustix::io::FdFlags::CLOEXEC)?;
    let (out, out_end) = pipe_with(PipeFlags::CLOEXEC)?;
    let (err, err_end) = pipe_with(PipeFlags::CLOEXEC)?;
    rustix::stdio::dup2_stdout(&out_end)?;
    rustix::stdio::dup2_stderr(&err_end)?;
    std::thread::spawn(move || Pump::new(Wires { kernel, heard, evcxr }).run(out.into(), err.into()));
    Ok(hooks)
}

/// Does what the kernel asks for, and passes on what it has heard, until it is gone.
fn obey(mut requests: UnixStream, hooks: &Shared, tell: &mpsc::Sender<()>) {
    let mut request = [0];
    while requests.read_exact(&mut request).is_ok() {
        let interrupt = hooks.lock().unwrap_or_else(PoisonError::into_inner).interrupt;
        match request {
            // The pump lives as long as this process.
            [HEARD] => drop(tell.send(())),
            [INTERRUPT] => call(interrupt),
            _ => {}
        }
    }
}

fn serve(hooks: &Shared) -> ! {
    // Libraries stay loaded: variables of later cells use their code.
    let mut loaded: Vec<Library> = Vec::new();
    let mut variables: *mut c_void = std::ptr::null_mut();
    let mut has_hooks = false;
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let ["LOAD_AND_RUN", path, name] = words[..] else { continue };
        if !has_hooks {
            has_hooks = load_hooks(hooks, &mut loaded);
        }
        let hooks = *hooks.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: evcxr compiled this library a moment ago, from the user's own cell, with a function of this name and type.
        let cell: Result<(Library, Cell), libloading::Error> = unsafe {
            Library::new(path).and_then(|library| {
                let cell = *library.get::<Cell>(name.as_bytes())?;
                Ok((library, cell))
            })
        };
        match cell {
            Ok((library, cell)) => {
                loaded.push(library);
                call(hooks.before_cell);
                variables = cell(variables);
                call(hooks.after_cell);
            }
            Err(error) => fail(path, &error),
        }
        println!("{CELL_OVER}");
    }
    // What ends a process destroys statics in an order that nobody chose; a cell's threads may still use them.
    std::mem::forget(loaded);
    exit(0)
}

/// Ends the process because a library cannot be loaded. The pump gets time to pass the reason on.
fn fail(path: &str, error: &dyn std::fmt::Display) -> ! {
    eprintln!("{path}: {error}");
    std::thread::sleep(std::time::Duration::from_millis(300));
    exit(LOADER_FAILED)
}

fn call(hook: Option<Hook>) {
    if let Some(hook) = hook {
        hook();
    }
}

/// Loads the libraries that cells link to and looks for their hooks. Returns whether the file that names them was there.
fn load_hooks(hooks: &Shared, loaded: &mut Vec<Library>) -> bool {
    let Some(list) = std::env::var_os(LIBRARIES).and_then(|file| std::fs::read_to_string(Path::new(&file)).ok()) else {
        return false;
    };
    let mut hooks = hooks.lock().unwrap_or_else(PoisonError::into_inner);
    for path in list.lines().map(PathBuf::from) {
        // SAFETY: a library that cells link to; loading it is what running a cell would do. The hooks' type is the one that
        // `notebooks/kernel/src/hooks.rs` gives them.
        unsafe {
            // For all cells: they are linked without it.
            let library = match UnixLibrary::open(Some(&path), RTLD_LAZY | RTLD_GLOBAL) {
                Ok(library) => library,
                Err(error) => fail(&path.display().to_string(), &error),
            };
            let find = |name: &str| library.get::<Hook>(name.as_bytes()).ok().map(|hook| *hook);
            hooks.before_cell = hooks.before_cell.or_else(|| find("autogo_before_cell"));
            hooks.after_cell = hooks.after_cell.or_else(|| find("autogo_after_cell"));
            hooks.interrupt = hooks.interrupt.or_else(|| find("autogo_interrupt"));
            loaded.push(library.into());
        }
    }
    true
}
