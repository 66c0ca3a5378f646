//! How puts, deletes and answers are made: their options, and what the priorities are called.

use serde::{Deserialize, Serialize};

use crate::client::Priority;

/// The priorities that an application may choose, highest first, with their names.
pub const PRIORITIES: [(Priority, &str); 7] = [
    (Priority::RealTime, "real time"),
    (Priority::InteractiveHigh, "interactive high"),
    (Priority::InteractiveLow, "interactive low"),
    (Priority::DataHigh, "data high"),
    (Priority::Data, "data"),
    (Priority::DataLow, "data low"),
    (Priority::Background, "background"),
];

/// The name of a priority.
#[must_use]
pub fn priority_name(priority: Priority) -> &'static str {
    PRIORITIES.iter().find(|(one, _)| *one == priority).map_or("control", |(_, name)| name)
}

/// How puts and deletes are made. The encoding and the attachment are also those of answers.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Options {
    /// Their priority.
    #[serde(with = "by_name")]
    pub priority: Priority,
    /// Whether they may be dropped when the link is full (DROP), instead of waiting (BLOCK).
    pub may_drop: bool,
    /// Whether a router may drop them on a full link, whatever `may_drop` says (best effort),
    /// instead of handing them on reliably.
    pub best_effort: bool,
    /// Whether each leaves at once, alone in its batch.
    pub express: bool,
    /// Whether they say when they were made, by the clock of this page. A router stamps a put that
    /// does not.
    pub stamped: bool,
    /// Whether they carry numbers.
    pub numbered: bool,
    /// The encoding, as in `text/plain;utf-8`; nothing means `zenoh/bytes`.
    pub encoding: String,
    /// A text to go along; nothing means none.
    pub attachment: String,
}

/// What zenoh names cross to the engine as numbers: zenoh’s types say only how they are read.
pub(super) mod as_number {
    use crate::client::{ConsolidationMode, Priority, QueryTarget};

    macro_rules! as_number {
        ($name:ident, $type:ty, [$($one:expr),+]) => {
            pub(in crate::app) mod $name {
                use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::Error as _};

                use super::*;

                const ALL: &[$type] = &[$($one),+];

                pub(in crate::app) fn serialize<S: Serializer>(one: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                    let at = ALL.iter().position(|other| other == one);
                    serializer.serialize_u8(at.ok_or_else(|| S::Error::custom("it has no number"))? as u8)
                }

                pub(in crate::app) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                    let at = u8::deserialize(from)?;
                    ALL.get(usize::from(at)).copied().ok_or_else(|| D::Error::custom("no such number"))
                }
            }
        };
    }

    as_number!(
        priority,
        Priority,
        [
            Priority::Control,
            Priority::RealTime,
            Priority::InteractiveHigh,
            Priority::InteractiveLow,
            Priority::DataHigh,
            Priority::Data,
            Priority::DataLow,
            Priority::Background
        ]
    );
    as_number!(target, QueryTarget, [QueryTarget::BestMatching, QueryTarget::All, QueryTarget::AllComplete]);
    as_number!(
        consolidation,
        ConsolidationMode,
        [ConsolidationMode::Auto, ConsolidationMode::None, ConsolidationMode::Monotonic, ConsolidationMode::Latest]
    );
}

/// A priority is kept by its name.
mod by_name {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{PRIORITIES, Priority, priority_name};

    pub(in crate::app) fn serialize<S: Serializer>(priority: &Priority, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(priority_name(*priority))
    }

    pub(in crate::app) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Priority, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = PRIORITIES.iter().find(|(_, one)| *one == name);
        found.map(|(priority, _)| *priority).ok_or_else(|| D::Error::custom(format!("no priority is called {name:?}")))
    }
}
