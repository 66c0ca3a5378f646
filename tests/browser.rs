//! Owners in the JavaScript heap, in a real browser: which are borrowed, refused and detached, and
//! how often their bytes are copied.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

use std::{cell::RefCell, rc::Rc, time::Duration};

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Float32Array, Float64Array, Function, Int32Array, Object, Reflect, Uint8Array, eval};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use zbytes_lab::{
    client::{
        Client, CloseCause, CommandError, Config, Ended, Event, KeyExpr, Locality, Put, PutError, SampleKind, ZenohId,
    },
    engine::host::{Driver, LabHost, Told, place},
    ledger::{Entry, Ledger, Place, Reason, Stage},
    payload::{BuildError, ZBytes},
    segment::{Mode, Segment, SegmentError, Source},
    wire::BATCH_SIZE,
};
use zbytes_session::{
    testing::{Greeting, keep_alive, router_put},
    web::command::{Command, Declare, HowFar, LinkError, PutFailure},
};
use zenoh_buffers::{ZBuf, ZSlice, reader::HasReader};
use zenoh_codec::{RCodec, WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Encoding, Reliability, WireExpr},
    network::{
        Declare as WireDeclare, DeclareBody, DeclareFinal, Mapping, NetworkBody, NetworkMessage, Push,
        ext::{NodeIdType, QoSType},
    },
    transport::{FragmentHeader, FrameHeader, TransportBody, TransportMessage, fragment, frame},
    zenoh::{PushBody, Put as WirePut},
};

wasm_bindgen_test_configure!(run_in_browser);

const NOW: Duration = Duration::ZERO;

/// A value from a line of JavaScript.
fn js(source: &str) -> JsValue {
    eval(source).unwrap()
}

fn array(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|i| zbytes_lab::measure::mix(i as u64) as u8).collect()
}

fn borrow(source: &Object) -> Segment {
    let payload = ZBytes::from_segments([Source::borrow(JsValue::from(source))]).unwrap();
    payload.into_segments().remove(0)
}

