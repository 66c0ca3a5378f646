//! Names of sessions, and of what a session declares.

use std::{fmt, str::FromStr};

use zenoh_protocol::core::{EntityGlobalIdProto, TimestampId, ZenohIdProto};

/// The id of a zenoh session: sixteen bytes, lowest first, not all of them zero.
///
/// It is written in hexadecimal, without zeros in front, as zenoh writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZenohId(ZenohIdProto);

impl ZenohId {
    /// The id with these bytes, lowest first; `None` when all of them are zero.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Option<Self> {
        ZenohIdProto::try_from(bytes).ok().map(Self)
    }

    /// The bytes, lowest first.
    #[must_use]
    pub fn to_le_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    pub(crate) const fn of_wire(found: ZenohIdProto) -> Self {
        Self(found)
    }

    pub(crate) const fn to_wire(self) -> ZenohIdProto {
        self.0
    }

    /// The id of a clock. `None` for one that is zero, which zenoh's codec does not read.
    pub(crate) fn of_clock(found: &TimestampId) -> Option<Self> {
        Self::new(found.to_le_bytes())
    }
}

impl fmt::Display for ZenohId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ZenohId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not the id of a zenoh session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 32 lowercase hexadecimal digits, the first of which is not 0")]
#[non_exhaustive]
pub struct ZenohIdError;

impl FromStr for ZenohId {
    type Err = ZenohIdError;

    fn from_str(text: &str) -> Result<Self, ZenohIdError> {
        text.parse().map(Self).map_err(|_| ZenohIdError)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ZenohId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for ZenohId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Names a publisher, a queryable and so on among those of all sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntityGlobalId {
    /// The session.
    pub zid: ZenohId,
    /// The number within that session.
    pub eid: u32,
}

impl EntityGlobalId {
    pub(crate) const fn of_wire(found: EntityGlobalIdProto) -> Self {
        Self { zid: ZenohId::of_wire(found.zid), eid: found.eid }
    }

    pub(crate) const fn to_wire(self) -> EntityGlobalIdProto {
        EntityGlobalIdProto { zid: self.zid.to_wire(), eid: self.eid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_and_read_as_zenoh_does() {
        let mut bytes = [0; 16];
        assert_eq!(ZenohId::new(bytes), None);
        (bytes[0], bytes[2]) = (0xd0, 0x0f);
        let id = ZenohId::new(bytes).unwrap();
        assert_eq!((id.to_string().as_str(), id.to_le_bytes()), ("f00d0", bytes));
        assert_eq!("f00d0".parse(), Ok(id));
        for other in ["", "0", "0f", "F", "no id", &"f".repeat(33)] {
            assert_eq!(other.parse::<ZenohId>(), Err(ZenohIdError), "{other}");
        }
    }
}
