//! Timestamps of one session.

use std::time::Duration;

use zenoh_protocol::core::NTP64;

use crate::wire::{Timestamp, ZenohId};

/// Makes the timestamps of one session. Each is later than the one before, however coarse or
/// unsteady the clock. A storage of the latest sample of a key has to tell two of them apart.
#[derive(Clone, Debug)]
pub struct Stamps {
    id: ZenohId,
    last: u64,
}

impl Stamps {
    /// For the session with this id, as in [`SessionInfo::zid`](super::SessionInfo::zid).
    #[must_use]
    pub const fn of(id: ZenohId) -> Self {
        Self { id, last: 0 }
    }

    /// The timestamp of a sample that is made now; `now` is the time since 1970 (UTC).
    pub fn stamp(&mut self, now: Duration) -> Timestamp {
        // A timestamp ends in 2106, and so would the page if the clock of this machine said more.
        let now = now.min(Duration::from_secs(u32::MAX.into()));
        // At the very end of time all are alike.
        self.last = NTP64::from(now).0.max(self.last.saturating_add(1));
        Timestamp::new(self.last, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_says_when_and_by_whose_clock() {
        let now = Duration::from_millis(1_700_000_000_123);
        let mut stamps = Stamps::of("8f2c61d0".parse().unwrap());
        let made = stamps.stamp(now);
        assert!(made.since_1970().abs_diff(now) < Duration::from_nanos(2), "{made:?}");
        assert_eq!(made.id().to_string(), "8f2c61d0");
    }

    #[test]
    fn timestamps_grow_also_when_the_clock_stands_or_goes_back() {
        let mut stamps = Stamps::of("1".parse().unwrap());
        let times = [5, 5, 5, 4, 6].map(|seconds| stamps.stamp(Duration::from_secs(seconds)));
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
        assert_eq!(times[4].since_1970(), Duration::from_secs(6));
        assert_eq!(stamps.stamp(Duration::MAX).since_1970().as_secs(), u64::from(u32::MAX));
    }
}