fn payload(source: &Object, mode: Mode) -> ZBytes {
    ZBytes::from_segments([(JsValue::from(source), mode)]).unwrap()
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// Detaches an array, as a transfer to a Worker does.
fn detach(source: &Uint8Array) {
    let transfer: Function = js("(array) => structuredClone(array.buffer, { transfer: [array.buffer] })").into();
    transfer.call1(&JsValue::NULL, source).unwrap();
    assert_eq!(source.length(), 0);
}

#[wasm_bindgen_test]
fn every_kind_of_array_is_borrowed_byte_by_byte() {
    let ints = Int32Array::from([1, -2].as_slice());
    assert_eq!(flat(&payload(&ints, Mode::Borrow)), [1, 0, 0, 0, 254, 255, 255, 255]);
    let floats = Float32Array::from([1.5].as_slice());
    assert_eq!(flat(&payload(&floats, Mode::Borrow)), 1.5f32.to_le_bytes());
    let doubles = Float64Array::from([-0.25].as_slice());
    assert_eq!(flat(&payload(&doubles, Mode::Copy)), (-0.25f64).to_le_bytes());
    let view = js("new DataView(new Uint8Array([9, 8, 7, 6]).buffer, 1, 2)");
    assert_eq!(flat(&payload(view.unchecked_ref(), Mode::Borrow)), [8, 7]);
    assert!(flat(&payload(&array(&[]), Mode::Borrow)).is_empty());
}

#[wasm_bindgen_test]
fn a_view_with_an_offset_is_borrowed_where_it_is() {
    let whole = array(&[0, 1, 2, 3, 4, 5, 6, 7]);
    let part = whole.subarray(2, 6);
    let segment = borrow(&part);
    assert_eq!(segment.len(), 4);
    let sliced = ZBytes::from_segments([(segment.slice(1..3).unwrap(), Mode::Borrow), (segment, Mode::Copy)]).unwrap();
    assert_eq!(flat(&sliced), [3, 4, 2, 3, 4, 5]);
    assert_eq!(flat(&sliced.slice(1..4).unwrap()), [4, 2, 3]);
}

#[wasm_bindgen_test]
fn a_write_shows_in_a_borrowed_payload_and_not_in_a_copied_one() {
    let source = array(&[1, 2, 3]);
    let (borrowed, copied) = (payload(&source, Mode::Borrow), payload(&source, Mode::Copy));
    source.set_index(1, 99);
    assert_eq!(flat(&borrowed), [1, 99, 3]);
    assert_eq!(flat(&copied), [1, 2, 3]);
    assert_eq!(borrowed.segments().first().unwrap().place(), Place::JsHeap);
    assert_eq!(copied.segments().first().unwrap().place(), Place::Linear);
}

#[wasm_bindgen_test]
fn the_ledger_counts_each_copy_between_the_places() {
    let source = array(&noise(1000));
    let (borrowed, receipt) = ZBytes::build([Source::borrow(&source)]).unwrap();
    assert_eq!(receipt.ledger, Ledger::new());
    let (_, receipt) = ZBytes::build([Source::copy(&source)]).unwrap();
    let build = Entry { stage: Stage::Build, reason: Reason::CopyMode, from: Place::JsHeap, to: Place::Linear };
    assert_eq!(receipt.ledger.entries().collect::<Vec<_>>(), [(build, 1000)]);
    let mut ledger = Ledger::new();
    let mut seen = Vec::new();
    borrowed.for_each_window(&mut [0; 64], &mut ledger, |bytes| seen.extend_from_slice(bytes)).unwrap();
    assert_eq!(seen, noise(1000));
    let window = Entry { stage: Stage::Read, reason: Reason::Window, from: Place::JsHeap, to: Place::Linear };
    assert_eq!(ledger.entries().collect::<Vec<_>>(), [(window, 1000)]);
}

#[wasm_bindgen_test]
fn a_source_that_was_detached_is_an_error_and_never_wrong_bytes() {
    let source = array(&noise(500));
    let (borrowed, copied) = (payload(&source, Mode::Borrow), payload(&source, Mode::Copy));
    let segment = borrow(&source);
    detach(&source);
    let expected = BuildError::Segment { index: 0, error: SegmentError::Detached { expected: 500, found: 0 } };
    assert_eq!(borrowed.check().unwrap_err(), expected);
    assert_eq!(borrowed.to_bytes(&mut Ledger::new()).unwrap_err(), expected);
    assert_eq!(borrowed.slice(3..9).unwrap().to_bytes(&mut Ledger::new()).unwrap_err(), expected);
    assert_eq!(ZBytes::from_segments([(segment, Mode::Copy)]).unwrap_err(), expected);
    assert_eq!(flat(&copied), noise(500));
}

#[wasm_bindgen_test]
fn payloads_survive_the_growth_of_wasm_memory() {
    let memory = || Reflect::get(&wasm_bindgen::memory(), &JsValue::from_str("buffer")).unwrap();
    let source = array(&noise(70_000));
    let segments = [(borrow(&source), Mode::Borrow), (borrow(&source), Mode::Copy)];
    let payload = ZBytes::from_segments(segments).unwrap();
    let before = memory();
    let growth = vec![1u8; 64 << 20];
    assert!(!Object::is(&before, &memory()), "the memory has grown, and views of the old one are detached");
    assert_eq!(growth.len(), 64 << 20);
    assert_eq!(flat(&payload), [noise(70_000), noise(70_000)].concat());
}

#[wasm_bindgen_test]
fn a_slice_holds_the_owner_when_all_others_have_let_go() {
    let source = array(&[5, 6]);
    let payload = payload(&source, Mode::Borrow);
    let slice = payload.slice(1..2).unwrap();
    drop((payload, source));
    assert_eq!(flat(&slice), [6]);
}

// ---- the client over such owners ----

/// A message as a WebSocket delivers it: in an ArrayBuffer of its own.
fn received(bytes: &[u8]) -> Segment {
    let buffer: ArrayBuffer = array(bytes).buffer();
    Segment::received(buffer)
}

fn open() -> Client {
    open_with(true)
}

fn open_with(markers: bool) -> Client {
    let config = Config::new(ZenohId::new([7; 16]).unwrap(), 1);
    let mut client = Client::new(config, NOW);
    for answer in handshake(markers) {
        client.handle_input(received(&answer), NOW);
    }
    assert!(matches!(client.poll_event(), Some(Event::Opened(_))));
    while client.poll_transmit(&mut Vec::new(), NOW).is_some() {}
    client
}

/// A router's answers to the first two messages of a client.
fn handshake(markers: bool) -> [Vec<u8>; 2] {
    let router = Greeting { markers, ..Greeting::default() };
    [router.init_ack(), router.open_ack()]
}

fn put(source: &Object, mode: Mode) -> Put {
    Put::new(KeyExpr::new("lab/x").unwrap(), payload(source, mode))
}

#[wasm_bindgen_test]
fn a_put_copies_each_byte_once_by_borrow_and_twice_by_copy() {
    let bytes = noise(200_000);
    let source = array(&bytes);
    for mode in Mode::ALL {
        let mut client = open();
        let (payload, receipt) = ZBytes::build([Source::new(&source, mode)]).unwrap();
        let mut ledger = receipt.ledger;
        client.put(1, Put::new(KeyExpr::new("lab/x").unwrap(), payload)).unwrap();
        let mut batch = vec![0; usize::from(BATCH_SIZE)];
        let mut batches = 0;
        while let Some(transmit) = client.poll_transmit(&mut batch, NOW) {
            batches += 1;
            if let Some((count, gathered)) = transmit.parts.into_iter().next().and_then(|part| part.last) {
                assert_eq!(count, batches);
                ledger.absorb(&gathered);
            }
        }
        assert_eq!(ledger.bytes_in(Stage::Gather), 200_000);
        assert_eq!(ledger.total(), if mode == Mode::Copy { 400_000 } else { 200_000 });
    }
}

#[wasm_bindgen_test]
fn a_source_detached_during_its_put_ends_that_put_alone() {
    let source = array(&noise(200_000));
    let mut client = open();
    client.put(1, put(&source, Mode::Borrow)).unwrap();
    let mut batch = vec![0; usize::from(BATCH_SIZE)];
    assert_eq!(client.poll_transmit(&mut batch, NOW).unwrap().parts[0].op, 1);
    detach(&source);
    let abort = client.poll_transmit(&mut batch, NOW).unwrap();
    assert_eq!(abort.parts, []);
    let mut bytes = ZSlice::from(batch[..abort.len].to_vec());
    let header: FragmentHeader = Zenoh080::new().read(&mut (&mut bytes).reader()).unwrap();
    assert!(header.ext_drop.is_some(), "the router is told to forget the first part");
    // Numbers begin with the first one that takes four bytes on the wire: this client's random part
    // is 1.
    assert_eq!(header.sn, (1 << 21) + 2, "under the number that the next part would have had");
    let Some(Event::PutFailed(1, PutError::Source(error))) = client.poll_event() else { panic!("the put goes on") };
    assert!(error.to_string().contains("detached"), "{error}");
    client.put(2, put(&array(&[1]), Mode::Borrow)).unwrap();
    let next = client.poll_transmit(&mut batch, NOW).unwrap();
    assert!(next.parts[0].last.is_some());
    assert!(client.is_open());
}

/// Payload bytes of the next batch: the bytes behind the header of a fragment. The first and the
/// last fragment also carry other bytes of the message.
fn carried(client: &mut Client) -> Option<Vec<u8>> {
    let mut batch = vec![0; usize::from(BATCH_SIZE)];
    let transmit = client.poll_transmit(&mut batch, NOW)?;
    let mut bytes = ZSlice::from(batch[..transmit.len].to_vec());
    let mut reader = (&mut bytes).reader();
    let _: FragmentHeader = Zenoh080::new().read(&mut reader).unwrap();
    Some(bytes.to_vec())
}

#[wasm_bindgen_test]
fn a_write_during_a_put_shows_in_the_borrowed_rest_alone() {
    for mode in Mode::ALL {
        let source = array(&vec![1; 200_000]);
        let buffer = source.buffer();
        let mut client = open();
        client.put(1, put(&source, mode)).unwrap();
        let first = carried(&mut client).unwrap();
        // JavaScript allows writing by index to a detached array, and ignores the write.
        (0..200_000).for_each(|i| source.set_index(i, 2));
        let mut rest = Vec::new();
        while let Some(bytes) = carried(&mut client) {
            rest.extend(bytes);
        }
        assert!(first.ends_with(&[1; 65_000]));
        let expected = if mode == Mode::Borrow { 2 } else { 1 };
        assert!(rest.len() > 130_000 && rest.iter().all(|byte| *byte == expected), "{mode:?}");
        assert_eq!(buffer.byte_length(), if mode == Mode::Move { 0 } else { 200_000 });
    }
}

#[wasm_bindgen_test]
fn a_put_under_way_and_a_local_sample_hold_the_owner() {
    let source = array(&noise(200_000));
    let mut client = open();
    client.declare_subscriber(1, KeyExpr::new("**").unwrap()).unwrap();
    while client.poll_transmit(&mut Vec::new(), NOW).is_some() {}
    let put = put(&source, Mode::Move);
    let watch = put.kind.payload().unwrap().segments().first().unwrap().watch().unwrap();
    client.put(1, put).unwrap();
    drop(source);
    assert!(watch.holders() > 0);
    let mut sent = Vec::new();
    while let Some(bytes) = carried(&mut client) {
        sent.extend(bytes);
    }
    assert!(sent.ends_with(&noise(200_000)), "nothing was lost with the caller's references");
    let Some(Event::Sample(sample)) = client.poll_event() else { panic!("no local sample") };
    assert!(sample.local && watch.holders() > 0);
    assert_eq!(flat(sample.kind.payload().unwrap()), noise(200_000));
    drop(sample);
    while client.poll_event().is_some() {}
    assert_eq!(watch.holders(), 0, "the put is over, and the program has dropped the sample");
}

#[wasm_bindgen_test]
fn a_client_that_is_dropped_lets_go_of_what_its_puts_held() {
    let source = array(&noise(200_000));
    let mut client = open();
    let put = put(&source, Mode::Borrow);
    let watch = put.kind.payload().unwrap().segments().first().unwrap().watch().unwrap();
    client.put(1, put).unwrap();
    client.poll_transmit(&mut Vec::new(), NOW);
    assert!(watch.holders() > 0);
    drop(client);
    assert_eq!(watch.holders(), 0);
}

#[wasm_bindgen_test]
fn a_put_given_up_halfway_ends_the_session_of_an_old_router() {
    let source = array(&noise(200_000));
    let mut client = open_with(false);
    client.put(1, put(&source, Mode::Borrow)).unwrap();
    let mut batch = vec![0; usize::from(BATCH_SIZE)];
    client.poll_transmit(&mut batch, NOW).unwrap();
    detach(&source);
    let close = client.poll_transmit(&mut batch, NOW).unwrap();
    let mut bytes = ZSlice::from(batch[..close.len].to_vec());
    let last: TransportMessage = Zenoh080::new().read(&mut (&mut bytes).reader()).unwrap();
    assert!(matches!(last.body, TransportBody::Close(_)));
    assert!(matches!(client.poll_event(), Some(Event::PutFailed(1, _))));
    assert!(matches!(client.poll_event(), Some(Event::Closed(Ended { cause: CloseCause::HalfSent, .. }))));
}

#[wasm_bindgen_test]
fn a_received_payload_stays_in_the_js_heap_until_asked_for() {
    let bytes = noise(150_000);
    let key = WireExpr { scope: 0, suffix: "lab/x".into(), mapping: Mapping::Sender };
    let mut message = Vec::new();
    Zenoh080::new().write(&mut message, &router_put(key, bytes.clone())).unwrap();
    let mut client = open();
    client.declare_subscriber(1, KeyExpr::new("**").unwrap()).unwrap();
    let parts: Vec<&[u8]> = message.chunks(60_000).collect();
    for (i, part) in parts.iter().enumerate() {
        let header = FragmentHeader {
            reliability: Reliability::Reliable,
            more: i + 1 < parts.len(),
            sn: i as u32,
            ext_qos: fragment::ext::QoSType::DEFAULT,
            ext_first: (i == 0).then(fragment::ext::First::new),
            ext_drop: None,
        };
        let mut batch = Vec::new();
        Zenoh080::new().write(&mut batch, &header).unwrap();
        batch.extend_from_slice(part);
        client.handle_input(received(&batch), NOW);
    }
    let Some(Event::Sample(sample)) = client.poll_event() else { panic!("no sample") };
    assert_eq!(sample.kind.payload().unwrap().segments().len(), 3);
    assert!(sample.kind.payload().unwrap().segments().iter().all(|segment| segment.place() == Place::JsHeap));
    assert_eq!(client.received().total(), 0, "receiving copies no payload byte");
    assert!(client.received().metadata() < 4096, "only windows of headers were looked at");
    let mut ledger = Ledger::new();
    assert_eq!(sample.kind.payload().unwrap().to_bytes(&mut ledger).unwrap().as_slice(), bytes);
    assert_eq!(ledger.bytes_in(Stage::Read), 150_000);
}

#[wasm_bindgen_test]
fn small_messages_of_a_frame_are_read_across_window_borders() {
    let mut client = open();
    client.declare_subscriber(1, KeyExpr::new("**").unwrap()).unwrap();
    let mut batch = Vec::new();
    let header = FrameHeader { reliability: Reliability::Reliable, sn: 0, ext_qos: frame::ext::QoSType::DEFAULT };
    Zenoh080::new().write(&mut batch, &header).unwrap();
    for n in 0..300u16 {
        let push = Push {
            wire_expr: WireExpr { scope: 0, suffix: format!("lab/{n}").into(), mapping: Mapping::Sender },
            ext_qos: QoSType::PUSH,
            ext_tstamp: None,
            ext_nodeid: NodeIdType::DEFAULT,
            ext_ts_stack: None,
            payload: PushBody::Put(WirePut {
                timestamp: None,
                encoding: Encoding::empty(),
                ext_sinfo: None,
                ext_attachment: None,
                ext_unknown: Vec::new(),
                payload: ZBuf::from(vec![n as u8; usize::from(n % 97)]),
            }),
        };
        Zenoh080::new().write(&mut batch, &NetworkMessage::from(NetworkBody::Push(push))).unwrap();
    }
    client.handle_input(received(&batch), NOW);
    for n in 0..300u16 {
        let Some(Event::Sample(sample)) = client.poll_event() else { panic!("sample {n} is missing") };
        assert_eq!(sample.key_expr.as_str(), format!("lab/{n}"));
        assert_eq!(flat(sample.kind.payload().unwrap()), vec![n as u8; usize::from(n % 97)]);
    }
    assert!(client.poll_event().is_none() && client.is_open());
}

// ---- the driver, over a stand-in for the browser's WebSocket ----

/// Replaces `WebSocket` until it is dropped. It opens by itself, and answers the first messages
/// with `answers`, one each. It counts the bytes that the page sends. They leave at once, until
/// [`StandIn::hold`].
struct StandIn {
    class: Object,
    original: JsValue,
}

impl StandIn {
    fn new(answers: &[Vec<u8>]) -> Self {
        let make: Function = js("(answers) => class StandIn extends EventTarget {
            static sent = 0;
            static lengths = [];
            static holding = false;
            static held = 0;
            static silent = false;
            static last;
            get bufferedAmount() { return StandIn.held; }
            constructor() {
                super();
                StandIn.last = this;
                setTimeout(() => StandIn.silent || this.dispatchEvent(new Event('open')));
            }
            send(batch) {
                StandIn.lengths.push(batch.byteLength);
                if (StandIn.holding) StandIn.held += batch.byteLength;
                const data = answers[StandIn.sent++]?.buffer;
                if (data) setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data })));
            }
            close() {}
        }")
        .into();
        let answers: Array = answers.iter().map(|answer| array(answer)).collect();
        let class: Object = make.call1(&JsValue::NULL, &answers).unwrap().into();
        let original = Reflect::get(&js_sys::global(), &"WebSocket".into()).unwrap();
        Reflect::set(&js_sys::global(), &"WebSocket".into(), &class).unwrap();
        Self { class, original }
    }

    fn sent(&self) -> f64 {
        self.number("sent")
    }

    fn number(&self, name: &str) -> f64 {
        Reflect::get(&self.class, &name.into()).unwrap().as_f64().unwrap()
    }

    fn set(&self, name: &str, value: impl Into<JsValue>) {
        Reflect::set(&self.class, &name.into(), &value.into()).unwrap();
    }

    /// From now on, bytes stay in the buffer until [`StandIn::leave`].
    fn hold(&self) {
        self.set("holding", true);
        self.set("lengths", Array::new());
    }

    /// Bytes in its buffer.
    fn held(&self) -> u64 {
        self.number("held") as u64
    }

    /// Lets so many bytes leave.
    fn leave(&self, bytes: u64) {
        self.set("held", self.number("held") - bytes as f64);
    }

    /// Lengths of the batches since [`StandIn::hold`], in bytes.
    fn lengths(&self) -> Vec<u64> {
        let lengths: Array = Reflect::get(&self.class, &"lengths".into()).unwrap().into();
        lengths.iter().map(|length| length.as_f64().unwrap() as u64).collect()
    }

    /// Delivers a batch to the page, now.
    fn hand(&self, batch: &[u8]) {
        let last = Reflect::get(&self.class, &"last".into()).unwrap();
        let hand: Function = js("(socket, data) => socket.dispatchEvent(new MessageEvent('message', { data }))").into();
        hand.call2(&JsValue::NULL, &last, &array(batch).buffer()).unwrap();
    }

    /// Closes the connection, as a browser does when the network is cut.
    fn close(&self) {
        let last = Reflect::get(&self.class, &"last".into()).unwrap();
        let close: Function = js("(socket) => socket.dispatchEvent(new CloseEvent('close', { code: 1006 }))").into();
        close.call1(&JsValue::NULL, &last).unwrap();
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        Reflect::set(&js_sys::global(), &"WebSocket".into(), &self.original).unwrap();
    }
}

