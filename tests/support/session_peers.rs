//! Other programs that do everything a session can: the `zenoh` crate in this process, and the
//! official Python client in one of its own. The native one obeys the commands of `peer.py` that
//! tests give to both. It describes its values in the same words, so that one test covers both.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};
use zenoh::{
    Wait,
    bytes::{Encoding, ZBytes},
    liveliness::LivelinessToken,
    pubsub::Publisher,
    qos::{CongestionControl, Priority, Reliability},
    query::{Query, Queryable, ReplyKeyExpr},
    sample::{Sample, SampleKind, SourceInfo},
};

use super::{
    GUARD,
    lab::joined,
    peers::{pattern, sha256},
    python::{Python, hex},
};

/// A peer on the other side of the router.
pub(crate) enum Peer {
    Native(Box<Native>),
    Python(Box<Python>),
}

pub(crate) struct Native {
    session: zenoh::Session,
    publishers: HashMap<String, Publisher<'static>>,
    queryables: HashMap<String, Queryable<()>>,
    tokens: HashMap<String, LivelinessToken>,
    /// The values that a subscriber or a queryable has received, by its name.
    heard: HashMap<String, mpsc::UnboundedReceiver<Value>>,
}

fn bytes(bytes: &ZBytes) -> String {
    hex(&bytes.to_bytes())
}

/// A sample that may be large.
fn described(sample: &Sample) -> Value {
    let payload = sample.payload().to_bytes();
    described_with(sample, json!({ "len": payload.len(), "sha256": sha256(&payload) }))
}

fn described_with(sample: &Sample, payload: Value) -> Value {
    let source = |source: &SourceInfo| {
        let id = source.source_id();
        json!([id.zid().to_string(), id.eid(), source.source_sn()])
    };
    json!({
        "key": sample.key_expr().as_str(),
        "kind": if sample.kind() == SampleKind::Delete { "DELETE" } else { "PUT" },
        "payload": payload,
        "encoding": sample.encoding().to_string(),
        "attachment": sample.attachment().map(bytes),
        "timestamp": sample.timestamp().map(ToString::to_string),
        "priority": PRIORITIES.iter().find(|(_, one)| *one == sample.priority()).unwrap().0,
        "congestion": if sample.congestion_control() == CongestionControl::Block { "BLOCK" } else { "DROP" },
        "express": sample.express(),
        "source": sample.source_info().map(source),
        "reliable": sample.reliability() == Reliability::Reliable,
    })
}

fn asked(query: &Query) -> Value {
    json!({
        "key": query.key_expr().as_str(),
        "parameters": query.parameters().as_str(),
        "payload": query.payload().map(bytes),
        "encoding": query.encoding().map(ToString::to_string),
        "attachment": query.attachment().map(bytes),
        "any_key": query.accepts_replies() == ReplyKeyExpr::Any,
    })
}

const PRIORITIES: [(&str, Priority); 7] = [
    ("REAL_TIME", Priority::RealTime),
    ("INTERACTIVE_HIGH", Priority::InteractiveHigh),
    ("INTERACTIVE_LOW", Priority::InteractiveLow),
    ("DATA_HIGH", Priority::DataHigh),
    ("DATA", Priority::Data),
    ("DATA_LOW", Priority::DataLow),
    ("BACKGROUND", Priority::Background),
];

/// The arguments of a command.
struct Given<'a>(&'a Value);

impl Given<'_> {
    fn text(&self, name: &str) -> String {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.0)).to_owned()
    }

    /// The bytes of an argument, if the command has it, as hexadecimal text or as the length of the
    /// pattern.
    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let value = &self.0[name];
        let digit = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let text = value.as_str().map(|text| text.as_bytes().chunks(2).map(digit).collect());
        text.or_else(|| value.as_u64().map(|len| pattern(len as usize)))
    }

    fn encoding(&self) -> Encoding {
        self.0["encoding"].as_str().map(Encoding::from).unwrap_or_default()
    }

    fn congestion(&self) -> CongestionControl {
        match self.0["congestion_control"].as_str() {
            Some("BLOCK") => CongestionControl::Block,
            _ => CongestionControl::Drop,
        }
    }
}

