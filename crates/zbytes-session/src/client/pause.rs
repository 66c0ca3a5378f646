//! Whether a page stood still. Pure: it is told what the clocks said in each moment at which the
//! page ran.
//!
//! A page that is frozen, stopped in a debugger, kept busy by one long task, or on a computer that
//! sleeps handles nothing. What arrived meanwhile waits in the browser and is handled afterwards,
//! all at once. Taken for fresh it would say that nothing had happened.
//!
//! ```text
//!   ran         ran      ran                                 ran: messages that waited, overdue timers
//!   |  <= TICK  |        |<------------- STILL or more ---->|
//! ```
//!
//! Two clocks are read, because neither says all:
//!
//! | steady clock | clock of the computer | what is known |
//! |---|---|---|
//! | went on by [`STILL`] or more | went on as far, or was set back | the page stood still for so long |
//! | went on as usual | went ahead by [`STILL`] or more | the computer slept and the steady clock with it, or its clock was set |
//! | went on by [`STILL`] or more | went ahead of it besides | the page stood still for so long, and the rest is one of these two |
//!
//! A hidden page is not still: its timers come once a minute at worst, but its messages are
//! handled, and a Worker keeps its time.

use std::time::Duration;

/// How often the driver looks at the clocks, at least.
pub const TICK: Duration = Duration::from_secs(1);

/// A page that did not run for so long stood still. It is longer than the time between two
/// KeepAlives of a router, which are what runs in a hidden page that has no Worker.
pub const STILL: Duration = Duration::from_secs(3);

/// Both clocks in one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// By the clock that never goes back. In some engines it stands still while the computer
    /// sleeps.
    pub steady: Duration,
    /// By the clock of the computer, since 1970. It may be set.
    pub wall: Duration,
}

/// What lies between two moments at which the page ran, if it was not as usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pause {
    /// For how long the page stood still, by the steady clock; zero when only the clock of the
    /// computer went ahead.
    pub still: Duration,
    /// How far the clock of the computer went ahead of the steady one: the computer slept, or its
    /// clock was set. Zero when it did not.
    pub ahead: Duration,
}

impl Pause {
    /// Both together: how long it was if the computer slept.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.still.saturating_add(self.ahead)
    }

    /// Two pauses as one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { still: self.still.saturating_add(other.still), ahead: self.ahead.saturating_add(other.ahead) }
    }

    /// What came since `earlier`, of which this is a later sum.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self { still: self.still.saturating_sub(earlier.still), ahead: self.ahead.saturating_sub(earlier.ahead) }
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How long something took, by the steady clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Took {
    /// From its begin to its end.
    pub time: Duration,
    /// What lay within: the page stood still for a part of it, or the clock of the computer went
    /// ahead.
    pub pause: Pause,
}

/// Watches the clocks of a page. Its owner tells it every moment at which the page runs, and at
/// least one in each [`TICK`].
#[derive(Clone, Debug)]
pub struct Watch {
    last: Reading,
    all: Pause,
}

impl Watch {
    /// One that begins now.
    #[must_use]
    pub fn new(now: Reading) -> Self {
        Self { last: now, all: Pause::default() }
    }

    /// The page runs now. Returns how it stood still before, if it did.
    pub fn saw(&mut self, now: Reading) -> Option<Pause> {
        let last = std::mem::replace(&mut self.last, now);
        let passed = now.steady.saturating_sub(last.steady);
        let ahead = now.wall.saturating_sub(last.wall).saturating_sub(passed);
        let long = |time: Duration| if time >= STILL { time } else { Duration::ZERO };
        let pause = Pause { still: long(passed), ahead: long(ahead) };
        self.all = self.all.and(pause);
        (!pause.is_none()).then_some(pause)
    }

