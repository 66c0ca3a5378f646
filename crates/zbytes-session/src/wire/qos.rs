//! How zenoh treats a message on its way: priority, congestion control, reliability.

use zenoh_protocol::core as wire;

/// The priority of a message: between batches, a higher one overtakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Priority {
    /// The highest. zenoh keeps it for declarations and interests.
    Control = 0,
    /// The highest for an application.
    RealTime = 1,
    /// Before [`Priority::InteractiveLow`].
    InteractiveHigh = 2,
    /// Before [`Priority::DataHigh`].
    InteractiveLow = 3,
    /// Before [`Priority::Data`].
    DataHigh = 4,
    /// zenoh's default.
    #[default]
    Data = 5,
    /// Before [`Priority::Background`].
    DataLow = 6,
    /// The lowest.
    Background = 7,
}

impl Priority {
    /// zenoh's default.
    pub const DEFAULT: Self = Self::Data;

    /// Every priority, highest first. Each stands at the index that is its number on the wire.
    pub const ALL: [Self; 8] = [
        Self::Control,
        Self::RealTime,
        Self::InteractiveHigh,
        Self::InteractiveLow,
        Self::DataHigh,
        Self::Data,
        Self::DataLow,
        Self::Background,
    ];

    /// The priority in the lowest three bits of a number: eight priorities for eight values.
    pub(crate) const fn of_bits(bits: u64) -> Self {
        match bits & 0b111 {
            0 => Self::Control,
            1 => Self::RealTime,
            2 => Self::InteractiveHigh,
            3 => Self::InteractiveLow,
            4 => Self::DataHigh,
            5 => Self::Data,
            6 => Self::DataLow,
            _ => Self::Background,
        }
    }

    pub(crate) const fn of_wire(found: wire::Priority) -> Self {
        match found {
            wire::Priority::Control => Self::Control,
            wire::Priority::RealTime => Self::RealTime,
            wire::Priority::InteractiveHigh => Self::InteractiveHigh,
            wire::Priority::InteractiveLow => Self::InteractiveLow,
            wire::Priority::DataHigh => Self::DataHigh,
            wire::Priority::Data => Self::Data,
            wire::Priority::DataLow => Self::DataLow,
            wire::Priority::Background => Self::Background,
        }
    }

    pub(crate) const fn to_wire(self) -> wire::Priority {
        match self {
            Self::Control => wire::Priority::Control,
            Self::RealTime => wire::Priority::RealTime,
            Self::InteractiveHigh => wire::Priority::InteractiveHigh,
            Self::InteractiveLow => wire::Priority::InteractiveLow,
            Self::DataHigh => wire::Priority::DataHigh,
            Self::Data => wire::Priority::Data,
            Self::DataLow => wire::Priority::DataLow,
            Self::Background => wire::Priority::Background,
        }
    }
}

/// The choice when a link is not free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum CongestionControl {
    /// A node on the way may drop the message. zenoh's default for a put.
    #[default]
    Drop,
    /// The message waits.
    Block,
}

impl CongestionControl {
    /// zenoh's default for a put.
    pub const DEFAULT: Self = Self::Drop;

    pub(crate) fn of_wire(found: wire::CongestionControl) -> Self {
        match found {
            wire::CongestionControl::Block => Self::Block,
            // zenoh's unstable `BlockFirst` has a flag of its own. A reader that does not know that
            // flag takes it for `Drop`.
            _ => Self::Drop,
        }
    }

    pub(crate) const fn to_wire(self) -> wire::CongestionControl {
        match self {
            Self::Drop => wire::CongestionControl::Drop,
            Self::Block => wire::CongestionControl::Block,
        }
    }
}

/// Whether zenoh may lose a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Reliability {
    /// A router may drop it on a full link.
    BestEffort = 0,
    /// zenoh's default: a message of a session comes in order, and none is left out.
    #[default]
    Reliable = 1,
}

impl Reliability {
    pub(crate) const fn of_wire(found: wire::Reliability) -> Self {
        match found {
            wire::Reliability::BestEffort => Self::BestEffort,
            wire::Reliability::Reliable => Self::Reliable,
        }
    }

    pub(crate) const fn to_wire(self) -> wire::Reliability {
        match self {
            Self::BestEffort => wire::Reliability::BestEffort,
            Self::Reliable => wire::Reliability::Reliable,
        }
    }
}

/// Says how zenoh treats a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qos {
    /// The priority: between batches, a higher one overtakes.
    pub priority: Priority,
    /// The choice when the link is not free: wait, or drop the message.
    pub congestion_control: CongestionControl,
    /// Whether the client sends the message at once. Without it, the message waits for others to
    /// share its batch.
    pub express: bool,
}

impl Qos {
    /// zenoh uses these values by default for a put.
    pub const DEFAULT: Self =
        Self { priority: Priority::DEFAULT, congestion_control: CongestionControl::DEFAULT, express: false };
}

/// Names a lane of a session: messages of a lane keep their order and are never interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lane {
    /// Its priority; always the default when the session has only one.
    pub priority: Priority,
    /// Whether zenoh sends the lane's messages reliably or with best effort.
    pub reliability: Reliability,
}

impl Lane {
    /// How many lanes there are.
    pub(crate) const COUNT: usize = Priority::ALL.len() * 2;

    /// A number below [`Lane::COUNT`].
    pub(crate) const fn index(self) -> usize {
        self.priority as usize * 2 + self.reliability as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_zenohs_numbers_and_come_back() {
        assert_eq!(Priority::ALL.len(), wire::Priority::NUM);
        for (number, priority) in Priority::ALL.into_iter().enumerate() {
            assert_eq!((priority as usize, priority.to_wire() as usize), (number, number));
            assert_eq!(Priority::of_wire(priority.to_wire()), priority);
            assert_eq!(Priority::of_bits(number as u64 | 0b1000), priority);
        }
        for reliability in [Reliability::BestEffort, Reliability::Reliable] {
            assert_eq!(reliability as u8, reliability.to_wire() as u8);
            assert_eq!(Reliability::of_wire(reliability.to_wire()), reliability);
        }
        for congestion_control in [CongestionControl::Drop, CongestionControl::Block] {
            assert_eq!(CongestionControl::of_wire(congestion_control.to_wire()), congestion_control);
        }
        let defaults = (Priority::default(), CongestionControl::default(), Reliability::default());
        assert_eq!(defaults.0.to_wire(), wire::Priority::DEFAULT);
        assert_eq!(defaults.1.to_wire(), wire::CongestionControl::DEFAULT);
        assert_eq!(defaults.2.to_wire(), wire::Reliability::DEFAULT);
    }

    #[test]
    fn each_lane_has_an_index_of_its_own() {
        let lanes = Priority::ALL.into_iter().flat_map(|priority| {
            [Reliability::BestEffort, Reliability::Reliable].map(|reliability| Lane { priority, reliability }.index())
        });
        assert!(lanes.eq(0..Lane::COUNT));
    }
}
