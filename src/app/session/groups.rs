//! Samples in numbers: by key and sender, each with a line of the last minute.
//!
//! The engine counts every sample as it arrives, and tells the page all groups with each report of
//! samples. So what the page gets stays bounded, and its counts are exact, however many arrive.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::glimpse::Glimpse;
use crate::{client::SourceInfo, outside::Outside};

/// The most groups.
pub const GROUPS: usize = 64;

/// Steps of a line, a second each.
pub const STEPS: usize = 60;

/// A rate is over so many whole seconds at most.
const RATE: u64 = 10;

/// Who sent a sample.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Sender {
    /// This page.
    Page,
    /// A program that numbers its samples, by its zenoh id. zenoh says who sent a sample only then.
    Program(String),
    /// The sample does not say.
    #[default]
    Unsaid,
}

impl Sender {
    /// The sender of a sample that came straight from this page, or that names its `source`.
    #[must_use]
    pub fn of(local: bool, source: Option<SourceInfo>) -> Self {
        match source {
            _ if local => Self::Page,
            Some(source) => Self::Program(source.source_id.zid.to_string()),
            None => Self::Unsaid,
        }
    }
}

/// Samples in each second, the last minute of them.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Minute {
    /// The second of the last step, counted from 1970.
    last: u64,
    steps: Vec<u32>,
}

impl Minute {
    fn count(&mut self, second: u64) {
        if self.steps.is_empty() {
            self.last = second;
            self.steps.push(0);
        }
        // A clock that was set back counts on in the last step.
        if second > self.last {
            self.steps = self.at(second);
            self.last = second;
        }
        if let Some(step) = self.steps.last_mut() {
            *step = step.saturating_add(1);
        }
    }

    /// The last minute at second `now`: [`STEPS`] steps, of which the last one is that second.
    #[must_use]
    pub fn at(&self, now: u64) -> Vec<u32> {
        let silent = usize::try_from(now.saturating_sub(self.last)).unwrap_or(STEPS).min(STEPS);
        let known = self.steps.iter().skip((self.steps.len() + silent).saturating_sub(STEPS)).copied();
        let mut steps = vec![0; STEPS.saturating_sub(self.steps.len() + silent)];
        steps.extend(known);
        steps.resize(STEPS, 0);
        steps
    }
}

/// The samples of a key and a sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The key expression.
    pub key: Outside,
    /// Who sent them.
    pub from: Sender,
    /// How many have arrived.
    pub count: u64,
    /// When the first of them arrived, since 1970.
    pub first: Duration,
    /// When the newest arrived, since 1970.
    pub newest: Duration,
    /// Those of the last minute.
    pub line: Minute,
    /// What the bytes of the newest are that was looked at.
    pub glimpse: Glimpse,
}

impl Group {
    /// Samples in a second at `now`, over the whole seconds that have passed, ten at most. `None`
    /// before one has.
    #[must_use]
    pub fn rate(&self, now: Duration) -> Option<f64> {
        // The first second is not whole, and this one is not over.
        let whole = now.as_secs().saturating_sub(self.first.as_secs() + 1).min(RATE);
        let steps = self.line.at(now.as_secs());
        let counted: u64 = steps.iter().rev().skip(1).take(whole as usize).map(|step| u64::from(*step)).sum();
        (whole > 0).then(|| counted as f64 / whole as f64)
    }
}

/// All groups, in the order of their keys and senders: a row stays where it is while others come.
#[derive(Debug, Default)]
pub struct Groups(Vec<Group>);

impl Groups {
    /// Counts a sample that arrives `now`, since 1970. When there are too many groups, a new one takes
    /// the place of the one that is silent for longest, if that is for a minute. Otherwise the sample
    /// is in no group.
    pub fn count(&mut self, key: &str, from: &Sender, now: Duration) {
        let found = self.0.binary_search_by(|group| (group.key.raw(), &group.from).cmp(&(key, from)));
        let Some(at) = found.map_or_else(|at| self.begin(at, key, from, now), Some) else { return };
        if let Some(group) = self.0.get_mut(at) {
            group.count += 1;
            group.newest = now;
            group.line.count(now.as_secs());
        }
    }

    fn begin(&mut self, mut at: usize, key: &str, from: &Sender, now: Duration) -> Option<usize> {
        if self.0.len() >= GROUPS {
            let quiet = |group: &Group| now.saturating_sub(group.newest);
            let (gone, longest) = self.0.iter().map(quiet).enumerate().max_by_key(|(_, quiet)| *quiet)?;
            if longest.as_secs() < STEPS as u64 {
                return None;
            }
            self.0.remove(gone);
            at -= usize::from(gone < at);
        }
        let group = Group {
            key: key.into(),
            from: from.clone(),
            count: 0,
            first: now,
            newest: now,
            line: Minute::default(),
            glimpse: Glimpse::default(),
        };
        self.0.insert(at, group);
        Some(at)
    }

