//! What a program asks of a session.

use std::{cell::RefCell, time::Duration};

use js_sys::Promise;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::MessagePort;
use zbytes::payload::ZBytes;
use zbytes_session::{
    client::{
        CongestionControl, ConsolidationMode, Content, Encoding, Get, KeyExpr, Locality, MatchingStatusType, Priority,
        Publisher, Put, QueryTarget, Queryable, Reliability, ReplyError, ReplySample, Subscriber, Timestamp,
    },
    link::PORT,
    web::{
        Driver, Host, Later,
        command::{Command, Declare},
    },
};

use super::{
    error::{Fault, Reason, fault, refused, refused_alone},
    payload::{Payload, source},
    told::{Ears, Teller},
};

/// What does not change from one put to the next, and gets and answers have as well.
#[wasm_bindgen]
pub struct Template(Publisher);

// How it is to be treated, as one number: the priority in three bits, then a bit for each.
const BLOCK: u32 = 1 << 3;
const EXPRESS: u32 = 1 << 4;
const BEST_EFFORT: u32 = 1 << 5;

fn locality(number: u8) -> Locality {
    match number {
        0 => Locality::SessionLocal,
        1 => Locality::Remote,
        _ => Locality::Any,
    }
}

fn key_expr(text: &str) -> Result<KeyExpr, Fault> {
    KeyExpr::new(text).map_err(refused)
}

fn encoding(text: &str) -> Result<Encoding, Fault> {
    text.parse().map_err(refused)
}

/// A timestamp as zenoh writes it: the time as a number, a slash, an id.
fn timestamp(text: Option<&str>) -> Result<Option<Timestamp>, Fault> {
    let Some(text) = text else { return Ok(None) };
    text.split_once('/')
        .and_then(|(time, id)| Some(Some(Timestamp::new(time.parse().ok()?, id.parse().ok()?))))
        .ok_or_else(|| {
            fault("ARGUMENT", "a timestamp is a Timestamp of this module, or its text: a number, a slash and an id")
        })
}

fn bytes_of(payload: Option<Payload>) -> Option<ZBytes> {
    payload.map(|payload| payload.bytes)
}

#[wasm_bindgen]
impl Template {
    #[wasm_bindgen(constructor)]
    pub fn new(
        key: &str,
        encoding: &str,
        treatment: u32,
        destination: u8,
        numbered: Option<u32>,
    ) -> Result<Template, Fault> {
        let congestion_control =
            if treatment & BLOCK == 0 { CongestionControl::Drop } else { CongestionControl::Block };
        let reliability = if treatment & BEST_EFFORT == 0 { Reliability::Reliable } else { Reliability::BestEffort };
        let template = Put {
            priority: Priority::ALL.get((treatment & 7) as usize).copied().unwrap_or_default(),
            congestion_control,
            reliability,
            express: treatment & EXPRESS != 0,
            allowed_destination: locality(destination),
            numbered,
            ..Put::delete(key_expr(key)?)
        };
        Ok(Self(Publisher { template, encoding: self::encoding(encoding)? }))
    }
}

impl Template {
    fn put(&self, payload: Option<ZBytes>, attachment: Option<Payload>, time: Option<&str>) -> Result<Put, Fault> {
        let put = match payload {
            Some(payload) => self.0.put(payload),
            None => self.0.delete(),
        };
        Ok(Put { attachment: bytes_of(attachment), timestamp: timestamp(time)?, ..put })
    }
}

#[wasm_bindgen(raw_module = "./why.js")]
extern "C" {
    /// Whether this platform can say why a WebSocket did not open.
    fn asks() -> bool;

    /// Why the one to this address did not: a text.
    #[wasm_bindgen(js_name = whyNot)]
    fn why_not(url: &str) -> Promise;
}

/// Has the port of a session that was opened over one.
struct Given(RefCell<Option<MessagePort>>);

impl Host for Given {
    type Reason = Reason;

    fn asks_about(&self, url: &str) -> bool {
        !url.starts_with(PORT) && asks()
    }

    fn failed(&self, url: &str, _after: Duration) -> Later<Option<Reason>> {
        let asked = JsFuture::from(why_not(url));
        Box::pin(async move { asked.await.ok()?.as_string() })
    }

    fn port(&self, _url: &str) -> Result<MessagePort, String> {
        self.0.take().ok_or_else(|| "the port was used already".to_owned())
    }
}

#[wasm_bindgen]
pub struct Session {
    driver: Driver<Given>,
}

