//! Searching a payload for a run of bytes, in steps, without making it contiguous.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{addressed::Addressed, build::BuildError};
use crate::ledger::Ledger;

/// Bytes outside linear memory are searched through a window of this many bytes.
const WINDOW: usize = 64 << 10;

/// Which way to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Towards the end.
    Forwards,
    /// Towards the beginning.
    Backwards,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// There is more to search.
    Searching,
    /// A hit begins here.
    Found {
        /// Where.
        offset: usize,
        /// Whether the search has gone on at the other end of the payload before.
        wrapped: bool,
    },
    /// There is none in the whole payload.
    Absent,
}

/// A search under way. It holds neither payload nor byte of it: only how much of what is sought was
/// met last, by Knuth, Morris and Pratt. So every byte is looked at once, and borders, of segments
/// or of steps, cannot hide a hit.
#[derive(Clone, Debug)]
pub struct Search {
    direction: Direction,
    /// What is sought, in the order in which bytes are met: from its end for a search backwards.
    sought: Vec<u8>,
    /// For each number of bytes met: how many of them are met still when the next one does not fit.
    fallback: Vec<usize>,
    met: usize,
    /// The least start of a hit of the first part (forwards), or the first start beyond it
    /// (backwards).
    from: usize,
    len: usize,
    /// What of this part is still to be looked at: forwards from its beginning on, backwards from
    /// its end.
    rest: Range<usize>,
    wrapped: bool,
    looked: usize,
}

impl Search {
    /// A search through a payload of `len` bytes, all of it, beginning with hits that start at
    /// `from` or later, or, backwards, before `from`. `None` when nothing is sought.
    #[must_use]
    pub fn new(mut sought: Vec<u8>, from: usize, direction: Direction, len: usize) -> Option<Self> {
        if sought.is_empty() {
            return None;
        }
        let from = from.min(len);
        let rest = match direction {
            Direction::Forwards => from..len,
            Direction::Backwards => {
                sought.reverse();
                0..len.min(from + sought.len() - 1)
            }
        };
        let fallback = fallback(&sought);
        Some(Self { direction, sought, fallback, met: 0, from, len, rest, wrapped: false, looked: 0 })
    }

    /// How much of it is done, from 0 to 1.
    #[must_use]
    pub fn done(&self) -> f64 {
        (self.looked as f64 / (self.len + self.sought.len()) as f64).min(1.0)
    }

    /// Looks at about `budget` bytes more, those outside linear memory through `window`, noted in
    /// `ledger`. After a hit or the end of the search it begins no new one. Every step takes the same
    /// payload, of the length that the search was made for.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner was detached.
    pub fn step(
        &mut self,
        payload: &Addressed,
        budget: usize,
        window: &mut Vec<u8>,
        ledger: &mut Ledger,
    ) -> Result<Step, BuildError> {
        // In another payload a hit could be missed, and the answer would be that there is none.
        debug_assert_eq!(payload.len(), self.len, "the length of the payload that the search was made for");
        let mut left = budget;
        loop {
            if self.rest.is_empty() {
                if std::mem::replace(&mut self.wrapped, true) {
                    return Ok(Step::Absent);
                }
                self.met = 0;
                self.rest = match self.direction {
                    Direction::Forwards => 0..self.len.min(self.from + self.sought.len() - 1),
                    Direction::Backwards => self.from..self.len,
                };
                continue;
            }
            let most = self.rest.len().min(left).min(WINDOW);
            if most == 0 {
                return Ok(Step::Searching);
            }
            let Range { start, end } = self.rest;
            let hit = match self.direction {
                Direction::Forwards => {
                    let chunk = payload.chunk(start, most, window, ledger)?;
                    let hit = self.feed(chunk.iter());
                    self.advance(chunk.len(), &mut left);
                    hit.map(|last| start + last + 1 - self.sought.len())
                }
                Direction::Backwards => {
                    let chunk = payload.chunk_before(end, most, window, ledger)?;
                    let hit = self.feed(chunk.iter().rev());
                    self.advance(chunk.len(), &mut left);
                    hit.map(|last| end - 1 - last)
                }
            };
            if let Some(offset) = hit {
                let wrapped = self.wrapped;
                (self.rest, self.wrapped) = (0..0, true);
                return Ok(Step::Found { offset, wrapped });
            }
        }
    }

    fn advance(&mut self, bytes: usize, left: &mut usize) {
        // A shorter payload has no more to show.
        if bytes == 0 {
            self.rest = 0..0;
            return;
        }
        *left -= bytes;
        self.looked += bytes;
        match self.direction {
            Direction::Forwards => self.rest.start += bytes,
            Direction::Backwards => self.rest.end -= bytes,
        }
    }

    /// Meets `bytes` in their order, and tells which of them completes a hit.
    fn feed<'a>(&mut self, bytes: impl Iterator<Item = &'a u8>) -> Option<usize> {
        let Self { sought, fallback, met, .. } = self;
        for (at, byte) in bytes.enumerate() {
            while *met > 0 && sought.get(*met) != Some(byte) {
                *met = fallback[*met - 1];
            }
            if sought.get(*met) == Some(byte) {
                *met += 1;
                if *met == sought.len() {
                    return Some(at);
                }
            }
        }
        None
    }
}

