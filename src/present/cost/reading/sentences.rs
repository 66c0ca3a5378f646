//! What a run says: the verdict, and what to understand by it.

use super::{
    comparison::{Comparison, Crossing, Reading, SeriesSummary},
    names::{name, x_about, x_words},
};
use crate::{
    measure::{Interval, Verdict, verdict::MARGIN},
    present::format::{self, TimeUnit},
    run::{Run, Scenario, Stage, Variant},
};

/// A copy that another program makes, such as the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Beside which stage it stands.
    pub stage: Stage,
    /// What is copied, and where to.
    pub what: &'static str,
    /// The name of the source.
    pub source: &'static str,
    /// Its address.
    pub address: &'static str,
}

/// The copies on the way of a put that are not ours: known, not measured here.
pub const KNOWN: [Known; 5] = [
    Known {
        stage: Stage::Send,
        what: "WebSocket.send takes its own copy of each batch before it returns: the batch buffer may be overwritten at once.",
        source: "WebSockets Standard, send()",
        address: "https://websockets.spec.whatwg.org/#dom-websocket-send",
    },
    Known {
        stage: Stage::Send,
        what: "Every byte of a client's frame is masked: XOR with a key of four bytes, read and written once more.",
        source: "RFC 6455, section 5.3",
        address: "https://www.rfc-editor.org/rfc/rfc6455#section-5.3",
    },
    Known {
        stage: Stage::Arrive,
        what: "The page's process hands the bytes to the browser's network process, that hands them to the kernel: a copy \
               into the socket's buffer.",
        source: "send(2)",
        address: "https://man7.org/linux/man-pages/man2/send.2.html",
    },
    Known {
        stage: Stage::Arrive,
        what: "The router copies them out of the kernel, joins fragments into one message, and writes that to every subscriber.",
        source: "recv(2); zenoh-transport 1.10.2",
        address: "https://docs.rs/zenoh-transport/1.10.2",
    },
    Known {
        stage: Stage::Arrive,
        what: "The browser copies what comes back out of the kernel, and puts each message into an ArrayBuffer of its own.",
        source: "WebSockets Standard, receiving",
        address: "https://websockets.spec.whatwg.org/#feedback-from-the-protocol",
    },
];

/// `3,190 to 4,110`.
#[must_use]
pub fn between(interval: &Interval) -> String {
    format!("{} to {}", format::significant(interval.lower), format::significant(interval.upper))
}

/// `9.21 ms (8.91 to 9.58)`.
#[must_use]
pub fn time_between(interval: &Interval) -> String {
    let unit = TimeUnit::of(interval.estimate);
    format!(
        "{} {} ({} to {})",
        unit.show(interval.estimate),
        unit.sign(),
        unit.show(interval.lower),
        unit.show(interval.upper)
    )
}

/// `0.30 % (0.06 to 1.5)`.
#[must_use]
pub fn share_between(share: &Interval) -> String {
    format!("{} ({} to {})", format::percent(share.estimate), bare(share.lower), bare(share.upper))
}

/// A percentage without its sign.
fn bare(share: f64) -> String {
    format::percent(share).trim_end_matches(" %").to_owned()
}

/// The verdict as a word for tests and styles.
#[must_use]
pub const fn verdict_key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::Same => "same",
        Verdict::CannotTell => "cannot-tell",
    }
}

/// `**3,640 times faster** than copy (3,190 to 4,110)`, as what follows an "is".
fn is_words(one: &Comparison) -> String {
    let (ratio, than) = (&one.ratio, name(one.first));
    match one.verdict {
        Verdict::Faster => {
            format!("**{} times faster** than {than} ({})", format::significant(ratio.estimate), between(ratio))
        }
        Verdict::Slower => {
            let turned =
                Interval { lower: 1.0 / ratio.upper, estimate: 1.0 / ratio.estimate, upper: 1.0 / ratio.lower };
            format!("**{} times slower** than {than} ({})", format::significant(turned.estimate), between(&turned))
        }
        Verdict::Same => {
            format!("**the same** as {than}, within {} ({})", format::percent(MARGIN), between(ratio))
        }
        Verdict::CannotTell => format!("**not to be told** from {than} ({})", between(ratio)),
    }
}

/// [`is_words`] where it is clear what it is compared with.
fn bare_words(one: &Comparison) -> String {
    is_words(one).replace(&format!(" than {}", name(one.first)), "")
}

