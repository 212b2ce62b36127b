//! Reads what front ends send, also where they leave out what the protocol lets them leave out.

use anyhow::Result;
use jupyter_protocol::{JupyterMessage, JupyterMessageContent, UnknownMessage};
use jupyter_zmq_client::{Connection, RawMessage};
use serde_json::{Map, Value, json};
use zeromq::SocketRecv;

/// Fields of requests that may be missing, and what they mean then.
fn defaults(kind: &str) -> Value {
    match kind {
        "history_request" => json!({
            "hist_access_type": "tail", "session": 0, "start": 0, "stop": 0, "n": 10, "pattern": "*", "unique": false,
            "output": false, "raw": true
        }),
        "execute_request" => json!({"silent": false, "store_history": true, "user_expressions": {}}),
        "inspect_request" => json!({"detail_level": 0}),
        "shutdown_request" => json!({"restart": false}),
        "input_reply" => json!({"status": "ok"}),
        "comm_open" => json!({"data": {}}),
        _ => json!({}),
    }
}

/// The next message of a socket. What is no message of the protocol is an error; a message of a kind or a content that nobody
/// knows is [`UnknownMessage`].
pub async fn read<S: SocketRecv>(connection: &mut Connection<S>) -> Result<JupyterMessage> {
    let received = connection.socket.recv().await?;
    let RawMessage { zmq_identities, mut jparts } = RawMessage::from_multipart(received, &connection.mac)?;
    let buffers = jparts.split_off(4);
    let header: jupyter_protocol::Header = serde_json::from_slice(&jparts[0])?;
    let sent: Map<String, Value> = serde_json::from_slice(&jparts[3])?;
    Ok(JupyterMessage {
        zmq_identities,
        content: content(&header.msg_type, sent),
        header,
        // Requests have no parent; an empty one is no header.
        parent_header: serde_json::from_slice(&jparts[1]).ok(),
        metadata: serde_json::from_slice(&jparts[2])?,
        buffers,
        channel: None,
    })
}

fn content(kind: &str, sent: Map<String, Value>) -> JupyterMessageContent {
    let mut whole = defaults(kind);
    if let Some(whole) = whole.as_object_mut() {
        whole.extend(sent.into_iter().filter(|(_, value)| !value.is_null()));
    }
    JupyterMessageContent::from_type_and_content(kind, whole.clone()).unwrap_or_else(|_| {
        JupyterMessageContent::UnknownMessage(UnknownMessage { msg_type: kind.into(), content: whole })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(content: Value) -> Map<String, Value> {
        content.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn what_may_be_missing_may_be_missing() {
        let short = |kind: &str, value: Value| content(kind, sent(value));
        assert!(matches!(
            short("history_request", json!({"hist_access_type": "search", "pattern": "x", "n": 3})),
            JupyterMessageContent::HistoryRequest(_)
        ));
        assert!(matches!(
            short("history_request", json!({"hist_access_type": "range", "session": null})),
            JupyterMessageContent::HistoryRequest(_)
        ));
        assert!(matches!(short("execute_request", json!({"code": "1"})), JupyterMessageContent::ExecuteRequest(_)));
        assert!(matches!(short("shutdown_request", json!({})), JupyterMessageContent::ShutdownRequest(_)));
        // What a request cannot do without.
        assert!(matches!(short("execute_request", json!({})), JupyterMessageContent::UnknownMessage(_)));
        assert!(matches!(short("strange_request", json!({})), JupyterMessageContent::UnknownMessage(_)));
    }
}
