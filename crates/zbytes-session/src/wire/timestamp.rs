//! When a sample was made, by whose clock.

use std::{fmt, time::Duration};

use zenoh_protocol::core::{NTP64, Timestamp as WireTimestamp};

use super::ZenohId;

/// When a sample was made, by whose clock. The later of two is the greater; of two that name the
/// same moment, the ids decide.
///
/// It is written as zenoh writes it: the time as a number, a slash and the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    ntp64: u64,
    id: ZenohId,
}

impl Timestamp {
    /// The time `ntp64` by the clock of the session `id`: seconds since 1970 (UTC) in the upper 32
    /// bits, their fraction in the lower (NTP64).
    #[must_use]
    pub const fn new(ntp64: u64, id: ZenohId) -> Self {
        Self { ntp64, id }
    }

    /// The time in the form that [`Timestamp::new`] takes.
    #[must_use]
    pub const fn ntp64(&self) -> u64 {
        self.ntp64
    }

    /// The time since 1970 (UTC).
    #[must_use]
    pub fn since_1970(&self) -> Duration {
        NTP64(self.ntp64).to_duration()
    }

    /// The session of whose clock it is.
    #[must_use]
    pub const fn id(&self) -> ZenohId {
        self.id
    }

    /// `None` when the clock's id is zero, which zenoh's codec does not read.
    pub(crate) fn of_wire(found: &WireTimestamp) -> Option<Self> {
        Some(Self { ntp64: found.get_time().0, id: ZenohId::of_clock(found.get_id())? })
    }

    pub(crate) fn to_wire(self) -> WireTimestamp {
        WireTimestamp::new(NTP64(self.ntp64), self.id.to_wire().into())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_wire().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_orders_and_reads_as_zenohs() {
        let id = |first| ZenohId::new([first; 16]).unwrap();
        let all = [(1, 9), (1, 10), (2, 1), (2, 9)].map(|(time, by)| Timestamp::new(time << 32, id(by)));
        assert!(all.is_sorted());
        for one in all {
            assert_eq!(Timestamp::of_wire(&one.to_wire()), Some(one));
            assert_eq!(one.to_string(), one.to_wire().to_string());
            assert_eq!(all.map(|other| one.cmp(&other)), all.map(|other| one.to_wire().cmp(&other.to_wire())));
        }
        assert_eq!((all[2].since_1970(), all[2].id()), (Duration::from_secs(2), id(1)));
    }
}