/// `which is faster cannot be told (0.97 to 1.08 times)`, after what was said of the same two
/// before.
fn again_words(one: &Comparison) -> String {
    match one.verdict {
        Verdict::CannotTell => format!("which is faster cannot be told ({} times)", between(&one.ratio)),
        Verdict::Same => format!("the same ({})", between(&one.ratio)),
        Verdict::Faster | Verdict::Slower => bare_words(one).replace("**", ""),
    }
}

/// What comes before any ratio: the share of a whole put; `None` when no put by copy was measured.
#[must_use]
pub fn headline(reading: &Reading) -> Option<String> {
    let total = reading.put()?.median.estimate;
    let unit = TimeUnit::of(total);
    let whole = format!("{} {}", unit.show(total), unit.sign());
    // A build that the clock did not see has no ratio.
    let Some(share) = reading.share.filter(|share| share.estimate > 0.0) else {
        return Some(format!("Copying to build is **too short for this clock** in a put by copy of {whole}."));
    };
    Some(format!(
        "Copying to build is **{}** of a put by copy ({} to {}): {} of {whole}.",
        format::percent(share.estimate),
        bare(share.lower),
        bare(share.upper),
        unit.about(share.estimate * total),
    ))
}

/// The sentence to read aloud; `None` when there is nothing to compare.
#[must_use]
pub fn sentence(run: &Run, reading: &Reading) -> Option<String> {
    let main = reading.main()?;
    let mut words = match run.scenario {
        Scenario::Payload => payload_words(reading, main),
        Scenario::Sizes | Scenario::Counts => sweep_words(run, reading, main),
        Scenario::OwnSizes => sizes_words(reading)?,
        Scenario::Worker => format!("To a Worker and back, transfer is {}.", is_words(main)),
        Scenario::Blob => format!("To one run of bytes, our gather is {}.", is_words(main)),
        Scenario::Message => {
            let mut words = format!("From the array to a payload, adopting it is {}", is_words(main));
            for other in reading.of_pair(Variant::Copy, Variant::Borrow) {
                words.push_str(&format!("; of a finished message, borrow is {}", is_words(other)));
            }
            words.push('.');
            words.replace("than filled", "than filling the message")
        }
        Scenario::Places => {
            let mut words = format!("Built alone, copying out of wasm memory is {}", is_words(main));
            for other in reading.of_pair(Variant::BorrowJs, Variant::BorrowWasm) {
                words.push_str(&format!("; borrowing from it is {}", is_words(other)));
            }
            words.push('.');
            let words = words.replace("copy, JS heap", "out of the JavaScript heap");
            words.replace("borrow, JS heap", "from the JavaScript heap")
        }
    };
    if run.partial {
        words.insert_str(0, "So far: ");
    }
    Some(words)
}

fn payload_words(reading: &Reading, main: &Comparison) -> String {
    let mut words = format!("Built alone, borrow is {}", is_words(main));
    if let Some(arrived) = &reading.arrived {
        words.push_str(&format!("; to the subscriber, {}", again_words(arrived)));
    }
    words.push('.');
    if main.verdict == Verdict::Slower {
        words.push_str(" Borrow loses here: keeping a reference costs more than copying so few bytes.");
    }
    if let Some(moved) = reading.of_pair(Variant::Copy, Variant::Move).find(|moved| moved.verdict != main.verdict) {
        words.push_str(&format!(" Move is {}.", is_words(moved)));
    }
    words
}

/// How the share of copying goes with size.
fn sizes_words(reading: &Reading) -> Option<String> {
    let known = || reading.sizes.iter().filter_map(|size| Some((size.bytes, size.share?)));
    let (near, small) = known().min_by_key(|(bytes, _)| *bytes)?;
    let (far, large) = known().max_by_key(|(bytes, _)| *bytes)?;
    let size = |bytes| x_words(Scenario::OwnSizes, bytes);
    let percent = |share: Interval| format::percent(share.estimate);
    if near == far {
        return Some(format!("Only {} was measured: other sizes would take too long.", size(near)));
    }
    let goes = if small.upper < large.lower {
        "grows"
    } else if large.upper < small.lower {
        "falls"
    } else {
        return Some(format!(
            "From {} to {}, size makes **no difference that can be told**: {} and {}.",
            size(near),
            size(far),
            percent(small),
            percent(large)
        ));
    };
    Some(format!(
        "The share of copying **{goes}** from {} at {} to {} at {}.",
        percent(small),
        size(near),
        percent(large),
        size(far)
    ))
}

