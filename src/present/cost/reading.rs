//! What a run says, in words: worked out once for each run, and used by the pane and by the exports alike.
//!
//! Sentences carry their emphasis as `**`, as Markdown does. No web types, so it is tested natively.

use crate::measure::{
    Interval, Summary, Verdict,
    fit::{self, Model, Point},
    stats,
    verdict::MARGIN,
};
use crate::present::format::{self, TimeUnit};
use crate::run::{self, Run, Scenario, Series, Stage, Thread, Variant, Warning};

/// One series, summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// What was run.
    pub variant: Variant,
    /// Payload bytes of one run.
    pub bytes: u64,
    /// Segments of one run.
    pub segments: u64,
    /// Bytes that one run copied.
    pub copied: u64,
    /// Runs in each sample.
    pub runs: u32,
    /// Where its samples are in the run.
    pub index: usize,
    /// Its times.
    pub summary: Summary,
}

/// One stage of the puts of one variant, summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// How the payload was built.
    pub variant: Variant,
    /// Which stage.
    pub stage: Stage,
    /// Bytes that we copied in it.
    pub copied: u64,
    /// Its times.
    pub summary: Summary,
}

/// Two variants beside each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The one that is compared with.
    pub first: Variant,
    /// The one that the verdict is on.
    pub second: Variant,
    /// Bytes or segments at which they were compared.
    pub x: u64,
    /// How many times longer the first one took.
    pub ratio: Interval,
    /// What that allows to say of the second.
    pub verdict: Verdict,
}

/// Where two variants cross in a sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Cheaper below.
    pub below: Variant,
    /// Cheaper above.
    pub above: Variant,
    /// Where, in bytes or segments.
    pub at: Interval,
}

/// Everything that is said of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Every series that has samples, in the run's order.
    pub places: Vec<Place>,
    /// Whole puts, by how the payload was built.
    pub puts: Vec<(Variant, Summary)>,
    /// The stages of all puts.
    pub parts: Vec<Part>,
    /// The share of copying in a whole put by copy: of what building by copy takes beyond building by borrow.
    pub share: Option<Interval>,
    /// Variants beside each other; the one that the verdict is on comes first.
    pub compared: Vec<Comparison>,
    /// Whole puts by copy against whole puts by borrow.
    pub arrived: Option<Comparison>,
    /// Cost models of a sweep.
    pub models: Vec<(Variant, Model)>,
    /// Where copy and borrow, and copy and move, cross in a sweep.
    pub crossings: Vec<Crossing>,
    /// What casts doubt on the run.
    pub warnings: Vec<Warning>,
}

