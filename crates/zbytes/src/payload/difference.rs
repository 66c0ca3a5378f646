//! How two payloads differ byte by byte, found in steps, however they are cut into segments.

use serde::{Deserialize, Serialize};

use super::{addressed::Addressed, build::BuildError, search::Direction};
use crate::ledger::Ledger;

/// Differing bytes are counted by blocks of this many bytes; a look at bytes outside linear memory
/// is not longer either.
const BLOCK: usize = 64 << 10;

/// Two windows through which bytes outside linear memory are looked at.
#[derive(Debug, Default)]
pub struct Windows {
    here: Vec<u8>,
    there: Vec<u8>,
}

/// A comparison of two payloads, offset by offset as far as both go; and what it has found. It
/// holds counts, no byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Bytes of either.
    lens: [usize; 2],
    /// How far it is.
    at: usize,
    /// Bytes that differ, by block.
    blocks: Vec<u32>,
    count: usize,
    first: Option<usize>,
}

impl Difference {
    /// A comparison of payloads of these lengths, of which nothing is done yet.
    #[must_use]
    pub fn new(here: usize, there: usize) -> Self {
        let blocks = vec![0; here.min(there).div_ceil(BLOCK)];
        Self { lens: [here, there], at: 0, blocks, count: 0, first: None }
    }

    /// Bytes that both have.
    #[must_use]
    pub fn common(&self) -> usize {
        let [here, there] = self.lens;
        here.min(there)
    }

    /// Bytes of either payload.
    #[must_use]
    pub fn lens(&self) -> [usize; 2] {
        self.lens
    }

    /// Bytes that differ, of those that were compared and that both have.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Where the first of them is.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        self.first
    }

    /// How much of it is done, from 0 to 1.
    #[must_use]
    pub fn done(&self) -> f64 {
        if self.is_complete() { 1.0 } else { self.at as f64 / self.common() as f64 }
    }

    /// Whether everything was compared.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.at >= self.common()
    }

    /// The share of differing bytes in each of `parts` parts of the first payload, for a drawing.
    #[must_use]
    pub fn shares(&self, parts: usize) -> Vec<f64> {
        let [len, _] = self.lens;
        let mut sums = vec![0.0; parts];
        for (block, count) in self.blocks.iter().enumerate().filter(|(_, count)| **count > 0) {
            let middle = (block * BLOCK).saturating_add(self.block_len(block) / 2);
            let part = (middle as f64 / len.max(1) as f64 * parts as f64) as usize;
            if let Some(sum) = sums.get_mut(part.min(parts.saturating_sub(1))) {
                *sum += f64::from(*count);
            }
        }
        let each = (len as f64 / parts.max(1) as f64).max(1.0);
        sums.into_iter().map(|sum| (sum / each).min(1.0)).collect()
    }

    fn block_len(&self, block: usize) -> usize {
        BLOCK.min(self.common() - block * BLOCK)
    }

    /// Compares about `budget` bytes more. Every step takes the same payloads, of the lengths that
    /// the comparison was made for.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner of either was detached.
    pub fn step(
        &mut self,
        [here, there]: [&Addressed; 2],
        budget: usize,
        windows: &mut Windows,
        ledger: &mut Ledger,
    ) -> Result<(), BuildError> {
        self.check([here, there]);
        let until = self.common().min(self.at.saturating_add(budget));
        while self.at < until {
            let block = self.at / BLOCK;
            let most = (until - self.at).min((block + 1) * BLOCK - self.at);
            let (a, b) = pair([here, there], self.at, most, windows, ledger)?;
            let len = a.len();
            if len == 0 {
                break;
            }
            if a != b {
                let count = a.iter().zip(b).filter(|(a, b)| a != b).count();
                let first = a.iter().zip(b).position(|(a, b)| a != b).map(|first| self.at + first);
                self.first = self.first.or(first);
                self.count += count;
                self.blocks[block] += count as u32;
            }
            self.at += len;
        }
        Ok(())
    }

    /// Of other payloads the counts would say something false.
    fn check(&self, payloads: [&Addressed; 2]) {
        debug_assert_eq!(payloads.map(Addressed::len), self.lens, "the lengths that the comparison was made for");
    }

    /// Begins to look for the next run of differing bytes that begins after `from`, or before it.
    /// For a comparison that is complete.
    #[must_use]
    pub fn seek(&self, from: usize, direction: Direction) -> Seek<'_> {
        let at = match direction {
            Direction::Forwards => from.saturating_add(1).min(self.common()),
            Direction::Backwards => from.min(self.common()),
        };
        Seek { difference: self, direction, at, inside: None }
    }
}