impl Native {
    async fn obey(&mut self, command: &Value) -> Value {
        let given = Given(command);
        match command["do"].as_str().unwrap() {
            "subscriber" => {
                let (tell, heard) = mpsc::unbounded_channel();
                let subscriber = self.session.declare_subscriber(given.text("key")).callback(move |sample| {
                    // The test may have ended.
                    let _ = tell.send(described(&sample));
                });
                subscriber.background().await.unwrap();
                self.heard.insert(given.text("name"), heard);
            }
            "put" => {
                let priority = PRIORITIES.iter().find(|(name, _)| command["priority"] == *name);
                let source = command["source"].as_u64().map(|sn| SourceInfo::new(self.session.id(), sn as u32));
                self.session
                    .put(given.text("key"), given.bytes("payload").unwrap())
                    .encoding(given.encoding())
                    .attachment(given.bytes("attachment"))
                    .priority(priority.map_or(Priority::Data, |(_, one)| *one))
                    .express(command["express"] == true)
                    .congestion_control(given.congestion())
                    .source_info(source)
                    .await
                    .unwrap();
            }
            "delete" => {
                let delete = self.session.delete(given.text("key")).attachment(given.bytes("attachment"));
                delete.congestion_control(given.congestion()).await.unwrap();
            }
            "queryable" => {
                let (tell, heard) = mpsc::unbounded_channel();
                let answers = command["answers"].as_array().unwrap().clone();
                let queryable = self.session.declare_queryable(given.text("key")).callback(move |query| {
                    let _ = tell.send(asked(&query));
                    answers.iter().for_each(|answer| reply(&query, &Given(answer)));
                });
                self.queryables.insert(given.text("name"), queryable.await.unwrap());
                self.heard.insert(given.text("name"), heard);
            }
            "get" => {
                let get = self.session.get(given.text("selector")).attachment(given.bytes("attachment"));
                let replies = get.payload(given.bytes("payload").unwrap()).await.unwrap();
                let mut all = Vec::new();
                while let Ok(reply) = replies.recv_async().await {
                    all.push(match reply.result() {
                        Ok(sample) => json!({ "ok": described_with(sample, json!(bytes(sample.payload()))) }),
                        Err(error) => {
                            let encoding = error.encoding().to_string();
                            json!({ "err": { "payload": bytes(error.payload()), "encoding": encoding } })
                        }
                    });
                }
                return json!(all);
            }
            "token" => {
                let token = self.session.liveliness().declare_token(given.text("key")).await.unwrap();
                self.tokens.insert(given.text("name"), token);
            }
            "alive" => {
                let replies = self.session.liveliness().get(given.text("key")).await.unwrap();
                let mut keys = Vec::new();
                while let Ok(reply) = replies.recv_async().await {
                    keys.push(reply.result().unwrap().key_expr().to_string());
                }
                keys.sort();
                return json!(keys);
            }
            "publisher" => {
                let publisher = self.session.declare_publisher(given.text("key")).await.unwrap();
                self.publishers.insert(given.text("name"), publisher);
            }
            "is_matching" => {
                let publisher = &self.publishers[&given.text("name")];
                return json!(publisher.matching_status().await.unwrap().matching());
            }
            "undeclare" => {
                let name = given.text("name");
                if let Some(queryable) = self.queryables.remove(&name) {
                    queryable.undeclare().await.unwrap();
                } else {
                    self.tokens.remove(&name).unwrap().undeclare().await.unwrap();
                }
            }
            other => panic!("no such command: {other}"),
        }
        Value::Null
    }
}

fn reply(query: &Query, given: &Given<'_>) {
    let payload = given.bytes("payload").unwrap();
    if given.0["with"] == "err" {
        query.reply_err(payload).encoding(given.encoding()).wait().unwrap();
    } else {
        let reply = query.reply(given.text("key"), payload).encoding(given.encoding());
        reply.attachment(given.bytes("attachment")).wait().unwrap();
    }
}

impl Peer {
    /// Joins as a client of the `zenoh` crate and subscribes to `key`.
    pub(crate) async fn native(endpoint: &str, key: &str) -> Self {
        let session = joined(endpoint).await;
        let native = Native {
            session,
            publishers: HashMap::new(),
            queryables: HashMap::new(),
            tokens: HashMap::new(),
            heard: HashMap::new(),
        };
        Self::Native(Box::new(native)).subscribed(key).await
    }

    /// Joins as a client in Python and subscribes to `key`.
    pub(crate) async fn python(endpoint: &str, key: &str) -> Self {
        Self::Python(Box::new(Python::join(endpoint).await)).subscribed(key).await
    }

    async fn subscribed(mut self, key: &str) -> Self {
        self.call(json!({ "do": "subscriber", "name": "sample", "key": key, "digests": true })).await;
        self.call(json!({ "do": "alive", "key": "lab/no/such/token" })).await;
        self
    }

    /// The next value of its subscriber, which is called `sample`, or of another declaration.
    pub(crate) async fn hear(&mut self, name: &str) -> Value {
        match self {
            Self::Native(native) => {
                let heard = native.heard.get_mut(name).unwrap();
                timeout(GUARD, heard.recv()).await.unwrap_or_else(|_| panic!("no {name} came")).unwrap()
            }
            Self::Python(python) => python.next(name).await,
        }
    }

    /// Has it do a command. Returns its answer.
    pub(crate) async fn call(&mut self, command: Value) -> Value {
        match self {
            Self::Native(native) => timeout(GUARD, native.obey(&command)).await.expect("the native peer ends"),
            Self::Python(python) => python.ask(command).await,
        }
    }

    pub(crate) async fn leave(self) {
        match self {
            Self::Native(native) => native.session.close().await.unwrap(),
            Self::Python(python) => python.leave().await,
        }
    }

    fn as_native(&mut self) -> &mut Native {
        match self {
            Self::Native(native) => native,
            Self::Python(_) => panic!("only the native peer does this"),
        }
    }

    /// Drops the samples that the native peer has received and no test has read.
    pub(crate) fn forget_samples(&mut self) {
        let heard = self.as_native().heard.get_mut("sample").unwrap();
        while heard.try_recv().is_ok() {}
    }

    /// A queryable of the native peer that keeps its queries and never answers, until the caller
    /// drops it.
    pub(crate) async fn silent(&mut self, key: &str) -> Queryable<zenoh::handlers::FifoChannelHandler<Query>> {
        self.as_native().session.declare_queryable(key.to_owned()).await.unwrap()
    }

    /// The native peer puts `len` bytes repeatedly.
    pub(crate) async fn flood(&mut self, key: &'static str, len: usize) -> tokio::task::JoinHandle<()> {
        let (session, payload) = (self.as_native().session.clone(), ZBytes::from(pattern(len)));
        tokio::spawn(async move {
            loop {
                session.put(key, payload.clone()).congestion_control(CongestionControl::Block).await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    }
}