/// The messages of a driver. Waiting for one lets the page do other work meanwhile.
#[derive(Clone, Default)]
struct Heard(Rc<RefCell<Vec<Told>>>);

impl Heard {
    fn take(&self) -> Vec<Told> {
        self.0.take()
    }

    async fn until(&self, wanted: impl Fn(&Told) -> bool) -> Vec<Told> {
        for _ in 0..1000 {
            if self.0.borrow().iter().any(&wanted) {
                return self.take();
            }
            TimeoutFuture::new(1).await;
        }
        panic!("told in vain: {:?}", self.take())
    }
}

#[wasm_bindgen_test]
async fn a_put_for_this_session_ends_at_once_and_sends_nothing() {
    let socket = StandIn::new(&handshake(true));
    let heard = Heard::default();
    let driver = Driver::open("ws://stand-in", LabHost, {
        let heard = heard.clone();
        move |told| heard.0.borrow_mut().push(told)
    });
    let put = |allowed_destination| Put { allowed_destination, ..put(&array(&noise(200_000)), Mode::Borrow) };
    driver.send(Command::Put(1, put(Locality::SessionLocal)));
    assert!(matches!(heard.take()[..], [Told::Refused(1, CommandError::NotOpen)]), "and has not ended besides");
    heard.until(|told| matches!(told, Told::Event(Event::Opened(_)))).await;
    driver.send(Command::Declare(5, Declare::Subscriber(KeyExpr::new("lab/*").unwrap().into())));
    assert!(matches!(heard.take()[..], [Told::Declared(5, Ok(()))]));
    let before = socket.sent();

    let delete = Put { allowed_destination: Locality::SessionLocal, ..Put::delete(KeyExpr::new("lab/x").unwrap()) };
    for (op, put) in [(2, put(Locality::SessionLocal)), (3, delete)] {
        let bytes = |kind: &SampleKind| kind.payload().map_or(0, ZBytes::len);
        let len = bytes(&put.kind);
        driver.send(Command::Put(op, put));
        let told = heard.take();
        let [Told::PutEnded(ended, Ok(sent))] = &told[..] else { panic!("{told:?}") };
        assert_eq!((*ended, sent.batches, sent.ledger.total()), (op, 0, 0));
        let told = heard.until(|told| matches!(told, Told::Event(Event::Sample(_)))).await;
        let [Told::Event(Event::Sample(sample))] = &told[..] else { panic!("{told:?}") };
        assert_eq!((sample.local, bytes(&sample.kind), &sample.subscribers[..]), (true, len, &[5][..]));
    }
    assert_eq!(socket.sent(), before);
    // A put for every session has not ended when its call returns. It leaves in batches.
    driver.send(Command::Put(4, put(Locality::Any)));
    assert!(heard.take().is_empty());
    let told = heard.until(|told| matches!(told, Told::PutEnded(..))).await;
    let Some(Told::PutEnded(4, Ok(sent))) = told.last() else { panic!("{told:?}") };
    assert_eq!((sent.batches, sent.ledger.total()), (4, 200_000));
    assert_eq!(socket.sent(), before + 4.0);
}

