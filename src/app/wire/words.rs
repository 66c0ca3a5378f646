//! What frames are, in words, and the words that files have for their properties.

use super::record::{Entry, Record};
use crate::{
    client::capture::Way,
    number::count,
    wire::{Carries, Lane, Reliability, Summary},
};

/// A word for a way.
#[must_use]
pub const fn way_word(way: Way) -> &'static str {
    match way {
        Way::Out => "out",
        Way::In => "in",
    }
}

/// A word for what bytes are of.
#[must_use]
pub const fn content_word(content: Carries) -> &'static str {
    match content {
        Carries::Payload => "payload",
        Carries::Attachment => "attachment",
        Carries::Body => "body",
    }
}

/// A word for a reliability.
#[must_use]
pub const fn reliability_word(lane: Lane) -> &'static str {
    match lane.reliability {
        Reliability::Reliable => "reliable",
        Reliability::BestEffort => "best effort",
    }
}

/// The network messages of a frame: `Put lab/tensor`, `12 Put lab/a`, `2 Put, Declare subscriber`.
#[must_use]
pub fn messages_words(summary: &Summary) -> String {
    let named: Vec<String> = summary
        .messages
        .iter()
        .map(|(name, times)| if *times == 1 { name.to_string() } else { format!("{} {name}", count(*times)) })
        .collect();
    let words = named.join(", ");
    match summary.keys.as_slice() {
        [] => words,
        [only] if !summary.more_keys => format!("{words} {}", only.shown()),
        [first, ..] => format!("{words} {}, …", first.shown()),
    }
}

/// What a frame is.
#[must_use]
pub fn title(record: &Record, entry: &Entry) -> String {
    let summary = &entry.frame.summary;
    let Some(place) = &entry.frame.place else {
        return match messages_words(summary) {
            words if words.is_empty() => summary.kind.name().to_owned(),
            words => words,
        };
    };
    let message = entry.message().and_then(|id| record.message(id));
    let of = message.and_then(|message| message.count).map_or_else(String::new, |n| format!(" of {}", count(n)));
    let what = if summary.dropped {
        ": given up".to_owned()
    } else if place.index == 0 && !summary.messages.is_empty() {
        format!(": {}", messages_words(summary))
    } else {
        String::new()
    };
    format!("Fragment {}{of}{what}", count(place.index + 1))
}