/// For each beginning of `sought`: the length of its longest end that is a beginning too, but not
/// all of it.
fn fallback(sought: &[u8]) -> Vec<usize> {
    let mut lengths: Vec<usize> = vec![0];
    let mut met = 0;
    for byte in sought.iter().skip(1) {
        while met > 0 && sought.get(met) != Some(byte) {
            met = lengths[met - 1];
        }
        if sought.get(met) == Some(byte) {
            met += 1;
        }
        lengths.push(met);
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::{super::addressed::tests::addressed, *};
    use proptest::prelude::*;

    /// Every hit in the order in which it must be found, and whether that takes going on at the
    /// other end.
    fn naive(flat: &[u8], sought: &[u8], from: usize, direction: Direction) -> Option<(usize, bool)> {
        let starts = || (0..flat.len()).filter(|at| flat[*at..].starts_with(sought));
        match direction {
            Direction::Forwards => {
                let first = starts().find(|at| *at >= from).map(|at| (at, false));
                first.or_else(|| starts().next().map(|at| (at, true)))
            }
            Direction::Backwards => {
                let last = starts().rfind(|at| *at < from).map(|at| (at, false));
                last.or_else(|| starts().next_back().map(|at| (at, true)))
            }
        }
    }

    fn run(
        payload: &Addressed,
        sought: &[u8],
        from: usize,
        direction: Direction,
        budget: usize,
    ) -> Option<(usize, bool)> {
        let mut search = Search::new(sought.to_vec(), from, direction, payload.len()).unwrap();
        let (mut window, mut ledger) = (Vec::new(), Ledger::new());
        for _ in 0..10_000 {
            match search.step(payload, budget, &mut window, &mut ledger).unwrap() {
                Step::Searching => assert!(search.done() <= 1.0),
                Step::Found { offset, wrapped } => return Some((offset, wrapped)),
                Step::Absent => return None,
            }
        }
        panic!("the search never ends")
    }

    #[test]
    fn a_hit_across_many_borders_is_found_from_both_sides() {
        let (payload, _) = addressed(&[b"xa".to_vec(), b"b".to_vec(), vec![], b"ab".to_vec(), b"ac".to_vec()]);
        for budget in [1, 2, 3, 100] {
            assert_eq!(run(&payload, b"ababac", 0, Direction::Forwards, budget), Some((1, false)));
            assert_eq!(run(&payload, b"ababac", 2, Direction::Forwards, budget), Some((1, true)));
            assert_eq!(run(&payload, b"ababac", 7, Direction::Backwards, budget), Some((1, false)));
            assert_eq!(run(&payload, b"ababac", 1, Direction::Backwards, budget), Some((1, true)));
            assert_eq!(run(&payload, b"abc", 0, Direction::Forwards, budget), None);
        }
    }

    #[test]
    fn what_is_longer_than_the_payload_is_not_found() {
        let (payload, _) = addressed(&[b"ab".to_vec()]);
        assert_eq!(run(&payload, b"abc", 0, Direction::Forwards, 10), None);
        assert_eq!(run(&payload, b"abc", 2, Direction::Backwards, 10), None);
        assert_eq!(run(&addressed(&[]).0, b"a", 0, Direction::Forwards, 10), None);
        assert!(Search::new(Vec::new(), 0, Direction::Forwards, 10).is_none());
    }

    #[test]
    fn hits_that_overlap_are_found_one_by_one() {
        let (payload, _) = addressed(&[b"aa".to_vec(), b"aa".to_vec()]);
        let next = |from| run(&payload, b"aaa", from, Direction::Forwards, 1);
        assert_eq!([next(0), next(1), next(2)], [Some((0, false)), Some((1, false)), Some((0, true))]);
    }

    #[test]
    fn progress_is_the_share_of_what_can_be_looked_at() {
        let (payload, _) = addressed(&[vec![0; 98]]);
        let mut search = Search::new(vec![1, 1], 0, Direction::Forwards, 98).unwrap();
        assert_eq!(search.done(), 0.0);
        let step = search.step(&payload, 25, &mut Vec::new(), &mut Ledger::new()).unwrap();
        assert_eq!((step, search.done()), (Step::Searching, 0.25));
    }

    #[test]
    #[should_panic(expected = "the length of the payload that the search was made for")]
    fn a_search_through_another_payload_is_stopped() {
        let (payload, _) = addressed(&[b"ab".to_vec()]);
        let mut search = Search::new(b"b".to_vec(), 0, Direction::Forwards, 3).unwrap();
        let _ = search.step(&payload, 1, &mut Vec::new(), &mut Ledger::new());
    }

    proptest! {
        // Two letters only, so that half hits are frequent.
        #[test]
        fn property_a_search_in_steps_finds_what_a_naive_one_finds(
            parts in prop::collection::vec(prop::collection::vec(0u8..2, 0..7), 0..9),
            sought in prop::collection::vec(0u8..2, 1..7),
            from in 0usize..60,
            forwards: bool,
            budget in 1usize..12,
        ) {
            let (payload, flat) = addressed(&parts);
            let from = from.min(flat.len());
            let direction = if forwards { Direction::Forwards } else { Direction::Backwards };
            prop_assert_eq!(run(&payload, &sought, from, direction, budget), naive(&flat, &sought, from, direction));
        }
    }
}
