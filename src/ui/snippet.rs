//! Programs for the other side, ready to paste, and the listing of what the page itself builds. No web types, so it is tested
//! natively.

use crate::{
    app::Row,
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
}

impl Program {
    /// Every program.
    pub const ALL: [Program; 4] =
        [Self::PythonSubscriber, Self::PythonPublisher, Self::RustSubscriber, Self::RustPublisher];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PythonSubscriber => "Python, receive",
            Self::PythonPublisher => "Python, send",
            Self::RustSubscriber => "Rust, receive",
            Self::RustPublisher => "Rust, send",
        }
    }

    /// Its text. `endpoint` is the router's, `key` the one that the page publishes on, `sub_key` the one that it subscribes to.
    #[must_use]
    pub fn text(self, endpoint: &str, key: &str, sub_key: &str) -> String {
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
        }
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

    #[test]
    fn every_program_holds_the_endpoint_and_its_key() {
        for program in Program::ALL {
            let text = program.text("tcp/10.0.0.1:7447", "lab/tensor", "lab/**");
            assert!(text.contains("connect/endpoints") && text.contains("[\"tcp/10.0.0.1:7447\"]"), "{text}");
            let sends = matches!(program, Program::PythonPublisher | Program::RustPublisher);
            assert!(text.contains(if sends { "\"lab/other\"" } else { "\"lab/tensor\"" }), "{text}");
        }
    }

    #[test]
    fn no_key_ends_the_literal() {
        let text = Program::PythonSubscriber.text(TCP, "a\"); import os #", "b");
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