impl Reading {
    /// Reads a run.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let places: Vec<Place> = run.series.iter().enumerate().filter_map(place).collect();
        let totals = |variant: Variant| Some(run.puts.iter().find(|puts| puts.variant == variant)?.totals());
        let put = |variant: Variant| run.puts.iter().find(|puts| puts.variant == variant);
        let share = put(Variant::Copy).zip(put(Variant::Borrow)).and_then(|(copy, borrow)| {
            // Of building by copy only what borrowing would save: both list the arrays, and make segments of them.
            let (long, short) = (copy.stage(Stage::Build)?, borrow.stage(Stage::Build)?);
            let copying: Vec<f64> = long.samples.iter().zip(&short.samples).map(|(a, b)| (a - b).max(0.0)).collect();
            let totals: Vec<f64> = copy.totals().into_iter().take(copying.len()).collect();
            let share = stats::ratio(&copying, &totals)?;
            // A part is no more than the whole, however little the clock saw of both.
            Some(Interval { upper: share.upper.min(1.0), ..share })
        });
        let arrived = totals(Variant::Copy)
            .zip(totals(Variant::Borrow))
            .and_then(|(long, short)| compare(Variant::Copy, Variant::Borrow, 0, &long, &short));
        let mut reading = Self {
            puts: run.puts.iter().filter_map(|puts| Some((puts.variant, Summary::of(&puts.totals())?))).collect(),
            parts: parts(run),
            places,
            share,
            compared: Vec::new(),
            arrived,
            models: Vec::new(),
            crossings: Vec::new(),
            warnings: run::warnings(run),
        };
        for (first, second) in pairs(run.scenario) {
            let xs: Vec<u64> = run.of(*first).map(|series| x_of(run.scenario, series)).collect();
            // The verdict on a sweep is on its far end; the near one says what happens on the way there.
            let ends = if run.scenario.is_sweep() { vec![xs.iter().max(), xs.iter().min()] } else { vec![xs.first()] };
            let mut ends: Vec<u64> = ends.into_iter().flatten().copied().collect();
            ends.dedup();
            for x in ends {
                // Outside of a sweep each variant has one series; a message has another length by each way of making it.
                let sweep = run.scenario.is_sweep();
                let at = |variant| run.of(variant).find(|series| !sweep || x_of(run.scenario, series) == x);
                if let Some((long, short)) = at(*first).zip(at(*second)) {
                    reading.compared.extend(compare(*first, *second, x, &long.samples, &short.samples));
                }
            }
        }
        if run.scenario.is_sweep() {
            let points = |variant| -> Vec<Point<'_>> {
                run.of(variant)
                    .filter(|series| !series.samples.is_empty())
                    .map(|series| Point { x: x_of(run.scenario, series) as f64, samples: &series.samples })
                    .collect()
            };
            let copy = points(Variant::Copy);
            for variant in variants(run) {
                reading.models.extend(fit::fit(&points(variant)).map(|model| (variant, model)));
            }
            for other in [Variant::Borrow, Variant::Move] {
                let second = points(other);
                let crossing = fit::crossover(&copy, &second)
                    .map(|at| Crossing { below: Variant::Copy, above: other, at })
                    .or_else(|| {
                        fit::crossover(&second, &copy).map(|at| Crossing { below: other, above: Variant::Copy, at })
                    });
                reading.crossings.extend(crossing);
            }
        }
        reading
    }

    /// The first place of a variant.
    #[must_use]
    pub fn first(&self, variant: Variant) -> Option<&Place> {
        self.places.iter().find(|place| place.variant == variant)
    }

    /// A stage of the puts of a variant.
    #[must_use]
    pub fn part(&self, variant: Variant, stage: Stage) -> Option<&Part> {
        self.parts.iter().find(|part| (part.variant, part.stage) == (variant, stage))
    }

    /// Whole puts by copy, if there were any.
    #[must_use]
    pub fn put(&self) -> Option<&Summary> {
        self.puts.iter().find(|(variant, _)| *variant == Variant::Copy).map(|(_, summary)| summary)
    }

    /// Nanoseconds that fresh memory adds to a build by copy, if it is known to add any.
    #[must_use]
    pub fn fresh(&self) -> Option<f64> {
        let [fresh, copy] = [Variant::CopyFresh, Variant::Copy].map(|variant| self.first(variant));
        if fresh?.summary.median.lower <= copy?.summary.median.upper {
            return None;
        }
        let more = self.first(Variant::CopyFresh)?.summary.median.estimate
            - self.first(Variant::Copy)?.summary.median.estimate;
        (more > 0.0).then_some(more)
    }

    /// The comparison that the run's verdict is on.
    #[must_use]
    pub fn main(&self) -> Option<&Comparison> {
        self.compared.first()
    }

    fn of_pair(&self, first: Variant, second: Variant) -> impl Iterator<Item = &Comparison> {
        self.compared.iter().filter(move |one| (one.first, one.second) == (first, second))
    }
}

fn place((index, series): (usize, &Series)) -> Option<Place> {
    Some(Place {
        variant: series.variant,
        bytes: series.bytes,
        segments: series.segments,
        copied: series.copied,
        runs: series.runs,
        index,
        summary: Summary::of(&series.samples)?,
    })
}

fn parts(run: &Run) -> Vec<Part> {
    let of_put = |variant, stage: &crate::run::StageSeries| {
        Some(Part { variant, stage: stage.stage, copied: stage.copied, summary: Summary::of(&stage.samples)? })
    };
    run.puts.iter().flat_map(|puts| puts.stages.iter().filter_map(|stage| of_put(puts.variant, stage))).collect()
}

