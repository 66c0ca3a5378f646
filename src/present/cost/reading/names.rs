//! What variants, scenarios and stages are called.

use crate::{
    present::format,
    run::{Scenario, Series, Stage, Variant},
};

/// What a sweep goes over: bytes or segments.
#[must_use]
pub fn x_of(scenario: Scenario, series: &Series) -> u64 {
    if scenario == Scenario::Counts { series.segments } else { series.bytes }
}

/// [`x_of`] in words.
#[must_use]
pub fn x_words(scenario: Scenario, x: u64) -> String {
    if scenario == Scenario::Counts {
        format!("{} segment{}", format::thousands(x), if x == 1 { "" } else { "s" })
    } else {
        format::requested_size(x)
    }
}

/// [`x_words`] of what was estimated: no more than three digits.
#[must_use]
pub fn x_about(scenario: Scenario, x: f64) -> String {
    if scenario == Scenario::Counts { format!("{} segments", format::significant(x)) } else { format::density(x) }
}

/// The name of a variant, as short as a plot needs it.
#[must_use]
pub const fn name(variant: Variant) -> &'static str {
    match variant {
        Variant::Copy => "copy",
        Variant::CopyFresh => "copy, fresh",
        Variant::Borrow => "borrow",
        Variant::Move => "move",
        Variant::Clone => "clone",
        Variant::Transfer => "transfer",
        Variant::Blob => "Blob",
        Variant::Gather => "gather",
        Variant::CopyJs => "copy, JS heap",
        Variant::CopyWasm => "copy, wasm",
        Variant::BorrowJs => "borrow, JS heap",
        Variant::BorrowWasm => "borrow, wasm",
        Variant::Segments => "segments",
        Variant::Filled => "filled",
        Variant::Adopted => "adopted",
    }
}

/// The name of a variant in a table: the ways to build carry the names of the layout's views.
#[must_use]
pub const fn long_name(variant: Variant) -> &'static str {
    match variant {
        Variant::Copy => "all copy",
        Variant::CopyFresh => "all copy, fresh",
        Variant::Borrow => "all borrow",
        Variant::Move => "all move",
        Variant::Clone => "structured clone",
        Variant::Blob => "Blob of parts",
        Variant::Gather => "our gather",
        Variant::Segments => "segments from the message",
        Variant::Filled => "array to payload, filled",
        Variant::Adopted => "array to payload, adopted",
        other => name(other),
    }
}

/// The word for a variant in exports: the same as in the JSON.
#[must_use]
pub const fn key(variant: Variant) -> &'static str {
    match variant {
        Variant::Copy => "copy",
        Variant::CopyFresh => "copy-fresh",
        Variant::Borrow => "borrow",
        Variant::Move => "move",
        Variant::Clone => "clone",
        Variant::Transfer => "transfer",
        Variant::Blob => "blob",
        Variant::Gather => "gather",
        Variant::CopyJs => "copy-js",
        Variant::CopyWasm => "copy-wasm",
        Variant::BorrowJs => "borrow-js",
        Variant::BorrowWasm => "borrow-wasm",
        Variant::Segments => "segments",
        Variant::Filled => "filled",
        Variant::Adopted => "adopted",
    }
}

/// The word for a scenario in addresses, names of files and exports: the same as in the JSON.
#[must_use]
pub const fn scenario_key(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Payload => "payload",
        Scenario::Sizes => "sizes",
        Scenario::Counts => "counts",
        Scenario::Worker => "worker",
        Scenario::Blob => "blob",
        Scenario::Places => "places",
        Scenario::Message => "message",
        Scenario::OwnSizes => "own-sizes",
    }
}

/// A scenario as it is chosen.
#[must_use]
pub const fn scenario_name(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Payload => "this payload",
        Scenario::Sizes => "over total size",
        Scenario::Counts => "over segment count",
        Scenario::Worker => "to a Worker: clone or transfer",
        Scenario::Blob => "Blob of parts or gather",
        Scenario::Places => "JavaScript heap or wasm memory",
        Scenario::Message => "Cap'n Proto: the proposal's rows",
        Scenario::OwnSizes => "at my sizes: whole puts",
    }
}

/// What a scenario asks, and how it is measured.
#[must_use]
pub const fn question(scenario: Scenario) -> (&'static str, &'static str) {
    match scenario {
        Scenario::Payload => (
            "What does copying this payload cost, here?",
            "It is built many times, with every segment **copied**, **borrowed** and **moved**. They take turns, so that \
             whatever else the machine does meets all of them alike. Copying is done twice: into memory that was used \
             before, and into fresh memory.",
        ),
        Scenario::Sizes => (
            "From which size on does borrowing pay?",
            "Three arrays of together 1 KiB to 256 MiB are built by copy, borrow and move. It shows what a byte costs, \
             and from which size on. The payload of Build has no part in it.",
        ),
        Scenario::Counts => (
            "How many segments are too many?",
            "One total size is cut into more and more arrays, and built by copy, borrow and move. It shows what a \
             segment costs. The payload of Build has no part in it.",
        ),
        Scenario::Worker => (
            "What does handing this payload to a Worker cost?",
            "One array as long as the payload goes to a Worker and back. Structured clone copies its bytes, and transfer hands \
             over its memory.",
        ),
        Scenario::Blob => (
            "Who makes one run of bytes out of many faster?",
            "The segments become one run of bytes: by a Blob of the parts, which the browser joins, and by our gather.",
        ),
        Scenario::Places => (
            "Does it matter where the bytes live?",
            "The same bytes are copied and borrowed out of the JavaScript heap and out of wasm memory.",
        ),
        Scenario::OwnSizes => (
            "What share of a put is copying, at your sizes?",
            "The rows of Build, from a quarter to four times as long, go through the router as whole puts by **copy**, \
             **borrow** and **move**. It takes about half a minute at most, and leaves out sizes that would take longer. An array stands for a text or a file.",
        ),
        Scenario::Message => (
            "What does the way from an array to a Cap'n Proto payload cost, without a copy and with?",
            "The first message of Build is taken apart into its segments. A payload is made of them by **copy** and by **borrow**: the \
             rows of the proposal. Then the whole way from the array to a payload, by a message that is **filled** from it and by one \
             that **adopts** it.",
        ),
    }
}

/// The name of a stage, and what happens in it.
#[must_use]
pub const fn stage_words(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Produce => ("produce", "arrays are made and filled; before the put"),
        Stage::Build => ("build", "segments and payload"),
        Stage::Gather => ("gather", "segments into batches"),
        Stage::Send => ("send", "inside WebSocket.send"),
        Stage::Arrive => ("arrive", "browser, router, browser, second session"),
        Stage::Read => ("read", "segments as one run of bytes; after the put"),
    }
}
