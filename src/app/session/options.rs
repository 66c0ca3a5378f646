//! How puts, deletes and answers are made: their options, and what the priorities are called.

use serde::{Deserialize, Serialize};

use crate::client::{CongestionControl, Priority, Reliability};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Their priority.
    #[serde(with = "by_name")]
    pub priority: Priority,
    /// Whether they are dropped when the link is full, or wait. It is kept by the name that it had
    /// in the first setups.
    #[serde(rename = "may_drop", with = "may_drop")]
    pub congestion_control: CongestionControl,
    /// Whether a router may drop them on a full link, whatever `congestion_control` says (best
    /// effort), instead of handing them on reliably.
    #[serde(rename = "best_effort", with = "best_effort")]
    pub reliability: Reliability,
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

impl Default for Options {
    /// Those of a page that is new: nothing is dropped.
    fn default() -> Self {
        Self {
            priority: Priority::default(),
            congestion_control: CongestionControl::Block,
            reliability: Reliability::Reliable,
            express: false,
            stamped: false,
            numbered: false,
            encoding: String::new(),
            attachment: String::new(),
        }
    }
}

macro_rules! kept_as_flag {
    ($name:ident, $type:ident, $set:ident, $clear:ident) => {
        /// It is kept as whether it is the first of the two.
        mod $name {
            use serde::{Deserialize, Deserializer, Serializer};

            use super::$type;

            #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
            pub(in crate::app) fn serialize<S: Serializer>(one: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bool(*one == $type::$set)
            }

            pub(in crate::app) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                Ok(if bool::deserialize(from)? { $type::$set } else { $type::$clear })
            }
        }
    };
}

kept_as_flag!(may_drop, CongestionControl, Drop, Block);
kept_as_flag!(best_effort, Reliability, BestEffort, Reliable);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_kept_by_the_names_of_the_first_setups() {
        let first = r#"{"priority":"data","may_drop":true,"best_effort":false,"express":false,"stamped":false,
            "numbered":false,"encoding":"","attachment":""}"#;
        let options: Options = serde_json::from_str(first).unwrap();
        let expected = Options { congestion_control: CongestionControl::Drop, ..Options::default() };
        assert_eq!(options, expected);
        for congestion_control in [CongestionControl::Drop, CongestionControl::Block] {
            for reliability in [Reliability::BestEffort, Reliability::Reliable] {
                let options = Options { congestion_control, reliability, ..Options::default() };
                let kept = serde_json::to_value(&options).unwrap();
                assert_eq!(kept["may_drop"], congestion_control == CongestionControl::Drop);
                assert_eq!(kept["best_effort"], reliability == Reliability::BestEffort);
                assert_eq!(serde_json::from_value::<Options>(kept).unwrap(), options);
            }
        }
    }
}
