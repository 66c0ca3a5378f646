//! Frames as files for other programs: lines of JSON, which `schema/frames-1.schema.json`
//! describes, and pcapng.

use std::time::Duration;

use serde::Serialize;

use super::{
    file::Format,
    record::Entry,
    words::{content_word, reliability_word, way_word},
};
use crate::{
    app::session::priority_name,
    client::capture::Way,
    outside::Outside,
    wire::{Carried, Dissection, Shape},
};

/// The version of the lines of JSON.
const VERSION: u32 = 1;

/// The link type of pcapng for what has none of its own: the first that its registry leaves to
/// every program (`LINKTYPE_USER0`).
pub const LINK_TYPE: u16 = 147;

/// A name for the file of frames that were saved `unix` after the beginning of 1970.
#[must_use]
pub fn file_name(format: Format, unix: Duration) -> String {
    format!("zbytes-lab-frames-{}.{}", unix.as_secs(), format.ending())
}

#[derive(Serialize)]
struct OneFragment {
    message: u64,
    index: usize,
    offset: Option<usize>,
    more: bool,
}

#[derive(Serialize)]
struct OneCarried {
    content: &'static str,
    start: usize,
    len: usize,
    offset: usize,
    total: usize,
    message: usize,
}

#[derive(Serialize)]
struct OneField<'a> {
    start: usize,
    len: usize,
    depth: u8,
    shape: &'static str,
    name: &'static str,
    value: &'a str,
    place: &'static str,
}

#[derive(Serialize)]
struct OneMessage<'a> {
    name: &'a str,
    count: usize,
}

#[derive(Serialize)]
struct OneFrame<'a> {
    version: u32,
    frame: u64,
    session: u32,
    unix_us: u64,
    way: &'static str,
    kind: &'static str,
    priority: Option<&'static str>,
    reliability: Option<&'static str>,
    sn: Option<u32>,
    messages: Vec<OneMessage<'a>>,
    keys: &'a [Outside],
    more_keys: bool,
    fragment: Option<OneFragment>,
    puts: &'a [u64],
    carried: Vec<OneCarried>,
    length: usize,
    bytes: String,
    fields: Vec<OneField<'a>>,
    error: Option<String>,
}

/// A frame as a line of JSON, with the end of line. `bytes` are all of its bytes, and `dissection`
/// is made of them. `origin` is the time from the beginning of 1970 to the nought of the frames'
/// clock.
///
/// # Errors
/// What cannot be written. The tests write frames of every kind.
pub fn json_line(
    entry: &Entry,
    bytes: &[u8],
    dissection: &Dissection,
    origin: Duration,
) -> Result<String, serde_json::Error> {
    let frame = &entry.frame;
    let summary = &frame.summary;
    let fragment = frame.place.as_ref().map(|place| OneFragment {
        message: place.message,
        index: place.index,
        offset: frame.begun.as_ref().map(|begun| begun.offset),
        more: summary.more,
    });
    let carried = |carried: &Carried| {
        let Carried { what, start, len, offset, total, message } = *carried;
        OneCarried { content: content_word(what), start, len, offset, total, message }
    };
    let fields = dissection.spans.iter().map(|span| OneField {
        start: span.start,
        len: span.len,
        depth: span.depth,
        shape: match span.shape {
            Shape::Group => "group",
            Shape::Leaf => "field",
            Shape::Body(_) => "body",
            Shape::Unknown => "unknown",
        },
        name: span.field.name,
        value: span.value.raw(),
        place: span.field.place,
    });
    let one = OneFrame {
        version: VERSION,
        frame: entry.id,
        session: entry.session,
        unix_us: (origin + frame.at).as_micros() as u64,
        way: way_word(frame.way),
        kind: summary.kind.name(),
        priority: summary.lane.map(|lane| priority_name(lane.priority)),
        reliability: summary.lane.map(reliability_word),
        sn: summary.sn,
        messages: summary.messages.iter().map(|(name, count)| OneMessage { name, count: *count }).collect(),
        keys: &summary.keys,
        fragment,
        puts: &frame.ops,
        more_keys: summary.more_keys,
        carried: dissection.carried().iter().map(carried).collect(),
        length: bytes.len(),
        bytes: base64(bytes),
        fields: fields.collect(),
        error: dissection.error.as_ref().map(ToString::to_string),
    };
    let mut line = serde_json::to_string(&one)?;
    line.push('\n');
    Ok(line)
}

/// Bytes as text, as RFC 4648 has it in section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Appends a number as pcapng has it here: the least significant byte first.
fn push(into: &mut Vec<u8>, bytes: impl IntoIterator<Item = u8>) {
    into.extend(bytes);
}

/// What a pcapng file begins with: its section, and the one interface, whose times are in
/// microseconds.
#[must_use]
pub fn pcapng_head() -> Vec<u8> {
    let mut head = Vec::new();
    // Section Header Block: byte-order magic, version 1.0, a section of unknown length.
    for word in [0x0A0D_0D0A_u32, 28, 0x1A2B_3C4D, 0x0000_0001, u32::MAX, u32::MAX, 28] {
        push(&mut head, word.to_le_bytes());
    }
    // Interface Description Block: link type, no limit of the length.
    push(&mut head, 1u32.to_le_bytes());
    push(&mut head, 20u32.to_le_bytes());
    push(&mut head, LINK_TYPE.to_le_bytes());
    push(&mut head, [0; 6]);
    push(&mut head, 20u32.to_le_bytes());
    head
}

/// What stands in front of a frame of `len` bytes in a pcapng file, and what behind it. Together
/// they are an Enhanced Packet Block with the way, and with `words` as a comment.
#[must_use]
pub fn pcapng_around(entry: &Entry, len: usize, words: &str, origin: Duration) -> (Vec<u8>, Vec<u8>) {
    let pad = |len: usize| std::iter::repeat_n(0, len.next_multiple_of(4) - len);
    let mut behind = Vec::new();
    push(&mut behind, pad(len));
    // opt_comment
    let words = words.as_bytes();
    push(&mut behind, 1u16.to_le_bytes());
    push(&mut behind, (words.len() as u16).to_le_bytes());
    push(&mut behind, words.iter().copied());
    push(&mut behind, pad(words.len()));
    // epb_flags: inbound or outbound.
    push(&mut behind, 2u16.to_le_bytes());
    push(&mut behind, 4u16.to_le_bytes());
    let flags: u32 = match entry.frame.way {
        Way::In => 1,
        Way::Out => 2,
    };
    push(&mut behind, flags.to_le_bytes());
    // opt_endofopt
    push(&mut behind, [0; 4]);
    let total = (28 + len + behind.len() + 4) as u32;
    push(&mut behind, total.to_le_bytes());
    let at = (origin + entry.frame.at).as_micros() as u64;
    let mut front = Vec::new();
    for word in [6, total, 0, (at >> 32) as u32, at as u32, len as u32, len as u32] {
        push(&mut front, word.to_le_bytes());
    }
    (front, behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xef, 0xbe]), "/+++");
    }
}