/// A global object that is replaced until this is dropped.
struct Replaced {
    name: &'static str,
    original: JsValue,
}

impl Replaced {
    /// Replaces it with the result of a function of the original.
    fn by(name: &'static str, make: &str) -> Self {
        let original = Reflect::get(&js_sys::global(), &name.into()).unwrap();
        let make: Function = js(make).into();
        let other = make.call1(&JsValue::NULL, &original).unwrap();
        Reflect::set(&js_sys::global(), &name.into(), &other).unwrap();
        Self { name, original }
    }

    /// Replaces `Error`, so that errors name their place in the way of another engine.
    fn engine(mark: &str) -> Self {
        Self::by("Error", &format!("(Error) => class extends Error {{ {mark} = 1 }}"))
    }

    /// Replaces `WebSocket` with a class that does nothing but `begin`. `WebSocket.tried` counts
    /// the attempts.
    fn sockets(begin: &str) -> Self {
        let body = format!("constructor() {{ super(); Silent.tried++; {begin} }} send() {{}} close() {{}}");
        Self::by("WebSocket", &format!("() => class Silent extends EventTarget {{ static tried = 0; {body} }}"))
    }

    /// Replaces `fetch` with an answer to every request. `None` as text means no answer.
    fn server(status: u16, text: Option<&str>) -> Self {
        let answer = match text {
            Some(text) => format!("Promise.resolve(new Response({text:?}, {{ status: {status} }}))"),
            None => "Promise.reject(new TypeError('no answer'))".to_owned(),
        };
        Self::by("fetch", &format!("() => () => {answer}"))
    }

