//! What a lesson may ask the lab. Each fact is something that the lab has counted, measured, or is
//! set to.

/// How the values of a fact are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes: `64`, `11.25 MiB`.
    Bytes,
    /// How many: `3`.
    Count,
    /// A part of the whole: `2 %`.
    Share,
    /// How many times as long: `1.5`.
    Times,
    /// One of these words.
    Word(&'static [&'static str]),
}

const YES_NO: Unit = Unit::Word(&["yes", "no"]);
const FATE: Unit = Unit::Word(&["unchanged", "changed", "gone", "other"]);
const VERDICT: Unit = Unit::Word(&["faster", "slower", "the same", "cannot tell"]);
const TRIED: Unit = Unit::Word(&["as expected", "not as expected"]);

macro_rules! facts {
    ($($fact:ident, $name:literal, $unit:expr, $label:literal;)*) => {
        /// Something that the lab knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fact {
            $(#[doc = $label] $fact,)*
        }

        impl Fact {
            /// Every fact, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$fact,)*];

            const ABOUT: &'static [(&'static str, Unit, &'static str)] = &[$(($name, $unit, $label),)*];
        }
    };
}

facts! {
    PayloadBytes, "payload.bytes", Unit::Bytes, "length of the payload";
    PayloadSegments, "payload.segments", Unit::Count, "segments of the payload";
    DrawnBuilding, "drawing.building", Unit::Bytes, "copied to build, in the drawing";
    DrawnFilling, "drawing.filling", Unit::Bytes, "copied to fill the message, in the drawing";
    DrawnGathering, "drawing.gathering", Unit::Bytes, "copied into batches, in the drawing";
    DrawnCopied, "drawing.copied", Unit::Bytes, "copied in all, in the drawing";
    DrawnBatches, "drawing.batches", Unit::Count, "batches in the drawing";
    Built, "built.copied", Unit::Bytes, "copied to build, by the ledger";
    Building, "build", Unit::Word(&["ready", "refused", "pending"]), "what became of the payload";
    RowsCopied, "rows.copy", Unit::Count, "rows by copy";
    RowsBorrowed, "rows.borrow", Unit::Count, "rows by borrow";
    RowsMoved, "rows.move", Unit::Count, "rows by move";
    View, "view", Unit::Word(&["as set", "all copy", "all borrow", "all move"]), "what the drawing shows";
    Film, "film", Unit::Word(&["off", "on"]), "the film";
    Session, "session", Unit::Word(&["open", "closed"]), "the session";
    Listening, "listening", YES_NO, "this page listens to a key";
    Listener, "listener", YES_NO, "some subscriber listens to the key of the put";
    Puts, "puts", Unit::Count, "puts that have left";
    PutBytes, "put.bytes", Unit::Bytes, "length of the put";
    PutBuilding, "put.building", Unit::Bytes, "copied to build, by the ledger of the put";
    PutGathering, "put.gathering", Unit::Bytes, "copied into batches, by the ledger of the put";
    PutCopied, "put.copied", Unit::Bytes, "copied in all, by the ledger of the put";
    PutBatches, "put.batches", Unit::Count, "batches of the put";
    Samples, "samples", Unit::Count, "samples that arrived";
    SampleBytes, "sample.bytes", Unit::Bytes, "length of the newest sample";
    SamplePieces, "sample.pieces", Unit::Count, "arrays that the newest sample arrived in";
    SampleLocal, "sample.local", YES_NO, "the newest sample came straight from this page";
    SamplePriority, "sample.priority", Unit::Word(PRIORITY_NAMES), "priority of the newest sample";
    Missed, "missed", Unit::Count, "numbered samples that were missed";
    Rate, "rate", Unit::Word(&["running", "stopped"]), "puts at a rate";
    RatePuts, "rate.puts", Unit::Count, "puts at the rate that have left";
    RateDropped, "rate.dropped", Unit::Count, "puts at the rate that were dropped";
    RateReached, "rate.reached", Unit::Share, "part of the wanted rate that was reached";
    Flushes, "flushes", Unit::Count, "times that the router has said: all is here";
    Write, "experiment.write", TRIED, "the experiment Write after building";
    Detach, "experiment.detach", TRIED, "the experiment Detach the source";
    Worker, "experiment.worker", TRIED, "the experiment Transfer it to a Worker";
    Refuse, "experiment.refuse", TRIED, "the experiment Take what cannot be taken";
    Grow, "experiment.grow", TRIED, "the experiment Grow wasm memory";
    Drop, "experiment.drop", TRIED, "the experiment Drop the last reference";
    CopiedArray, "copied.array", FATE, "bytes of the array that was copied";
    CopiedPayload, "copied.payload", FATE, "bytes of its payload";
    CopiedSample, "copied.sample", FATE, "bytes of its sample";
    BorrowedArray, "borrowed.array", FATE, "bytes of the array that was borrowed";
    BorrowedPayload, "borrowed.payload", FATE, "bytes of its payload";
    BorrowedSample, "borrowed.sample", FATE, "bytes of its sample";
    MovedArray, "moved.array", FATE, "bytes of the array that was moved";
    MovedPayload, "moved.payload", FATE, "bytes of its payload";
    MovedSample, "moved.sample", FATE, "bytes of its sample";
    ReadCopied, "read.copied", Unit::Bytes, "copied to read the sample as a message, by the ledger";
    Run, "run", Unit::Word(SCENARIO_NAMES), "what was measured";
    RunPuts, "run.puts", YES_NO, "whole puts were measured";
    RunVerdict, "run.verdict", VERDICT, "verdict of the measurement";
    RunTimes, "run.times", Unit::Times, "times as long, as measured";
    RunTimesLow, "run.times.low", Unit::Times, "lower end of its interval";
    RunTimesHigh, "run.times.high", Unit::Times, "upper end of its interval";
    PutVerdict, "run.put.verdict", VERDICT, "whole puts by borrow, against copy";
    Share, "run.share", Unit::Share, "share of copying in a whole put, as measured";
    ShareLow, "run.share.low", Unit::Share, "lower end of its interval";
    ShareHigh, "run.share.high", Unit::Share, "upper end of its interval";
    FreshTimes, "run.fresh", Unit::Times, "times as long, a copy into fresh memory";
    FreshLow, "run.fresh.low", Unit::Times, "lower end of its interval";
    FreshHigh, "run.fresh.high", Unit::Times, "upper end of its interval";
}

