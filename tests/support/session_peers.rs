//! Other programs that do everything a session can: the `zenoh` crate in this process, and the
//! official Python client in one of its own. The native one obeys the commands of `peer.py` that
//! tests give to both. It describes its values in the same words, so that one test covers both.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};
use zenoh::{
    Wait,
    bytes::{Encoding, ZBytes},
    handlers::FifoChannelHandler,
    liveliness::LivelinessToken,
    matching::MatchingListener,
    pubsub::{Publisher, Subscriber},
    qos::{CongestionControl, Priority, Reliability},
    query::{ConsolidationMode, Querier, Query, QueryTarget, Queryable, Reply, ReplyKeyExpr},
    sample::{Sample, SampleKind, SourceInfo},
    time::{NTP64, Timestamp, TimestampId},
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
    subscribers: HashMap<String, Subscriber<()>>,
    publishers: HashMap<String, Publisher<'static>>,
    queriers: HashMap<String, Querier<'static>>,
    queryables: HashMap<String, Queryable<()>>,
    tokens: HashMap<String, LivelinessToken>,
    matching: Vec<MatchingListener<()>>,
    /// Queries that a queryable with `keep` has not ended.
    kept: Arc<Mutex<Vec<Query>>>,
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

    fn priority(&self) -> Priority {
        let named = PRIORITIES.iter().find(|(name, _)| self.0["priority"] == *name);
        named.map_or(Priority::Data, |(_, priority)| *priority)
    }

    fn reliability(&self) -> Reliability {
        match self.0["reliability"].as_str() {
            Some("BEST_EFFORT") => Reliability::BestEffort,
            _ => Reliability::Reliable,
        }
    }

    /// Seconds, nanoseconds and an id, as `peer.py` takes them.
    fn timestamp(&self) -> Option<Timestamp> {
        let parts = self.0["timestamp"].as_array()?;
        let time = Duration::new(parts[0].as_u64().unwrap(), parts[1].as_u64().unwrap() as u32);
        let id = Given(&json!({ "id": parts[2] })).bytes("id").unwrap();
        Some(Timestamp::new(NTP64::from(time), TimestampId::try_from(id.as_slice()).unwrap()))
    }

    fn target(&self) -> QueryTarget {
        match self.0["target"].as_str() {
            Some("ALL") => QueryTarget::All,
            Some("ALL_COMPLETE") => QueryTarget::AllComplete,
            _ => QueryTarget::BestMatching,
        }
    }

    fn consolidation(&self) -> ConsolidationMode {
        match self.0["consolidation"].as_str() {
            Some("NONE") => ConsolidationMode::None,
            Some("MONOTONIC") => ConsolidationMode::Monotonic,
            Some("LATEST") => ConsolidationMode::Latest,
            _ => ConsolidationMode::Auto,
        }
    }

    fn timeout(&self) -> Duration {
        self.0["timeout"].as_f64().map_or(GUARD, Duration::from_secs_f64)
    }
}