fn sweep_words(run: &Run, reading: &Reading, far: &Comparison) -> String {
    let near = reading.of_pair(Variant::Copy, Variant::Borrow).nth(1);
    let at = |x: u64| x_words(run.scenario, x);
    let crossing = reading.crossings.iter().find(|one| [one.below, one.above].contains(&Variant::Borrow));
    let mut words = match crossing {
        Some(Crossing { below, above, at: x }) => {
            let unit = |x: f64| x_about(run.scenario, x);
            format!(
                "Below **{}** ({} to {}) {} is cheaper, above it {}. ",
                unit(x.estimate),
                unit(x.lower),
                unit(x.upper),
                name(*below),
                name(*above)
            )
        }
        None => String::new(),
    };
    if let Some(near) = near.filter(|_| crossing.is_none()) {
        words.push_str(&format!("At {}, borrow is {}; ", at(near.x), is_words(near)));
        words.push_str(&format!("at {}, {}.", at(far.x), again_words(far)));
    } else {
        words.push_str(&format!("At {}, borrow is {}.", at(far.x), is_words(far)));
    }
    let moved = |one: &&Crossing| [one.below, one.above].contains(&Variant::Move);
    if let Some(Crossing { below, above, at: x }) = reading.crossings.iter().find(moved) {
        let (below, above, x) = (name(*below), name(*above), x_about(run.scenario, x.estimate));
        words.push_str(&format!(" Below {x} {below} is cheaper than {above}."));
    }
    words
}

/// The shortest and the longest arrays that were moved, where the longest took several times as
/// long.
fn moving_grows(scenario: Scenario, reading: &Reading) -> Option<[&SeriesSummary; 2]> {
    let moved = || reading.places.iter().filter(|place| scenario == Scenario::Sizes && place.variant == Variant::Move);
    let (short, long) = (moved().min_by_key(|place| place.bytes)?, moved().max_by_key(|place| place.bytes)?);
    (long.summary.median.lower > 4.0 * short.summary.median.upper).then_some([short, long])
}