fn compare(first: Variant, second: Variant, x: u64, long: &[f64], short: &[f64]) -> Option<Comparison> {
    let ratio = stats::ratio(long, short)?;
    Some(Comparison { first, second, x, ratio, verdict: Verdict::of(&ratio) })
}

/// The variants of a run, each once, in the order in which they appear.
#[must_use]
pub fn variants(run: &Run) -> Vec<Variant> {
    let mut all: Vec<Variant> = Vec::new();
    for series in run.series.iter().filter(|series| !series.samples.is_empty()) {
        if !all.contains(&series.variant) {
            all.push(series.variant);
        }
    }
    all
}

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

/// What is compared with what; the verdict is on the second of the first pair.
fn pairs(scenario: Scenario) -> &'static [(Variant, Variant)] {
    match scenario {
        Scenario::Payload | Scenario::Sizes | Scenario::Counts => {
            &[(Variant::Copy, Variant::Borrow), (Variant::Copy, Variant::Move)]
        }
        Scenario::Worker => &[(Variant::Clone, Variant::Transfer)],
        Scenario::Blob => &[(Variant::Blob, Variant::Gather)],
        Scenario::Places => &[(Variant::CopyJs, Variant::CopyWasm), (Variant::BorrowJs, Variant::BorrowWasm)],
        Scenario::Message => &[(Variant::Filled, Variant::Adopted), (Variant::Copy, Variant::Borrow)],
    }
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
    }
}

