//! What a session tells a program, as calls of one object of the module.

use std::{cell::RefCell, time::Duration};

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use zbytes_session::{
    client::{CongestionControl, Encoding, Event, KeyExpr, Reliability, Reply, Sample, Timestamp, Traffic, ZenohId},
    web::command::Told,
};

use super::{
    error::{Fault, Reason, of_end, of_get, of_link, of_put, refused},
    payload::crossing,
};

#[wasm_bindgen]
extern "C" {
    /// What the module listens with. None of its methods throws.
    pub type Ears;

    #[wasm_bindgen(method, js_name = onOpened)]
    fn opened(this: &Ears, zid: &str, router: &str, batch_size: u16, lease: f64);

    #[wasm_bindgen(method, js_name = onResumed)]
    fn resumed(this: &Ears, gap: f64);

    #[wasm_bindgen(method, js_name = onLost)]
    fn lost(this: &Ears, error: Fault, puts: usize, gets: usize, delay: f64);

    #[wasm_bindgen(method, js_name = onClosed)]
    fn closed(this: &Ears, error: Option<Fault>);

    /// Payload and attachment are as [`crossing`] has them; `time` has two halves.
    #[wasm_bindgen(method, js_name = onSample)]
    #[allow(clippy::too_many_arguments, reason = "what a sample has")]
    fn sample(
        this: &Ears,
        subscriber: u32,
        key: &JsValue,
        payload: JsValue,
        encoding: &JsValue,
        attachment: JsValue,
        treatment: u32,
        seconds: u32,
        fraction: u32,
        clock: &JsValue,
    );

    #[wasm_bindgen(method, js_name = onMissed)]
    fn missed(this: &Ears, subscriber: u32, number: u32);

    #[wasm_bindgen(method, js_name = onQuery)]
    #[allow(clippy::too_many_arguments, reason = "what a query has")]
    fn query(
        this: &Ears,
        queryable: u32,
        query: f64,
        local: bool,
        key: &str,
        parameters: &str,
        payload: JsValue,
        encoding: &str,
        attachment: JsValue,
    );

    #[wasm_bindgen(method, js_name = onQueriesRefused)]
    fn queries_refused(this: &Ears, number: f64);

    /// As [`Ears::sample`], for a get.
    #[wasm_bindgen(method, js_name = onReply)]
    #[allow(clippy::too_many_arguments, reason = "what a sample has")]
    fn reply(
        this: &Ears,
        op: f64,
        key: &JsValue,
        payload: JsValue,
        encoding: &JsValue,
        attachment: JsValue,
        treatment: u32,
        seconds: u32,
        fraction: u32,
        clock: &JsValue,
    );

    #[wasm_bindgen(method, js_name = onReplyErr)]
    fn reply_err(this: &Ears, op: f64, payload: JsValue, encoding: &str);

    /// A put, a delete, an answer, a get or a fence has ended.
    #[wasm_bindgen(method, js_name = onEnded)]
    fn ended(this: &Ears, op: f64, error: Option<Fault>);

    /// A put, a delete or an answer has left.
    #[wasm_bindgen(method, js_name = onSent)]
    fn sent(this: &Ears, op: f64, batches: usize, copied: f64, took: f64);

    #[wasm_bindgen(method, js_name = onDeclared)]
    fn declared(this: &Ears, id: u32, error: Option<Fault>);

    #[wasm_bindgen(method, js_name = onMatching)]
    fn matching(this: &Ears, id: u32, matching: bool);

    #[wasm_bindgen(method, js_name = onStats)]
    fn stats(this: &Ears, sent: &[f64], received: &[f64], dropped: f64, sessions: f64);
}

// How a sample was treated, as one number: the priority in three bits, then a bit for each.
const BLOCK: u32 = 1 << 3;
const EXPRESS: u32 = 1 << 4;
const BEST_EFFORT: u32 = 1 << 5;
const LOCAL: u32 = 1 << 6;

/// A value and its text in JavaScript. One sample after the other often has the same.
struct Text<T> {
    value: T,
    text: JsValue,
}

/// The text of `value`: the last one, if it is the same value.
fn text_of<T: PartialEq + Clone + ToString>(last: &mut Option<Text<T>>, value: &T) -> JsValue {
    match last {
        Some(last) if last.value == *value => last.text.clone(),
        _ => {
            let text = JsValue::from(value.to_string());
            *last = Some(Text { value: value.clone(), text: text.clone() });
            text
        }
    }
}

#[derive(Default)]
struct Texts {
    key: Option<Text<KeyExpr>>,
    encoding: Option<Text<Encoding>>,
    clock: Option<Text<ZenohId>>,
}

/// A sample, ready to cross the border.
struct Crossing {
    key: JsValue,
    payload: JsValue,
    encoding: JsValue,
    attachment: JsValue,
    treatment: u32,
    time: [u32; 2],
    clock: JsValue,
}