    /// Makes timers a hundred times as fast, and a clock that runs as fast. So the test does not
    /// wait as long as a person would.
    fn timers() -> [Self; 2] {
        [
            Self::by(
                "setTimeout",
                "(setTimeout) => (call, millis, ...rest) => setTimeout(call, millis / 100, ...rest)",
            ),
            Self::by(
                "performance",
                "(performance) => {
                    const begun = performance.now();
                    return { now: () => begun + (performance.now() - begun) * 100 };
                }",
            ),
        ]
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        Reflect::set(&js_sys::global(), &self.name.into(), &self.original).unwrap();
    }
}

/// A driver of a session at `url`, and its messages.
fn drive(url: &str) -> (Driver, Heard) {
    let heard = Heard::default();
    let tell = heard.clone();
    (Driver::open(url, LabHost, move |told| tell.0.borrow_mut().push(told)), heard)
}

/// Gives the page time for other work.
async fn turns(count: usize) {
    for _ in 0..count {
        TimeoutFuture::new(1).await;
    }
}

#[wasm_bindgen_test]
async fn a_put_ends_with_the_routers_answer_in_a_silent_browser() {
    let socket = StandIn::new(&handshake(true));
    let webkit = Replaced::engine("line");
    let (driver, heard) = drive("ws://stand-in");
    heard.until(|told| matches!(told, Told::Event(Event::Opened(_)))).await;
    let before = socket.sent();
    driver.send(Command::Put(1, put(&array(&noise(200_000)), Mode::Borrow)));
    turns(50).await;
    assert_eq!(socket.sent(), before + 5.0, "four batches, and a fence");
    let told = heard.take();
    assert!(told.is_empty(), "nothing has been answered: {told:?}");
    socket.hand(&last_interest(1, 0));
    let told = heard.until(|told| matches!(told, Told::PutEnded(..))).await;
    let Some(Told::PutEnded(1, Ok(sent))) = told.last() else { panic!("{told:?}") };
    assert!(sent.answered && sent.batches == 4);

    // A link that takes no bytes gets only as many as the bound allows.
    let before = socket.sent();
    driver.send(Command::Put(2, put(&Uint8Array::new_with_length(64 << 20), Mode::Borrow)));
    let mut last = before;
    loop {
        turns(20).await;
        if std::mem::replace(&mut last, socket.sent()) == socket.sent() {
            break;
        }
    }
    let given = (last - before) * 65_535.0;
    assert!((8e6..9e6).contains(&given), "{given} B were given to a socket that says they have left");
    assert!(!heard.take().iter().any(|told| matches!(told, Told::PutEnded(..))));
    drop((driver, webkit));
}

