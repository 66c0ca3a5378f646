//! Programs for the other side, ready to paste, and the listing of the code by which the page
//! builds. The module has no web types, so native tests cover it.

use std::ops::Range;

use crate::present::format;
use crate::{
    app::{Row, positions},
    message::{Schema, Spec, Way},
    outside::is_unseen,
    segment::{Mode, Unsupported},
};

/// Names the endpoint for programs on the router's machine, when the lab did not report one.
pub const TCP: &str = "tcp/127.0.0.1:7447";

/// The same for WebSockets.
pub const WS: &str = "ws/127.0.0.1:7446";

/// The most rows that a listing shows. It folds the others into one line.
const LISTED: usize = 6;

/// Names a program for the other side of the router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Python: receives the page's puts.
    PythonSubscriber,
    /// Python: puts a payload to the page.
    PythonPublisher,
    /// Rust: receives the page's puts.
    RustSubscriber,
    /// Rust: puts a payload to the page.
    RustPublisher,
    /// Python with pycapnp: receives a Cap'n Proto message that the page puts.
    MessageSubscriber,
    /// Python with pycapnp: puts a Cap'n Proto message to the page.
    MessagePublisher,
}

/// Lists the facts of the page that a program for the other side needs.
#[derive(Clone, Copy, Debug)]
pub struct PageFacts<'a> {
    /// The router's endpoint.
    pub endpoint: &'a str,
    /// Its endpoint for WebSockets.
    pub ws: &'a str,
    /// The key under which the page puts.
    pub key: &'a str,
    /// The key expression of the page's subscription.
    pub sub_key: &'a str,
    /// The folder of the page, as in `http://127.0.0.1:8080/`. The schema of its messages is in it.
    pub folder: &'a str,
    /// The schema of the message that the page puts.
    pub schema: Schema,
}

/// Returns the schema of the first message in `rows`, or that of a tensor when they have none.
#[must_use]
pub fn schema(rows: &[Row]) -> Schema {
    rows.iter().find_map(Row::spec).as_ref().map_or(Schema::Tensor, Spec::schema)
}

impl Program {
    /// Lists every program, in the order in which the page offers them.
    pub const ALL: [Program; 6] = [
        Self::PythonSubscriber,
        Self::PythonPublisher,
        Self::RustSubscriber,
        Self::RustPublisher,
        Self::MessageSubscriber,
        Self::MessagePublisher,
    ];