/// Tells the module what its session tells.
pub(crate) struct Teller {
    ears: Ears,
    texts: RefCell<Texts>,
    /// Where the session goes, for its errors.
    to: String,
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn traffic(of: Traffic) -> [f64; 3] {
    [of.messages as f64, of.bytes as f64, of.batches as f64]
}

impl Teller {
    pub(crate) fn new(ears: Ears, to: String) -> Self {
        Self { ears, texts: RefCell::default(), to }
    }

    fn crossing(&self, sample: &Sample) -> Crossing {
        let mut texts = self.texts.borrow_mut();
        let bit = |set: bool, bit: u32| if set { bit } else { 0 };
        let treatment = sample.qos.priority as u32
            | bit(sample.qos.congestion_control == CongestionControl::Block, BLOCK)
            | bit(sample.qos.express, EXPRESS)
            | bit(sample.reliability == Reliability::BestEffort, BEST_EFFORT)
            | bit(sample.local, LOCAL);
        let ntp64 = sample.timestamp.as_ref().map_or(0, Timestamp::ntp64);
        Crossing {
            key: text_of(&mut texts.key, &sample.key_expr),
            payload: crossing(sample.kind.payload()),
            encoding: sample
                .kind
                .encoding()
                .map_or(JsValue::UNDEFINED, |encoding| text_of(&mut texts.encoding, encoding)),
            attachment: crossing(sample.attachment.as_ref()),
            treatment,
            time: [(ntp64 >> 32) as u32, ntp64 as u32],
            clock: sample.timestamp.as_ref().map_or(JsValue::UNDEFINED, |time| text_of(&mut texts.clock, &time.id())),
        }
    }

    pub(crate) fn tell(&self, told: Told<Reason>) {
        let ears = &self.ears;
        match told {
            Told::Event(event) => self.event(event),
            Told::Refused(op, error) => ears.ended(op as f64, Some(refused(error))),
            Told::Declared(id, result) => ears.declared(id, result.err().map(refused)),
            Told::PutEnded(op, Ok(sent)) => {
                ears.sent(op as f64, sent.batches, sent.ledger.total() as f64, millis(sent.took.time));
            }
            Told::PutEnded(op, Err(failure)) => ears.ended(op as f64, Some(of_put(&failure))),
            Told::GetEnded(op, result) => ears.ended(op as f64, result.err().as_ref().map(of_get)),
            Told::Flushed(op, result) => {
                ears.ended(op as f64, result.err().map(|error| of_end(error.as_ref())));
            }
            Told::Stats(stats) => {
                ears.stats(&traffic(stats.sent), &traffic(stats.received), stats.dropped as f64, stats.sessions as f64);
            }
            Told::Lost { error, unfinished, wait } => {
                ears.lost(of_link(&error, &self.to), unfinished.puts, unfinished.gets, millis(wait.delay));
            }
            Told::Closed(error) => ears.closed(error.as_ref().map(|error| of_link(error, &self.to))),
            _ => {}
        }
    }

    fn event(&self, event: Event) {
        let ears = &self.ears;
        match event {
            Event::Opened(info) => {
                ears.opened(
                    &info.zid.to_string(),
                    &info.router_zid.to_string(),
                    info.batch_size,
                    millis(info.router_lease),
                );
            }
            Event::Resumed { gap, .. } => ears.resumed(millis(gap.time)),
            Event::Sample(sample) => {
                for subscriber in &sample.subscribers {
                    let Crossing { key, payload, encoding, attachment, treatment, time: [high, low], clock } =
                        self.crossing(&sample);
                    ears.sample(*subscriber, &key, payload, &encoding, attachment, treatment, high, low, &clock);
                }
            }
            Event::SampleMiss { subscriber, nb, .. } => ears.missed(subscriber, nb),
            Event::Query(query) => ears.query(
                query.queryable,
                query.id as f64,
                query.local,
                &query.key_expr,
                &query.parameters,
                crossing(query.payload.as_ref()),
                &query.encoding.to_string(),
                crossing(query.attachment.as_ref()),
            ),
            Event::QueriesRefused(number) => ears.queries_refused(number as f64),
            Event::Reply(op, Reply { result, .. }) => match result {
                Ok(sample) => {
                    let Crossing { key, payload, encoding, attachment, treatment, time: [high, low], clock } =
                        self.crossing(&sample);
                    ears.reply(op as f64, &key, payload, &encoding, attachment, treatment, high, low, &clock);
                }
                Err(error) => {
                    ears.reply_err(op as f64, crossing(Some(&error.payload)), &error.encoding.to_string());
                }
            },
            Event::Matching { id, matching } => ears.matching(id, matching),
            _ => {}
        }
    }
}
