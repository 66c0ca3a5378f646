//! Values in words, for people.

use zenoh_protocol::{common::iext, core::ZenohIdProto};

use crate::wire::ENCODING_NAMES;
use zbytes::number::thousands;

/// Extensions follow: the same bit in every header.
pub(super) const Z: u8 = iext::FLAG_Z;

pub(super) fn flag_words(byte: u8, flags: &[(u8, &str)]) -> String {
    let set: Vec<&str> = flags.iter().filter(|(flag, _)| byte & flag != 0).map(|(_, word)| *word).collect();
    set.join(", ")
}

pub(super) fn word(value: u64, words: &[&str]) -> String {
    let found = usize::try_from(value).ok().and_then(|value| words.get(value));
    found.map_or_else(|| thousands(value), |word| (*word).to_owned())
}

pub(super) fn plain(value: u64) -> String {
    thousands(value)
}

pub(super) fn millis_text(value: u64) -> String {
    format!("{} ms", thousands(value))
}

pub(super) fn target_text(value: u64) -> String {
    word(value, &["best matching", "all", "all complete"])
}

pub(super) fn info_text(value: u64) -> String {
    let complete = if value & 1 != 0 { "complete" } else { "not complete" };
    format!("{complete}, {} hops", value as u32 >> 8 & 0xffff)
}

const PRIORITY_WORDS: [&str; 8] =
    ["control", "real time", "interactive high", "interactive low", "data high", "data", "data low", "background"];

pub(super) fn lane_text(value: u64) -> String {
    word(value & 0b111, &PRIORITY_WORDS)
}

pub(super) fn qos_text(value: u64) -> String {
    let waits = if value & 1 << 3 != 0 { "waits" } else { "may be dropped" };
    let express = if value & 1 << 4 != 0 { ", express" } else { "" };
    format!("{}, {waits}{express}", lane_text(value))
}

pub(super) fn extension_text(header: u8) -> String {
    let encoding = match header & iext::ENC_MASK {
        iext::ENC_UNIT => "no value",
        iext::ENC_Z64 => "a number",
        _ => "bytes",
    };
    let more = flag_words(header, &[(iext::FLAG_M, "must be understood"), (Z, "more follow")]);
    let comma = if more.is_empty() { "" } else { ", " };
    format!("id {}, {encoding}{comma}{more}", header & iext::ID_MASK)
}

pub(super) fn encoding_text(id: u64) -> String {
    let schema = if id & 1 != 0 { ", with a schema" } else { "" };
    let number = id >> 1 & u64::from(u16::MAX);
    let name = usize::try_from(number).ok().and_then(|number| ENCODING_NAMES.get(number)).copied().unwrap_or("no name");
    format!("{number}: {name}{schema}")
}

/// A time in NTP64 format: seconds since 1970, and their fraction.
pub(super) fn time_text(time: u64) -> String {
    let micros = ((time & 0xffff_ffff) * 1_000_000) >> 32;
    format!("{}.{micros:06} s since 1970", time >> 32)
}

pub(super) fn key_text(scope: u64, suffix: &str) -> String {
    if scope == 0 { suffix.to_owned() } else { format!("#{scope}{suffix}") }
}

/// The first few of `bytes` in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 16;
    let mut text: String = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > SHOWN {
        text.push('…');
    }
    text
}

/// An id in zenoh's own notation.
pub(super) fn id_text(id: &[u8]) -> String {
    ZenohIdProto::try_from(id).map_or_else(|_| hex(id), |id| id.to_string())
}
