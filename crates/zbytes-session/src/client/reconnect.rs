//! When to open a lost session again. Pure: time and random numbers come from outside.
//!
//! ```text
//!             opened            lost                  due, or a hint
//!   idle ---------------> up ----------> waiting ------------------------> trying
//!                         ^                 ^                                 |
//!                         |                 +---------------- lost -----------+
//!                         +---------------------------------- opened ---------+
//! ```
//!
//! The first attempt comes after at most 0.1 s. Each further one may wait twice as long, up to 2 s,
//! or up to 10 s where failures are to be few. Of that time a random half is taken off, so that the
//! pages of a class do not all come back in the same moment. A session that did not last counts as
//! a failed attempt. So a router that takes sessions and ends them at once is not asked ten times a
//! second.

use std::time::Duration;

/// The longest wait before the first attempt.
pub const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait before any attempt.
pub const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The longest wait where an engine holds back attempts after failures, the longer the more there
/// were. In Firefox an outage of a minute is over 11 s after its end so, in the mean of 3,000
/// simulated ones. With waits of 2 s it takes 18 s.
pub const LONGEST_SPARING_WAIT: Duration = Duration::from_secs(10);

/// A session that has lasted so long was a good one: after it attempts are counted from one again.
pub const LASTING: Duration = Duration::from_secs(5);

/// The next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Wait {
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// How long until then.
    pub delay: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// The program has lost no session that could be opened again.
    #[default]
    Idle,
    Up {
        since: Duration,
    },
    Waiting {
        until: Duration,
    },
    Trying,
}

/// Decides when a lost session is opened again. See the [module](self).
#[derive(Debug)]
pub struct Reconnect {
    state: State,
    attempts: u32,
    longest: Duration,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self { state: State::Idle, attempts: 0, longest: LONGEST_WAIT }
    }
}

impl Reconnect {
    /// One that has nothing to open again yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Reconnect::new`], with fewer attempts in a long outage: the longest wait is
    /// [`LONGEST_SPARING_WAIT`].
    #[must_use]
    pub fn sparing() -> Self {
        Self { longest: LONGEST_SPARING_WAIT, ..Self::default() }
    }

    /// The session is open.
    pub fn opened(&mut self, now: Duration) {
        self.state = State::Up { since: now };
    }

    /// The session was lost, or an attempt has failed. `random` is any number; all values should be
    /// equally likely. `None` when there was no session: one that could not be opened in the first
    /// place is not opened again.
    pub fn lost(&mut self, now: Duration, random: u32) -> Option<Wait> {
        match self.state {
            State::Idle => return None,
            State::Up { since } if now.saturating_sub(since) >= LASTING => self.attempts = 0,
            State::Up { .. } | State::Waiting { .. } | State::Trying => {}
        }
        let longest = FIRST_WAIT.saturating_mul(1 << self.attempts.min(16)).min(self.longest);
        let delay = longest - (longest / 2).mul_f64(f64::from(random) / f64::from(u32::MAX));
        self.attempts = self.attempts.saturating_add(1);
        self.state = State::Waiting { until: now.saturating_add(delay) };
        Some(Wait { attempt: self.attempts, delay })
    }

    /// The program that asks stood still for so long. A session has not lasted meanwhile; an
    /// attempt that became due is due.
    pub fn handle_pause(&mut self, still: Duration) {
        if let State::Up { since } = &mut self.state {
            *since = since.saturating_add(still);
        }
    }

    /// Something says that it may go well now, as that the network is back or that the page is
    /// looked at: no more waiting.
    pub fn hint(&mut self, now: Duration) {
        if let State::Waiting { until } = &mut self.state {
            *until = now.min(*until);
        }
    }

    /// The session is not to be opened again.
    pub fn stop(&mut self) {
        *self = Self { longest: self.longest, ..Self::default() };
    }

