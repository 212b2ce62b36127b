//! Messages to everybody who watches a notebook.

use crate::frame::Bundle;
use jupyter_protocol::{
    DisplayData, ExecuteResult, ExecutionCount, JupyterMessage, JupyterMessageContent, Media, Stdio, StreamContent,
    Transient, UpdateDisplayData,
};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::Sender;

/// Sends messages as answers to the request that runs, from any thread. A channel of limited length lies behind it: a cell
/// that prints faster than anybody reads waits.
#[derive(Clone)]
pub struct Out {
    messages: Sender<JupyterMessage>,
    request: Arc<Mutex<Option<JupyterMessage>>>,
}

impl Out {
    /// Sends into `messages`.
    pub fn new(messages: Sender<JupyterMessage>) -> Self {
        Out { messages, request: Arc::default() }
    }

    /// From now on messages answer `request`.
    pub fn answer(&self, request: &JupyterMessage) {
        *self.request.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.clone());
    }

    /// The request that messages answer.
    pub fn request(&self) -> Option<JupyterMessage> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends from a thread.
    pub fn send(&self, content: impl Into<JupyterMessageContent>) {
        // Before the first cell nobody has asked for anything.
        if let Some(request) = self.request() {
            // The receiver ends with the kernel.
            let _ = self.messages.blocking_send(JupyterMessage::new(content, Some(&request)));
        }
    }

    /// Sends a message of the server's tasks.
    pub async fn send_message(&self, message: JupyterMessage) {
        let _ = self.messages.send(message).await;
    }

    /// Sends text.
    pub fn stream(&self, stdout: bool, text: &str) {
        let name = if stdout { Stdio::Stdout } else { Stdio::Stderr };
        self.send(StreamContent { name, text: text.into() });
    }

    /// Sends a new output.
    pub fn display(&self, id: Option<String>, data: &Bundle) {
        let transient = id.map(|id| Transient { display_id: Some(id) });
        self.send(DisplayData { data: media(data), metadata: Default::default(), transient });
    }

    /// Sends a new state of an output.
    pub fn update(&self, id: String, data: &Bundle) {
        let transient = Transient { display_id: Some(id) };
        self.send(UpdateDisplayData { data: media(data), metadata: Default::default(), transient });
    }

    /// Sends the value of a cell.
    pub fn result(&self, count: usize, data: &Bundle) {
        self.send(ExecuteResult::new(ExecutionCount::new(count), media(data)));
    }
}

/// Contents by MIME type, as messages carry them. What is JSON by its type is sent as JSON.
pub fn media(data: &Bundle) -> Media {
    let content = data.iter().map(|(mime, content)| {
        let parsed = match content {
            Value::String(text) if mime.ends_with("json") => serde_json::from_str(text).ok(),
            _ => None,
        };
        (mime.clone(), parsed.unwrap_or_else(|| content.clone()))
    });
    serde_json::from_value(Value::Object(content.collect())).unwrap_or_default()
}