/// The words about the end of a session at `url`.
fn ended(url: &str, told: &[Told]) -> String {
    let Some(Told::Closed(Some(error))) = told.last() else { panic!("{told:?}") };
    let problem = place(url).link_problem(error);
    format!("{} {}", problem.title, problem.detail)
}

#[wasm_bindgen_test]
async fn an_error_without_an_end_is_an_end() {
    let _sockets = Replaced::sockets("setTimeout(() => this.dispatchEvent(new Event('error')));");
    let (_driver, heard) = drive("ws://stand-in");
    let told = heard.until(|told| matches!(told, Told::Closed(_))).await;
    assert!(matches!(told[..], [Told::Closed(Some(LinkError::NotOpened { .. }))]), "{told:?}");
}

#[wasm_bindgen_test]
async fn a_browser_that_holds_back_attempts_is_waited_for() {
    let (_timers, _sockets) = (Replaced::timers(), Replaced::sockets(""));
    let (_driver, heard) = drive("ws://stand-in");
    let told = heard.until(|told| matches!(told, Told::Closed(_))).await;
    let [Told::Closed(Some(LinkError::NoAnswer { within }))] = told[..] else { panic!("{told:?}") };
    assert_eq!(within, Duration::from_secs(10));

    let _gecko = Replaced::engine("lineNumber");
    let (_driver, heard) = drive("ws://stand-in");
    let told = heard.until(|told| matches!(told, Told::Closed(_))).await;
    let [Told::HeldBack(longest), Told::Closed(Some(LinkError::NoAnswer { within }))] = told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((longest, within), (Duration::from_secs(60), Duration::from_secs(70)));
}

/// A lab's description of itself.
const RUNNING: &str = r#"{ "router": { "ws": "ws/127.0.0.1:7446", "tcp": "tcp/127.0.0.1:7447" } }"#;