/// The same bytes of both, no more than a segment of either has.
fn pair<'a>(
    [here, there]: [&'a Addressed; 2],
    at: usize,
    most: usize,
    windows: &'a mut Windows,
    ledger: &mut Ledger,
) -> Result<(&'a [u8], &'a [u8]), BuildError> {
    // The shorter of both, before either is copied through a window.
    let left =
        |payload: &Addressed| payload.segment_of(at).and_then(|index| payload.range(index)).map(|range| range.end - at);
    let most = most.min(left(here).unwrap_or(0)).min(left(there).unwrap_or(0));
    Ok((here.chunk(at, most, &mut windows.here, ledger)?, there.chunk(at, most, &mut windows.there, ledger)?))
}

/// A look for the beginning of a run of differing bytes.
#[derive(Clone, Debug)]
pub struct Seek<'a> {
    difference: &'a Difference,
    direction: Direction,
    /// Forwards the next offset, backwards the one after the next.
    at: usize,
    /// Whether the offset that was looked at last differs; none before the first look.
    inside: Option<bool>,
}

impl Seek<'_> {
    /// Looks on, at the bytes of about one block. `Some` when it has ended, with what it has found.
    /// Blocks without a differing byte, and blocks of nothing else, are passed without a look at
    /// them.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner of either was detached.
    pub fn step(
        &mut self,
        payloads: [&Addressed; 2],
        windows: &mut Windows,
        ledger: &mut Ledger,
    ) -> Result<Option<Option<usize>>, BuildError> {
        self.difference.check(payloads);
        match self.direction {
            Direction::Forwards => self.forwards(payloads, windows, ledger),
            Direction::Backwards => self.backwards(payloads, windows, ledger),
        }
    }

    fn counted(&self, block: usize) -> usize {
        self.difference.blocks[block] as usize
    }

    fn forwards(
        &mut self,
        [here, there]: [&Addressed; 2],
        windows: &mut Windows,
        ledger: &mut Ledger,
    ) -> Result<Option<Option<usize>>, BuildError> {
        let common = self.difference.common();
        // The byte before decides whether the next one begins a run.
        let mut inside = match (self.inside, self.at.checked_sub(1)) {
            (Some(inside), _) => inside,
            (None, None) => false,
            (None, Some(before)) if before < common => {
                let (a, b) = pair([here, there], before, 1, windows, ledger)?;
                a != b
            }
            (None, Some(_)) => false,
        };
        while self.at < common {
            let block = self.at / BLOCK;
            let end = block * BLOCK + self.difference.block_len(block);
            let count = self.counted(block);
            if count == 0 {
                (self.at, inside) = (end, false);
                continue;
            }
            if count == self.difference.block_len(block) {
                if !inside {
                    return Ok(Some(Some(self.at)));
                }
                self.at = end;
                continue;
            }
            while self.at < end {
                let (a, b) = pair([here, there], self.at, end - self.at, windows, ledger)?;
                if a.is_empty() {
                    return Ok(Some(None));
                }
                for (a, b) in a.iter().zip(b) {
                    if a != b && !inside {
                        return Ok(Some(Some(self.at)));
                    }
                    inside = a != b;
                    self.at += 1;
                }
            }
            self.inside = Some(inside);
            return Ok(None);
        }
        Ok(Some(None))
    }

    fn backwards(
        &mut self,
        [here, there]: [&Addressed; 2],
        windows: &mut Windows,
        ledger: &mut Ledger,
    ) -> Result<Option<Option<usize>>, BuildError> {
        let mut inside = self.inside.unwrap_or(false);
        while self.at > 0 {
            let block = (self.at - 1) / BLOCK;
            let start = block * BLOCK;
            let count = self.counted(block);
            if count == 0 {
                if inside {
                    return Ok(Some(Some(self.at)));
                }
                self.at = start;
                continue;
            }
            if count == self.difference.block_len(block) {
                (self.at, inside) = (start, true);
                continue;
            }
            while self.at > start {
                // As many as both have in one segment, before the offset.
                let least = |payload: &Addressed| {
                    payload
                        .segment_of(self.at - 1)
                        .and_then(|index| payload.range(index))
                        .map_or(self.at, |range| range.start)
                };
                let from = start.max(least(here)).max(least(there));
                let (a, b) = pair([here, there], from, self.at - from, windows, ledger)?;
                if a.is_empty() {
                    return Ok(Some(None));
                }
                for (a, b) in a.iter().zip(b).rev() {
                    if a == b && inside {
                        return Ok(Some(Some(self.at)));
                    }
                    inside = a != b;
                    self.at -= 1;
                }
            }
            self.inside = Some(inside);
            return Ok(None);
        }
        Ok(Some(inside.then_some(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::addressed::tests::addressed, *};
    use proptest::prelude::*;

    fn compared(payloads: [&Addressed; 2], budget: usize) -> Difference {
        let mut difference = Difference::new(payloads[0].len(), payloads[1].len());
        let (mut windows, mut ledger) = (Windows::default(), Ledger::new());
        while !difference.is_complete() {
            difference.step(payloads, budget, &mut windows, &mut ledger).unwrap();
        }
        difference
    }

    fn sought(payloads: [&Addressed; 2], difference: &Difference, from: usize, direction: Direction) -> Option<usize> {
        let mut seek = difference.seek(from, direction);
        let (mut windows, mut ledger) = (Windows::default(), Ledger::new());
        loop {
            if let Some(found) = seek.step(payloads, &mut windows, &mut ledger).unwrap() {
                return found;
            }
        }
    }

    /// Where runs of differing bytes begin.
    fn runs(a: &[u8], b: &[u8]) -> Vec<usize> {
        let differs = |at: usize| a[at] != b[at];
        (0..a.len().min(b.len())).filter(|at| differs(*at) && (*at == 0 || !differs(at - 1))).collect()
    }

    #[test]
    fn nothing_differs_from_nothing() {
        let (empty, _) = addressed(&[]);
        let (one, _) = addressed(&[vec![1]]);
        let difference = compared([&empty, &one], 1);
        assert_eq!((difference.count(), difference.first(), difference.common(), difference.done()), (0, None, 0, 1.0));
        assert_eq!(sought([&empty, &one], &difference, 0, Direction::Forwards), None);
        assert_eq!(sought([&empty, &one], &difference, 0, Direction::Backwards), None);
    }

    #[test]
    fn blocks_of_one_kind_are_passed_without_a_look() {
        // Equal, then differing over a border of blocks and one whole block more, then equal again,
        // then one byte.
        let len = 6 * BLOCK + 5;
        let (a, b) = (vec![0u8; len], {
            let mut b = vec![0u8; len];
            b[BLOCK + 10..3 * BLOCK + 20].fill(1);
            b[len - 1] = 1;
            b
        });
        let (here, _) = addressed(&[a[..100].to_vec(), a[100..].to_vec()]);
        let (there, _) = addressed(&[b[..BLOCK + 12].to_vec(), b[BLOCK + 12..].to_vec()]);
        let difference = compared([&here, &there], 10_000);
        assert_eq!((difference.count(), difference.first()), (2 * BLOCK + 11, Some(BLOCK + 10)));
        let next = |from| sought([&here, &there], &difference, from, Direction::Forwards);
        let previous = |from| sought([&here, &there], &difference, from, Direction::Backwards);
        assert_eq!(
            [next(0), next(BLOCK + 10), next(2 * BLOCK), next(len - 1)],
            [Some(BLOCK + 10), Some(len - 1), Some(len - 1), None]
        );
        assert_eq!(previous(len - 1), Some(BLOCK + 10));
        assert_eq!(
            [previous(len), previous(2 * BLOCK + 3), previous(BLOCK + 10)],
            [Some(len - 1), Some(BLOCK + 10), None]
        );
        let shares = difference.shares(6);
        assert!(shares[0] == 0.0 && shares[1] > 0.9 && shares[4] == 0.0 && shares[5] > 0.0, "{shares:?}");
    }

    #[test]
    #[should_panic(expected = "the lengths that the comparison was made for")]
    fn a_comparison_of_other_payloads_is_stopped() {
        let (one, _) = addressed(&[vec![1]]);
        let _ = Difference::new(1, 2).step([&one, &one], 1, &mut Windows::default(), &mut Ledger::new());
    }

    #[test]
    fn steps_of_any_length_count_each_byte_in_its_own_block() {
        // Differing on both sides of a border of blocks, in a long step that begins at none.
        let len = 2 * BLOCK + 7;
        let mut b = vec![0; len + 1];
        b[BLOCK - 3..BLOCK + 5].fill(1);
        let ((here, _), (there, _)) = (addressed(&[vec![0; len]]), addressed(&[b]));
        let mut difference = Difference::new(len, len + 1);
        assert_eq!((difference.lens(), difference.done()), ([len, len + 1], 0.0));
        let (mut windows, mut ledger) = (Windows::default(), Ledger::new());
        difference.step([&here, &there], 100, &mut windows, &mut ledger).unwrap();
        difference.step([&here, &there], 100, &mut windows, &mut ledger).unwrap();
        assert_eq!((difference.at, difference.done()), (200, 200.0 / len as f64));
        difference.step([&here, &there], usize::MAX, &mut windows, &mut ledger).unwrap();
        assert_eq!((&difference.blocks, difference.at), (&vec![3, 5, 0], len));
        // A step of a look ends with the block.
        let mut seek = difference.seek(BLOCK - 3, Direction::Forwards);
        assert_eq!(seek.step([&here, &there], &mut windows, &mut ledger), Ok(None));
        assert_eq!(seek.at, BLOCK);
        assert_eq!(seek.step([&here, &there], &mut windows, &mut ledger), Ok(None));
        assert_eq!(seek.at, 2 * BLOCK);
    }

    proptest! {
        #[test]
        fn property_differences_are_those_of_the_flat_payloads(
            parts in prop::collection::vec(prop::collection::vec(0u8..3, 0..6), 0..9),
            others in prop::collection::vec(prop::collection::vec(0u8..3, 0..6), 0..9),
            from in 0usize..50,
            budget in 1usize..20,
        ) {
            let ((here, a), (there, b)) = (addressed(&parts), addressed(&others));
            let difference = compared([&here, &there], budget);
            let differing: Vec<usize> = (0..a.len().min(b.len())).filter(|at| a[*at] != b[*at]).collect();
            prop_assert_eq!(difference.count(), differing.len());
            prop_assert_eq!(difference.first(), differing.first().copied());
            let runs = runs(&a, &b);
            let next = runs.iter().copied().find(|at| *at > from);
            let previous = runs.iter().copied().rfind(|at| *at < from.min(a.len().min(b.len())));
            prop_assert_eq!(sought([&here, &there], &difference, from, Direction::Forwards), next);
            prop_assert_eq!(sought([&here, &there], &difference, from, Direction::Backwards), previous);
        }
    }
}