    /// When [`Reconnect::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Waiting { until } => Some(until),
            _ => None,
        }
    }

    /// Lets time pass; returns whether the session is to be opened now.
    #[must_use]
    pub fn handle_timeout(&mut self, now: Duration) -> bool {
        match self.state {
            State::Waiting { until } if now >= until => {
                self.state = State::Trying;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn waits_double_to_the_longest_and_lie_in_their_upper_half() {
        for random in [0, 1 << 31, u32::MAX] {
            let mut reconnect = Reconnect::new();
            reconnect.opened(Duration::ZERO);
            let mut now = 60 * LONGEST_WAIT;
            for (n, longest) in [100, 200, 400, 800, 1600, 2000, 2000, 2000].into_iter().enumerate() {
                let wait = reconnect.lost(now, random).unwrap();
                assert_eq!(wait.attempt, n as u32 + 1);
                assert!(wait.delay <= longest * MILLI && wait.delay >= longest * MILLI / 2, "{wait:?}");
                assert_eq!(wait.delay == longest * MILLI, random == 0);
                assert_eq!(reconnect.poll_timeout(), Some(now + wait.delay));
                assert!(!reconnect.handle_timeout(now + wait.delay - MILLI));
                now += wait.delay;
                assert!(reconnect.handle_timeout(now));
                assert!(!reconnect.handle_timeout(now), "one attempt at a time");
                assert_eq!(reconnect.poll_timeout(), None);
            }
        }
    }

    #[test]
    fn sparing_waits_double_up_to_ten_seconds() {
        let mut reconnect = Reconnect::sparing();
        for _ in 0..2 {
            reconnect.opened(Duration::ZERO);
            let mut now = 60 * LONGEST_WAIT;
            for longest in [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000] {
                let wait = reconnect.lost(now, 0).unwrap();
                assert_eq!(wait.delay, longest * MILLI);
                now += wait.delay;
                assert!(reconnect.handle_timeout(now));
            }
            // The next session of the same page does so too.
            reconnect.stop();
        }
    }

    #[test]
    fn a_short_session_counts_as_an_attempt_and_a_long_one_does_not() {
        let mut reconnect = Reconnect::new();
        let mut now = Duration::ZERO;
        for attempt in 1..5 {
            reconnect.opened(now);
            now += LASTING - MILLI;
            let wait = reconnect.lost(now, 0).unwrap();
            assert_eq!(wait.attempt, attempt);
            now += wait.delay;
            assert!(reconnect.handle_timeout(now));
        }
        reconnect.opened(now);
        assert_eq!(reconnect.lost(now + LASTING, 0), Some(Wait { attempt: 1, delay: FIRST_WAIT }));
    }

    #[test]
    fn a_pause_makes_no_session_last_and_puts_no_attempt_off() {
        let mut reconnect = Reconnect::new();
        reconnect.opened(Duration::ZERO);
        for attempt in 1..4 {
            reconnect.handle_pause(40 * LASTING);
            let now = Duration::from_secs(1000) * attempt;
            reconnect.opened(now);
            reconnect.handle_pause(40 * LASTING);
            let wait = reconnect.lost(now + 41 * LASTING - MILLI, 0).unwrap();
            assert_eq!(wait.attempt, attempt);
            reconnect.handle_pause(40 * LASTING);
            assert_eq!(reconnect.poll_timeout(), Some(now + 41 * LASTING - MILLI + wait.delay));
        }
    }

    #[test]
    fn a_hint_ends_the_waiting_and_nothing_else() {
        let mut reconnect = Reconnect::new();
        reconnect.hint(MILLI);
        assert_eq!((reconnect.poll_timeout(), reconnect.handle_timeout(MILLI)), (None, false));
        reconnect.opened(Duration::ZERO);
        reconnect.hint(MILLI);
        assert!(!reconnect.handle_timeout(LONGEST_WAIT));
        reconnect.lost(LASTING, 0).unwrap();
        reconnect.hint(LASTING + MILLI);
        assert_eq!(reconnect.poll_timeout(), Some(LASTING + MILLI));
        assert!(reconnect.handle_timeout(LASTING + MILLI));
        reconnect.hint(LASTING + 2 * MILLI);
        assert!(!reconnect.handle_timeout(LASTING + 2 * MILLI), "an attempt is under way");
    }

    #[test]
    fn what_was_never_open_or_was_closed_is_not_opened_again() {
        let mut reconnect = Reconnect::new();
        assert_eq!(reconnect.lost(MILLI, 0), None);
        reconnect.opened(MILLI);
        reconnect.stop();
        assert_eq!((reconnect.lost(MILLI, 0), reconnect.poll_timeout()), (None, None));
    }
}