    /// All pauses so far, as one.
    #[must_use]
    pub fn all(&self) -> Pause {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MILLI: Duration = Duration::from_millis(1);

    /// A page of which time passes by both clocks.
    struct Page {
        watch: Watch,
        now: Reading,
    }

    impl Page {
        fn new() -> Self {
            let now = Reading { steady: 5 * SECOND, wall: 1_000_000 * SECOND };
            Self { watch: Watch::new(now), now }
        }

        /// So much passes by each clock; then the page runs.
        fn runs_after(&mut self, steady: Duration, wall: Duration) -> Option<Pause> {
            self.now = Reading { steady: self.now.steady + steady, wall: self.now.wall + wall };
            self.watch.saw(self.now)
        }
    }

    fn still(still: Duration) -> Option<Pause> {
        Some(Pause { still, ahead: Duration::ZERO })
    }

    #[test]
    fn a_page_that_runs_now_and_then_does_not_stand_still() {
        let mut page = Page::new();
        for _ in 0..200 {
            // A tick each second, one late by another second, a task of two, and the messages of a
            // hidden page, one in 2.5 s.
            for passed in [TICK, 2 * TICK, MILLI, Duration::ZERO, 2500 * MILLI, STILL - MILLI] {
                assert_eq!(page.runs_after(passed, passed), None);
            }
        }
        assert!(page.watch.all().is_none());
        // Timers once a minute, and messages in between.
        for at in 0..240 {
            let message = page.runs_after(2500 * MILLI, 2500 * MILLI);
            assert_eq!(message, None);
            if at % 24 == 0 {
                assert_eq!(page.runs_after(MILLI, MILLI), None, "the timer");
            }
        }
    }

    #[test]
    fn a_frozen_page_stood_still_from_one_moment_to_the_next() {
        let mut page = Page::new();
        page.runs_after(TICK, TICK);
        assert_eq!(page.runs_after(STILL, STILL), still(STILL), "the border");
        assert_eq!(page.runs_after(40 * SECOND, 40 * SECOND), still(40 * SECOND));
        // What waited is handled then, and is not a pause.
        for _ in 0..100 {
            assert_eq!(page.runs_after(MILLI, MILLI), None);
        }
        assert_eq!(page.watch.all(), Pause { still: 40 * SECOND + STILL, ahead: Duration::ZERO });
    }

    #[test]
    fn a_sleep_shows_in_a_clock_and_one_set_back_says_nothing() {
        let mut page = Page::new();
        // An engine whose steady clock goes on while the computer sleeps.
        assert_eq!(page.runs_after(120 * SECOND, 120 * SECOND), still(120 * SECOND));
        // One whose steady clock sleeps too.
        let ahead = page.runs_after(100 * MILLI, 120 * SECOND + 100 * MILLI);
        assert_eq!(ahead, Some(Pause { still: Duration::ZERO, ahead: 120 * SECOND }));
        // Frozen for a while, and then a sleep.
        let both = page.runs_after(10 * SECOND, 130 * SECOND).unwrap();
        assert_eq!((both, both.longest()), (Pause { still: 10 * SECOND, ahead: 120 * SECOND }, 130 * SECOND));
        // Time servers move a clock by less.
        assert_eq!(page.runs_after(TICK, TICK + STILL - MILLI), None);

        // Set back by an hour, while it runs and while it is frozen.
        let mut page = Page::new();
        page.now.wall -= 3600 * SECOND;
        assert_eq!(page.watch.saw(Reading { steady: page.now.steady + TICK, ..page.now }), None);
        let mut page = Page::new();
        page.now.wall -= 3600 * SECOND;
        let frozen = Reading { steady: page.now.steady + 8 * SECOND, ..page.now };
        assert_eq!(page.watch.saw(frozen), still(8 * SECOND));
    }

    #[test]
    fn what_lay_within_something_is_told_by_sums() {
        let mut page = Page::new();
        page.runs_after(7 * SECOND, 7 * SECOND);
        let before = page.watch.all();
        page.runs_after(SECOND, SECOND);
        assert!(page.watch.all().since(before).is_none());
        page.runs_after(9 * SECOND, 9 * SECOND);
        page.runs_after(SECOND, 11 * SECOND);
        assert_eq!(page.watch.all().since(before), Pause { still: 9 * SECOND, ahead: 10 * SECOND });
    }
}
