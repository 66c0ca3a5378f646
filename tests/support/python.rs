//! The official Python client in a process of its own: `api_peer.py`, driven a command at a time.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};
use zbytes_lab::client::{Query, Reply, Sample, encoding::text_of};
use zenoh_protocol::core::{CongestionControl, Priority};

use super::{GUARD, flat};

pub(crate) struct Python {
    _process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Python {
    /// Joins a router as a client.
    pub(crate) async fn join(endpoint: &str) -> Self {
        let python = std::env::var("LAB_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut process = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/api_peer.py"))
            .arg(endpoint)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Python starts; scripts/test makes an environment for it");
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { _process: process, commands, answers }
    }

    /// Has the client do something; returns what it says.
    pub(crate) async fn ask(&mut self, command: Value) -> Value {
        match self.tried(&command).await {
            Ok(value) => value,
            Err(error) => panic!("{command}: {error}"),
        }
    }

    /// As [`Python::ask`], of what may be refused.
    pub(crate) async fn tried(&mut self, command: &Value) -> Result<Value, String> {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let line = timeout(GUARD, self.answers.next_line()).await.expect("an answer of the Python client").unwrap();
        let answer: Value = serde_json::from_str(&line.expect("the Python client is there")).unwrap();
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap().to_owned()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// Waits until the router has what this client has declared: it answers this behind it.
    pub(crate) async fn settled(&mut self) {
        self.ask(json!({ "do": "alive", "key": "lab/no/such/token" })).await;
    }

    /// The next sample, query or status that something declared has got.
    pub(crate) async fn next(&mut self, name: &str) -> Value {
        self.ask(json!({ "do": "next", "name": name })).await
    }
}

/// Bytes as they stand in a command.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A priority by zenoh's name.
pub(crate) fn name_of(priority: Priority) -> &'static str {
    match priority {
        Priority::Control => "CONTROL",
        Priority::RealTime => "REAL_TIME",
        Priority::InteractiveHigh => "INTERACTIVE_HIGH",
        Priority::InteractiveLow => "INTERACTIVE_LOW",
        Priority::DataHigh => "DATA_HIGH",
        Priority::Data => "DATA",
        Priority::DataLow => "DATA_LOW",
        Priority::Background => "BACKGROUND",
    }
}

pub(crate) fn congestion_name(congestion: CongestionControl) -> &'static str {
    match congestion {
        CongestionControl::Drop => "DROP",
        CongestionControl::Block => "BLOCK",
        CongestionControl::BlockFirst => "BLOCK_FIRST",
    }
}

/// A sample of ours in the form that the Python client gives to its own.
pub(crate) fn described(sample: &Sample) -> Value {
    json!({
        "key": sample.key,
        "kind": if sample.deleted { "DELETE" } else { "PUT" },
        "payload": hex(&flat(&sample.payload)),
        "encoding": text_of(&sample.encoding),
        "attachment": sample.attachment.as_ref().map(|bytes| hex(&flat(bytes))),
        "timestamp": sample.timestamp.as_ref().map(ToString::to_string),
        "priority": name_of(sample.qos.priority),
        "congestion": congestion_name(sample.qos.congestion),
        "express": sample.qos.express,
        "source": sample.source.map(|source| json!([source.id.zid.to_string(), source.id.eid, source.sn])),
    })
}

/// A query of others, in the same form.
pub(crate) fn asked(query: &Query) -> Value {
    json!({
        "key": query.key,
        "parameters": query.parameters,
        "payload": query.payload.as_ref().map(|bytes| hex(&flat(bytes))),
        "encoding": query.payload.as_ref().map(|_| text_of(&query.encoding)),
        "attachment": query.attachment.as_ref().map(|bytes| hex(&flat(bytes))),
    })
}

/// An answer to a get of ours, in the same form.
pub(crate) fn replied(reply: &Reply) -> Value {
    match &reply.result {
        Ok(sample) => json!({ "ok": described(sample) }),
        Err(error) => json!({ "err": { "payload": hex(&flat(&error.payload)), "encoding": text_of(&error.encoding) } }),
    }
}