/// The priorities, as a lesson names them.
pub(super) const PRIORITY_NAMES: &[&str] =
    &["real time", "interactive high", "interactive low", "data high", "data", "data low", "background"];

/// The scenarios, as a lesson names them, in the order of `Scenario::ALL`.
pub(super) const SCENARIO_NAMES: &[&str] =
    &["payload", "my sizes", "message", "sizes", "counts", "worker", "blob", "places"];

impl Fact {
    fn about(self) -> (&'static str, Unit, &'static str) {
        Self::ABOUT.get(self as usize).copied().unwrap_or(("", Unit::Count, ""))
    }

    /// How a lesson names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.about().0
    }

    /// How its values are written.
    #[must_use]
    pub fn unit(self) -> Unit {
        self.about().1
    }

    /// What it is, for a person.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.about().2
    }

    /// The fact of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fact| fact.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::session::PRIORITIES, run::Scenario};

    #[test]
    fn names_of_facts_are_found_and_differ() {
        for fact in Fact::ALL {
            assert_eq!(Fact::of(fact.name()), Some(*fact));
            assert!(fact.name().chars().all(|c| c.is_ascii_lowercase() || c == '.'), "{}", fact.name());
            assert!(!fact.label().is_empty());
            if let Unit::Word(words) = fact.unit() {
                assert!(words.len() > 1 && words.iter().all(|word| !word.contains(" and ")), "{words:?}");
            }
        }
        assert_eq!(Fact::of(""), None);
    }

    #[test]
    fn lesson_names_priorities_and_scenarios_of_the_lab() {
        assert_eq!(PRIORITIES.map(|(_, name)| name), PRIORITY_NAMES);
        assert_eq!(Scenario::ALL.len(), SCENARIO_NAMES.len());
    }
}