/// What a scenario asks, and how it is measured.
#[must_use]
pub const fn question(scenario: Scenario) -> (&'static str, &'static str) {
    match scenario {
        Scenario::Payload => (
            "What does copying this payload cost, here?",
            "It is built many times: with every segment **copied**, **borrowed** and **moved**, in turns, so that \
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
            "One array as long as the payload goes to a Worker and back: by structured clone, which copies them, and by transfer, which hands \
             over their memory.",
        ),
        Scenario::Blob => (
            "Who makes one run of bytes out of many faster?",
            "The segments become one run of bytes: by a Blob of the parts, which the browser joins, and by our gather.",
        ),
        Scenario::Places => (
            "Does it matter where the bytes live?",
            "The same bytes are copied and borrowed out of the JavaScript heap and out of wasm memory.",
        ),
        Scenario::Message => (
            "What does the way from an array to a Cap'n Proto payload cost, without a copy and with?",
            "The first message of Build is taken apart into its segments, and a payload is made of them by **copy** and by **borrow**: the \
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

/// A copy that somebody else makes.
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

/// `which is faster cannot be told (0.97 to 1.08 times)`, after what was said of the same two before.
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
    let bare = |share: f64| format::percent(share).trim_end_matches(" %").to_owned();
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

/// The shortest and the longest arrays that were moved, where the longest took several times as long.
fn moving_grows(scenario: Scenario, reading: &Reading) -> Option<[&Place; 2]> {
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
         machine has other work. So compare what was measured in one run. Where the interval of a ratio holds 1, there is no winner, whatever the estimate says. It is called the \
         same when all of it is within 5 % of 1. It is made from how far parts of the run lie apart, and not from the spread of single \
         samples: where the machine changed its pace meanwhile, it is wider than the quartiles.");
    if reading.put().is_some() {
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
            "**Fresh memory** adds nothing here that can be told. It is measured by a loop in JavaScript that copies every \
             array into a new ArrayBuffer and makes no segments: with many small ones that is less work.",
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
                 medians. A grey band is the cost model, fixed cost plus so much for each byte or segment, as far as it \
                 holds; the shaded part is where that of copy does not, mostly because caches end.",
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
                "**A Blob is no array.** The browser may keep its bytes in another process or on disk; reading them back \
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

/// Under which conditions was measured, one short text for each.
#[must_use]
pub fn conditions(run: &Run) -> Vec<String> {
    let at = &run.conditions;
    let counts = run.series.iter().map(|series| series.samples.len());
    let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    let n = if least == most {
        format::count(most)
    } else {
        format!("{} to {}", format::count(least), format::count(most))
    };
    let mut words = vec![
        format!(
            "n = {n} each, in turns{}, seed {}; 95 % intervals",
            if run.of(Variant::CopyFresh).next().is_some() { " (fresh memory after the others)" } else { "" },
            at.seed
        ),
        format!(
            "clock step {}, {}",
            format::time(at.clock_step),
            if at.isolated { "isolated" } else { "not isolated" }
        ),
        // What the browser says: some say a number of their own, whatever the machine has.
        format!("{}, says {} core{}", at.browser, at.cores, if at.cores == 1 { "" } else { "s" }),
        if at.thread == Thread::Worker { "in a Worker" } else { "on the page's thread" }.to_owned(),
        if at.optimised { "optimised build" } else { "UNOPTIMISED build" }.to_owned(),
        format!("lab {}, zenoh {}", at.lab, at.zenoh),
    ];
    if let Some(puts) = run.puts.first() {
        let router = at.router.as_deref().unwrap_or("a router");
        words.insert(1, format!("{} puts each through {router}", format::count(puts.at.len())));
    }
    if at.hidden {
        words.push("the page was hidden".to_owned());
    }
    words
}

/// What is shown while it measures: `63 of 180 samples, about 2 s left`.
#[must_use]
pub fn progress_words(progress: &crate::measure::course::Progress) -> String {
    if progress.total == 0 {
        return "Getting ready: finding out how fine this browser's clock is.".to_owned();
    }
    let samples =
        format!("{} of {} samples", format::thousands(progress.done.into()), format::thousands(progress.total.into()));
    match progress.left {
        Some(left) if left.as_secs_f64() >= 0.95 => format!("{samples}, about {:.0} s left", left.as_secs_f64()),
        Some(_) => format!("{samples}, less than 1 s left"),
        None => samples,
    }
}

/// How far a run came that was stopped: `stopped after 34 of 240 samples`.
#[must_use]
pub fn partial_words(run: &Run) -> Option<String> {
    let planned = run.series.len() as u64 * u64::from(run.conditions.rounds);
    let taken = run.series.iter().map(|series| series.samples.len() as u64).sum::<u64>();
    run.partial.then(|| {
        if taken >= planned {
            return format!("partial: stopped after all {} samples, in the whole puts", format::thousands(taken));
        }
        format!("partial: stopped after {} of {} samples", format::thousands(taken), format::thousands(planned))
    })
}

/// When a run began: year, month, day, hour, minute and second, in UTC.
#[must_use]
pub fn civil(id: u64) -> (u64, u64, u64, u64, u64, u64) {
    let seconds = id / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since the first of March of the year 0, in eras of 400 years: after Howard Hinnant's "days from civil".
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    (year, month, of_year - (153 * march + 2) / 5 + 1, rest / 3600, rest / 60 % 60, rest % 60)
}

/// When a run began, as in `2026-11-22 14:22:33 UTC`.
#[must_use]
pub fn when(id: u64) -> String {
    let (year, month, day, hour, minute, second) = civil(id);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The result of a run in a few words, for a list of runs.
#[must_use]
pub fn brief(run: &Run) -> String {
    // Not the whole reading: a list of forty runs would work out intervals that nobody looks at.
    let Some((first, second)) = pairs(run.scenario).first() else { return String::new() };
    let last = |variant| {
        let series = run.of(variant).max_by_key(|series| x_of(run.scenario, series))?;
        let mut samples = series.samples.clone();
        samples.sort_by(f64::total_cmp);
        (!samples.is_empty()).then(|| stats::quantile(&samples, 0.5))
    };
    match last(*first).zip(last(*second)) {
        Some((a, b)) => format!("{} {}, {} {}", name(*first), format::time(a), name(*second), format::time(b)),
        None => "no sample".to_owned(),
    }
}

/// The pieces of a text with `**`, and whether each is strong.
pub fn emphasis(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split("**").enumerate().map(|(at, piece)| (at % 2 == 1, piece)).filter(|(_, piece)| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{measure::course::Progress, present::cost::fixture};

    fn reading(compared: Vec<Comparison>, arrived: Option<Comparison>) -> Reading {
        Reading {
            places: Vec::new(),
            puts: Vec::new(),
            parts: Vec::new(),
            share: None,
            compared,
            arrived,
            models: Vec::new(),
            crossings: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn against(first: Variant, second: Variant, x: u64, (lower, estimate, upper): (f64, f64, f64)) -> Comparison {
        let ratio = Interval { lower, estimate, upper };
        Comparison { first, second, x, ratio, verdict: Verdict::of(&ratio) }
    }

    fn borrow(ratio: (f64, f64, f64)) -> Comparison {
        against(Variant::Copy, Variant::Borrow, 0, ratio)
    }

    #[test]
    fn every_verdict_has_its_sentence() {
        let run = fixture::alone();
        let say = |main, arrived: Option<Comparison>| sentence(&run, &reading(vec![main], arrived)).unwrap();
        assert_eq!(
            say(borrow((3190.0, 3640.0, 4110.0)), Some(borrow((0.97, 1.0, 1.08)))),
            "Built alone, borrow is **3,640 times faster** than copy (3,190 to 4,110); to the subscriber, which is faster cannot be told \
             (0.970 to 1.08 times)."
        );
        assert_eq!(
            say(borrow((0.5, 0.6, 0.8)), None),
            "Built alone, borrow is **1.67 times slower** than copy (1.25 to 2.00). Borrow loses here: keeping a reference costs more \
             than copying so few bytes."
        );
        assert_eq!(
            say(borrow((0.98, 1.0, 1.02)), Some(borrow((1.2, 1.3, 1.4)))),
            "Built alone, borrow is **the same** as copy, within 5.0 % (0.980 to 1.02); to the subscriber, 1.30 times faster \
             (1.20 to 1.40)."
        );
        assert_eq!(
            say(borrow((0.9, 1.0, 1.2)), None),
            "Built alone, borrow is **not to be told** from copy (0.900 to 1.20)."
        );
    }

    #[test]
    fn move_is_mentioned_when_it_is_another_story() {
        let run = fixture::alone();
        let moved = |ratio| against(Variant::Copy, Variant::Move, 0, ratio);
        let far = borrow((3190.0, 3640.0, 4110.0));
        let with = |other| sentence(&run, &reading(vec![far, other], None)).unwrap();
        assert!(!with(moved((400.0, 420.0, 440.0))).contains("Move"));
        assert!(with(moved((0.5, 0.6, 0.8))).ends_with("Move is **1.67 times slower** than copy (1.25 to 2.00)."));
    }

    #[test]
    fn a_sweep_says_where_it_turns() {
        let run = fixture::run(Scenario::Sizes);
        let [far, near] = [(1 << 28, (9000.0, 9500.0, 9900.0)), (1024, (0.4, 0.5, 0.6))]
            .map(|(x, ratio)| against(Variant::Copy, Variant::Borrow, x, ratio));
        let mut said = reading(vec![far, near], None);
        let words = sentence(&run, &said).unwrap();
        assert!(
            words.starts_with(
                "At 1 KiB, borrow is **2.00 times slower** than copy (1.67 to 2.50); at 256 MiB, 9,500 times"
            ),
            "{words}"
        );
        let at = Interval { lower: 1700.0, estimate: 2048.0, upper: 2400.0 };
        said.crossings.push(Crossing { below: Variant::Copy, above: Variant::Borrow, at });
        let words = sentence(&run, &said).unwrap();
        assert!(
            words.starts_with("Below **2 KiB** (1.7 KiB to 2.3 KiB) copy is cheaper, above it borrow. At 256 MiB, "),
            "{words}"
        );
    }

    #[test]
    fn moving_that_takes_longer_for_longer_arrays_is_explained() {
        let says = |factor: f64| {
            let mut run = fixture::run(Scenario::Sizes);
            let most = run.series.iter().map(|series| series.bytes).max().unwrap();
            let moved = |series: &&mut Series| series.variant == Variant::Move && series.bytes == most;
            let longest = run.series.iter_mut().find(moved).unwrap();
            longest.samples.iter_mut().for_each(|sample| *sample *= factor);
            let words = understanding(&run, &Reading::of(&run));
            words.iter().any(|words| words.starts_with("**Move copies no byte, and took longer"))
        };
        assert!(!says(1.0) && !says(2.0) && says(20.0));
    }

    #[test]
    fn every_scenario_has_a_sentence_and_an_explanation() {
        for scenario in Scenario::ALL {
            let run = fixture::run(scenario);
            let reading = Reading::of(&run);
            let words = sentence(&run, &reading).unwrap();
            assert!(words.ends_with('.') && words.matches("**").count().is_multiple_of(2), "{words}");
            let paragraphs = understanding(&run, &reading);
            assert!(paragraphs.len() >= 3);
            assert!(paragraphs.iter().all(|words| words.matches("**").count().is_multiple_of(2)), "{paragraphs:?}");
            assert!(!brief(&run).is_empty() && !conditions(&run).is_empty());
        }
        let mut nothing = fixture::alone();
        nothing.series.clear();
        assert_eq!(sentence(&nothing, &Reading::of(&nothing)), None);
        assert_eq!(brief(&nothing), "no sample");
    }

    #[test]
    fn the_headline_is_the_share_of_a_put() {
        let run = fixture::run(Scenario::Payload);
        let words = headline(&Reading::of(&run)).unwrap();
        assert!(
            words.starts_with("Copying to build is **1.8 %** of a put by copy (1.") && words.ends_with(" ms."),
            "{words}"
        );
        let alone = fixture::alone();
        assert_eq!(headline(&Reading::of(&alone)), None);
        // A build that the clock did not see.
        let mut blind = run.clone();
        blind.puts[0].stages[1].samples.iter_mut().for_each(|ns| *ns = 0.0);
        assert!(
            headline(&Reading::of(&blind)).unwrap().starts_with("Copying to build is **too short for this clock**")
        );
    }

    #[test]
    fn a_partial_run_says_so() {
        let run = fixture::partial();
        assert_eq!(partial_words(&run).unwrap(), "partial: stopped after 33 of 180 samples");
        assert!(sentence(&run, &Reading::of(&run)).unwrap().starts_with("So far: "));
        assert!(
            understanding(&run, &Reading::of(&run))
                .iter()
                .any(|words| words.starts_with("**Move was not measured.** The trailer"))
        );
        assert_eq!(partial_words(&fixture::alone()), None);
    }

    #[test]
    fn progress_is_told_with_what_is_left() {
        let progress = |done, total, left| progress_words(&Progress { done, total, left });
        assert!(progress(0, 0, None).starts_with("Getting ready"));
        assert_eq!(progress(63, 180, Some(Duration::from_millis(2100))), "63 of 180 samples, about 2 s left");
        assert_eq!(progress(179, 180, Some(Duration::from_millis(20))), "179 of 180 samples, less than 1 s left");
    }

    #[test]
    fn times_are_told_by_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1, 0, 0, 0));
        assert_eq!(civil(951_782_400_000), (2000, 2, 29, 0, 0, 0));
        assert_eq!(civil(951_868_799_999), (2000, 2, 29, 23, 59, 59));
        assert_eq!(civil(1_795_357_353_000), (2026, 11, 22, 14, 22, 33));
        assert_eq!(when(4_102_444_800_000), "2100-01-01 00:00:00 UTC");
        assert_eq!(civil(4_107_542_400_000 - 1000), (2100, 2, 28, 23, 59, 59));
    }

    #[test]
    fn words_of_the_exports_are_those_of_the_json() {
        for scenario in Scenario::ALL {
            assert_eq!(serde_json::to_string(&scenario).unwrap(), format!("\"{}\"", scenario_key(scenario)));
        }
        let run = fixture::run(Scenario::Places);
        for variant in variants(&run) {
            assert_eq!(serde_json::to_string(&variant).unwrap(), format!("\"{}\"", key(variant)));
        }
    }

    #[test]
    fn emphasis_is_split_off() {
        assert_eq!(emphasis("a **b** c").collect::<Vec<_>>(), [(false, "a "), (true, "b"), (false, " c")]);
        assert_eq!(emphasis("**b**").collect::<Vec<_>>(), [(true, "b")]);
    }
}