/// What a reader of this result should know, as short paragraphs.
#[must_use]
pub fn understanding(run: &Run, reading: &Reading) -> Vec<String> {
    let mut words = Vec::new();
    let mut say = |text: &str| words.push(text.to_owned());
    say("**The interval.** If the same were measured again and again while nothing changes, 95 of 100 such intervals \
         would hold the true median. Between two runs something may change: the browser compiles the program better, the \
         machine has other work. So compare what was measured in one run. Where the interval of a ratio holds 1, neither side wins, whatever the estimate says. It is called the \
         same when all of it is within 5 % of 1. It is made from how far parts of the run lie apart, and not from the spread of single \
         samples. Where the machine changed its pace meanwhile, it is wider than the quartiles.");
    if reading.put().is_some() && run.scenario == Scenario::Payload {
        say(
            "**The ratio is not what a person notices.** It compares building alone. A whole put also gathers, sends, \
             passes the router and arrives; the bar shows what part of that building is. Each piece of the bar is a \
             median of its own: they need not add up to the median of the whole.",
        );
        say(
            "**Building takes longer in a put than alone.** There the arrays are new, each payload is built once, and other \
             work comes before it. Alone it is repeated, and everything is warm.",
        );
    } else if run.scenario == Scenario::Payload {
        say("**The ratio is not what a person notices.** It compares building alone. A put also gathers, sends and \
             arrives; with a router connected, those are measured too.");
    }
    if reading.fresh().is_some() {
        say("**Fresh memory costs more than memory that was used before.** The engine has to find it, clear it, and \
             touch every page of it for the first time. It is measured apart, after the others, by a loop in JavaScript that \
             copies every array into a new ArrayBuffer.");
    } else if reading.first(Variant::CopyFresh).is_some() && run.scenario == Scenario::Payload {
        say(
            "**Fresh memory** adds nothing here that can be told. A loop in JavaScript measures it: the loop copies every \
             array into a new ArrayBuffer and makes no segments. With many small ones that is less work.",
        );
    } else if run.scenario == Scenario::Payload {
        say("**Fresh memory** was not measured: above 64 MiB the browser takes too long to give it back.");
    }
    let moved = reading.of_pair(Variant::Copy, Variant::Move).find(|moved| moved.verdict == Verdict::Slower);
    if let Some(moved) = moved {
        say(&format!(
            "**Why move is slower{}.** Each array is taken by a call into the engine that detaches it and makes a new \
             one. For small segments, and the more of them the more, that costs more than copying them.",
            if run.scenario.is_sweep() {
                format!(" at {}", x_words(run.scenario, moved.x))
            } else {
                " here".to_owned()
            }
        ));
    }
    if let Some([short, long]) = moving_grows(run.scenario, reading) {
        say(&format!(
            "**Move copies no byte, and took longer the longer the arrays were:** {} for {}, {} for {}. WebKit counts a buffer that \
             is moved as new memory, and so it collects garbage the more often the longer the buffers are.",
            format::time(short.summary.median.estimate),
            format::bytes(short.bytes as usize),
            format::time(long.summary.median.estimate),
            format::bytes(long.bytes as usize),
        ));
    }
    if let Some(reason) = &run.unsent {
        say(&format!("**Whole puts ended early.** {}", full_stop(reason)));
    }
    if let Some(reason) = &run.refused {
        say(&format!("**Move was not measured.** {}", full_stop(reason)));
    }
    match run.scenario {
        Scenario::Sizes | Scenario::Counts => {
            say(
                "**The plot.** Both axes are logarithmic: equal distances are equal factors. Dots are samples, lines join \
                 medians. A grey band is the cost model, as far as it holds: a fixed cost, plus so much for each byte or segment. \
                 In the shaded part the model of copy does not hold, mostly because caches end.",
            );
        }
        Scenario::OwnSizes => {
            say(
                "**The plot.** A mark is the share of copying in a whole put by copy, and its line the interval. The filled \
                 mark is your payload; the others are the same rows, shorter and longer.",
            );
        }
        Scenario::Worker => {
            say(
                "**Both ways wait for the Worker.** The time holds two messages and their queues, there and back. A clone \
                 also copies every byte, twice; a transfer hands over the memory and leaves the sender's array empty.",
            );
        }
        Scenario::Blob => {
            say(
                "**A Blob is not an array.** The browser may keep its bytes in another process or on disk. Reading them back \
                 is a copy of its own, which is in the time. Our gather makes one copy inside of wasm memory.",
            );
        }
        Scenario::Places => {
            say(
                "**Two kinds of memory.** Wasm reads its own memory at once; the bytes of a JavaScript array come through \
                 a call into the engine. Borrowing keeps a handle in one case and an offset in the other.",
            );
        }
        Scenario::Message => {
            say(
                "**Segments** are taken by reference: the message owns what was built, and refers to what it adopted. What \
                 pycapnp calls to_segments() copies every one of them, which the published figure holds.",
            );
            say(
                "**Filled** takes memory that was used before, clears it, as Cap'n Proto wants it, and copies the array into \
                 it. **Adopted** writes a head of a few words and two pointers, whatever the size of the array.",
            );
        }
        Scenario::Payload => {}
    }
    let runs = reading.places.iter().map(|place| place.runs).max().unwrap_or(1);
    say(&format!(
        "**The clock** of this browser steps by {}{}. {}",
        format::time(run.conditions.clock_step),
        if run.conditions.isolated {
            ""
        } else {
            "; the page is not isolated, which browsers answer with a coarser clock"
        },
        if runs > 1 {
            format!(
                "So up to {} runs are timed together as one sample: a sample is already their mean.",
                format::thousands(runs.into())
            )
        } else {
            "Every run lasts long enough to be one sample.".to_owned()
        }
    ));
    say(
        "**Outliers** are marked and counted, and none is left out. Times have a tail: the machine did something else.",
    );
    words
}

/// A text as a sentence of its own: with a capital letter and a full stop.
#[must_use]
pub fn full_stop(text: &str) -> String {
    let sentence = crate::app::sentence(text);
    if sentence.ends_with('.') { sentence } else { format!("{sentence}.") }
}

/// The pieces of a text with `**`, and whether each is strong.
pub fn emphasis(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split("**").enumerate().map(|(at, piece)| (at % 2 == 1, piece)).filter(|(_, piece)| !piece.is_empty())
}
