//! Messages of Cap'n Proto, compared with other programs: pycapnp and the `capnp` tool read ours,
//! and the library reads pycapnp's. A hostile message costs no more than its size.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

#[path = "../crates/zbytes/tests/support/memory.rs"]
mod memory;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use capnp::{message::ReaderOptions, serialize};
use memory::most_held;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use zbytes_lab::{
    client::{Client, Config, Event, KeyExpr, Put, ZenohId},
    ledger::{Entry, Ledger, Place, Reason, Stage},
    measure::mix,
    message::{
        Draft, Message, MessageError, PLACEHOLDER, PixelFormat, Received, Schema, Slot, Spec, Way,
        lab_capnp::{self, camera_frame, point_cloud, tensor},
    },
    payload::ZBytes,
    segment::{Element, Mode, Segment, Source},
    server::{Lab, Options},
    wire::BATCH_SIZE,
};
use zbytes_session::testing::Greeting;
use zenoh::qos::CongestionControl;
use zenoh_buffers::{ZSlice, reader::HasReader};
use zenoh_codec::{RCodec, Zenoh080};
use zenoh_protocol::transport::FragmentHeader;

/// No test measures time: this only ends one that would otherwise hang.
const GUARD: Duration = Duration::from_secs(60);

const SCHEMA: &str = "crates/zbytes-capnp/src/lab.capnp";

// ---- messages and their elements ----

