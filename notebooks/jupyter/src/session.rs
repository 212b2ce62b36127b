//! The thread that owns evcxr: it starts it, runs cells one after another, and hears what they write.

use crate::child::{HEARD, INTERRUPT, LIBRARIES, SOCKET};
use crate::compile;
use crate::frame::{self, Bundle, Frame, Panic};
use crate::out::Out;
use crate::report;
use crate::workplace::Workplace;
use anyhow::{Context, Result};
use evcxr::{CommandContext, Error, EvalCallbacks, EvalContext, EvalOutputs};
use jupyter_protocol::{InputRequest, JupyterMessage, ReplyError};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// rust-analyzer recurses deeply.
const STACK: usize = 64 << 20;
/// How long a process may be dead before its last words are heard.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Code whose completion makes rust-analyzer read what most cells need.
const WARM_UP: &str = "let warm = std::fs::read(\"\")?; warm.";

/// What the server asks of the session.
pub enum Job {
    /// Runs a cell.
    Execute {
        /// Its source.
        code: String,
        /// Its number.
        count: usize,
        /// Whether the front end can be asked for input.
        allow_stdin: bool,
        /// Where to say how it went.
        reply: oneshot::Sender<Result<(), ReplyError>>,
    },
    /// Looks for what could stand at byte `at`.
    Complete {
        /// The cell.
        code: String,
        /// The place.
        at: usize,
        /// Where to say what was found: texts, and the bytes from and to which they would stand.
        reply: oneshot::Sender<(Vec<String>, usize, usize)>,
    },
    /// Looks for what stands at byte `at`.
    Inspect {
        /// The cell.
        code: String,
        /// The place.
        at: usize,
        /// Where to say what was found: as text and as HTML.
        reply: oneshot::Sender<Option<(String, String)>>,
    },
}

/// A question to the user, and where the answer goes.
pub type Question = (JupyterMessage, Sender<String>);
type Questions = tokio::sync::mpsc::UnboundedSender<Question>;

/// What is known of the cell that runs.
#[derive(Default)]
struct Heard {
    /// Whether a cell is running.
    is_running: bool,
    /// The error that a `?` returned, and its line in the generated source.
    failure: Option<(String, Option<usize>)>,
    /// Panics, in their order.
    panics: Vec<Panic>,
    /// Whether a panic ended the cell.
    has_panicked: bool,
    /// The value of the last expression.
    result: Option<Bundle>,
    /// Whether the user has asked for an interrupt.
    is_interrupted: bool,
    /// Connections of processes that run cells, for interrupts; the last one lives.
    processes: Vec<UnixStream>,
    /// How many processes were connected, ever.
    connected: usize,
    /// How many of them are heard out.
    ended: usize,
}

impl Heard {
    /// Takes what is known of a cell, and leaves what is known of the processes.
    fn take(&mut self) -> Heard {
        let (connected, ended) = (self.connected, self.ended);
        let processes = std::mem::take(&mut self.processes);
        std::mem::replace(self, Heard { processes, connected, ended, ..Heard::default() })
    }
}

