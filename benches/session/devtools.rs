//! Traces of Chromium: the length of the tasks of a page's main thread. Every other domain of
//! DevTools stays off, above all Network, which makes WebSockets several times slower.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::support::GUARD;

/// A task of a main thread, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Task {
    /// By the clock, including the time in which the thread waited for a processor.
    pub(crate) wall: f64,
    /// The processor time of the thread itself.
    pub(crate) cpu: f64,
    /// The time in which the engine collected garbage during the task.
    pub(crate) garbage: f64,
}

/// A connection to a browser's own DevTools endpoint.
pub(crate) struct DevTools {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
}

impl DevTools {
    /// Connects to the browser whose debugger listens at `address`, as `127.0.0.1:9222`.
    pub(crate) async fn connect(address: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /json/version HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let body = loop {
            let read = stream.read_buf(&mut answer).await.unwrap();
            let text = String::from_utf8_lossy(&answer);
            match text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<Value>(body).ok()) {
                Some(body) => break body,
                None => assert!(read > 0, "the browser's debugger said {text}"),
            }
        };
        let url = body["webSocketDebuggerUrl"].as_str().unwrap();
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) = connect_async_with_config(url, Some(config), false).await.unwrap();
        Self { socket, last: 0 }
    }

    async fn send(&mut self, method: &str, params: Value) {
        self.last += 1;
        let command = json!({ "id": self.last, "method": method, "params": params });
        self.socket.send(Message::Text(command.to_string().into())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        loop {
            let message = timeout(GUARD, self.socket.next()).await.unwrap().unwrap().unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Waits for the answer to the last command.
    async fn answered(&mut self) {
        loop {
            let heard = self.hear().await;
            if heard["id"] == self.last {
                assert!(heard["error"].is_null(), "{heard}");
                return;
            }
        }
    }

    /// The tasks of the main threads of all pages while `doing` runs.
    pub(crate) async fn tasks<T>(&mut self, doing: impl Future<Output = T>) -> (T, Vec<Task>) {
        let config = json!({ "includedCategories": ["toplevel", "v8", "blink_gc"] });
        self.send("Tracing.start", json!({ "transferMode": "ReportEvents", "traceConfig": config })).await;
        self.answered().await;
        let done = doing.await;
        self.send("Tracing.end", json!({})).await;
        let mut events = Vec::new();
        loop {
            let mut heard = self.hear().await;
            match heard["method"].as_str() {
                Some("Tracing.dataCollected") => {
                    if let Value::Array(more) = heard["params"]["value"].take() {
                        events.extend(more);
                    }
                }
                Some("Tracing.tracingComplete") => break,
                _ => {}
            }
        }
        (done, main_tasks(&events))
    }
}

fn main_tasks(events: &[Value]) -> Vec<Task> {
    let of = |event: &Value| (event["pid"].as_u64(), event["tid"].as_u64());
    let mains: Vec<_> = events
        .iter()
        .filter(|event| event["name"] == "thread_name" && event["args"]["name"] == "CrRendererMain")
        .map(of)
        .collect();
    let millis = |value: &Value| value.as_f64().unwrap_or_default() / 1e3;
    let collections = collections(events.iter().filter(|event| mains.contains(&of(event))), millis);
    events
        .iter()
        .filter(|event| event["name"] == "ThreadControllerImpl::RunTask" && mains.contains(&of(event)))
        .map(|event| {
            let (begun, wall) = (millis(&event["ts"]), millis(&event["dur"]));
            let inside = |(from, to): &(f64, f64)| (to.min(begun + wall) - from.max(begun)).max(0.0);
            let garbage = collections.iter().map(inside).fold(0.0, |sum, part| sum + part);
            Task { wall, cpu: millis(&event["tdur"]), garbage }
        })
        .collect()
}

/// The begin and end of each garbage collection, without those inside of another one.
fn collections<'a>(events: impl Iterator<Item = &'a Value>, millis: impl Fn(&Value) -> f64) -> Vec<(f64, f64)> {
    let is_one = |event: &&Value| {
        let name = event["name"].as_str().unwrap_or_default();
        event["ph"] == "X"
            && (["MajorGC", "MinorGC"].contains(&name) || name.starts_with("V8.GC") || name.starts_with("BlinkGC"))
    };
    let span = |event: &Value| (millis(&event["ts"]), millis(&event["ts"]) + millis(&event["dur"]));
    let mut found: Vec<(f64, f64)> = events.filter(is_one).map(span).collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut apart: Vec<(f64, f64)> = Vec::new();
    for (from, to) in found {
        match apart.last_mut().filter(|last| from < last.1) {
            Some(last) => last.1 = last.1.max(to),
            None => apart.push((from, to)),
        }
    }
    apart
}
