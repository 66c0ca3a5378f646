//! The hub's clock: a hybrid of time and a counter, as zenoh's routers have.
//!
//! Two stamps of one clock are never equal, and a stamp is later than every stamp that the clock
//! has seen. The lowest bits count, as those of the crate `uhlc`, which zenoh uses.

use std::time::Duration;

use zbytes_session::client::{Timestamp, ZenohId};

use crate::config::MAX_AHEAD;

/// Bits that count stamps of one moment.
const COUNTER: u64 = 0b1111;

#[derive(Debug)]
pub(crate) struct Clock {
    id: ZenohId,
    since_1970: Duration,
    last: u64,
}

/// Seconds in the upper 32 bits, their fraction in the lower.
fn ntp64(time: Duration) -> u64 {
    let fraction = (u64::from(time.subsec_nanos()) << 32) / 1_000_000_000;
    (time.as_secs() << 32).wrapping_add(fraction)
}

impl Clock {
    pub(crate) fn new(id: ZenohId, since_1970: Duration) -> Self {
        Self { id, since_1970, last: 0 }
    }

    fn now(&self, now: Duration) -> u64 {
        ntp64(self.since_1970.saturating_add(now)) & !COUNTER
    }

    /// A stamp that is later than all before.
    fn stamp(&mut self, now: Duration) -> Timestamp {
        self.last = self.now(now).max(self.last.saturating_add(1));
        Timestamp::new(self.last, self.id)
    }

    /// The time of a put: its own, or a stamp if it has none, or one that lies too far ahead.
    pub(crate) fn treat(&mut self, found: Option<Timestamp>, now: Duration) -> Timestamp {
        match found {
            Some(found) if found.ntp64() <= self.now(now).saturating_add(ntp64(MAX_AHEAD)) => {
                self.last = self.last.max(found.ntp64());
                found
            }
            _ => self.stamp(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_grow_also_within_a_moment_and_after_foreign_ones() {
        let id = |first| ZenohId::new([first; 16]).unwrap();
        let second = Duration::from_secs(1);
        let mut clock = Clock::new(id(1), 1000 * second);
        let stamps: Vec<Timestamp> = [1, 1, 1, 2].map(|at| clock.treat(None, at * second)).into();
        assert!(stamps.is_sorted_by(|a, b| a.ntp64() < b.ntp64()), "{stamps:?}");
        assert_eq!((stamps[0].since_1970(), stamps[0].id()), (1001 * second, id(1)));
        // A time of another clock that is ahead, but not by much, is kept, and passed.
        let near = Timestamp::new((1002 << 32) + (1 << 30), id(2));
        assert_eq!(clock.treat(Some(near), 2 * second), near);
        assert!(clock.treat(None, 2 * second).ntp64() > near.ntp64());
        // One that is too far ahead is replaced.
        let far = Timestamp::new((1002 << 32) + (3 << 30), id(2));
        assert_eq!(clock.treat(Some(far), 2 * second).id(), id(1));
        let old = Timestamp::new(7 << 32, id(2));
        assert_eq!(clock.treat(Some(old), 2 * second), old);
    }
}
