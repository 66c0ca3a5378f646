//! Timestamps: when a sample was made, by whose clock.

use std::time::Duration;

use zenoh_protocol::core::{NTP64, Timestamp, TimestampId};

/// Makes the timestamps of one session. Each is later than the one before, however coarse or
/// unsteady the clock. A storage of the latest sample of a key has to tell two of them apart.
#[derive(Clone, Debug)]
pub struct Stamps {
    id: TimestampId,
    last: NTP64,
}

impl Stamps {
    /// For the session with this zenoh id, in hexadecimal as in
    /// [`SessionInfo::zid`](super::SessionInfo::zid); `None` when it is none.
    #[must_use]
    pub fn of(zid: &str) -> Option<Self> {
        Some(Self { id: zid.parse().ok()?, last: NTP64(0) })
    }

    /// The timestamp of a sample that is made now; `now` is the time since 1970 (UTC).
    pub fn stamp(&mut self, now: Duration) -> Timestamp {
        // A timestamp ends in 2106, and so would the page if the clock of this machine said more.
        let now = now.min(Duration::from_secs(u32::MAX.into()));
        self.last = NTP64::from(now).max(self.last + 1);
        Timestamp::new(self.last, self.id)
    }
}

/// What a timestamp says: the time since 1970 (UTC), and the zenoh id of whose clock it is, in
/// hexadecimal.
#[must_use]
pub fn told(timestamp: &Timestamp) -> (Duration, String) {
    (timestamp.get_time().to_duration(), timestamp.get_id().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_says_when_and_by_whose_clock() {
        let now = Duration::from_millis(1_700_000_000_123);
        let mut stamps = Stamps::of("8f2c61d0").unwrap();
        let (time, id) = told(&stamps.stamp(now));
        assert!(time.abs_diff(now) < Duration::from_nanos(2), "{time:?}");
        assert_eq!(id, "8f2c61d0");
        for other in ["", "no id", "0"] {
            assert!(Stamps::of(other).is_none(), "{other}");
        }
    }

    #[test]
    fn timestamps_grow_also_when_the_clock_stands_or_goes_back() {
        let mut stamps = Stamps::of("1").unwrap();
        let times = [5, 5, 5, 4, 6].map(|seconds| stamps.stamp(Duration::from_secs(seconds)));
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
        assert_eq!(told(&times[4]).0, Duration::from_secs(6));
        assert_eq!(told(&stamps.stamp(Duration::MAX)).0.as_secs(), u64::from(u32::MAX));
    }
}
