//! Memory for a message under construction, which is handed over as it is when the message is
//! finished.

use std::ptr::NonNull;

use capnp::message::Allocator;

use zbytes::segment::SegmentError;

/// Bytes of a word, the unit of everything in a message.
pub(super) const WORD: usize = 8;

/// Words of a segment that the plan does not have.
const UNPLANNED: usize = 1024;

/// The segments of a message under construction, each a vector of its own. `capnp` writes into
/// them; afterwards they are taken out and become the segments of a payload, so nothing is copied.
#[derive(Debug, Default)]
pub struct Arena {
    /// Zeroed memory for the segments to come, in reverse order.
    planned: Vec<Vec<u64>>,
    /// Memory that was handed out. Nothing touches these vectors before the builder is gone.
    given: Vec<Vec<u64>>,
}

impl Arena {
    /// An arena with memory for segments of so many words, in the order in which they will be asked
    /// for.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`].
    pub(super) fn planned(words: &[usize]) -> Result<Self, SegmentError> {
        let planned = words.iter().rev().map(|words| zeros(*words)).collect::<Result<_, _>>()?;
        Ok(Self { planned, given: Vec::new() })
    }

    /// The memory of all segments, in order. To be called when the builder does not write any more.
    pub(super) fn into_segments(self) -> Vec<Vec<u64>> {
        self.given
    }
}

fn zeros(words: usize) -> Result<Vec<u64>, SegmentError> {
    let mut memory = Vec::new();
    let requested = words.saturating_mul(WORD);
    memory.try_reserve_exact(words).map_err(|_| SegmentError::OutOfMemory { requested })?;
    memory.resize(words, 0);
    Ok(memory)
}

// SAFETY: each call gives out zeroed memory of its own, aligned to words and at least as long as
// asked for. It stays where it is until the arena is dropped or taken apart, because a `Vec` does
// not move its memory when it is moved. The builder owns the arena, and while it exists, no method
// touches what was given out.
#[allow(unsafe_code, reason = "capnp has no other way to hand the memory of a finished message over without a copy")]
unsafe impl Allocator for Arena {
    fn allocate_segment(&mut self, minimum_size: u32) -> (NonNull<u8>, u32) {
        let minimum = minimum_size as usize;
        let fits = self.planned.last().is_some_and(|memory| memory.len() >= minimum);
        let planned = if fits { self.planned.pop() } else { None };
        let mut memory = planned.unwrap_or_else(|| vec![0; minimum.max(UNPLANNED)]);
        // The pointer of an empty vector dangles, and its length says so.
        let start = NonNull::new(memory.as_mut_ptr().cast()).unwrap_or(NonNull::dangling());
        let words = memory.len() as u32;
        self.given.push(memory);
        (start, words)
    }

    unsafe fn deallocate_segment(&mut self, _: NonNull<u8>, _: u32, _: u32) {
        // The memory is taken out of the arena after the builder is gone, or dropped with it.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is given out for a wish of `minimum` words: where, and how many.
    fn given(arena: &mut Arena, minimum: u32) -> (*const u64, usize) {
        let (start, words) = arena.allocate_segment(minimum);
        (start.as_ptr().cast_const().cast(), words as usize)
    }

    #[test]
    fn memory_is_given_out_as_planned_and_taken_back_as_it_is() {
        let mut arena = Arena::planned(&[3, 0, 2]).unwrap();
        let mut places = vec![given(&mut arena, 3), given(&mut arena, 0)];
        // The arena may be moved while its memory is in use.
        let mut arena = Box::new(arena);
        places.push(given(&mut arena, 1));
        assert_eq!(places.iter().map(|(_, words)| *words).collect::<Vec<_>>(), [3, 0, 2]);
        assert!(places.iter().all(|(start, _)| start.is_aligned()));
        let segments = arena.into_segments();
        assert_eq!(segments, [vec![0; 3], vec![], vec![0; 2]]);
        assert_eq!(segments.iter().map(|words| (words.as_ptr(), words.len())).collect::<Vec<_>>(), places);
    }

    #[test]
    fn an_unplanned_segment_has_what_was_asked_for_or_a_page() {
        let mut arena = Arena::planned(&[4]).unwrap();
        let sizes = [5, 2000, 4, 0].map(|minimum| given(&mut arena, minimum).1);
        // The plan waits for a wish that it fits.
        assert_eq!(sizes, [UNPLANNED, 2000, 4, UNPLANNED]);
        assert!(arena.into_segments().iter().flatten().all(|word| *word == 0));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri itself ends where memory does")]
    fn a_plan_beyond_the_memory_is_an_error() {
        let words = isize::MAX as usize / WORD;
        let refused = Arena::planned(&[1, words]).unwrap_err();
        assert_eq!(refused, SegmentError::OutOfMemory { requested: words * WORD });
    }
}