#[wasm_bindgen]
impl Session {
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, ears: Ears) -> Self {
        let teller = Teller::new(ears, format!(" to {url}"));
        Self { driver: Driver::open_lasting(url, Given(RefCell::default()), move |told| teller.tell(told)) }
    }

    /// Opens a session over a port. It cannot be opened again: another port would be needed.
    pub fn over(port: MessagePort, ears: Ears) -> Self {
        let teller = Teller::new(ears, String::new());
        Self { driver: Driver::open(PORT, Given(RefCell::new(Some(port))), move |told| teller.tell(told)) }
    }

    /// Puts one array, to be taken by a mode. Returns the bytes of payload and attachment.
    pub fn put(
        &self,
        op: f64,
        template: &Template,
        value: JsValue,
        mode: u8,
        attachment: Option<Payload>,
        time: Option<String>,
    ) -> Result<usize, Fault> {
        let payload = ZBytes::from_segments([source(value, mode, false)]).map_err(refused_alone)?;
        self.send(op, template.put(Some(payload), attachment, time.as_deref())?)
    }

    /// Puts a payload that exists, or deletes without one.
    #[wasm_bindgen(js_name = putPayload)]
    pub fn put_payload(
        &self,
        op: f64,
        template: &Template,
        payload: Option<Payload>,
        attachment: Option<Payload>,
        time: Option<String>,
    ) -> Result<usize, Fault> {
        self.send(op, template.put(bytes_of(payload), attachment, time.as_deref())?)
    }

    fn send(&self, op: f64, put: Put) -> Result<usize, Fault> {
        let len = put.kind.payload_len() + put.attachment.as_ref().map_or(0, ZBytes::len);
        self.driver.send(Command::Put(op as u64, put));
        Ok(len)
    }

    #[allow(clippy::too_many_arguments, reason = "what a get has")]
    pub fn get(
        &self,
        op: f64,
        template: &Template,
        parameters: String,
        payload: Option<Payload>,
        attachment: Option<Payload>,
        target: u8,
        consolidation: u8,
        timeout: f64,
    ) {
        let Publisher { template, encoding } = &template.0;
        let get = Get {
            parameters,
            payload: bytes_of(payload),
            encoding: encoding.clone(),
            attachment: bytes_of(attachment),
            target: match target {
                1 => QueryTarget::All,
                2 => QueryTarget::AllComplete,
                _ => QueryTarget::BestMatching,
            },
            consolidation: match consolidation {
                1 => ConsolidationMode::None,
                2 => ConsolidationMode::Monotonic,
                3 => ConsolidationMode::Latest,
                _ => ConsolidationMode::Auto,
            },
            timeout: Duration::from_millis(timeout as u64),
            priority: template.priority,
            congestion_control: template.congestion_control,
            express: template.express,
            allowed_destination: template.allowed_destination,
            ..Get::new(template.key_expr.clone())
        };
        self.driver.send(Command::Get(op as u64, get));
    }

    #[wasm_bindgen(js_name = livelinessGet)]
    pub fn liveliness_get(&self, op: f64, key: &str) -> Result<(), Fault> {
        self.driver.send(Command::LivelinessGet(op as u64, key_expr(key)?));
        Ok(())
    }

    pub fn flush(&self, op: f64) {
        self.driver.send(Command::Flush(op as u64));
    }

    /// Answers with a sample, or with a delete without a payload.
    #[allow(clippy::too_many_arguments, reason = "what an answer has")]
    pub fn reply(
        &self,
        op: f64,
        query: f64,
        local: bool,
        template: &Template,
        payload: Option<Payload>,
        attachment: Option<Payload>,
        time: Option<String>,
    ) -> Result<(), Fault> {
        let put = template.put(bytes_of(payload), attachment, time.as_deref())?;
        let content =
            Content { kind: put.kind, attachment: put.attachment, timestamp: put.timestamp, source_info: None };
        let result = Ok(ReplySample { key_expr: put.key_expr, content });
        self.driver.send(Command::Reply { op: op as u64, query: query as u64, local, result, last: false });
        Ok(())
    }

    #[wasm_bindgen(js_name = replyErr)]
    pub fn reply_err(&self, op: f64, query: f64, local: bool, payload: Payload, encoding: &str) -> Result<(), Fault> {
        let result = Err(ReplyError { payload: payload.bytes, encoding: self::encoding(encoding)? });
        self.driver.send(Command::Reply { op: op as u64, query: query as u64, local, result, last: false });
        Ok(())
    }

    pub fn finish(&self, query: f64) {
        self.driver.send(Command::Finish(query as u64));
    }

    pub fn cancel(&self, op: f64) {
        self.driver.send(Command::Cancel(op as u64));
    }

    #[wasm_bindgen(js_name = declareSubscriber)]
    pub fn declare_subscriber(&self, id: u32, key: &str, origin: u8) -> Result<(), Fault> {
        let subscriber = Subscriber { allowed_origin: locality(origin), sample_miss: true, ..key_expr(key)?.into() };
        self.declare(id, Declare::Subscriber(subscriber));
        Ok(())
    }

    #[wasm_bindgen(js_name = declareQueryable)]
    pub fn declare_queryable(&self, id: u32, key: &str, complete: bool, origin: u8) -> Result<(), Fault> {
        let queryable = Queryable { complete, allowed_origin: locality(origin), ..key_expr(key)?.into() };
        self.declare(id, Declare::Queryable(queryable));
        Ok(())
    }

    #[wasm_bindgen(js_name = declareToken)]
    pub fn declare_token(&self, id: u32, key: &str) -> Result<(), Fault> {
        self.declare(id, Declare::LivelinessToken(key_expr(key)?));
        Ok(())
    }

    #[wasm_bindgen(js_name = declareLivelinessSubscriber)]
    pub fn declare_liveliness_subscriber(&self, id: u32, key: &str, history: bool) -> Result<(), Fault> {
        self.declare(id, Declare::LivelinessSubscriber(key_expr(key)?, history));
        Ok(())
    }

    #[wasm_bindgen(js_name = declareMatchingListener)]
    pub fn declare_matching_listener(&self, id: u32, key: &str, queryables: bool) -> Result<(), Fault> {
        let of = if queryables { MatchingStatusType::Queryables } else { MatchingStatusType::Subscribers };
        self.declare(id, Declare::MatchingListener(key_expr(key)?, of));
        Ok(())
    }

    fn declare(&self, id: u32, what: Declare) {
        self.driver.send(Command::Declare(id, what));
    }

    pub fn undeclare(&self, id: u32) {
        self.driver.send(Command::Undeclare(id));
    }

    pub fn stats(&self) {
        self.driver.send(Command::Stats);
    }

    pub fn hint(&self) {
        self.driver.send(Command::Hint);
    }

    pub fn close(&self) {
        self.driver.send(Command::Close);
    }
}