#[wasm_bindgen_test]
async fn the_page_asks_its_own_lab_before_it_opens_a_websocket() {
    let location: Function = js("() => location.origin").into();
    let origin = location.call0(&JsValue::NULL).unwrap().as_string().unwrap();
    let own = format!("{}/zenoh?framing=stream", origin.replacen("http", "ws", 1));
    let refusing = "setTimeout(() => this.dispatchEvent(new CloseEvent('close', { code: 1006 })));";
    for (status, text, tried, words) in [
        (
            200,
            Some(RUNNING),
            1.0,
            "The lab is there, and says that its router runs (lab.json). The WebSocket was refused",
        ),
        (200, Some(r#"{ "router": null }"#), 0.0, "The lab's router is stopped."),
        (502, Some("no lab"), 0.0, "answered lab.json with status 502"),
        (404, Some("no such file"), 1.0, "it has no lab.json, so it is not a lab. The locator hub is a router"),
        (403, Some("not for this page"), 1.0, "Asked without a WebSocket, /zenoh says 403: not for this page."),
        (0, None, 0.0, "The lab does not answer."),
    ] {
        let (_sockets, _server) = (Replaced::sockets(refusing), Replaced::server(status, text));
        let (_driver, heard) = drive(&own);
        let told = heard.until(|told| matches!(told, Told::Closed(_))).await;
        assert!(told.len() == 1 && ended(&own, &told).contains(words), "{status} {text:?}: {told:?}");
        let sockets = Reflect::get(&js_sys::global(), &"WebSocket".into()).unwrap();
        assert_eq!(Reflect::get(&sockets, &"tried".into()).unwrap(), tried, "{status} {text:?}");
    }
    // The page's server does not know other routers.
    let (_sockets, _server) = (Replaced::sockets(refusing), Replaced::server(0, None));
    let (_driver, heard) = drive("ws://127.0.0.1:9/");
    let told = heard.until(|told| matches!(told, Told::Closed(_))).await;
    assert!(ended("ws://127.0.0.1:9/", &told).contains("Perhaps nothing listens there"), "{told:?}");
}

/// A driver over a stand-in. Its session is open and has nothing more to send.
async fn driven(answers: &[Vec<u8>]) -> (StandIn, Driver, Heard) {
    let (socket, heard) = (StandIn::new(answers), Heard::default());
    let driver = Driver::open_lasting("ws://stand-in", LabHost, {
        let heard = heard.clone();
        move |told| heard.0.borrow_mut().push(told)
    });
    heard.until(|told| matches!(told, Told::Event(Event::Opened(_)))).await;
    (socket, driver, heard)
}

/// Waits until the driver has sent nothing for some turns of the page.
async fn until_quiet(socket: &StandIn) {
    let (mut before, mut quiet) = (socket.lengths().len(), 0);
    while quiet < 20 {
        TimeoutFuture::new(2).await;
        let now = socket.lengths().len();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
    }
}

/// The most bytes that may wait in the browser's buffer, as in docs/limits.md.
const HIGH_WATER: u64 = 4 << 20;

#[wasm_bindgen_test]
async fn a_put_waits_at_the_high_water_mark_until_bytes_leave() {
    let (socket, driver, heard) = driven(&handshake(true)).await;
    let len = 20 << 20;
    socket.hold();
    driver.send(Command::Put(1, put(&array(&noise(len)), Mode::Borrow)));
    until_quiet(&socket).await;
    let full = HIGH_WATER..HIGH_WATER + u64::from(BATCH_SIZE);
    assert!(full.contains(&socket.held()), "{} B wait in the browser", socket.held());
    // A few bytes leave, and as many arrive. The buffer never exceeds the mark by more than a
    // batch.
    let mut given = socket.held();
    for step in [1, u64::from(BATCH_SIZE), 1 << 20, HIGH_WATER] {
        socket.leave(step);
        until_quiet(&socket).await;
        assert!(full.contains(&socket.held()), "{} B wait after {step} B have left", socket.held());
        let now: u64 = socket.lengths().iter().sum();
        assert!(now - given <= step + u64::from(BATCH_SIZE), "{} B came for {step}", now - given);
        given = now;
    }
    assert!(!heard.0.borrow().iter().any(|told| matches!(told, Told::PutEnded(..))));
    for _ in 0..20 {
        socket.leave(socket.held());
        until_quiet(&socket).await;
        if heard.0.borrow().iter().any(|told| matches!(told, Told::PutEnded(..))) {
            break;
        }
    }
    let told = heard.until(|told| matches!(told, Told::PutEnded(..))).await;
    let Some(Told::PutEnded(1, Ok(sent))) = told.last() else { panic!("{told:?}") };
    assert_eq!((sent.batches, sent.ledger.total()), (socket.lengths().len(), len as u64));
}

#[wasm_bindgen_test]
async fn a_put_ends_when_its_last_byte_has_left_the_browser() {
    let (socket, driver, heard) = driven(&handshake(true)).await;
    let len = 1 << 20;
    socket.hold();
    driver.send(Command::Put(1, put(&array(&noise(len)), Mode::Borrow)));
    driver.send(Command::Put(2, put(&array(&noise(10)), Mode::Borrow)));
    until_quiet(&socket).await;
    let lengths = socket.lengths();
    let all: u64 = lengths.iter().sum();
    assert_eq!((socket.held(), lengths.len()), (all, 18), "17 fragments, and a frame");
    // A batch and a half have left: one batch counts. All bytes that are not payload belong to the
    // header of a fragment or of the message.
    let head = all - len as u64 - lengths[17];
    for (left, batches) in [(lengths[0] * 3 / 2, 1), (lengths[..9].iter().sum(), 9)] {
        heard.take();
        socket.leave(left - (all - socket.held()));
        let told = heard.until(|told| matches!(told, Told::Progress(..))).await;
        let [Told::Progress(1, handed)] = told[..] else { panic!("{told:?}") };
        let carried: u64 = lengths[..batches].iter().sum();
        let handed = handed as u64;
        assert!(handed < carried && carried - handed <= head, "{handed} B of {carried} in {batches} batches");
    }
    // All but its last byte leave, then that byte. The other put stays.
    let of_it: u64 = lengths[..17].iter().sum();
    socket.leave(of_it - 1 - (all - socket.held()));
    until_quiet(&socket).await;
    assert!(!heard.take().iter().any(|told| matches!(told, Told::PutEnded(..))), "one byte of it waits");
    socket.leave(1);
    let told = heard.until(|told| matches!(told, Told::PutEnded(..))).await;
    assert!(matches!(told[..], [Told::PutEnded(1, Ok(_))]), "{told:?}");
    until_quiet(&socket).await;
    assert!(heard.take().is_empty(), "the other one waits");
    // The link is cut now: the failure reports the bytes that were handed over.
    socket.close();
    let told = heard.until(|told| matches!(told, Told::Lost { .. })).await;
    let Told::PutEnded(2, Err(PutFailure::SessionEnded(Some(LinkError::Closed { .. }), how_far))) = &told[0] else {
        panic!("{told:?}")
    };
    assert_eq!(*how_far, HowFar { handed: 0, total: 10, complete: true });
}

/// Moves the page's clocks until it is dropped.
struct Clocks;

impl Clocks {
    fn new() -> Self {
        js("(() => {
            const [performance_now, date_now] = [performance.now.bind(performance), Date.now];
            globalThis.moved = { steady: 0, wall: 0, performance_now, date_now };
            performance.now = () => performance_now() + moved.steady;
            Date.now = () => date_now() + moved.wall;
        })()");
        Self
    }

    /// Lets so many milliseconds pass by each clock, while the page does not run.
    fn pass(&self, steady: f64, wall: f64) {
        js(&format!("moved.steady += {steady}; moved.wall += {wall};"));
    }
}

impl Drop for Clocks {
    fn drop(&mut self) {
        js("performance.now = moved.performance_now; Date.now = moved.date_now;");
    }
}

/// The router's answer to the interest `number`, by which the driver asks whether the link lives.
fn last_interest(number: u32, sn: u32) -> Vec<u8> {
    let declare = WireDeclare {
        interest_id: Some(number),
        ext_qos: QoSType::DECLARE,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        body: DeclareBody::DeclareFinal(DeclareFinal),
    };
    let header = FrameHeader { reliability: Reliability::Reliable, sn, ext_qos: frame::ext::QoSType::DEFAULT };
    let mut batch = Vec::new();
    Zenoh080::new().write(&mut batch, &header).unwrap();
    Zenoh080::new().write(&mut batch, &NetworkMessage::from(NetworkBody::Declare(declare))).unwrap();
    batch
}

/// The reported pauses: for how many seconds the browser stopped the page, and by how many the
/// computer's clock moved ahead.
fn stood_still(told: &[Told]) -> Vec<[u64; 2]> {
    let pauses = told.iter().filter_map(|told| match told {
        Told::StoodStill(pause) => Some([tens(pause.still), tens(pause.ahead)]),
        _ => None,
    });
    pauses.collect()
}

/// Rounds to tens of seconds. This drops the time between two looks at the clocks, which is little
/// more than one second.
fn tens(time: Duration) -> u64 {
    (time.as_secs_f64() / 10.0).round() as u64 * 10
}

#[wasm_bindgen_test]
async fn a_page_that_stood_still_says_so_and_keeps_its_session() {
    let (socket, driver, heard) = driven(&handshake(true)).await;
    let clocks = Clocks::new();
    socket.hold();
    driver.send(Command::Put(1, put(&array(&noise(10)), Mode::Borrow)));
    driver.send(Command::Flush(2));
    until_quiet(&socket).await;
    heard.take();

    // Frozen for 40 s. The first message after that has waited in the browser.
    clocks.pass(40_000.0, 40_000.0);
    socket.hand(&keep_alive());
    let told = heard.until(|told| matches!(told, Told::StoodStill(_))).await;
    assert_eq!(stood_still(&told), [[40, 0]]);
    // The put has left meanwhile, and reports the pause.
    socket.leave(socket.held());
    let told = heard.until(|told| matches!(told, Told::PutEnded(..))).await;
    let Some(Told::PutEnded(1, Ok(sent))) = told.last() else { panic!("{told:?}") };
    assert_eq!(tens(sent.took.pause.still), 40);
    assert!(sent.took.time >= sent.took.pause.still);

    // The answer to the driver's question after the pause shows that the link lives. The fence had
    // number 1.
    socket.hand(&last_interest(2, 0));
    let told = heard.until(|told| matches!(told, Told::Event(Event::CaughtUp))).await;
    assert!(!told.iter().any(|told| matches!(told, Told::Flushed(..))));
    socket.hand(&last_interest(1, 1));
    let told = heard.until(|told| matches!(told, Told::Flushed(..))).await;
    let Some(Told::Flushed(2, Ok(took))) = told.last() else { panic!("{told:?}") };
    assert_eq!(tens(took.pause.still), 40);

    // Only the computer's clock has moved ahead: the computer slept, or a person set the clock. The
    // driver reports nothing for a clock that is set back.
    clocks.pass(0.0, 120_000.0);
    let told = heard.until(|told| matches!(told, Told::StoodStill(_))).await;
    assert_eq!(stood_still(&told), [[0, 120]]);
    socket.hand(&last_interest(3, 2));
    heard.until(|told| matches!(told, Told::Event(Event::CaughtUp))).await;
    clocks.pass(0.0, -500_000.0);
    TimeoutFuture::new(1200).await;
    assert!(stood_still(&heard.take()).is_empty());

    // A pause in which the link ends: two batches wait, then the end.
    clocks.pass(50_000.0, 50_000.0);
    socket.hand(&keep_alive());
    socket.hand(&keep_alive());
    socket.close();
    let told = heard.until(|told| matches!(told, Told::Lost { .. })).await;
    assert_eq!(stood_still(&told), [[50, 0]]);
    let Some(Told::Lost { error: LinkError::Closed { paused, .. }, .. }) = told.last() else { panic!("{told:?}") };
    assert_eq!(tens(paused.still), 50);
    // The driver opens it again, and the router answers as before. The gap counts from before the
    // pause.
    socket.set("sent", 0);
    let told = heard.until(|told| matches!(told, Told::Event(Event::Resumed { .. }))).await;
    let Some(Told::Event(Event::Resumed { gap, .. })) = told.last() else { panic!("{told:?}") };
    assert_eq!(tens(gap.pause.still), 50);
    assert!(gap.time >= gap.pause.still, "{gap:?}");
}

#[wasm_bindgen_test]
async fn a_page_that_stood_still_while_it_connected_goes_on_waiting() {
    let (socket, heard, clocks) = (StandIn::new(&[]), Heard::default(), Clocks::new());
    // The socket never opens, and the timer for giving up rings at once. So only the clocks end the
    // waiting.
    socket.set("silent", true);
    js(
        "globalThis.set_timeout = setTimeout; globalThis.setTimeout = (call, ms) => set_timeout(call, ms > 5000 ? 5 : ms);",
    );
    let driver = Driver::open("ws://stand-in", LabHost, {
        let heard = heard.clone();
        move |told| heard.0.borrow_mut().push(told)
    });
    clocks.pass(40_000.0, 40_000.0);
    TimeoutFuture::new(100).await;
    assert!(heard.take().is_empty(), "the answer may wait in the browser");
    for _ in 0..4 {
        clocks.pass(2_400.0, 2_400.0);
        TimeoutFuture::new(20).await;
    }
    assert!(heard.take().is_empty());
    clocks.pass(400.0, 400.0);
    let told = heard.until(|told| matches!(told, Told::Closed(_))).await;
    js("globalThis.setTimeout = set_timeout;");
    let [Told::Closed(Some(LinkError::NoAnswer { within }))] = told[..] else { panic!("{told:?}") };
    assert_eq!(within, Duration::from_secs(10));
    drop(driver);
}