/// Appends element `at` of array `index`, little-endian. `support/messages.py` has the same.
fn element(into: &mut Vec<u8>, element: Element, index: usize, at: usize) {
    let mixed = (at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = mixed.wrapping_add((index as u64).wrapping_mul(0xD1B5_4A32_D192_ED03));
    let real = ((mixed >> 48) % 2001) as f64 / 8.0 - 125.0;
    match element {
        Element::Float16 => into.extend_from_slice(&half::f16::from_f64(real).to_le_bytes()),
        Element::Float32 => into.extend_from_slice(&(real as f32).to_le_bytes()),
        Element::Float64 => into.extend_from_slice(&real.to_le_bytes()),
        whole => into.extend_from_slice(&mixed.to_le_bytes()[8 - whole.size()..]),
    }
}

fn bytes_of(spec: &Spec, index: usize) -> Vec<u8> {
    let array = spec.arrays()[index];
    let mut bytes = Vec::with_capacity(array.bytes());
    (0..array.length).for_each(|at| element(&mut bytes, array.element, index, at));
    bytes
}

fn sources(spec: &Spec, mode: Mode) -> Vec<Source> {
    (0..spec.arrays().len()).map(|index| Source::new(bytes_of(spec, index), mode)).collect()
}

fn a_tensor(element: Element, shape: &[u32]) -> Spec {
    Spec::Tensor { name: "größer".to_owned(), element, shape: shape.to_vec(), timestamp: -5 }
}

/// The proposal's own tensor: 11,796,480 B.
fn seed() -> Spec {
    a_tensor(Element::Int32, &[1920, 1536])
}

fn a_frame(format: PixelFormat, width: u32, height: u32, step: u32) -> Spec {
    let (frame_id, sequence, timestamp) = ("front".to_owned(), u32::MAX, 1 << 60);
    Spec::CameraFrame { frame_id, sequence, timestamp, width, height, step, format }
}

fn a_cloud(points: u32) -> Spec {
    Spec::PointCloud { frame_id: String::new(), timestamp: i64::MIN, points }
}

/// All schemas and all element types. Lengths that are whole words and lengths that are not, empty
/// arrays, and a shape without dimensions.
fn small() -> Vec<Spec> {
    let mut specs = vec![
        a_frame(PixelFormat::Rgba8, 16, 4, 64),
        a_frame(PixelFormat::Rgb8, 5, 3, 17),
        a_frame(PixelFormat::Mono16, 3, 3, 6),
        a_frame(PixelFormat::Mono8, 0, 0, 0),
        a_cloud(0),
        a_cloud(1),
        a_cloud(4),
        a_cloud(1001),
    ];
    for element in Element::ALL {
        specs.extend([&[][..], &[0, 3], &[7], &[4, 16], &[1001]].map(|shape| a_tensor(element, shape)));
    }
    specs
}

/// A little below and exactly 1 MiB of data.
fn medium() -> Vec<Spec> {
    vec![a_tensor(Element::Uint8, &[1 << 10, 1 << 10]), a_tensor(Element::Float64, &[131_071]), a_cloud(74_001)]
}

/// The ways in which this test makes a message.
const WAYS: [(Way, Mode); 4] = [
    (Way::Filled, Mode::Borrow),
    (Way::InPlace, Mode::Borrow),
    (Way::Adopted, Mode::Borrow),
    (Way::Adopted, Mode::Move),
];

fn make(spec: &Spec, way: Way, mode: Mode) -> Message {
    match way {
        Way::Filled => spec.filled(sources(spec, mode)),
        Way::InPlace => spec.in_place(|index, into| {
            into.copy_from_slice(&bytes_of(spec, index));
            Ok(())
        }),
        Way::Adopted => spec.adopted(sources(spec, mode)),
    }
    .unwrap()
}

fn payload(spec: &Spec, way: Way, mode: Mode) -> ZBytes {
    make(spec, way, mode).into_payload().unwrap()
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// The same bytes in pieces of `step`, as they might arrive.
fn cut(bytes: &[u8], step: usize) -> ZBytes {
    ZBytes::from_segments(bytes.chunks(step).map(|piece| Source::moved(piece.to_vec()))).unwrap()
}

// ---- other programs ----

/// A folder for files, removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("zbytes-lab-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // If this fails, the folder stays among the system's temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Lets pycapnp read and write the files in `table`, in one process. Returns the counts that it
/// prints.
fn python(folder: &Folder, table: &Value) -> String {
    folder.write("table.json", table.to_string().as_bytes());
    let output = script("tests/support/messages.py")
        .arg(SCHEMA)
        .arg(&folder.0)
        .output()
        .expect("Python starts; scripts/test makes an environment for it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The tests' Python, with a script of this folder.
fn script(name: &str) -> Command {
    let mut command = Command::new(std::env::var("LAB_PYTHON").unwrap_or_else(|_| "python3".to_owned()));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    command
}

#[test]
fn the_generated_code_is_what_the_schema_makes_now() {
    let folder = Folder::new("schema");
    capnpc::CompilerCommand::new()
        .src_prefix("crates/zbytes-capnp/src")
        .file(SCHEMA)
        .output_path(&folder.0)
        .run()
        .expect("capnp compiles the schema; scripts/test installs it");
    let generated = fs::read_to_string(folder.0.join("lab_capnp.rs")).unwrap();
    let kept = include_str!("../crates/zbytes-capnp/src/lab_capnp.rs");
    let without_versions = |code: &str| {
        let lines = code.lines().filter(|line| !(line.starts_with("// capnp") && line.contains(" version: ")));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(kept.lines().count(), without_versions(kept).len() + 2);
    assert!(
        without_versions(&generated) == without_versions(kept),
        "crates/zbytes-capnp/src/lab_capnp.rs is not what {SCHEMA} makes; the new code begins with\n{}",
        generated.lines().take(6).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn pycapnp_reads_every_element_of_messages_made_in_all_ways() {
    let folder = Folder::new("read");
    let mut table = Vec::new();
    for spec in small().into_iter().chain(medium()).chain([seed()]) {
        for (way, mode) in WAYS {
            let file = format!("{}.bin", table.len());
            folder.write(&file, &flat(&payload(&spec, way, mode)));
            table.push(json!({ "file": file, "spec": spec }));
        }
    }
    for (number, (spec, message)) in drafts().into_iter().enumerate() {
        let file = format!("draft-{number}.bin");
        folder.write(&file, &flat(&message.into_payload().unwrap()));
        table.push(json!({ "file": file, "spec": spec }));
    }
    assert_eq!(python(&folder, &json!({ "read": table, "write": [] })), format!("{} 0", table.len()));
}

/// Messages that the test builds by hand, in forms that [`Spec::adopted`] does not make.
fn drafts() -> Vec<(Spec, Message)> {
    let mut all = Vec::new();
    // In builders with room for everything, for the root struct only, and for nothing.
    for planned in [&[64][..], &[6], &[1], &[]] {
        for shape in [&[5][..], &[0]] {
            let spec = a_tensor(Element::Uint16, shape);
            let mut draft = Draft::planned(planned).unwrap();
            let mut root = draft.init_root::<tensor::Builder>();
            root.set_name(spec.name());
            root.set_timestamp(-5);
            root.set_element_type(lab_capnp::ElementType::Uint16);
            root.reborrow().init_shape(1).set(0, shape[0]);
            let slot = Slot::of(root.init_data(PLACEHOLDER as u32));
            draft.adopt(slot, 1, Source::moved(bytes_of(&spec, 0))).unwrap();
            all.push((spec, draft.finish().unwrap()));
        }
        // All four lists adopted in one message, in another order than that of the fields. Some
        // have no elements.
        for points in [3, 0] {
            let spec = a_cloud(points);
            let mut draft = Draft::planned(planned).unwrap();
            let mut root = draft.init_root::<point_cloud::Builder>();
            root.set_frame_id("");
            root.set_timestamp(i64::MIN);
            let slots = [
                Slot::of(bytemuck::cast_slice_mut(root.reborrow().init_intensity(8).as_slice().unwrap())),
                Slot::of(bytemuck::cast_slice_mut(root.reborrow().init_z(4).as_slice().unwrap())),
                Slot::of(bytemuck::cast_slice_mut(root.reborrow().init_y(4).as_slice().unwrap())),
                Slot::of(bytemuck::cast_slice_mut(root.reborrow().init_x(4).as_slice().unwrap())),
            ];
            for (slot, (index, size)) in slots.into_iter().zip([(3, 2), (2, 4), (1, 4), (0, 4)]) {
                draft.adopt(slot, size, Source::borrow(bytes_of(&spec, index))).unwrap();
            }
            all.push((spec, draft.finish().unwrap()));
        }
    }
    all
}

#[test]
fn the_capnp_tool_reads_messages_made_in_all_ways() {
    let folder = Folder::new("tool");
    for schema in Schema::ALL {
        // One stream of consecutive messages.
        let specs: Vec<Spec> = small().into_iter().chain(medium()).filter(|spec| spec.schema() == schema).collect();
        let mut stream = Vec::new();
        for spec in &specs {
            WAYS.into_iter().for_each(|(way, mode)| stream.extend(flat(&payload(spec, way, mode))));
        }
        folder.write("stream.bin", &stream);
        let output = Command::new("capnp")
            .args(["convert", "--short", "binary:json", SCHEMA, schema.name()])
            .stdin(Stdio::from(File::open(folder.0.join("stream.bin")).unwrap()))
            .output()
            .expect("capnp starts; scripts/test installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
        let found: Vec<Value> = found.map(Result::unwrap).collect();
        assert_eq!(found.len(), specs.len() * WAYS.len());
        for (spec, found) in specs.iter().zip(found.chunks(WAYS.len())) {
            let expected = as_json(spec);
            for ((way, mode), found) in WAYS.into_iter().zip(found) {
                assert!(with_floats(found.clone()) == expected, "{spec:?} {way:?} {mode:?}");
            }
        }
    }
}

/// The same with coordinates as floating point: the tool writes whole numbers without a point.
fn with_floats(mut message: Value) -> Value {
    for field in ["x", "y", "z"] {
        if let Some(Value::Array(list)) = message.get_mut(field) {
            list.iter_mut().for_each(|value| *value = json!(value.as_f64()));
        }
    }
    message
}

/// The message as the tool writes it: 64-bit numbers as texts, data as a list of bytes.
fn as_json(spec: &Spec) -> Value {
    let enumerant = |name: &str| {
        let name = name.trim_start_matches("Big");
        name[..1].to_lowercase() + &name[1..]
    };
    let floats = |index| -> Vec<f64> {
        bytes_of(spec, index).chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()).into()).collect()
    };
    match spec {
        Spec::Tensor { name, element, shape, timestamp } => json!({
            "name": name, "elementType": enumerant(element.name()), "shape": shape, "data": bytes_of(spec, 0),
            "timestamp": timestamp.to_string(),
        }),
        Spec::CameraFrame { frame_id, sequence, timestamp, width, height, step, format } => json!({
            "frameId": frame_id, "sequence": sequence, "timestamp": timestamp.to_string(), "width": width, "height": height,
            "step": step, "format": format.name(), "data": bytes_of(spec, 0),
        }),
        Spec::PointCloud { frame_id, timestamp, .. } => json!({
            "frameId": frame_id, "timestamp": timestamp.to_string(), "x": floats(0), "y": floats(1), "z": floats(2),
            "intensity": bytes_of(spec, 3).chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect::<Vec<_>>(),
        }),
    }
}

// ---- pycapnp's messages ----

/// A message of pycapnp's.
struct Written {
    spec: Spec,
    /// Words of the builder's first segment, or pycapnp's default.
    first: Option<u32>,
    bytes: Vec<u8>,
}

/// Messages by pycapnp's default: in one segment, or in two where the array is large. Others are in
/// several segments, because the first one has little room.
static WRITTEN: LazyLock<Vec<Written>> = LazyLock::new(|| {
    let folder = Folder::new("written");
    let mut wanted = Vec::new();
    for spec in small() {
        wanted.extend([None, Some(1), Some(6), Some(10)].map(|first| (spec.clone(), first)));
    }
    for spec in medium().into_iter().chain([seed()]) {
        wanted.extend([None, Some(1)].map(|first| (spec.clone(), first)));
    }
    let entry = |(at, (spec, first)): (usize, &(Spec, Option<u32>))| json!({ "file": format!("{at}.bin"), "spec": spec, "first": first });
    let table: Vec<_> = wanted.iter().enumerate().map(entry).collect();
    assert_eq!(python(&folder, &json!({ "read": [], "write": table })), format!("0 {}", table.len()));
    let read = |(at, (spec, first))| {
        let bytes = fs::read(folder.0.join(format!("{at}.bin"))).unwrap();
        Written { spec, first, bytes }
    };
    wanted.into_iter().enumerate().map(read).collect()
});

/// Whether these bytes are in one piece of the payload, at a whole word.
fn lies_in_place(payload: &ZBytes, range: &Range<usize>) -> bool {
    let mut begin = 0;
    payload.segments().iter().any(|segment| {
        let start = begin;
        begin += segment.len();
        let address = segment.as_linear().unwrap().as_ptr().addr();
        start <= range.start && range.end <= begin && (address + range.start - start).is_multiple_of(8)
    })
}

/// The bytes that reading must have copied: each message segment that was read, unless it was read
/// in place.
fn gathered(received: &Received) -> u64 {
    let read = (0..received.segments()).filter(|at| received.was_read(*at));
    let ranges = read.map(|at| received.segment(at).unwrap());
    ranges.filter(|range| !lies_in_place(received.payload(), range)).map(|range| range.len() as u64).sum()
}

#[test]
fn pycapnps_messages_are_read_however_they_arrive() {
    let mut most = 0;
    for Written { spec, first, bytes } in WRITTEN.iter() {
        let steps: &[usize] = if bytes.len() < 8192 { &[1, 8, 100, 1000, 65_000] } else { &[999, 65_000] };
        let expected: Vec<_> = (0..spec.arrays().len()).map(|index| bytes_of(spec, index)).collect();
        for step in steps {
            let arrived = cut(bytes, *step);
            let received = Received::open(&arrived).unwrap();
            assert_eq!((received.ledger().total(), received.end()), (0, bytes.len()));
            most = most.max(received.segments());
            for content in [received.read(spec.schema()).unwrap(), received.read_any().unwrap()] {
                assert_eq!(content.spec, *spec, "{first:?} {step}");
                for (range, expected) in content.arrays.into_iter().zip(&expected) {
                    assert!(flat(&arrived.slice(range).unwrap()) == *expected, "{spec:?} {first:?} {step}");
                }
            }
            let structure = received.structure(Some(spec.schema())).unwrap();
            assert_eq!((structure.cut, structure.spans.last().unwrap().bytes.end), (false, bytes.len()));
            let contiguous =
                Entry { stage: Stage::Read, reason: Reason::Contiguous, from: Place::Linear, to: Place::Linear };
            let copied = gathered(&received);
            let lines: Vec<_> = received.ledger().entries().collect();
            assert_eq!(
                lines,
                if copied > 0 { vec![(contiguous, copied)] } else { vec![] },
                "{spec:?} {first:?} {step}"
            );
        }
    }
    assert!(most >= 5, "no message came in many segments");
}

#[test]
fn an_array_of_pycapnps_in_a_segment_of_its_own_is_not_touched() {
    let message = WRITTEN.iter().find(|message| message.spec == seed() && message.first.is_none()).unwrap();
    let arrived = cut(&message.bytes, 65_000);
    let received = Received::open(&arrived).unwrap();
    let content = received.read(Schema::Tensor).unwrap();
    assert_eq!(content.arrays[0].len(), 11_796_480);
    assert_eq!((received.was_read(0), received.was_read(1)), (true, false));
    assert!(received.ledger().total() <= received.segment(0).unwrap().len() as u64);
    assert!(received.ledger().metadata() <= 4096);
}

// ---- the ledger, from array to batch ----

fn open() -> Client {
    let mut client = Client::new(Config::new(ZenohId::new([7; 16]).unwrap(), 1), Duration::ZERO);
    let router = Greeting::default();
    for answer in [router.init_ack(), router.open_ack()] {
        client.handle_input(Segment::from(answer), Duration::ZERO);
    }
    assert!(matches!(client.poll_event(), Some(Event::Opened(_))));
    while client.poll_transmit(&mut Vec::new(), Duration::ZERO).is_some() {}
    client
}

#[test]
fn the_seeds_tensor_is_copied_into_batches_and_where_filled() {
    const LEN: u64 = 11_796_480;
    let spec = seed();
    let elements = bytes_of(&spec, 0);
    assert_eq!(elements.len() as u64, LEN);
    let array = Segment::from(elements.clone());
    let filled = Entry { stage: Stage::Build, reason: Reason::Message, from: Place::Linear, to: Place::Linear };
    let batch = Entry { stage: Stage::Gather, reason: Reason::Batch, from: Place::Linear, to: Place::Linear };
    for (way, mode) in WAYS {
        let message = match way {
            Way::Filled => spec.filled([Source::new(array.clone(), mode)]),
            Way::Adopted => spec.adopted([Source::new(array.clone(), mode)]),
            Way::InPlace => spec.in_place(|_, into| {
                into.copy_from_slice(&elements);
                Ok(())
            }),
        };
        let (payload, receipt) = message.unwrap().build().unwrap();
        let copied = if way == Way::Filled { vec![(filled, LEN)] } else { vec![] };
        assert_eq!(receipt.ledger.entries().collect::<Vec<_>>(), copied, "{way:?} {mode:?}");

        let mut client = open();
        client.put(1, Put::new(KeyExpr::new("lab/x").unwrap(), payload.clone())).unwrap();
        let mut space = vec![0; usize::from(BATCH_SIZE)];
        let (mut ledger, mut sent) = (Ledger::new(), Vec::new());
        while let Some(transmit) = client.poll_transmit(&mut space, Duration::ZERO) {
            let mut bytes = ZSlice::from(space[..transmit.len].to_vec());
            let _: FragmentHeader = Zenoh080::new().read(&mut (&mut bytes).reader()).unwrap();
            sent.extend_from_slice(&bytes);
            if let Some((_, gathered)) = transmit.parts.into_iter().next().and_then(|part| part.last) {
                ledger.absorb(&gathered);
            }
        }
        // Every byte of the message once: the array, and the bytes beside it.
        assert_eq!(ledger.entries().collect::<Vec<_>>(), [(batch, payload.len() as u64)], "{way:?} {mode:?}");
        assert!(payload.len() as u64 - LEN <= 256);
        assert!(sent.ends_with(&flat(&payload)));
        let received = Received::open(&payload).unwrap();
        let range = received.read(Schema::Tensor).unwrap().arrays[0].clone();
        assert!(flat(&payload.slice(range).unwrap()) == elements);
    }
}

// ---- the examples ----

/// A program that ends with the test.
struct Running {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn lab() -> Lab {
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let options = Options { page: any, ws: any, tcp: any, router_only: true, ..Options::default() };
    Lab::start(options).await.unwrap()
}

async fn session(locator: &str) -> zenoh::Session {
    let mut config = zenoh::Config::default();
    config.insert_json5("mode", r#""client""#).unwrap();
    config.insert_json5("connect/endpoints", &format!("[{locator:?}]")).unwrap();
    config.insert_json5("scouting/multicast/enabled", "false").unwrap();
    timeout(GUARD, zenoh::open(config)).await.expect("the router answers").unwrap()
}

/// The least and the greatest, as the example writes them.
fn extent<T: PartialOrd + Copy + std::fmt::Debug>(mut numbers: impl Iterator<Item = T>) -> String {
    let first = numbers.next().unwrap();
    let least = |(least, most): (T, T), number: T| {
        (if number < least { number } else { least }, if number > most { number } else { most })
    };
    let (least, most) = numbers.fold((first, first), least);
    format!("min {least:?} max {most:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_subscriber_tells_what_every_message_says() {
    let lab = lab().await;
    let mut command = script("examples/capnp_subscribe.py");
    command.args(["--endpoint", &lab.tcp_locator(), "--key", "lab/**"]);
    let mut subscriber = Running::start(command);
    let session = session(&lab.tcp_locator()).await;
    let publisher = session.declare_publisher("lab/x").congestion_control(CongestionControl::Block).await.unwrap();
    let joined = async {
        while !publisher.matching_status().await.unwrap().matching() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(GUARD, joined).await.expect("the example subscribes");
    let [ints, half] = [a_tensor(Element::Int16, &[7]), a_tensor(Element::Float16, &[])];
    let [colours, greys] = [a_frame(PixelFormat::Rgb8, 5, 3, 17), a_frame(PixelFormat::Mono16, 3, 3, 6)];
    let cloud = a_cloud(4);
    // Two bytes behind each row do not belong to the picture.
    let pixels = bytes_of(&colours, 0).chunks(17).flat_map(|row| row[..15].to_vec()).collect::<Vec<_>>();
    let floats = |index| extent(bytes_of(&cloud, index).chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())));
    let shorts = |spec, index| extent(bytes_of(spec, index).chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])));
    let cases = [
        (
            payload(&ints, Way::Adopted, Mode::Move),
            format!(
                "Tensor 'größer' int16 7 {}",
                extent(bytes_of(&ints, 0).chunks(2).map(|b| i16::from_le_bytes([b[0], b[1]])))
            ),
        ),
        (
            payload(&half, Way::Filled, Mode::Move),
            format!(
                "Tensor 'größer' float16 scalar {}",
                extent(bytes_of(&half, 0).chunks(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f64()))
            ),
        ),
        (
            payload(&a_tensor(Element::Int32, &[0, 3]), Way::Adopted, Mode::Move),
            "Tensor 'größer' int32 0x3 empty".to_owned(),
        ),
        (
            payload(&colours, Way::Adopted, Mode::Move),
            format!("CameraFrame 'front' rgb8 3x5x3 {}", extent(pixels.into_iter())),
        ),
        (payload(&greys, Way::InPlace, Mode::Move), format!("CameraFrame 'front' mono16 3x3x1 {}", shorts(&greys, 0))),
        (
            payload(&cloud, Way::Adopted, Mode::Move),
            format!(
                "PointCloud '' float32 4 x {}, y {}, z {}, intensity {}",
                floats(0),
                floats(1),
                floats(2),
                shorts(&cloud, 3)
            ),
        ),
        (
            // 72 MiB, beyond the limit that pycapnp has by default.
            a_tensor(Element::Uint8, &[72, 1 << 20])
                .in_place(|_, into| {
                    into[5] = 9;
                    Ok(())
                })
                .unwrap()
                .into_payload()
                .unwrap(),
            "Tensor 'größer' uint8 72x1048576 min 0 max 9".to_owned(),
        ),
        (
            ZBytes::from_segments([Source::moved(vec![1u8; 1000])]).unwrap(),
            "no message of lab.capnp (1000 B)".to_owned(),
        ),
    ];
    for (payload, expected) in cases {
        publisher.put(flat(&payload)).await.unwrap();
        let line = subscriber.line();
        assert_eq!(line, format!("lab/x {expected}"));
    }
    session.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_example_publisher_puts_is_read_here() {
    let lab = lab().await;
    let session = session(&lab.tcp_locator()).await;
    let subscriber = session.declare_subscriber("lab/**").await.unwrap();
    for shape in ["1920x1536", "3x5", "0"] {
        let mut command = script("examples/capnp_publish.py");
        command.args(["--endpoint", &lab.tcp_locator(), "--key", "lab/t", "--name", "größer", "--shape", shape]);
        let mut publisher = Running::start(command);
        let sample = timeout(GUARD, subscriber.recv_async()).await.expect("a sample of the example").unwrap();
        let arrived =
            ZBytes::from_segments(sample.payload().slices().map(|slice| Source::moved(slice.to_vec()))).unwrap();
        let content = Received::open(&arrived).unwrap().read_any().unwrap();
        assert_eq!((content.spec.name(), content.spec.to_string()), ("größer", format!("{shape} Int32")));
        let data = flat(&arrived.slice(content.arrays[0].clone()).unwrap());
        let expected: Vec<u8> = (0..data.len() as i32 / 4).flat_map(i32::to_le_bytes).collect();
        assert!(data == expected);
        let line = publisher.line();
        assert!(line.starts_with(&format!("lab/t {} ", arrived.len())), "{line}");
    }
    session.close().await.unwrap();
    lab.stop().await;
}

// ---- hostile messages ----

/// Reads everything in every way, whatever the bytes are. Reading must not panic, nor return bytes
/// from outside of the message. It must not copy more bytes than the message has. The size bounds
/// the pointers that it follows and the memory that it holds. Where `capnp` reads an array too,
/// both must be equal.
///
/// Returns how many of its readings ended without an error, or why the message could not be opened.
fn exercise(payload: &ZBytes) -> Result<u32, MessageError> {
    let (opened, held) = most_held(|| Received::open(payload));
    assert!(held <= (16 << 10) + 64 * payload.segments().len(), "{held} B to open {} B", payload.len());
    let received = opened?;
    let mut fine = 0;
    for schema in Schema::ALL {
        let (read, held) = most_held(|| received.read(schema));
        // A segment made contiguous, and a name in it.
        assert!(held <= (16 << 10) + 2 * payload.len(), "{held} B to read {} B", payload.len());
        if let Ok(content) = read {
            fine += 1;
            let ranges = content.arrays.iter().cloned();
            let arrays: Vec<_> = ranges.map(|range| flat(&payload.slice(range).unwrap())).collect();
            same_as_capnp(payload, schema, &arrays);
        }
        let before = received.ledger().metadata();
        let (structure, held) = most_held(|| received.structure(Some(schema)));
        assert!(held <= 512 << 10, "{held} B for the structure of {} B", payload.len());
        // Each pointer is followed through at most four words. Each word may need a read of 256 B.
        let looked = received.ledger().metadata() - before;
        assert!(looked <= 4 * 256 * (2 * (payload.len() as u64 / 8) + 65), "{looked} B were looked at");
        if let Ok(structure) = structure {
            fine += 1;
            let mut at = 0;
            for span in &structure.spans {
                assert!(span.bytes.start >= at && span.bytes.end <= received.end());
                at = span.bytes.end;
            }
        }
    }
    assert!(received.ledger().total() <= payload.len() as u64);
    Ok(fine)
}

/// Checks that `capnp` reads the same arrays, where it can read them.
fn same_as_capnp(payload: &ZBytes, schema: Schema, arrays: &[Vec<u8>]) {
    let bytes = flat(payload);
    let Ok(reader) = serialize::read_message(&bytes[..], ReaderOptions::new()) else { return };
    let found: capnp::Result<Vec<Vec<u8>>> = (|| {
        Ok(match schema {
            Schema::Tensor => vec![reader.get_root::<tensor::Reader>()?.get_data()?.to_vec()],
            Schema::CameraFrame => vec![reader.get_root::<camera_frame::Reader>()?.get_data()?.to_vec()],
            Schema::PointCloud => {
                let root = reader.get_root::<point_cloud::Reader>()?;
                let floats = |list: capnp::primitive_list::Reader<f32>| -> Vec<u8> {
                    list.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect()
                };
                let intensity = root.get_intensity()?.iter().flat_map(u16::to_le_bytes).collect();
                vec![floats(root.get_x()?), floats(root.get_y()?), floats(root.get_z()?), intensity]
            }
        })
    })();
    if let Ok(found) = found {
        assert!(found == arrays, "capnp reads other arrays of a {}", schema.name());
    }
}

#[test]
fn a_message_that_is_cut_off_anywhere_is_an_error() {
    let small = [a_tensor(Element::Int16, &[7]), a_cloud(4), a_frame(PixelFormat::Rgb8, 5, 3, 17)];
    let several = WRITTEN.iter().filter(|message| message.first == Some(1) && small.contains(&message.spec));
    let mut tried = 0;
    for Written { bytes, .. } in several {
        tried += 1;
        for len in 0..bytes.len() {
            let error = exercise(&cut(&bytes[..len], 50)).unwrap_err();
            assert!(matches!(error, MessageError::Truncated { found, .. } if found == len as u64), "{len}: {error}");
        }
        assert!(exercise(&cut(bytes, 50)).unwrap() > 3);
    }
    assert_eq!(tried, 3);
}

#[test]
fn large_objects_without_a_sense_cost_no_more_than_their_bytes() {
    let of_words = |words: &[u64]| -> Vec<u8> {
        let table = (words.len() as u64) << 32;
        [table].iter().chain(words).flat_map(|word| word.to_le_bytes()).collect()
    };
    let zeros = |first: &[u64], count: usize| [first, &vec![0; count]].concat();
    for words in [
        zeros(&[0xffff << 32], 0xffff),                 // a struct of 65,535 words
        zeros(&[0xffff << 48], 0xffff),                 // a struct of 65,535 pointers
        zeros(&[100_000 << 35 | 6 << 32 | 1], 100_000), // a list of pointers
        // a list of structs
        zeros(&[100_000 << 35 | 7 << 32 | 1, 50_000 << 2 | 1 << 32 | 1 << 48], 100_000),
        // a list of structs without a word
        zeros(&[100_000 << 35 | 7 << 32 | 1, ((1 << 30) - 1) << 2], 100_000),
    ] {
        exercise(&cut(&of_words(&words), 65_000)).unwrap();
    }
}

#[test]
fn a_hundred_thousand_messages_of_pointers_end() {
    let mut fine = 0;
    for number in 0..100_000u64 {
        let draw = |at: u64| mix(number << 20 | at);
        let segments = 1 + draw(0) % 3;
        let lens: Vec<u64> = (0..segments).map(|at| draw(1 + at) % 14).collect();
        let table = [segments - 1].into_iter().chain(lens.iter().copied()).chain([0]);
        let mut bytes: Vec<u8> = table
            .take(if segments % 2 == 0 { 4 } else { segments as usize + 1 })
            .flat_map(|n| (n as u32).to_le_bytes())
            .collect();
        for at in 0..lens.iter().sum() {
            bytes.extend(pointer_like(draw(100 + at), segments).to_le_bytes());
        }
        fine += exercise(&cut(&bytes, 4096)).unwrap();
    }
    // Some messages must be valid, or else the others would prove little.
    assert!(fine > 50_000, "{fine}");
}

/// A word that is often a pointer with a small offset, drawn from a number.
fn pointer_like(draw: u64, segments: u64) -> u64 {
    let (offset, low, high) = (draw >> 8 & 15, draw >> 16 & 7, draw >> 24);
    let offset = (offset as i32 - 4) << 2;
    match draw % 8 {
        0 => draw,
        1 => 0,
        2 | 3 => offset as u32 as u64 | low << 32 | (high & 3) << 48,
        4 | 5 => offset as u32 as u64 | 1 | low << 32 | (high & 31) << 35,
        _ => (high % segments) << 32 | (draw >> 32 & 15) << 3 | (draw >> 40 & 1) << 2 | 2,
    }
}

/// A small message of pycapnp's in several segments.
fn in_segments() -> impl Strategy<Value = &'static [u8]> {
    let small = WRITTEN.iter().filter(|message| message.first.is_some() && message.bytes.len() < 4096);
    let small: Vec<&'static [u8]> = small.map(|message| message.bytes.as_slice()).collect();
    prop::sample::select(small)
}

#[derive(Clone, Debug)]
enum Change {
    /// Flips one bit.
    Bit(u32),
    /// Replaces the word with another one.
    Word(u64),
    /// Replaces the word with the word at another index.
    Copy(prop::sample::Index),
    /// Adds a little to the lower half, so that a pointer leads to another place.
    Add(i32),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..64u32).prop_map(Change::Bit),
        any::<u64>().prop_map(Change::Word),
        any::<prop::sample::Index>().prop_map(Change::Copy),
        (-64..64i32).prop_map(Change::Add),
    ]
}

proptest! {
    #[test]
    fn property_changes_in_pycapnps_messages_do_no_harm(
        message in in_segments(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..8),
        step in 1..200usize,
    ) {
        let mut bytes = message.to_vec();
        for (at, change) in changes {
            // Most pointers are at the beginning.
            let words = (bytes.len() / 8).min(24);
            let word = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at * 8..at * 8 + 8].try_into().unwrap());
            let at = at.index(words);
            let old = word(&bytes, at);
            let new = match change {
                Change::Bit(bit) => old ^ 1 << bit,
                Change::Word(word) => word,
                Change::Copy(other) => word(&bytes, other.index(words)),
                Change::Add(more) => old & !0xffff_ffff | u64::from((old as u32).wrapping_add_signed(more)),
            };
            bytes[at * 8..at * 8 + 8].copy_from_slice(&new.to_le_bytes());
        }
        let _ = exercise(&cut(&bytes, step));
    }
}
