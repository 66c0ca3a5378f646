//! Programs for the other side, ready to paste, and the listing of what the page itself builds. No web types, so it is tested
//! natively.

use crate::{
    app::Row,
    message::{Schema, Spec},
    segment::{Mode, Unsupported},
};

/// Where programs on the router's machine connect when the lab did not tell.
pub const TCP: &str = "tcp/127.0.0.1:7447";

/// The most rows that a listing shows; the others are folded into one line.
const LISTED: usize = 6;

/// A program for the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Python, receives what the page puts.
    PythonSubscriber,
    /// Python, puts something to the page.
    PythonPublisher,
    /// Rust, receives what the page puts.
    RustSubscriber,
    /// Rust, puts something to the page.
    RustPublisher,
    /// Python with pycapnp, receives a Cap'n Proto message that the page puts.
    MessageSubscriber,
    /// Python with pycapnp, puts a Cap'n Proto message to the page.
    MessagePublisher,
}

/// What a program for the other side has to know of the page.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The router's endpoint.
    pub endpoint: &'a str,
    /// The key that the page publishes on.
    pub key: &'a str,
    /// The key expression that the page subscribes to.
    pub sub_key: &'a str,
    /// Where the page came from, as in `http://127.0.0.1:8080`: the schema of its messages is there too.
    pub origin: &'a str,
    /// The schema of the message that the page puts.
    pub schema: Schema,
}

/// The schema of the first message in `rows`; that of a tensor when there is none.
#[must_use]
pub fn schema(rows: &[Row]) -> Schema {
    rows.iter().find_map(Row::spec).as_ref().map_or(Schema::Tensor, Spec::schema)
}

impl Program {
    /// Every program.
    pub const ALL: [Program; 6] = [
        Self::PythonSubscriber,
        Self::PythonPublisher,
        Self::RustSubscriber,
        Self::RustPublisher,
        Self::MessageSubscriber,
        Self::MessagePublisher,
    ];

    /// Its name.
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

    /// A stable name for tests.
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

    /// Its text.
    #[must_use]
    pub fn text(self, page: &Surroundings<'_>) -> String {
        let Surroundings { endpoint, key, sub_key, origin, schema } = *page;
        let (file, kind) = (quoted(&format!("{origin}/lab.capnp")), schema.name());
        let (endpoint, receive, send) = (quoted(endpoint), quoted(key), quoted(&matching(sub_key, key)));
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

/// What a program prints of a message, as arguments in Python.
const fn fields(schema: Schema) -> &'static str {
    match schema {
        Schema::Tensor => "message.name, message.elementType, list(message.shape), len(message.data)",
        Schema::CameraFrame => "message.frameId, message.width, message.height, message.format, len(message.data)",
        Schema::PointCloud => "message.frameId, len(message.x), \"points\"",
    }
}

/// A text as a string literal of Python, Rust and JSON alike. What a key expression cannot hold is left out, so that no text
/// can end the literal.
fn quoted(text: &str) -> String {
    let plain: String = text.trim().chars().filter(|c| !matches!(c, '"' | '\\' | '\'') && !c.is_control()).collect();
    format!("\"{plain}\"")
}

/// A key that `sub_key` matches: itself, or with its wildcards replaced by a word. `key` when there is nothing to go by.
fn matching(sub_key: &str, key: &str) -> String {
    let sub_key = sub_key.trim();
    if sub_key.is_empty() {
        return key.to_owned();
    }
    let chunks = sub_key.split('/').map(|chunk| if chunk.contains(['*', '$']) { "other" } else { chunk });
    chunks.collect::<Vec<_>>().join("/")
}

/// One line of the listing of what the page builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A row.
    Row {
        /// Its position, from 0.
        at: usize,
        /// What makes a source of it, as in `Source::borrow(points)`.
        source: String,
        /// How many of these.
        repeat: usize,
    },
    /// So many rows are not shown here.
    Folded(usize),
}

/// The rows of the listing, folded in the middle when there are many.
#[must_use]
pub fn listing(rows: &[Row]) -> Vec<Line> {
    let line = |(at, row): (usize, &Row)| Line::Row { at, source: source(row, at), repeat: row.repeat };
    if rows.len() <= LISTED {
        return rows.iter().enumerate().map(line).collect();
    }
    let head = LISTED - 2;
    let mut lines: Vec<Line> = rows.iter().enumerate().take(head).map(line).collect();
    lines.push(Line::Folded(rows.len() - head - 1));
    lines.extend(rows.iter().enumerate().skip(rows.len() - 1).map(line));
    lines
}

