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

/// What a page notes in a trace.
const MARK: &str = "traced-page";

/// The browser keeps so much of a trace until its end.
const BUFFER_KB: u32 = 512 << 10;

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
        self.send_to(Value::Null, method, params).await;
    }

    /// Sends a command to the session of a target, or to the browser for a session of null.
    async fn send_to(&mut self, session: Value, method: &str, params: Value) {
        self.last += 1;
        let mut command = json!({ "id": self.last, "method": method, "params": params });
        if !session.is_null() {
            command["sessionId"] = session;
        }
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
    async fn answered(&mut self) -> Value {
        loop {
            let mut heard = self.hear().await;
            if heard["id"] == self.last {
                assert!(heard["error"].is_null(), "{heard}");
                return heard["result"].take();
            }
        }
    }

    /// Has each page of a server note its thread in the trace. The browser has pages of its own, and
    /// their threads have the same name.
    async fn mark_pages(&mut self) {
        self.send("Target.getTargets", json!({})).await;
        let targets = self.answered().await;
        let of_server = |target: &&Value| {
            target["type"] == "page" && target["url"].as_str().is_some_and(|url| url.starts_with("http"))
        };
        for target in targets["targetInfos"].as_array().into_iter().flatten().filter(of_server) {
            self.send("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true })).await;
            let session = self.answered().await["sessionId"].take();
            let mark = format!("performance.mark('{MARK}')");
            self.send_to(session.clone(), "Runtime.evaluate", json!({ "expression": mark })).await;
            self.answered().await;
            self.send("Target.detachFromTarget", json!({ "sessionId": session })).await;
            self.answered().await;
        }
    }

    /// The tasks of the main thread of the page while `doing` runs. Workers have threads of their
    /// own, and their tasks are not among these.
    pub(crate) async fn tasks<T>(&mut self, doing: impl Future<Output = T>) -> (T, Vec<Task>) {
        // A long activity must fit into the buffer: no other category, and room for many tasks.
        let config = json!({
            "includedCategories": ["toplevel", "v8", "blink_gc", "blink.user_timing"],
            "recordMode": "recordUntilFull",
            "traceBufferSizeInKb": BUFFER_KB,
        });
        self.send("Tracing.start", json!({ "transferMode": "ReportEvents", "traceConfig": config })).await;
        self.answered().await;
        self.mark_pages().await;
        let done = doing.await;
        self.send("Tracing.end", json!({})).await;
        let mut trace = Trace::default();
        loop {
            let heard = self.hear().await;
            match heard["method"].as_str() {
                Some("Tracing.dataCollected") => {
                    heard["params"]["value"].as_array().into_iter().flatten().for_each(|event| trace.note(event));
                }
                Some("Tracing.tracingComplete") => {
                    assert_eq!(heard["params"]["dataLossOccurred"], false, "the trace has every event");
                    break;
                }
                _ => {}
            }
        }
        assert!(!trace.mains.is_empty(), "a page has left its mark");
        (done, trace.main_tasks())
    }
}

/// A process and a thread of it.
type Thread = (Option<u64>, Option<u64>);

/// What a trace has of every thread.
#[derive(Default)]
struct Trace {
    /// The main threads of the pages that have left a mark.
    mains: Vec<Thread>,
    /// Each task: when it began, in milliseconds, and how long it took.
    tasks: Vec<(Thread, f64, Task)>,
    /// The begin and end of each garbage collection.
    collections: Vec<(Thread, (f64, f64))>,
}

impl Trace {
    fn note(&mut self, event: &Value) {
        let thread = (event["pid"].as_u64(), event["tid"].as_u64());
        let millis = |value: &Value| value.as_f64().unwrap_or_default() / 1e3;
        let (begun, wall) = (millis(&event["ts"]), millis(&event["dur"]));
        match event["name"].as_str().unwrap_or_default() {
            MARK => self.mains.push(thread),
            "ThreadControllerImpl::RunTask" => {
                self.tasks.push((thread, begun, Task { wall, cpu: millis(&event["tdur"]), garbage: 0.0 }));
            }
            name if event["ph"] == "X" && is_collection(name) => {
                self.collections.push((thread, (begun, begun + wall)));
            }
            _ => {}
        }
    }

    fn main_tasks(self) -> Vec<Task> {
        let Self { mains, tasks, collections } = self;
        let collections = apart(collections.into_iter().filter(|(of, _)| mains.contains(of)).map(|(_, span)| span));
        let garbage = |begun: f64, wall: f64| {
            let inside = |(from, to): &(f64, f64)| (to.min(begun + wall) - from.max(begun)).max(0.0);
            collections.iter().map(inside).fold(0.0, |sum, part| sum + part)
        };
        let tasks = tasks.into_iter().filter(|(of, ..)| mains.contains(of));
        tasks.map(|(_, begun, task)| Task { garbage: garbage(begun, task.wall), ..task }).collect()
    }
}

fn is_collection(name: &str) -> bool {
    ["MajorGC", "MinorGC"].contains(&name) || name.starts_with("V8.GC") || name.starts_with("BlinkGC")
}

/// Spans of time, without those inside of another one.
fn apart(spans: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut found: Vec<(f64, f64)> = spans.collect();
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
