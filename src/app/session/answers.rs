//! In which order, and how many at once, queries are answered.
//!
//! An answer holds its payload from the moment in which it is built until its last byte has left.
//! So queries wait, keeping little, and an answer is built only while those under way hold less
//! than a window. One that cannot be answered in time ends in a word.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::ids::PutId;

/// Payload bytes that answers under way hold before the next one waits. The last one that is begun
/// may be of any length.
pub const WINDOW: usize = 32 << 20;

/// How long a query may wait here, if the asker waits for `timeout`: the rest is for the word that
/// says so.
#[must_use]
pub fn patience(timeout: Duration) -> Duration {
    timeout / 5 * 4
}

/// Until when a query can be answered in time, and how long the asker waits.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    until: Duration,
    timeout: Duration,
}

/// Queries that wait, and answers under way. Pure: time comes from outside.
#[derive(Debug)]
pub struct Answers<Q> {
    /// Those whose asker does not say how long it waits have no deadline.
    waiting: VecDeque<(Option<Deadline>, Q)>,
    /// Payload bytes of each answer.
    under_way: HashMap<PutId, usize>,
    held: usize,
    most: usize,
}

impl<Q> Default for Answers<Q> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), under_way: HashMap::new(), held: 0, most: 0 }
    }
}

impl<Q> Answers<Q> {
    /// A query has come at the time `now`. The asker waits for `timeout`, if it says so.
    pub fn ask(&mut self, query: Q, now: Duration, timeout: Option<Duration>) {
        let deadline = timeout.map(|timeout| Deadline { until: now.saturating_add(patience(timeout)), timeout });
        self.waiting.push_back((deadline, query));
    }

    /// Whether the next query may be answered now.
    #[must_use]
    pub fn is_free(&self) -> bool {
        !self.waiting.is_empty() && (self.under_way.is_empty() || self.held < WINDOW)
    }

    /// The query to be answered now, if any. It is under way once [`Answers::begin`] was called.
    pub fn take(&mut self) -> Option<Q> {
        if self.is_free() { self.waiting.pop_front().map(|(_, query)| query) } else { None }
    }

    /// Queries that cannot be answered in time any more, at most so many. With each, how long its
    /// asker waits.
    pub fn take_late(&mut self, now: Duration, most: usize) -> Vec<(Q, Duration)> {
        let mut late = Vec::new();
        for (deadline, query) in std::mem::take(&mut self.waiting) {
            match deadline {
                Some(Deadline { until, timeout }) if until <= now && late.len() < most => late.push((query, timeout)),
                deadline => self.waiting.push_back((deadline, query)),
            }
        }
        late
    }

    /// Everything that waits. What is under way stays so.
    pub fn take_all(&mut self) -> Vec<Q> {
        self.waiting.drain(..).map(|(_, query)| query).collect()
    }

    /// When the first query will be late.
    #[must_use]
    pub fn first_late(&self) -> Option<Duration> {
        self.waiting.iter().filter_map(|(deadline, _)| Some(deadline.as_ref()?.until)).min()
    }

    /// The query that came last and waits.
    #[must_use]
    pub fn newest(&self) -> Option<&Q> {
        self.waiting.back().map(|(_, query)| query)
    }

    /// An answer that holds so many payload bytes is under way. Returns whether no answers have
    /// ever held more at once.
    pub fn begin(&mut self, op: PutId, bytes: usize) -> bool {
        self.held += bytes;
        self.under_way.insert(op, bytes);
        let more = self.held > self.most;
        self.most = self.most.max(self.held);
        more
    }

    /// An answer has ended. Returns whether it was one.
    pub fn end(&mut self, op: PutId) -> bool {
        let Some(bytes) = self.under_way.remove(&op) else { return false };
        self.held -= bytes;
        true
    }

    /// The most payload bytes that answers under way have held at once.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn answers_begin_in_their_order_within_the_window() {
        let mut answers = Answers::default();
        (0..10).for_each(|query| answers.ask(query, SECOND, None));
        let each = WINDOW / 3 + 1;
        let mut begun = Vec::new();
        while let Some(query) = answers.take() {
            answers.begin(query, each);
            begun.push(query);
        }
        assert_eq!((begun, answers.most()), (vec![0, 1, 2], 3 * each));
        assert!(answers.end(1) && !answers.end(1) && !answers.end(7));
        assert_eq!(answers.take(), Some(3));
        assert!(!answers.begin(3, 1), "the most was more");
        // One that is longer than the window goes alone.
        assert!(answers.begin(100, 5 * WINDOW));
        assert_eq!(answers.take(), None);
        for op in [0, 2, 3, 100] {
            assert!(answers.end(op));
        }
        assert_eq!((answers.take(), answers.held), (Some(4), 0));
        // What holds nothing stops nothing.
        answers.begin(4, 0);
        assert_eq!((answers.take(), answers.take_all()), (Some(5), vec![6, 7, 8, 9]));
        assert!(!answers.is_free() && answers.take().is_none());
    }

    #[test]
    fn what_cannot_be_answered_in_time_is_found_wherever_it_waits() {
        let mut answers = Answers::default();
        answers.begin(100, WINDOW);
        // Four fifths of each timeout may pass here, from the third second on.
        for (query, timeout) in [(0, Some(20)), (1, Some(5)), (2, None), (3, Some(10)), (4, Some(5))] {
            answers.ask(query, 3 * SECOND, timeout.map(|timeout| timeout * SECOND));
        }
        assert_eq!(answers.newest(), Some(&4));
        assert_eq!(answers.first_late(), Some(7 * SECOND));
        assert!(answers.take_late(6 * SECOND, 9).is_empty());
        assert_eq!(answers.take_late(11 * SECOND, 2), [(1, 5 * SECOND), (3, 10 * SECOND)]);
        assert_eq!(answers.take_late(11 * SECOND, 2), [(4, 5 * SECOND)]);
        assert_eq!(answers.first_late(), Some(19 * SECOND));
        answers.end(100);
        assert_eq!((answers.take(), answers.take(), answers.take()), (Some(0), Some(2), None));
        assert_eq!(patience(10 * SECOND), 8 * SECOND);
    }

    #[test]
    fn an_endless_timeout_is_never_late() {
        let mut answers = Answers::default();
        answers.ask(0, Duration::MAX, Some(Duration::MAX));
        assert_eq!(answers.first_late(), Some(Duration::MAX));
    }
}