/// Every reply to a get, until it ends.
async fn all(replies: FifoChannelHandler<Reply>) -> Value {
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
    json!(all)
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
                self.subscribers.insert(given.text("name"), subscriber.await.unwrap());
                self.heard.insert(given.text("name"), heard);
            }
            "put" => {
                let source = command["source"].as_u64().map(|sn| SourceInfo::new(self.session.id(), sn as u32));
                self.session
                    .put(given.text("key"), given.bytes("payload").unwrap())
                    .encoding(given.encoding())
                    .attachment(given.bytes("attachment"))
                    .priority(given.priority())
                    .reliability(given.reliability())
                    .timestamp(given.timestamp())
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
                let answers = command["answers"].as_array().cloned().unwrap_or_default();
                let kept = (command["keep"] == true).then(|| self.kept.clone());
                let queryable = self.session.declare_queryable(given.text("key")).complete(command["complete"] == true);
                let queryable = queryable.callback(move |query| {
                    let _ = tell.send(asked(&query));
                    answers.iter().for_each(|answer| reply(&query, &Given(answer)));
                    if let Some(kept) = &kept {
                        kept.lock().unwrap().push(query);
                    }
                });
                self.queryables.insert(given.text("name"), queryable.await.unwrap());
                self.heard.insert(given.text("name"), heard);
            }
            "liveliness" => {
                let (tell, heard) = mpsc::unbounded_channel();
                let subscriber = self.session.liveliness().declare_subscriber(given.text("key"));
                let subscriber = subscriber.history(command["history"] == true).callback(move |sample| {
                    let _ = tell.send(described_with(&sample, json!(bytes(sample.payload()))));
                });
                self.subscribers.insert(given.text("name"), subscriber.await.unwrap());
                self.heard.insert(given.text("name"), heard);
            }
            "matching" => {
                let (tell, heard) = mpsc::unbounded_channel();
                let told = move |status: zenoh::matching::MatchingStatus| {
                    let _ = tell.send(json!(status.matching()));
                };
                let of = given.text("of");
                let listener = match self.publishers.get(&of) {
                    Some(publisher) => publisher.matching_listener().callback(told).await,
                    None => self.queriers[&of].matching_listener().callback(told).await,
                };
                self.matching.push(listener.unwrap());
                self.heard.insert(given.text("name"), heard);
            }
            "get" => {
                let get = self.session.get(given.text("selector")).attachment(given.bytes("attachment"));
                let get = get.target(given.target()).consolidation(given.consolidation()).timeout(given.timeout());
                let get = match given.bytes("payload") {
                    Some(payload) => get.payload(payload).encoding(given.encoding()),
                    None => get,
                };
                return all(get.await.unwrap()).await;
            }
            "querier" => {
                let querier = self.session.declare_querier(given.text("key")).target(given.target());
                let querier = querier.timeout(given.timeout()).await.unwrap();
                self.queriers.insert(given.text("name"), querier);
            }
            "query" => {
                let query = self.queriers[&given.text("name")].get().attachment(given.bytes("attachment"));
                return all(query.await.unwrap()).await;
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
                let publisher = self.session.declare_publisher(given.text("key"));
                let publisher = publisher.congestion_control(given.congestion()).priority(given.priority());
                let publisher = publisher.reliability(given.reliability());
                self.publishers.insert(given.text("name"), publisher.await.unwrap());
            }
            "publish" => {
                let put = self.publishers[&given.text("name")].put(given.bytes("payload").unwrap());
                put.attachment(given.bytes("attachment")).await.unwrap();
            }
            "unpublish" => self.publishers[&given.text("name")].delete().await.unwrap(),
            "is_matching" => {
                let name = given.text("name");
                let status = match self.publishers.get(&name) {
                    Some(publisher) => publisher.matching_status().await,
                    None => self.queriers[&name].matching_status().await,
                };
                return json!(status.unwrap().matching());
            }
            "is_empty" => return json!(self.heard[&given.text("name")].is_empty()),
            "undeclare" => {
                let name = given.text("name");
                if let Some(queryable) = self.queryables.remove(&name) {
                    queryable.undeclare().await.unwrap();
                } else if let Some(subscriber) = self.subscribers.remove(&name) {
                    subscriber.undeclare().await.unwrap();
                } else if let Some(publisher) = self.publishers.remove(&name) {
                    publisher.undeclare().await.unwrap();
                } else if let Some(querier) = self.queriers.remove(&name) {
                    querier.undeclare().await.unwrap();
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
    let payload = given.bytes("payload").unwrap_or_default();
    match given.0["with"].as_str() {
        Some("err") => query.reply_err(payload).encoding(given.encoding()).wait().unwrap(),
        Some("del") => query.reply_del(given.text("key")).attachment(given.bytes("attachment")).wait().unwrap(),
        _ => {
            let reply = query.reply(given.text("key"), payload).encoding(given.encoding());
            reply.attachment(given.bytes("attachment")).timestamp(given.timestamp()).wait().unwrap();
        }
    }
}

impl Peer {
    /// Joins as a client of the `zenoh` crate and subscribes to `key`.
    pub(crate) async fn native(endpoint: &str, key: &str) -> Self {
        Self::joined_natively(endpoint).await.subscribed(key).await
    }

    /// Joins as a client of the `zenoh` crate, and declares nothing.
    pub(crate) async fn joined_natively(endpoint: &str) -> Self {
        Self::Native(Box::new(Native {
            session: joined(endpoint).await,
            subscribers: HashMap::new(),
            publishers: HashMap::new(),
            queriers: HashMap::new(),
            queryables: HashMap::new(),
            tokens: HashMap::new(),
            matching: Vec::new(),
            kept: Arc::default(),
            heard: HashMap::new(),
        }))
    }

    /// Joins as a client in Python and subscribes to `key`.
    pub(crate) async fn python(endpoint: &str, key: &str) -> Self {
        Self::Python(Box::new(Python::join(endpoint).await)).subscribed(key).await
    }

    /// Joins as a client in Python, and declares nothing.
    pub(crate) async fn joined_in_python(endpoint: &str) -> Self {
        Self::Python(Box::new(Python::join(endpoint).await))
    }

    /// The same with a client in Python of another version, which is in this folder.
    pub(crate) async fn joined_in_python_of(folder: &Path, endpoint: &str) -> Self {
        Self::Python(Box::new(Python::join_by(folder, endpoint)))
    }

    /// Lets go of a peer whose link is lost, without a word to the router.
    pub(crate) fn abandon(self) {
        if let Self::Native(native) = self {
            // It tries to connect again, in vain, until it is closed.
            tokio::spawn(async move { native.session.close().await });
        }
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

    /// The same for a command that may be refused.
    pub(crate) async fn tried(&mut self, command: &Value) -> Result<Value, String> {
        match self {
            Self::Native(_) => Ok(self.call(command.clone()).await),
            Self::Python(python) => python.tried(command).await,
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