/// What the server holds of a session.
#[derive(Clone)]
pub struct Session {
    heard: Arc<(Mutex<Heard>, Condvar)>,
    process: Arc<Mutex<Option<Arc<Mutex<std::process::Child>>>>>,
    compiling: PathBuf,
    out: Out,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Starts the session's threads.
    pub fn start(workplace: &Workplace, out: Out, questions: Questions) -> Result<(Sender<Job>, Session)> {
        let socket = workplace.socket();
        let folder = socket.parent().context("the socket's folder")?;
        // It belonged to a process of the same number.
        let _ = std::fs::remove_dir_all(folder);
        std::fs::DirBuilder::new().mode(0o700).create(folder).with_context(|| folder.display().to_string())?;
        let listener = UnixListener::bind(&socket).with_context(|| socket.display().to_string())?;
        let session = Session {
            heard: Arc::default(),
            process: Arc::default(),
            compiling: workplace.compiling(),
            out: out.clone(),
        };
        let ears = session.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let ears = ears.clone();
                std::thread::spawn(move || ears.listen(stream));
            }
        });
        let (jobs, waiting) = mpsc::channel();
        // Beside what evcxr does first. What fails here is found again, and told, when a cell needs it.
        let early = workplace.clone();
        std::thread::spawn(move || compile::build_early(&early));
        let runner = Runner {
            session: session.clone(),
            workplace: workplace.clone(),
            here: std::env::current_dir().context("the current folder")?,
            out,
            questions,
            context: None,
        };
        std::thread::Builder::new().stack_size(STACK).spawn(move || runner.run(&waiting))?;
        Ok((jobs, session))
    }

    /// The first time in a cell, asks the library's long loops to end; the second time ends the process, and with it all
    /// variables. A compiler that runs is stopped at once: nothing is lost by that.
    pub fn interrupt(&self) {
        let group = std::fs::read_to_string(&self.compiling).ok().and_then(|text| text.trim().parse().ok());
        let mut heard = locked(&self.heard.0);
        if !heard.is_running {
            return;
        }
        let is_second = std::mem::replace(&mut heard.is_interrupted, true);
        if let Some(group) = group.and_then(rustix::process::Pid::from_raw) {
            // Over already: then there is nothing to stop.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::TERM);
            return;
        }
        if is_second {
            drop(heard);
            self.kill();
            return;
        }
        heard.processes.retain_mut(|process| process.write_all(&[INTERRUPT]).is_ok());
        drop(heard);
        let (out, note) =
            (self.out.clone(), "interrupt: long loops end with what they have; a second one ends the process");
        // The caller is a task of the server, which must not wait for its own messages.
        std::thread::spawn(move || out.stream(false, &format!("{note} and loses all variables\n")));
    }

    /// Ends the process that runs cells.
    pub fn kill(&self) {
        if let Some(process) = locked(&self.process).as_ref() {
            // Dead already is as good.
            let _ = locked(process).kill();
        }
    }

    /// Hears one process out.
    fn listen(&self, stream: UnixStream) {
        {
            let mut heard = locked(&self.heard.0);
            heard.processes.extend(stream.try_clone());
            heard.connected += 1;
        }
        // A frame that cannot be read comes of a process that died in the middle of it.
        let mut frames = std::io::BufReader::new(&stream);
        while let Ok(Some(frame)) = frame::read(&mut frames) {
            let is_end = matches!(frame, Frame::Finished { .. });
            self.hear(frame);
            // A process that is gone waits for nothing.
            if is_end && (&stream).write_all(&[HEARD]).is_err() {
                break;
            }
        }
        locked(&self.heard.0).ended += 1;
        self.heard.1.notify_all();
    }

    fn hear(&self, frame: Frame) {
        match frame {
            Frame::Stream { stdout, text } => self.out.stream(stdout, &text),
            Frame::Display { id, data } => self.out.display(id, &data),
            Frame::Update { id, data } => self.out.update(id, &data),
            Frame::Failed { line, text } => locked(&self.heard.0).failure = Some((text, line)),
            Frame::Panic(panic) => {
                if !panic.in_cell {
                    self.out.stream(false, &format!("a thread panicked at {}: {}\n", panic.place, panic.text));
                }
                locked(&self.heard.0).panics.push(panic);
            }
            Frame::Panicked => locked(&self.heard.0).has_panicked = true,
            Frame::Finished { result } => locked(&self.heard.0).result = result,
        }
    }

    /// Forgets what was heard before a cell. Returns how many processes were connected.
    fn begin(&self) -> usize {
        let mut heard = locked(&self.heard.0);
        heard.take();
        heard.is_running = true;
        heard.connected
    }

    /// What is known of a cell that is over: evcxr hears that only after this session has.
    fn end(&self) -> Heard {
        locked(&self.heard.0).take()
    }

    /// What is known of a cell whose process died: the first `connected` processes are heard out.
    fn last_words(&self, connected: usize) -> Heard {
        let is_open = |heard: &mut Heard| heard.ended < connected;
        let waited = self.heard.1.wait_timeout_while(locked(&self.heard.0), LAST_WORDS, is_open);
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }
}

/// evcxr, and what it needs.
struct Runner {
    session: Session,
    workplace: Workplace,
    /// The notebook's folder.
    here: PathBuf,
    out: Out,
    questions: Questions,
    /// evcxr, once it has started and knows the cells' crates.
    context: Option<CommandContext>,
}

