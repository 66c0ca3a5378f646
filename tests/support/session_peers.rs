//! Other programs that do everything a session can: the `zenoh` crate in this process, and the official Python client in one of its own.
//! Both take the same commands and describe what they see in the same words, so that one test does for both.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};
use zenoh::{
    Wait,
    qos::{CongestionControl, Priority, Reliability},
    sample::{Sample, SampleKind, SourceInfo},
};

use super::{
    GUARD,
    peers::{pattern, sha256},
};

/// Somebody at the other side of the router.
pub(crate) struct Peer {
    hands: Hands,
    heard: mpsc::UnboundedReceiver<Value>,
    samples: VecDeque<Value>,
    queries: VecDeque<Value>,
    answers: VecDeque<Value>,
}

enum Hands {
    Native(Box<Native>),
    Python { process: Child, commands: ChildStdin },
}

struct Native {
    session: zenoh::Session,
    publisher: zenoh::pubsub::Publisher<'static>,
    queryable: Option<zenoh::query::Queryable<()>>,
    token: Option<zenoh::liveliness::LivelinessToken>,
    tell: mpsc::UnboundedSender<Value>,
}

fn described(sample: &Sample) -> Value {
    let payload = sample.payload().to_bytes();
    let text = |bytes: &zenoh::bytes::ZBytes| bytes.try_to_string().unwrap().into_owned();
    json!({
        "key": sample.key_expr().as_str(),
        "deleted": sample.kind() == SampleKind::Delete,
        "len": payload.len(),
        "digest": sha256(&payload),
        "encoding": sample.encoding().to_string(),
        "attachment": sample.attachment().map(text),
        "priority": PRIORITIES.iter().find(|(_, one)| *one == sample.priority()).unwrap().0,
        "block": sample.congestion_control() == CongestionControl::Block,
        "express": sample.express(),
        "number": sample.source_info().map(SourceInfo::source_sn),
        "reliable": sample.reliability() == Reliability::Reliable,
        "stamped": sample.timestamp().map(|timestamp| timestamp.get_id().to_string()),
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

impl Native {
    async fn obey(&mut self, command: &Value) -> Value {
        let text = |name: &str| command[name].as_str().unwrap().to_owned();
        let maybe = |name: &str| command[name].as_str().map(str::to_owned);
        match command["do"].as_str().unwrap() {
            "put" => {
                let priority = PRIORITIES.iter().find(|(name, _)| command["priority"] == *name).unwrap().1;
                let block = command["block"].as_bool().unwrap();
                let number = command["number"].as_u64().map(|n| SourceInfo::new(self.publisher.id(), n as u32));
                self.session
                    .put(text("key"), pattern(command["len"].as_u64().unwrap() as usize))
                    .encoding(text("encoding").as_str())
                    .attachment(maybe("attachment"))
                    .priority(priority)
                    .express(command["express"].as_bool().unwrap())
                    .congestion_control(if block { CongestionControl::Block } else { CongestionControl::Drop })
                    .source_info(number)
                    .await
                    .unwrap();
            }
            "delete" => {
                let delete = self.session.delete(text("key")).attachment(maybe("attachment"));
                delete.congestion_control(CongestionControl::Block).await.unwrap();
            }
            "queryable" => {
                let (tell, command) = (self.tell.clone(), command.clone());
                let queryable = self.session.declare_queryable(text("key")).callback(move |query| {
                    let text = |name: &str| command[name].as_str().unwrap_or_default().to_owned();
                    let _ = tell.send(json!({ "query": {
                        "selector": query.selector().to_string(),
                        "len": query.payload().map(|payload| payload.len()),
                        "attachment": query.attachment().map(|bytes| bytes.try_to_string().unwrap().into_owned()),
                    } }));
                    if command["error"].is_string() {
                        query.reply_err(text("error")).encoding("text/plain").wait().unwrap();
                    } else {
                        let payload = pattern(command["len"].as_u64().unwrap() as usize);
                        let reply = query.reply(text("key"), payload).encoding(text("encoding").as_str());
                        reply.attachment(text("attachment")).wait().unwrap();
                    }
                });
                self.queryable = Some(queryable.await.unwrap());
            }
            "get" => {
                let get = self.session.get(text("selector")).payload(text("payload")).attachment(maybe("attachment"));
                let replies = get.await.unwrap();
                let (mut good, mut errors) = (Vec::new(), Vec::new());
                while let Ok(reply) = replies.recv_async().await {
                    match reply.result() {
                        Ok(sample) => good.push(described(sample)),
                        Err(error) => errors.push(error.payload().try_to_string().unwrap().into_owned()),
                    }
                }
                return json!({ "replies": good, "errors": errors });
            }
            "token" => self.token = Some(self.session.liveliness().declare_token(text("key")).await.unwrap()),
            "alive" => {
                let replies = self.session.liveliness().get(text("key")).await.unwrap();
                let mut keys = Vec::new();
                while let Ok(reply) = replies.recv_async().await {
                    keys.push(reply.result().unwrap().key_expr().to_string());
                }
                keys.sort();
                return json!(keys);
            }
            "matching" => {
                let publisher = self.session.declare_publisher(text("key")).await.unwrap();
                return json!(publisher.matching_status().await.unwrap().matching());
            }
            "undeclare" if command["what"] == "token" => self.token.take().unwrap().undeclare().await.unwrap(),
            "undeclare" => self.queryable.take().unwrap().undeclare().await.unwrap(),
            other => panic!("no such command: {other}"),
        }
        Value::Null
    }
}

impl Peer {
    /// Joins as a client of the `zenoh` crate and subscribes to `key`.
    pub(crate) async fn native(endpoint: &str, key: &str) -> Self {
        let mut config = zenoh::Config::default();
        config.insert_json5("mode", r#""client""#).unwrap();
        config.insert_json5("connect/endpoints", &format!(r#"["{endpoint}"]"#)).unwrap();
        config.insert_json5("scouting/multicast/enabled", "false").unwrap();
        let session = zenoh::open(config).await.unwrap();
        let (tell, heard) = mpsc::unbounded_channel();
        let told = tell.clone();
        let subscriber = session.declare_subscriber(key.to_owned()).callback(move |sample| {
            // The test may be over.
            let _ = told.send(json!({ "sample": described(&sample) }));
        });
        subscriber.background().await.unwrap();
        let publisher = session.declare_publisher("unused").await.unwrap();
        let native = Native { session, publisher, queryable: None, token: None, tell };
        Self::new(Hands::Native(Box::new(native)), heard)
    }

    /// Joins as a client in Python and subscribes to `key`.
    pub(crate) async fn python(endpoint: &str, key: &str) -> Self {
        let python = std::env::var("LAB_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/session_peer.py");
        let mut process = Command::new(python)
            .arg(script)
            .args([endpoint, key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts; scripts/test makes an environment for it");
        let (tell, heard) = mpsc::unbounded_channel();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Anything that is no JSON would be words about an error, which then stand in the panic.
                let _ = tell.send(serde_json::from_str(&line).unwrap_or(json!({ "answer": line })));
            }
        });
        let commands = process.stdin.take().unwrap();
        let mut peer = Self::new(Hands::Python { process, commands }, heard);
        assert_eq!(peer.hear("answer").await, "ready");
        peer
    }

    fn new(hands: Hands, heard: mpsc::UnboundedReceiver<Value>) -> Self {
        let [samples, queries, answers] = [(); 3].map(|()| VecDeque::new());
        Self { hands, heard, samples, queries, answers }
    }

    fn queue(&mut self, what: &str) -> &mut VecDeque<Value> {
        match what {
            "sample" => &mut self.samples,
            "query" => &mut self.queries,
            _ => &mut self.answers,
        }
    }

    /// What it sees next of a kind: "sample" or "query".
    pub(crate) async fn hear(&mut self, what: &str) -> Value {
        while self.queue(what).is_empty() {
            let Some(Value::Object(said)) = timeout(GUARD, self.heard.recv()).await.expect(what) else {
                panic!("the peer has gone before it said {what}")
            };
            for (kind, value) in said {
                self.queue(&kind).push_back(value);
            }
        }
        self.queue(what).pop_front().unwrap()
    }

    /// Has it do something; returns what it says about it.
    pub(crate) async fn call(&mut self, command: Value) -> Value {
        match &mut self.hands {
            Hands::Native(native) => timeout(GUARD, native.obey(&command)).await.expect("the native peer ends"),
            Hands::Python { commands, .. } => {
                writeln!(commands, "{command}").unwrap();
                self.hear("answer").await
            }
        }
    }

    /// Lets go of the samples that it has seen and that nobody asked for; returns how many.
    pub(crate) fn forget_samples(&mut self) -> usize {
        while let Ok(Value::Object(said)) = self.heard.try_recv() {
            for (kind, value) in said {
                self.queue(&kind).push_back(value);
            }
        }
        self.samples.drain(..).count()
    }

    fn session(&self) -> &zenoh::Session {
        match &self.hands {
            Hands::Native(native) => &native.session,
            Hands::Python { .. } => panic!("only the native peer does this"),
        }
    }

    /// A queryable of the native peer's that keeps what it is asked and answers nobody, until what it returns is dropped.
    pub(crate) async fn silent(
        &self,
        key: &str,
    ) -> zenoh::query::Queryable<zenoh::handlers::FifoChannelHandler<zenoh::query::Query>> {
        self.session().declare_queryable(key.to_owned()).await.unwrap()
    }

    /// The native peer puts `len` bytes again and again.
    pub(crate) async fn flood(&self, key: &'static str, len: usize) -> tokio::task::JoinHandle<()> {
        let (session, payload) = (self.session().clone(), zenoh::bytes::ZBytes::from(pattern(len)));
        tokio::spawn(async move {
            loop {
                session.put(key, payload.clone()).congestion_control(CongestionControl::Block).await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    }

    pub(crate) async fn leave(mut self) {
        match &mut self.hands {
            Hands::Native(native) => native.session.close().await.unwrap(),
            Hands::Python { commands, process } => {
                writeln!(commands, r#"{{"do":"end"}}"#).unwrap();
                timeout(GUARD, async {
                    while let Some(said) = self.heard.recv().await {
                        if said["answer"] == "ended" {
                            break;
                        }
                    }
                })
                .await
                .expect("the Python peer ends");
                assert!(process.wait().unwrap().success());
            }
        }
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        if let Self::Python { process, .. } = self {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