/// The call that makes a source of a row, as `segment::Source` has it.
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
    format!("Source::{function}({}){unsupported}", identifier(&row.name, at))
}

/// A name as an identifier of Rust.
fn identifier(name: &str, at: usize) -> String {
    let mut text: String = name
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .take(16)
        .collect();
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        text = format!("array_{at}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::Preset, segment::Source};

    const PAGE: Surroundings<'_> = Surroundings {
        endpoint: TCP,
        key: "lab/tensor",
        sub_key: "lab/**",
        origin: "http://127.0.0.1:8080",
        schema: Schema::Tensor,
    };

    #[test]
    fn programs_for_messages_know_the_schema_and_its_limit() {
        let rows = Preset::Cloud.rows(0);
        assert_eq!((schema(&rows), schema(&Preset::Tensor.rows(0))), (Schema::PointCloud, Schema::Tensor));
        let text = Program::MessageSubscriber.text(&Surroundings { schema: schema(&rows), ..PAGE });
        assert!(text.contains("lab.PointCloud.from_bytes(data, traversal_limit_in_words=len(data))"), "{text}");
        assert!(text.contains("\"http://127.0.0.1:8080/lab.capnp\"") && text.contains("len(message.x)"), "{text}");
        // The fields that are printed are those of the schema.
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
            let page = Surroundings { endpoint: "tcp/10.0.0.1:7447", ..PAGE };
            let text = program.text(&page);
            assert!(text.contains("connect/endpoints") && text.contains("[\"tcp/10.0.0.1:7447\"]"), "{text}");
            let sends = program.key().ends_with("send");
            assert!(text.contains(if sends { "\"lab/other\"" } else { "\"lab/tensor\"" }), "{text}");
        }
    }

    #[test]
    fn no_key_ends_the_literal() {
        let text = Program::PythonSubscriber.text(&Surroundings { key: "a\"); import os #", ..PAGE });
        assert!(text.contains("\"a); import os #\""));
    }

    #[test]
    fn a_key_that_the_subscription_matches() {
        assert_eq!(matching("lab/**", "k"), "lab/other");
        assert_eq!(matching("lab/*/x", "k"), "lab/other/x");
        assert_eq!(matching("lab/a$*", "k"), "lab/other");
        assert_eq!(matching("lab/x", "k"), "lab/x");
        assert_eq!(matching(" ", "k"), "k");
    }

    #[test]
    fn many_rows_are_folded() {
        let mut rows = Preset::ThreeSmall.rows(0);
        assert_eq!(listing(&rows).len(), 3);
        rows[1].name = "9 lives".into();
        let row = |at, source: &str, repeat| Line::Row { at, source: source.into(), repeat };
        assert_eq!(listing(&rows)[1], row(1, "Source::borrow(array_1)", 1));
        for _ in 0..5 {
            rows.extend(Preset::ThreeSmall.rows(0));
        }
        let lines = listing(&rows);
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[4], Line::Folded(13));
        assert_eq!(lines[5], row(17, "Source::copy(stamp)", 1));
    }

    #[test]
    fn the_listing_is_written_in_the_functions_that_there_are() {
        // This list is compiled; what the page shows must be the same.
        let (header, tensor, trailer) = ("a", vec![1u8], "c");
        let real =
            [Source::borrow(header), Source::moved(tensor), Source::copy(trailer).unsupported(Unsupported::Copy)];
        let mut rows = Preset::Framed.rows(0);
        rows[2].unsupported = Unsupported::Copy;
        let shown: Vec<_> = rows.iter().enumerate().map(|(at, row)| source(row, at)).collect();
        assert_eq!(
            shown,
            [
                "Source::borrow(header)",
                "Source::moved(tensor)",
                "Source::copy(trailer)\n  .unsupported(Unsupported::Copy)"
            ]
        );
        assert_eq!(real.map(|source| source.mode()), [rows[0].mode, rows[1].mode, rows[2].mode]);
    }
}
