//! The front end's side: sockets, and an answer to every message that a front end sends.

use crate::complete::{byte_offset, char_offset, is_complete};
use crate::frame::Bundle;
use crate::history::History;
use crate::incoming;
use crate::out::{Out, media};
use crate::session::{Job, Question, Session};
use crate::workplace::Workplace;
use anyhow::Result;
use jupyter_protocol::{
    CodeMirrorMode, CommClose, CommInfoReply, CompleteReply, CompleteRequest, ConnectionInfo, ErrorOutput,
    ExecuteInput, ExecuteReply, ExecuteRequest, ExecutionCount, ExpressionResult, HelpLink, InspectReply,
    InspectRequest, InterruptReply, JupyterMessage, JupyterMessageContent, KernelInfoReply, LanguageInfo, ReplyStatus,
    ShutdownReply, Status,
};
use jupyter_zmq_client as zmq;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Messages that wait for the network; a cell that prints faster than they leave waits as well.
const OUTBOX: usize = 256;
/// How often the kernel looks whether its front end is still there.
const PARENT: Duration = Duration::from_secs(1);
/// How long the last messages may take to leave.
const FAREWELL: Duration = Duration::from_millis(100);

/// Serves one front end until it asks for the end.
pub fn serve(connection: &ConnectionInfo, workplace: &Workplace) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(Server::run(connection, workplace))
}

/// What the task that answers the shell socket owns.
struct Server {
    out: Out,
    jobs: std::sync::mpsc::Sender<Job>,
    history: History,
    /// Number of the last cell.
    count: usize,
}

