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

/// Queries that wait, and answers under way. Pure: time comes from outside.
#[derive(Debug)]
pub struct Answers<Q> {
    /// Until when each may wait.
    waiting: VecDeque<(Option<Duration>, Q)>,
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
    /// A query has come; `until` is when it can no longer be answered in time.
    pub fn ask(&mut self, query: Q, until: Option<Duration>) {
        self.waiting.push_back((until, query));
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

    /// Queries that cannot be answered in time any more, at most so many.
    pub fn take_late(&mut self, now: Duration, most: usize) -> Vec<Q> {
        let mut late = Vec::new();
        for (until, query) in std::mem::take(&mut self.waiting) {
            if until.is_some_and(|until| until <= now) && late.len() < most {
                late.push(query);
            } else {
                self.waiting.push_back((until, query));
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
        self.waiting.iter().filter_map(|(until, _)| *until).min()
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
        let bytes = self.under_way.remove(&op);
        self.held -= bytes.unwrap_or_default();
        bytes.is_some()
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
        (0..10).for_each(|query| answers.ask(query, None));
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
        for (query, until) in [(0, Some(9)), (1, Some(3)), (2, None), (3, Some(4)), (4, Some(3))] {
            answers.ask(query, until.map(|until| until * SECOND));
        }
        assert_eq!(answers.newest(), Some(&4));
        assert_eq!(answers.first_late(), Some(3 * SECOND));
        assert!(answers.take_late(2 * SECOND, 9).is_empty());
        assert_eq!(answers.take_late(4 * SECOND, 2), [1, 3]);
        assert_eq!(answers.take_late(4 * SECOND, 2), [4]);
        assert_eq!(answers.first_late(), Some(9 * SECOND));
        answers.end(100);
        assert_eq!((answers.take(), answers.take(), answers.take()), (Some(0), Some(2), None));
        assert_eq!(patience(10 * SECOND), 8 * SECOND);
    }
}