    /// Shows this as the newest sample of a group.
    pub fn show(&mut self, key: &Outside, from: &Sender, glimpse: &Glimpse) {
        if let Some(group) = self.0.iter_mut().find(|group| group.key == *key && group.from == *from) {
            group.glimpse.clone_from(glimpse);
        }
    }

    /// Whether a line still moves on: something came within the minute and a little.
    #[must_use]
    pub fn move_on(&self, now: Duration) -> bool {
        self.0.iter().any(|group| now.saturating_sub(group.newest).as_secs() <= STEPS as u64 + 1)
    }

    /// Every group.
    #[must_use]
    pub fn all(&self) -> &Vec<Group> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{EntityGlobalId, ZenohId};

    /// Samples of `key` at these milliseconds.
    fn count(groups: &mut Groups, key: &str, at: impl IntoIterator<Item = u64>) {
        at.into_iter().for_each(|at| groups.count(key, &Sender::Unsaid, Duration::from_millis(at)));
    }

    #[test]
    fn seven_senders_at_five_hertz_are_seven_steady_lines() {
        let mut groups = Groups::default();
        for at in 0..450 {
            for sender in 0..7 {
                count(&mut groups, &format!("imu/{sender}"), [1_000_000 + at * 200 + sender * 13]);
            }
        }
        assert_eq!(groups.all().len(), 7);
        for group in groups.all() {
            assert_eq!((group.count, group.line.at(1_089)), (450, vec![5; STEPS]));
            assert_eq!(group.rate(Duration::from_millis(1_089_900)), Some(5.0));
        }
        // After they stop, the line moves on, and what was counted stays.
        let line = groups.all()[0].line.at(1_099);
        assert_eq!((line[..50].iter().sum::<u32>(), line[50..].iter().sum::<u32>()), (250, 0));
        assert_eq!(groups.all()[0].rate(Duration::from_secs(1_100)), Some(0.0));
        assert_eq!(groups.all()[0].line.at(u64::MAX), vec![0; STEPS]);
        let moves = |seconds| groups.move_on(Duration::from_secs(seconds));
        assert!(moves(1_089) && moves(1_150) && !moves(1_153));
    }

    #[test]
    fn a_line_has_every_sample_of_its_minute_and_no_other() {
        let mut groups = Groups::default();
        count(&mut groups, "a", [5_000, 5_999, 6_000, 65_000, 65_500]);
        let line = groups.all()[0].line.at(65);
        assert_eq!((line.len(), line[0], line[59], line.iter().sum::<u32>()), (STEPS, 1, 2, 3));
        // A rate needs a whole second.
        let mut groups = Groups::default();
        count(&mut groups, "a", [5_900, 6_100]);
        assert_eq!(groups.all()[0].rate(Duration::from_millis(6_950)), None);
        assert_eq!(groups.all()[0].rate(Duration::from_millis(7_050)), Some(1.0));
        // A clock that is set back loses none.
        count(&mut groups, "a", [4_000]);
        assert_eq!(groups.all()[0].line.at(6), [vec![0; 58], vec![1, 2]].concat());
    }

    #[test]
    fn senders_that_say_who_they_are_have_a_line_each() {
        let mut groups = Groups::default();
        let numbered = |id: u8| SourceInfo {
            source_id: EntityGlobalId { zid: ZenohId::new([id; 16]).unwrap(), eid: 1 },
            source_sn: 0,
        };
        let senders =
            [(false, Some(numbered(1))), (false, Some(numbered(2))), (false, None), (true, Some(numbered(3)))];
        for (local, source) in senders {
            groups.count("same", &Sender::of(local, source), Duration::ZERO);
        }
        let from: Vec<_> = groups.all().iter().map(|group| group.from.clone()).collect();
        let program = |id: u8| Sender::Program(ZenohId::new([id; 16]).unwrap().to_string());
        assert_eq!(from, [Sender::Page, program(1), program(2), Sender::Unsaid]);
    }

    #[test]
    fn too_many_keys_take_the_place_of_silent_ones_only() {
        let mut groups = Groups::default();
        for key in 0..GROUPS as u64 + 10 {
            count(&mut groups, &format!("k/{key}"), [key]);
        }
        assert_eq!((groups.all().len(), groups.all()[0].key.raw()), (GROUPS, "k/0"));
        count(&mut groups, "k/0", [70_000]);
        count(&mut groups, "new", [70_000]);
        let keys: Vec<_> = groups.all().iter().map(|group| group.key.raw()).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!((keys.len(), keys[0], keys[GROUPS - 1]), (GROUPS, "k/0", "new"));
        assert!(!keys.contains(&"k/1") && keys.contains(&"k/2"), "the one that was silent for longest has gone");
    }
}