impl Server {
    async fn run(connection: &ConnectionInfo, workplace: &Workplace) -> Result<()> {
        let name = format!("kernel-{}", std::process::id());
        let mut heartbeat = zmq::create_kernel_heartbeat_connection(connection).await?;
        let mut iopub = zmq::create_kernel_iopub_connection(connection, &name).await?;
        let (mut shell_out, mut shell_in) = zmq::create_kernel_shell_connection(connection, &name).await?.split();
        let control = zmq::create_kernel_control_connection(connection, &name).await?;
        let stdin = zmq::create_kernel_stdin_connection(connection, &name).await?;

        tokio::spawn(async move { while heartbeat.single_heartbeat().await.is_ok() {} });
        let (messages, mut outbox) = mpsc::channel::<JupyterMessage>(OUTBOX);
        tokio::spawn(async move {
            while let Some(message) = outbox.recv().await {
                if let Err(error) = iopub.send(message).await {
                    eprintln!("iopub: {error}");
                }
            }
        });
        let out = Out::new(messages);
        let (questions, asked) = mpsc::unbounded_channel();
        tokio::spawn(ask(stdin, asked));
        let (jobs, session) = Session::start(workplace, out.clone(), questions)?;
        let (stop, mut stopped) = mpsc::channel(1);
        tokio::spawn(control_task(control, out.clone(), session.clone(), stop.clone()));
        tokio::spawn(outlive_nobody(stop));
        // A queue of its own, so that a failed cell can look at what follows it.
        let (arrive, mut arrived) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                match incoming::read(&mut shell_in).await {
                    Ok(message) => {
                        if arrive.send(message).is_err() {
                            return;
                        }
                    }
                    Err(error) => eprintln!("shell: {error}"),
                }
            }
        });

        out.send_message(JupyterMessage::new(Status::starting(), None)).await;
        let mut server = Server { out, jobs, history: History::default(), count: 0 };
        loop {
            let message = tokio::select! {
                _ = stopped.recv() => break,
                message = arrived.recv() => match message {
                    Some(message) => message,
                    None => break,
                },
            };
            server.out.send_message(Status::busy().as_child_of(&message)).await;
            let answered = server.answer(&message);
            let (reply, has_failed) = tokio::select! {
                // The front end does not wait for the cell any more.
                _ = stopped.recv() => break,
                answer = answered => answer,
            };
            // "Run all" sends every cell at once; those that came before the front end hears of the failure do not run.
            let mut behind = Vec::new();
            while has_failed && let Ok(message) = arrived.try_recv() {
                behind.push(message);
            }
            if let Some(reply) = reply {
                // A client may have gone, as a page does that connects anew: the others stay.
                if let Err(error) = shell_out.send(reply).await {
                    eprintln!("shell: {error}");
                }
            }
            server.out.send_message(Status::idle().as_child_of(&message)).await;
            for message in behind {
                server.out.send_message(Status::busy().as_child_of(&message)).await;
                let reply = match &message.content {
                    JupyterMessageContent::ExecuteRequest(_) => Some(server.aborted(&message)),
                    _ => server.answer(&message).await.0,
                };
                if let Some(reply) = reply {
                    // A client may have gone, as a page does that connects anew: the others stay.
                    if let Err(error) = shell_out.send(reply).await {
                        eprintln!("shell: {error}");
                    }
                }
                server.out.send_message(Status::idle().as_child_of(&message)).await;
            }
        }
        session.kill();
        tokio::time::sleep(FAREWELL).await;
        Ok(())
    }

    /// Answers a message of the shell socket; also says whether a cell failed that stops those behind it.
    async fn answer(&mut self, message: &JupyterMessage) -> (Option<JupyterMessage>, bool) {
        use JupyterMessageContent as Content;
        let reply = match &message.content {
            Content::ExecuteRequest(request) => return self.execute(message, request).await,
            Content::KernelInfoRequest(_) => kernel_info().as_child_of(message),
            Content::CompleteRequest(request) => self.complete(request).await.as_child_of(message),
            Content::InspectRequest(request) => self.inspect(request).await.as_child_of(message),
            Content::IsCompleteRequest(request) => is_complete(&request.code).as_child_of(message),
            Content::HistoryRequest(request) => self.history.answer(request).as_child_of(message),
            // No widgets, so no comms.
            Content::CommInfoRequest(_) => {
                CommInfoReply { status: ReplyStatus::Ok, comms: Default::default(), error: None }.as_child_of(message)
            }
            // The protocol's way to say that nobody here knows this widget.
            Content::CommOpen(open) => {
                let close = CommClose { comm_id: open.comm_id.clone(), data: Default::default() };
                self.out.send_message(close.as_child_of(message)).await;
                return (None, false);
            }
            // Messages of widgets and debuggers, which this kernel does not have: the protocol wants no answer to them.
            _ => return (None, false),
        };
        (Some(reply), false)
    }

    async fn execute(&mut self, message: &JupyterMessage, request: &ExecuteRequest) -> (Option<JupyterMessage>, bool) {
        self.out.answer(message);
        let keeps = !request.silent && request.store_history;
        if keeps {
            self.count += 1;
            self.history.push(self.count, &request.code);
        }
        let count = ExecutionCount::new(self.count);
        if !request.silent {
            let input = ExecuteInput { code: request.code.clone(), execution_count: count };
            self.out.send_message(input.as_child_of(message)).await;
        }
        let (reply, outcome) = oneshot::channel();
        let (code, allow_stdin) = (request.code.clone(), request.allow_stdin);
        let asked = self.jobs.send(Job::Execute { code, count: self.count, allow_stdin, reply });
        let outcome = match asked {
            Ok(()) => outcome.await.ok(),
            Err(_) => None,
        };
        let error = match outcome {
            Some(Ok(())) => {
                let reply = ExecuteReply {
                    execution_count: count,
                    user_expressions: Some(unevaluated(request)),
                    ..ExecuteReply::default()
                };
                return (Some(reply.as_child_of(message)), false);
            }
            Some(Err(error)) => error,
            None => crate::report::plain("KernelError", "the session has ended; restart the kernel"),
        };
        if !request.silent {
            let said = ErrorOutput {
                ename: error.ename.clone(),
                evalue: error.evalue.clone(),
                traceback: error.traceback.clone(),
            };
            self.out.send_message(said.as_child_of(message)).await;
        }
        let reply = ExecuteReply {
            status: ReplyStatus::Error,
            execution_count: count,
            error: Some(Box::new(error)),
            ..ExecuteReply::default()
        };
        (Some(reply.as_child_of(message)), request.stop_on_error)
    }

    fn aborted(&self, message: &JupyterMessage) -> JupyterMessage {
        let count = ExecutionCount::new(self.count);
        ExecuteReply { status: ReplyStatus::Aborted, execution_count: count, ..ExecuteReply::default() }
            .as_child_of(message)
    }

    async fn complete(&self, request: &CompleteRequest) -> CompleteReply {
        let (reply, found) = oneshot::channel();
        let at = byte_offset(&request.code, request.cursor_pos);
        let asked = self.jobs.send(Job::Complete { code: request.code.clone(), at, reply });
        let (matches, from, to) = match asked {
            Ok(()) => found.await.unwrap_or_default(),
            Err(_) => Default::default(),
        };
        CompleteReply {
            matches,
            cursor_start: char_offset(&request.code, from),
            cursor_end: char_offset(&request.code, to),
            metadata: Default::default(),
            status: ReplyStatus::Ok,
            error: None,
        }
    }

    async fn inspect(&self, request: &InspectRequest) -> InspectReply {
        let (reply, found) = oneshot::channel();
        let at = byte_offset(&request.code, request.cursor_pos);
        let asked = self.jobs.send(Job::Inspect { code: request.code.clone(), at, reply });
        let found = match asked {
            Ok(()) => found.await.unwrap_or_default(),
            Err(_) => None,
        };
        let mut data = Bundle::new();
        if let Some((text, html)) = &found {
            data.insert("text/plain".into(), text.clone().into());
            data.insert("text/html".into(), html.clone().into());
        }
        InspectReply {
            found: found.is_some(),
            data: media(&data),
            metadata: Default::default(),
            status: ReplyStatus::Ok,
            error: None,
        }
    }
}