    /// Returns the name of the program.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PythonSubscriber => "Python, receive",
            Self::PythonPublisher => "Python, send",
            Self::RustSubscriber => "Rust, receive",
            Self::RustPublisher => "Rust, send",
            Self::MessageSubscriber => "Cap'n Proto, receive",
            Self::MessagePublisher => "Cap'n Proto, send",
        }
    }

    /// Returns a stable name for tests.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::PythonSubscriber => "python-receive",
            Self::PythonPublisher => "python-send",
            Self::RustSubscriber => "rust-receive",
            Self::RustPublisher => "rust-send",
            Self::MessageSubscriber => "capnp-receive",
            Self::MessagePublisher => "capnp-send",
        }
    }

    /// Returns the text of the program.
    #[must_use]
    pub fn text(self, page: &PageFacts<'_>) -> String {
        let PageFacts { endpoint, key, sub_key, folder, schema, .. } = *page;
        let (file, kind) = (quoted(&format!("{folder}lab.capnp")), schema.name());
        let is_rust = matches!(self, Self::RustSubscriber | Self::RustPublisher);
        let [receive, send] = [key, &matching(sub_key, key)].map(|key| literal(key, is_rust));
        let endpoint = quoted(endpoint);
        match self {
            Self::PythonSubscriber => format!(
                "# pip install eclipse-zenoh==1.10.2
import hashlib, zenoh

config = zenoh.Config()
config.insert_json5(\"mode\", '\"client\"')
config.insert_json5(\"connect/endpoints\", '[{endpoint}]')

def on_sample(sample):
    data = sample.payload.to_bytes()
    print(sample.key_expr, len(data), hashlib.sha256(data).hexdigest())

with zenoh.open(config) as session:
    subscriber = session.declare_subscriber({receive}, on_sample)
    input(\"Listening. Press Enter to end.\\n\")
"
            ),
            Self::PythonPublisher => format!(
                "# pip install eclipse-zenoh==1.10.2
import hashlib, zenoh

config = zenoh.Config()
config.insert_json5(\"mode\", '\"client\"')
config.insert_json5(\"connect/endpoints\", '[{endpoint}]')

data = bytes(range(256)) * 4096
with zenoh.open(config) as session:
    session.put({send}, data, congestion_control=zenoh.CongestionControl.BLOCK)
print(len(data), hashlib.sha256(data).hexdigest())
"
            ),
            Self::RustSubscriber => format!(
                "// cargo add zenoh@1.10.2 sha2@0.11 tokio@1 -F tokio/full
use sha2::{{Digest, Sha256}};

#[tokio::main]
async fn main() -> zenoh::Result<()> {{
    let mut config = zenoh::Config::default();
    config.insert_json5(\"mode\", r#\"\"client\"\"#)?;
    config.insert_json5(\"connect/endpoints\", r#\"[{endpoint}]\"#)?;
    let session = zenoh::open(config).await?;
    let subscriber = session.declare_subscriber({receive}).await?;
    while let Ok(sample) = subscriber.recv_async().await {{
        let data = sample.payload().to_bytes();
        let hash: String = Sha256::digest(&data).iter().map(|b| format!(\"{{b:02x}}\")).collect();
        println!(\"{{}} {{}} {{hash}}\", sample.key_expr(), data.len());
    }}
    Ok(())
}}
"
            ),
            Self::RustPublisher => format!(
                "// cargo add zenoh@1.10.2 sha2@0.11 tokio@1 -F tokio/full
use sha2::{{Digest, Sha256}};
use zenoh::qos::CongestionControl;

#[tokio::main]
async fn main() -> zenoh::Result<()> {{
    let mut config = zenoh::Config::default();
    config.insert_json5(\"mode\", r#\"\"client\"\"#)?;
    config.insert_json5(\"connect/endpoints\", r#\"[{endpoint}]\"#)?;
    let session = zenoh::open(config).await?;
    let data: Vec<u8> = (0..1u32 << 20).map(|n| n as u8).collect();
    let hash: String = Sha256::digest(&data).iter().map(|b| format!(\"{{b:02x}}\")).collect();
    println!(\"{{}} {{hash}}\", data.len());
    session.put({send}, data).congestion_control(CongestionControl::Block).await?;
    session.close().await
}}
"
            ),
            Self::MessageSubscriber => format!(
                "# pip install eclipse-zenoh==1.10.2 pycapnp==2.2.4
import urllib.request, capnp, zenoh

urllib.request.urlretrieve({file}, \"lab.capnp\")
lab = capnp.load(\"./lab.capnp\")

config = zenoh.Config()
config.insert_json5(\"mode\", '\"client\"')
config.insert_json5(\"connect/endpoints\", '[{endpoint}]')

def on_sample(sample):
    data = sample.payload.to_bytes()
    # pycapnp reads 64 MiB of a message unless it is told more.
    with lab.{kind}.from_bytes(data, traversal_limit_in_words=len(data)) as message:
        print(sample.key_expr, len(data), {})

with zenoh.open(config) as session:
    subscriber = session.declare_subscriber({receive}, on_sample)
    input(\"Listening. Press Enter to end.\\n\")
",
                fields(schema)
            ),
            Self::MessagePublisher => format!(
                "# pip install eclipse-zenoh==1.10.2 pycapnp==2.2.4
import array, time, urllib.request, capnp, zenoh

urllib.request.urlretrieve({file}, \"lab.capnp\")
lab = capnp.load(\"./lab.capnp\")

config = zenoh.Config()
config.insert_json5(\"mode\", '\"client\"')
config.insert_json5(\"connect/endpoints\", '[{endpoint}]')

height, width = 480, 640
pixels = array.array(\"f\", (x * y for y in range(height) for x in range(width)))
message = lab.Tensor.new_message(
    name=\"from Python\", elementType=\"float32\", shape=[height, width], data=pixels.tobytes(), timestamp=time.time_ns())
with zenoh.open(config) as session:
    session.put({send}, message.to_bytes(), congestion_control=zenoh.CongestionControl.BLOCK)
"
            ),
        }
    }
}

/// The fields of a message that a program prints, as arguments in Python.
const fn fields(schema: Schema) -> &'static str {
    match schema {
        Schema::Tensor => "message.name, message.elementType, list(message.shape), len(message.data)",
        Schema::CameraFrame => "message.frameId, message.width, message.height, message.format, len(message.data)",
        Schema::PointCloud => "message.frameId, len(message.x), \"points\"",
    }
}

/// Writes a text as a string literal of Python, Rust and JSON alike. It omits characters that would
/// end the literal, and invisible ones.
pub(super) fn quoted(text: &str) -> String {
    let plain: String = text.trim().chars().filter(|c| !ends_literal(*c) && !is_unseen(*c)).collect();
    format!("\"{plain}\"")
}

/// Writes a key as a string literal. It keeps every space, because the literal must be the key of
/// this page. It writes an invisible character by its number, so that the person sees it. It omits
/// only characters that would end the literal.
fn literal(key: &str, is_rust: bool) -> String {
    let mut text = String::from("\"");
    for c in key.chars().filter(|c| !ends_literal(*c)) {
        let code = u32::from(c);
        match is_unseen(c) {
            false => text.push(c),
            true if is_rust => text.push_str(&format!("\\u{{{code:x}}}")),
            true => text.push_str(&format!("\\U{code:08x}")),
        }
    }
    text.push('"');
    text
}

const fn ends_literal(c: char) -> bool {
    matches!(c, '"' | '\\' | '\'')
}

/// A key that `sub_key` matches: itself, or with a word for each wildcard. `key` when `sub_key` is
/// empty.
fn matching(sub_key: &str, key: &str) -> String {
    if sub_key.trim().is_empty() {
        return key.to_owned();
    }
    let chunks = sub_key.split('/').map(|chunk| if chunk.contains(['*', '$']) { "other" } else { chunk });
    chunks.collect::<Vec<_>>().join("/")
}

/// Holds one line of the listing of the page's code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeLine {
    /// Its indent.
    pub indent: &'static str,
    /// The position of the piece from which it makes a source. The page draws the piece's swatch
    /// before the code.
    pub at: Option<usize>,
    /// The code. It may continue in further lines.
    pub code: String,
}

/// The same limit for rows with messages, which take more lines each.
const LISTED_WITH_MESSAGES: usize = 3;

/// Returns the listing. It folds many rows in the middle.
#[must_use]
pub fn listing(rows: &[Row]) -> Vec<CodeLine> {
    let positions = positions(rows);
    let messages = rows.iter().any(|row| row.way().is_some());
    let listed = if messages { LISTED_WITH_MESSAGES } else { LISTED };
    let head = if rows.len() <= listed { rows.len() } else { listed - 2 };
    let mut lines = Vec::new();
    let mut all = rows.iter().zip(positions).enumerate();
    for (at, (row, position)) in all.by_ref().take(head) {
        list(row, at, position, messages, &mut lines);
    }
    let rest = rows.len() - head;
    if rest > 1 {
        let indent = if messages { "" } else { "  " };
        lines.push(CodeLine {
            indent,
            code: format!("// {} more rows", format::count(rest - 1)),
            ..CodeLine::default()
        });
    }
    if let Some((at, (row, position))) = all.next_back() {
        list(row, at, position, messages, &mut lines);
    }
    let line = |code: &str| CodeLine { code: code.to_owned(), ..CodeLine::default() };
    let (first, last) = if !messages {
        (vec![line("ZBytes::from_segments([")], vec![line("])")])
    } else if rows.iter().any(|row| row.way() == Some(Way::Filled)) {
        let last = [
            line("let (payload, mut receipt) ="),
            line("  ZBytes::build(sources)?;"),
            line("receipt.ledger.absorb(&ledger);"),
        ];
        (vec![line("let mut sources = Vec::new();"), line("let mut ledger = Ledger::new();")], last.into())
    } else {
        (vec![line("let mut sources = Vec::new();")], vec![line("ZBytes::from_segments(sources)?")])
    };
    first.into_iter().chain(lines).chain(last).collect()
}

/// Appends the lines of one row.
fn list(row: &Row, at: usize, position: Range<usize>, messages: bool, lines: &mut Vec<CodeLine>) {
    let mut line = |indent, at, code| lines.push(CodeLine { indent, at, code });
    let indent = if messages { "" } else { "  " };
    if row.repeat != 1 {
        line(indent, None, format!("// {} of these:", format::count(row.repeat)));
    }
    let (Some(spec), Some(way)) = (row.spec(), row.way()) else {
        let source = source(row, at);
        let code = if messages { format!("sources.push({source});") } else { format!("{source},") };
        return line(indent, Some(position.start), code);
    };
    let name = identifier(row.name.raw(), at);
    line("", None, format!("// {name}: Spec::{}", spec.schema().name()));
    let by = match row.mode {
        Mode::Copy => "Copy",
        Mode::Borrow => "Borrow",
        Mode::Move => "Move",
    };
    line("", None, format!("let by = Some(Mode::{by});"));
    let copied = if way == Way::Filled { "copied" } else { "_" };
    line("", None, format!("let (parts, {copied}) = {name}"));
    // Only an array with bytes has a part of its own.
    let parts = spec.plan(way).unwrap_or_default();
    let part = |index: usize| parts.iter().position(|part| part.array == Some(index)).map(|part| position.start + part);
    if way == Way::InPlace {
        line("  ", part(0), ".in_place(write)?".to_owned());
    } else {
        line("  ", None, if way == Way::Filled { ".filled([" } else { ".adopted([" }.to_owned());
        for (index, array) in row.arrays().iter().enumerate() {
            line("    ", part(index), format!("{},", source(array, index)));
        }
        line("  ", None, "])?".to_owned());
    }
    line("  ", None, ".into_sources(by);".to_owned());
    line("", None, "sources.extend(parts);".to_owned());
    if way == Way::Filled {
        line("", None, "ledger.absorb(&copied);".to_owned());
    }
}

/// The call of `segment::Source` that makes a source of a row.
fn source(row: &Row, at: usize) -> String {
    let function = match row.mode {
        Mode::Copy => "copy",
        Mode::Borrow => "borrow",
        Mode::Move => "moved",
    };
    let unsupported = match row.unsupported {
        Unsupported::Refuse => "",
        Unsupported::Copy => "\n  .unsupported(Unsupported::Copy)",
    };
    format!("Source::{function}({}){unsupported}", identifier(row.name.raw(), at))
}

/// A name as an identifier of Rust.
pub(super) fn identifier(name: &str, at: usize) -> String {
    let mut text: String = name
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .take(16)
        .collect();
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        text = format!("array_{at}");
    }
    // Reserved words of Rust that are likely names of a row.
    if matches!(
        text.as_str(),
        "self" | "super" | "crate" | "type" | "move" | "ref" | "in" | "as" | "fn" | "let" | "mod" | "use"
    ) {
        text.push('_');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Message, Plan, Preset, Sending},
        ledger::Ledger,
        payload::ZBytes,
        present::texts::review,
        segment::{Element, Source},
    };

    const PAGE: PageFacts<'_> = PageFacts {
        endpoint: TCP,
        ws: WS,
        key: "lab/tensor",
        sub_key: "lab/**",
        folder: "http://127.0.0.1:8080/",
        schema: Schema::Tensor,
    };

    #[test]
    fn the_programs_are_those_that_were_reviewed() {
        for program in Program::ALL {
            review(&format!("program-{}", program.key()), &program.text(&PAGE));
        }
        for schema in [Schema::CameraFrame, Schema::PointCloud] {
            for program in [Program::MessageSubscriber, Program::MessagePublisher] {
                let text = program.text(&PageFacts { schema, ..PAGE });
                review(&format!("program-{}-{}", program.key(), schema.name()), &text);
            }
        }
        for preset in Preset::ALL {
            let line = |line: CodeLine| format!("{}{}\n", line.indent, line.code);
            review(
                &format!("listing-{}", preset.key()),
                &listing(&preset.rows(0)).into_iter().map(line).collect::<String>(),
            );
        }
    }

    #[test]
    fn programs_for_messages_know_the_schema_and_its_limit() {
        let rows = Preset::Cloud.rows(0);
        assert_eq!((schema(&rows), schema(&Preset::Tensor.rows(0))), (Schema::PointCloud, Schema::Tensor));
        let text = Program::MessageSubscriber.text(&PageFacts { schema: schema(&rows), ..PAGE });
        assert!(text.contains("lab.PointCloud.from_bytes(data, traversal_limit_in_words=len(data))"), "{text}");
        assert!(text.contains("\"http://127.0.0.1:8080/lab.capnp\"") && text.contains("len(message.x)"), "{text}");
        // The printed fields are those of the schema.
        for schema in Schema::ALL {
            for word in fields(schema).split("message.").skip(1) {
                let field: String = word.chars().take_while(char::is_ascii_alphanumeric).collect();
                assert!(Schema::source().contains(&format!("  {field} @")), "{field}");
            }
        }
    }

    #[test]
    fn every_program_holds_the_endpoint_and_its_key() {
        for program in Program::ALL {
            let page = PageFacts { endpoint: "tcp/10.0.0.1:7447", ..PAGE };
            let text = program.text(&page);
            assert!(text.contains("connect/endpoints") && text.contains("[\"tcp/10.0.0.1:7447\"]"), "{text}");
            let sends = program.key().ends_with("send");
            assert!(text.contains(if sends { "\"lab/other\"" } else { "\"lab/tensor\"" }), "{text}");
        }
    }

    #[test]
    fn no_key_ends_the_literal() {
        let text = Program::PythonSubscriber.text(&PageFacts { key: "a\"); import os #", ..PAGE });
        assert!(text.contains("\"a); import os #\""));
    }

    #[test]
    fn a_key_in_a_program_keeps_spaces_and_shows_the_unseen() {
        let key = "lab/a\u{202e}b ";
        let text = |program: Program| program.text(&PageFacts { key, ..PAGE });
        assert!(text(Program::PythonSubscriber).contains("\"lab/a\\U0000202eb \""));
        assert!(text(Program::RustSubscriber).contains("\"lab/a\\u{202e}b \""));
        for program in Program::ALL {
            let sent =
                program.text(&PageFacts { key, sub_key: key, endpoint: "tcp/\u{200b}a:1", folder: "\u{202e}", ..PAGE });
            assert!(!sent.chars().any(|c| c != '\n' && is_unseen(c)), "{sent}");
        }
    }

    #[test]
    fn a_key_that_the_subscription_matches() {
        assert_eq!(matching("lab/**", "k"), "lab/other");
        assert_eq!(matching("lab/*/x", "k"), "lab/other/x");
        assert_eq!(matching("lab/a$*", "k"), "lab/other");
        assert_eq!(matching("lab/x", "k"), "lab/x");
        assert_eq!(matching(" ", "k"), "k");
    }

    /// The listing as text, without swatches and white space.
    fn text(rows: &[Row]) -> String {
        dense(&listing(rows).into_iter().map(|line| line.code).collect::<String>())
    }

    fn dense(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    #[test]
    fn many_rows_are_folded() {
        let mut rows = Preset::ThreeSmall.rows(0);
        assert_eq!(listing(&rows).len(), 5);
        rows[1].name = "9 lives".into();
        let row = |at, code: &str| CodeLine { indent: "  ", at: Some(at), code: code.into() };
        assert_eq!(listing(&rows)[2], row(1, "Source::borrow(array_1),"));
        for _ in 0..5 {
            rows.extend(Preset::ThreeSmall.rows(0));
        }
        let lines = listing(&rows);
        assert_eq!(lines.len(), 8);
        assert_eq!(lines[5].code, "// 13 more rows");
        assert_eq!(lines[6], row(17, "Source::copy(stamp),"));
        // A message takes more lines, so fewer of them are shown.
        rows.insert(0, Preset::Message.rows(0).remove(0));
        let lines = listing(&rows);
        assert_eq!(lines[lines.len() - 3].code, "// 17 more rows");
        // Behind the three parts of the message.
        assert_eq!(lines[lines.len() - 2], CodeLine { indent: "", ..row(20, "sources.push(Source::copy(stamp));") });
        let repeated = [Row { repeat: 3, ..rows[1].clone() }];
        assert_eq!(listing(&repeated)[1].code, "// 3 of these:");
    }

    /// The text of some code, and its value.
    macro_rules! both {
        ($($code:tt)*) => {
            (dense(stringify!($($code)*)), { $($code)* })
        };
    }

    #[test]
    fn the_listing_is_written_in_the_functions_that_there_are() {
        // The compiler checks this code. The page must show the same.
        let (header, tensor, trailer) = ("a", vec![1u8], "c");
        let (shown, real) = both!([
            Source::borrow(header),
            Source::moved(tensor),
            Source::copy(trailer).unsupported(Unsupported::Copy),
        ]);
        let mut rows = Preset::Framed.rows(0);
        rows[2].unsupported = Unsupported::Copy;
        assert_eq!(text(&rows), format!("ZBytes::from_segments({shown})"));
        assert_eq!(listing(&rows)[3].code, "Source::copy(trailer)\n  .unsupported(Unsupported::Copy),");
        assert_eq!(real.map(|source| source.mode()), [rows[0].mode, rows[1].mode, rows[2].mode]);
    }

    fn row(schema: Schema, way: Way, mode: Mode) -> Row {
        let message = Message { way, shape: vec![2, 3], ..Message::first(schema) };
        Row { mode, ..Row::message(0, "front camera", Element::Uint16, message) }
    }

    #[test]
    fn so_is_the_listing_of_messages() -> Result<(), Box<dyn std::error::Error>> {
        let rows = [row(Schema::Tensor, Way::Adopted, Mode::Move), Preset::ThreeSmall.rows(1).remove(0)];
        let (data, header) = (vec![7u16; 6], vec![1u8; 64]);
        let front_camera = rows[0].spec().ok_or("no message")?;
        let (shown, payload) = both! {
            let mut sources = Vec::new();
            // front_camera: Spec::Tensor
            let by = Some(Mode::Move);
            let (parts, _) = front_camera
                .adopted([Source::moved(data),])?
                .into_sources(by);
            sources.extend(parts);
            sources.push(Source::borrow(header));
            ZBytes::from_segments(sources)?
        };
        assert_eq!(text(&rows).replace("//front_camera:Spec::Tensor", ""), shown);
        let plan = Plan::of(&rows, None, &Sending::default())?;
        // Nothing is filled, and nothing taken by copy.
        assert_eq!((payload.len(), 0), (plan.len, plan.building));
        let swatches: Vec<_> = listing(&rows).into_iter().filter_map(|line| line.at).collect();
        assert_eq!(swatches, [2, 4], "table, head, array, padding, header");

        let rows = [row(Schema::PointCloud, Way::Filled, Mode::Copy)];
        let [x, y, z] = [(); 3].map(|()| vec![1f32; 2]);
        let intensity = vec![1u16; 2];
        let front_camera = rows[0].spec().ok_or("no message")?;
        let (shown, payload) = both! {
            let mut sources = Vec::new();
            let mut ledger = Ledger::new();
            let by = Some(Mode::Copy);
            let (parts, copied) = front_camera
                .filled([
                    Source::copy(x),
                    Source::copy(y),
                    Source::copy(z),
                    Source::copy(intensity),
                ])?
                .into_sources(by);
            sources.extend(parts);
            ledger.absorb(&copied);
            let (payload, mut receipt) = ZBytes::build(sources)?;
            receipt.ledger.absorb(&ledger);
            (payload, receipt)
        };
        let (payload, receipt) = payload;
        assert_eq!(text(&rows).replace("//front_camera:Spec::PointCloud", "") + "(payload,receipt)", shown);
        let plan = Plan::of(&rows, None, &Sending::default())?;
        assert_eq!((payload.len(), receipt.ledger.total()), (plan.len, plan.building as u64));

        let rows = [row(Schema::CameraFrame, Way::InPlace, Mode::Borrow)];
        let write = |_, bytes: &mut [u8]| {
            bytes.fill(9);
            Ok(())
        };
        let front_camera = rows[0].spec().ok_or("no message")?;
        let (shown, payload) = both! {
            let mut sources = Vec::new();
            let by = Some(Mode::Borrow);
            let (parts, _) = front_camera
                .in_place(write)?
                .into_sources(by);
            sources.extend(parts);
            ZBytes::from_segments(sources)?
        };
        assert_eq!(text(&rows).replace("//front_camera:Spec::CameraFrame", ""), shown);
        assert_eq!(payload.len(), Plan::of(&rows, None, &Sending::default())?.len);
        Ok(())
    }
}