impl Runner {
    fn run(mut self, jobs: &Receiver<Job>) {
        // What fails now is told to the cells.
        let mut problem = self.prepare().err();
        let mut is_warm = false;
        loop {
            let patience = if is_warm || problem.is_some() { Duration::MAX } else { Duration::from_millis(50) };
            let job = match jobs.recv_timeout(patience) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => {
                    is_warm = true;
                    self.warm_up();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if problem.is_some() {
                // The reason may be gone by now: a library that is mended, a disk that has room again.
                problem = self.prepare().err();
            }
            self.answer(job, problem.as_ref());
        }
    }

    fn answer(&mut self, job: Job, problem: Option<&ReplyError>) {
        // The receivers of answers end with the kernel.
        match job {
            Job::Execute { code, count, allow_stdin, reply } => {
                let _ = reply.send(
                    problem.map_or_else(|| self.execute(&code, count, allow_stdin), |problem| Err(problem.clone())),
                );
            }
            Job::Complete { code, at, reply } => {
                let found = self.context.as_mut().and_then(|context| context.completions(&code, at).ok());
                let _ = reply.send(found.map_or_else(Default::default, |found| {
                    let texts = found.completions.into_iter().map(|completion| completion.code).collect();
                    (texts, found.start_offset, found.end_offset)
                }));
            }
            Job::Inspect { code, at, reply } => {
                // evcxr looks at what stands before the place: that must be the whole name, and its bracket if it has one.
                let rest = code.get(at..).unwrap_or_default();
                let name = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
                let end = at + name + usize::from(rest[name..].starts_with('('));
                let found = self.context.as_mut().and_then(|context| context.hover_at(&code, end).ok());
                let _ = reply.send(found.filter(|(text, _)| text != "No documentation found"));
            }
        }
    }

    /// Starts evcxr and lets it build what cells link to.
    fn prepare(&mut self) -> Result<(), ReplyError> {
        self.start().map_err(|error| match error.downcast::<Error>() {
            Ok(Error::CompilationErrors(errors)) => report::compile_errors(&errors),
            Ok(error) => report::plain("StartError", &error.to_string()),
            Err(error) => report::plain("StartError", &format!("{error:#}")),
        })
    }

    fn start(&mut self) -> Result<()> {
        // evcxr takes its settings from the current folder.
        std::env::set_current_dir(self.workplace.folder())?;
        if self.context.is_none() {
            let mut command = Command::new(std::env::current_exe()?);
            command
                .current_dir(&self.here)
                .env("AUTOGO_KERNEL", env!("CARGO_PKG_VERSION"))
                .env(SOCKET, self.workplace.socket())
                .env(LIBRARIES, self.workplace.libraries());
            self.workplace.without_stand_ins(&mut command);
            let (context, outputs) = EvalContext::with_subprocess_command(command)?;
            *locked(&self.session.process) = Some(context.process_handle());
            // Cells write to the kernel's socket; what comes here is of evcxr's commands, or of a process without a socket.
            for (stdout, lines) in [(true, outputs.stdout), (false, outputs.stderr)] {
                let out = self.out.clone();
                std::thread::spawn(move || lines.into_iter().for_each(|line| out.stream(stdout, &format!("{line}\n"))));
            }
            self.context = Some(CommandContext::with_eval_context(context));
        }
        let context = self.context.as_mut().context("evcxr has not started")?;
        // With lld, evcxr would compile everything anew with other flags.
        context.execute(":linker system")?;
        context.execute(":load_config --quiet")?;
        std::env::set_current_dir(&self.here)?;
        Ok(())
    }

    fn warm_up(&mut self) {
        if let Some(context) = self.context.as_mut() {
            // Found or not: what was read stays read.
            let _ = context.completions(WARM_UP, WARM_UP.len());
        }
    }

    fn execute(&mut self, code: &str, count: usize, allow_stdin: bool) -> Result<(), ReplyError> {
        let connected = self.session.begin();
        let variables = self.variables();
        let mut result = self.evaluate(code, allow_stdin);
        if is_unknown_type(&result) && !self.workplace.every_crate().exists() && self.show_every_crate() {
            result = self.evaluate(code, allow_stdin);
        }
        let mut lost = variables;
        lost.retain(|name| !self.variables().contains(name));
        let heard = match result {
            Err(Error::SubprocessTerminated(_)) => self.session.last_words(connected),
            _ => self.session.end(),
        };
        let generated = self.context.as_ref().and_then(|context| context.last_source().ok()).unwrap_or_default();
        match result {
            Ok(_) if heard.has_panicked => {
                let (panic, earlier) = last_of_cell(&heard.panics);
                Err(report::panicked(&panic, &earlier, &generated, code))
            }
            Ok(outputs) => match heard.failure {
                Some((text, line)) => Err(report::failed(&text, line, &generated, code)),
                None => {
                    for panic in heard.panics.iter().filter(|panic| panic.in_cell) {
                        self.out.stream(false, &format!("a panic was caught at {}: {}\n", panic.place, panic.text));
                    }
                    let command = outputs.content_by_mime_type.into_iter().map(|(mime, text)| (mime, text.into()));
                    let value = heard.result.unwrap_or_else(|| command.collect());
                    if !value.is_empty() {
                        self.out.result(count, &value);
                    }
                    Ok(())
                }
            },
            Err(_) if heard.is_interrupted => Err(report::plain("KeyboardInterrupt", &interrupted(&lost))),
            Err(Error::CompilationErrors(errors)) => Err(report::compile_errors(&errors)),
            Err(Error::SubprocessTerminated(status)) => {
                let ended = format!("{}\n{}", status.trim(), lost_variables(&lost));
                Err(match heard.panics.last() {
                    Some(_) => {
                        let (panic, earlier) = last_of_cell(&heard.panics);
                        let mut error = report::panicked(&panic, &earlier, &generated, code);
                        error.traceback.extend(ended.lines().map(String::from));
                        error
                    }
                    None => report::plain("ProcessEnded", &ended),
                })
            }
            Err(error) => Err(report::plain("Error", &error.to_string())),
        }
    }

    fn evaluate(&mut self, code: &str, allow_stdin: bool) -> Result<EvalOutputs, Error> {
        let (out, questions) = (self.out.clone(), self.questions.clone());
        let ask = |prompt: String, password: bool| {
            let (answer, answers) = mpsc::channel();
            let request = out.request().filter(|_| allow_stdin);
            let question = request.map(|request| InputRequest { prompt, password }.as_child_of(&request));
            // A front end that cannot be asked answers with nothing, as an empty line would.
            question.and_then(|question| questions.send((question, answer)).ok());
            answers.recv().unwrap_or_default()
        };
        let Some(context) = self.context.as_mut() else { return Err(Error::from("evcxr has not started".to_string())) };
        let mut callbacks = EvalCallbacks { input_reader: &|request| ask(request.prompt, request.is_password) };
        context.execute_with_callbacks(code, &mut callbacks)
    }

    fn variables(&self) -> Vec<String> {
        let variables = self.context.iter().flat_map(|context| context.variables_and_types());
        let mut names: Vec<String> = variables.map(|(name, _)| name.to_string()).collect();
        names.sort();
        names
    }

    /// Lets rust-analyzer read every crate: a variable's type lies in one that it was not shown. Returns whether that is new.
    fn show_every_crate(&mut self) -> bool {
        let Some(context) = self.context.as_mut() else { return false };
        self.out.stream(false, "reading more crates for the type of a variable: once, some ten seconds\n");
        // It reads crates again when the cells' manifest has changed, which the optimisation level is a part of.
        std::fs::write(self.workplace.every_crate(), "").is_ok() && context.execute(":opt 1").is_ok()
    }
}

fn is_unknown_type(result: &Result<EvalOutputs, Error>) -> bool {
    result.as_ref().is_err_and(|error| error.to_string().contains("Couldn't automatically determine type"))
}

/// The panic that ended the cell, and those of other threads before it.
fn last_of_cell(panics: &[Panic]) -> (Panic, Vec<Panic>) {
    let at = panics.iter().rposition(|panic| panic.in_cell).or(panics.len().checked_sub(1));
    let earlier = panics[..at.unwrap_or(0)].iter().filter(|panic| !panic.in_cell).cloned().collect();
    let unknown = || Panic { text: "the cell panicked".into(), ..Panic::default() };
    (at.map_or_else(unknown, |at| panics[at].clone()), earlier)
}

fn lost_variables(variables: &[String]) -> String {
    match variables {
        [] => "the process ended; there were no variables to lose".into(),
        names => format!("the process ended; lost with it: {}", names.join(", ")),
    }
}

fn interrupted(lost: &[String]) -> String {
    if lost.is_empty() {
        "interrupted; no variable is lost".into()
    } else {
        format!("interrupted\n{}", lost_variables(lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn session() -> Session {
        let (messages, _unread) = tokio::sync::mpsc::channel(1);
        Session { heard: Arc::default(), process: Arc::default(), compiling: PathBuf::new(), out: Out::new(messages) }
    }

    fn value(text: &str) -> Bundle {
        [("text/plain".to_string(), text.into())].into_iter().collect()
    }

    #[test]
    fn the_end_of_an_earlier_execution_is_not_that_of_a_cell() {
        let (mut process, stream) = UnixStream::pair().expect("a pair of sockets");
        let session = session();
        let ears = session.clone();
        let listener = std::thread::spawn(move || ears.listen(stream));
        let mut run = |result: Option<Bundle>| {
            frame::write(&mut process, &Frame::Finished { result }).expect("the kernel listens");
            let mut answer = [0];
            process.read_exact(&mut answer).expect("the kernel answers");
            assert_eq!(answer, [HEARD]);
        };
        // What evcxr evaluates when it starts, the prelude, a cell.
        run(Some(value("42")));
        run(None);
        session.begin();
        run(Some(value("1")));
        assert_eq!(session.end().result, Some(value("1")));
        assert_eq!(session.end().result, None);
        drop(process);
        assert!(listener.join().is_ok());
    }

    #[test]
    fn a_process_that_died_is_heard_out() {
        let (mut process, stream) = UnixStream::pair().expect("a pair of sockets");
        let session = session();
        frame::write(&mut process, &Frame::Panicked).expect("a socket takes a frame");
        drop(process);
        locked(&session.heard.0).connected = 1;
        let ears = session.clone();
        let listener = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            ears.listen(stream);
        });
        assert!(session.last_words(1).has_panicked);
        assert!(listener.join().is_ok());
    }
}