/// The answer to expressions that a front end wants beside a cell: every one would be a cell of its own, with its own wait.
fn unevaluated(request: &ExecuteRequest) -> HashMap<String, ExpressionResult> {
    let names = request.user_expressions.iter().flatten().map(|(name, _)| name.clone());
    let answer = |name| {
        let evalue = "this kernel evaluates no expressions beside a cell; accepted: a cell of their own".into();
        (name, ExpressionResult::Error { ename: "Unsupported".into(), evalue, traceback: Vec::new() })
    };
    names.map(answer).collect()
}

/// Answers the control socket, also while a cell runs.
async fn control_task(mut control: zmq::KernelControlConnection, out: Out, session: Session, stop: mpsc::Sender<()>) {
    loop {
        let message = match incoming::read(&mut control).await {
            Ok(message) => message,
            Err(error) => {
                eprintln!("control: {error}");
                continue;
            }
        };
        out.send_message(Status::busy().as_child_of(&message)).await;
        let reply = match &message.content {
            JupyterMessageContent::KernelInfoRequest(_) => Some(kernel_info().as_child_of(&message)),
            JupyterMessageContent::InterruptRequest(_) => {
                session.interrupt();
                Some(InterruptReply::new().as_child_of(&message))
            }
            JupyterMessageContent::ShutdownRequest(request) => {
                let reply = ShutdownReply { restart: request.restart, status: ReplyStatus::Ok, error: None };
                if let Err(error) = control.send(reply.as_child_of(&message)).await {
                    eprintln!("control: {error}");
                }
                out.send_message(Status::idle().as_child_of(&message)).await;
                // Received already is as good.
                let _ = stop.send(()).await;
                return;
            }
            _ => None,
        };
        if let Some(reply) = reply
            && let Err(error) = control.send(reply).await
        {
            eprintln!("control: {error}");
        }
        out.send_message(Status::idle().as_child_of(&message)).await;
    }
}

/// Stops the kernel when the front end's process is gone: nobody could end it any more.
async fn outlive_nobody(stop: mpsc::Sender<()>) {
    let parent = rustix::process::getppid();
    while rustix::process::getppid() == parent {
        tokio::time::sleep(PARENT).await;
    }
    // Received already is as good.
    let _ = stop.send(()).await;
}

/// Asks the user, one question at a time.
async fn ask(stdin: zmq::KernelStdinConnection, mut asked: mpsc::UnboundedReceiver<Question>) {
    let (mut to, mut from) = stdin.split();
    while let Some((question, answer)) = asked.recv().await {
        if to.send(question).await.is_err() {
            continue;
        }
        while let Ok(message) = incoming::read(&mut from).await {
            if let JupyterMessageContent::InputReply(reply) = message.content {
                // The cell may be over.
                let _ = answer.send(reply.value);
                break;
            }
        }
    }
}

fn kernel_info() -> KernelInfoReply {
    KernelInfoReply {
        status: ReplyStatus::Ok,
        protocol_version: "5.3".into(),
        implementation: env!("CARGO_PKG_NAME").into(),
        implementation_version: env!("CARGO_PKG_VERSION").into(),
        language_info: LanguageInfo {
            name: "rust".into(),
            version: String::new(),
            mimetype: Some("text/rust".into()),
            file_extension: Some(".rs".into()),
            pygments_lexer: Some("rust".into()),
            codemirror_mode: Some(CodeMirrorMode::Simple("rust".into())),
            nbconvert_exporter: None,
        },
        banner: "Rust, compiled cell by cell with evcxr. `:help` lists commands.".into(),
        help_links: vec![HelpLink { text: "The Rust book".into(), url: "https://doc.rust-lang.org/book/".into() }],
        debugger: false,
        error: None,
    }
}
