//! What a caller hands over to a payload: memory of some kind, and how it is to be taken.

use std::fmt;

use zenoh_buffers::ZSlice;

use super::{
    element::Scalar,
    error::SegmentError,
    mode::{Mode, Unsupported},
    run::{Owner, Segment},
};
use crate::ledger::Reason;

#[cfg(all(target_arch = "wasm32", feature = "js"))]
use super::{Aliasing, Cause};

/// Memory that can become a segment. Made by `From` out of vectors, boxed slices, static bytes,
/// texts, zenoh slices, segments and, in a browser, JavaScript values. Making one reads and copies
/// nothing.
#[derive(Clone)]
pub struct Input(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    /// Bytes that already have an owner in Rust, or in another payload.
    Held(Segment),
    /// A JavaScript value as it came, not looked at yet.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    Js { value: wasm_bindgen::JsValue, known: bool },
}

impl From<Segment> for Input {
    fn from(segment: Segment) -> Self {
        Self(Kind::Held(segment))
    }
}

macro_rules! inputs {
    ($($memory:ty),+) => {
        $(impl From<$memory> for Input {
            fn from(memory: $memory) -> Self {
                Segment::from(memory).into()
            }
        })+
    };
}

inputs!(Vec<u8>, Box<[u8]>, &'static [u8], String, &'static str, ZSlice);

impl<T: Scalar> From<Vec<T>> for Input {
    fn from(elements: Vec<T>) -> Self {
        Segment::from(elements).into()
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Held(segment) => segment.fmt(f),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Kind::Js { value, .. } => value.fmt(f),
        }
    }
}

/// One segment of a payload to be: its memory, the mode that takes it, and what to do when that
/// mode cannot take it.
///
/// ```
/// use zbytes::{payload::ZBytes, segment::Source};
///
/// let (payload, receipt) = ZBytes::build([
///     Source::copy("header"),
///     Source::borrow(&b"static bytes"[..]),
///     Source::moved(vec![1.5f32, 2.5]),
/// ])?;
/// assert_eq!(payload.len(), 26);
/// assert_eq!(receipt.ledger.total(), 6); // Only the header was copied.
/// # Ok::<(), zbytes::payload::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) input: Input,
    pub(super) mode: Mode,
    pub(super) unsupported: Unsupported,
}

impl Source {
    /// Memory that is taken by `mode`.
    #[must_use]
    pub fn new(input: impl Into<Input>, mode: Mode) -> Self {
        Self { input: input.into(), mode, unsupported: Unsupported::Refuse }
    }

    /// Memory whose bytes the payload copies.
    #[must_use]
    pub fn copy(input: impl Into<Input>) -> Self {
        Self::new(input, Mode::Copy)
    }

    /// Memory that the payload refers to.
    #[must_use]
    pub fn borrow(input: impl Into<Input>) -> Self {
        Self::new(input, Mode::Borrow)
    }

    /// Memory that the payload takes over. A JavaScript array is detached when, and only when, the
    /// payload is built.
    #[must_use]
    pub fn moved(input: impl Into<Input>) -> Self {
        Self::new(input, Mode::Move)
    }

    /// Says what to do when the mode cannot take the source safely. The default is to refuse.
    #[must_use]
    pub fn unsupported(self, unsupported: Unsupported) -> Self {
        Self { unsupported, ..self }
    }

    /// The same memory, taken by another mode.
    #[must_use]
    pub fn by(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// Length in bytes, as it is now.
    ///
    /// # Errors
    /// [`SegmentError`] for an array that is detached, or no buffer.
    pub fn len(&self) -> Result<usize, SegmentError> {
        Ok(self.clone().into_readable()?.len())
    }

    /// Whether it has no byte now.
    ///
    /// # Errors
    /// As [`Source::len`].
    pub fn is_empty(&self) -> Result<bool, SegmentError> {
        Ok(self.len()? == 0)
    }

    /// A segment over the memory, to read from at once: nothing is copied, taken or checked for
    /// being taken.
    ///
    /// # Errors
    /// As [`Source::len`].
    pub fn into_readable(self) -> Result<Segment, SegmentError> {
        let mut segments = Vec::with_capacity(1);
        // What is to be copied may be whatever has bytes.
        Look::default().admit(self.by(Mode::Copy), &mut segments)?;
        // A source that was admitted is one segment.
        Ok(segments.swap_remove(0))
    }

    /// Whether its bytes may be copied.
    pub fn may_be_copied(&self) -> bool {
        self.mode == Mode::Copy || self.unsupported == Unsupported::Copy
    }

    /// How it is to be taken.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }
}

impl<I: Into<Input>> From<(I, Mode)> for Source {
    fn from((input, mode): (I, Mode)) -> Self {
        Self::new(input, mode)
    }
}

/// What is still to be done with a segment whose source was looked at and can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// Nothing: it refers to its owner.
    Nothing,
    /// Its bytes are to be copied.
    Copy(Reason),
    /// Its buffer is to be taken away from the caller.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    Move,
}

/// Looks at sources, one after the other, and changes none of them.
#[derive(Default)]
pub(crate) struct Look {
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    engine: Option<super::js::Engine>,
    /// The sources in the JavaScript heap that may be copied where their mode cannot take them, by
    /// index.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    or_copied: Vec<usize>,
}

impl Look {
    /// Bytes of the sources beyond the lengths of their segments: an array of JavaScript may be
    /// longer than a `usize` can tell.
    pub(crate) fn excess(&self) -> u64 {
        #[cfg(all(target_arch = "wasm32", feature = "js"))]
        return self.engine.as_ref().map_or(0, super::js::Engine::excess);
        #[cfg(not(all(target_arch = "wasm32", feature = "js")))]
        0
    }

    /// Puts the one segment that a source will be behind `segments`, which were admitted before it.
    /// Says what is to be done with it when all can be taken.
    ///
    /// # Errors
    /// Why it cannot be taken.
    // A segment in linear memory must go from the caller's list into the payload's through
    // registers. By way of the stack it costs twice the time. So this is inlined, and whatever
    // takes an address is left to functions of their own.
    #[inline(always)]
    pub(crate) fn admit(&mut self, source: Source, segments: &mut Vec<Segment>) -> Result<Pending, SegmentError> {
        let mode = source.mode;
        match source.input.0 {
            Kind::Held(Segment { owner: Owner::Linear(slice) }) => {
                segments.push(Segment::linear(slice));
                Ok(if mode == Mode::Copy { Pending::Copy(Reason::CopyMode) } else { Pending::Nothing })
            }
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Kind::Held(Segment { owner: Owner::Js(bytes) }) => {
                self.admit_held(Segment::of_js(bytes), mode, source.unsupported, segments)
            }
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Kind::Js { value, known } => {
                self.note(source.unsupported, segments.len());
                let engine = self.engine.get_or_insert_with(super::js::Engine::new);
                engine.admit(value, known, mode, source.unsupported, segments)
            }
        }
    }

    /// A segment over the JavaScript heap that was in another payload before.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    #[inline(never)]
    fn admit_held(
        &mut self,
        segment: Segment,
        mode: Mode,
        unsupported: Unsupported,
        segments: &mut Vec<Segment>,
    ) -> Result<Pending, SegmentError> {
        self.note(unsupported, segments.len());
        segment.check()?;
        let pending = match mode {
            Mode::Copy => Pending::Copy(Reason::CopyMode),
            Mode::Move if segment.aliasing() == Aliasing::Shared => match unsupported {
                Unsupported::Copy => Pending::Copy(Reason::Unsupported),
                Unsupported::Refuse => return Err(SegmentError::Refused { mode, cause: Cause::Lent }),
            },
            Mode::Borrow | Mode::Move => Pending::Nothing,
        };
        segments.push(segment);
        Ok(pending)
    }

    /// Notes whether the source at `index` may be copied where its mode cannot take it.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    fn note(&mut self, unsupported: Unsupported, index: usize) {
        if unsupported == Unsupported::Copy {
            self.or_copied.push(index);
        }
    }

    /// Looks at all segments together, when each was admitted: no two may want one buffer if one of
    /// them moves it. The later one becomes a copy if its source allows that; `modes`, and `pending`
    /// in payload order, say so then.
    ///
    /// # Errors
    /// The index of the first for which nothing can be done, and why.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub(crate) fn settle(
        &self,
        segments: &[Segment],
        modes: &mut [Mode],
        pending: &mut Vec<(usize, Pending)>,
    ) -> Result<(), (usize, SegmentError)> {
        if !self.engine.as_ref().is_some_and(|engine| engine.has_conflict(segments, modes)) {
            return Ok(());
        }
        let mut copied = Vec::new();
        let moves = |index: usize| {
            let then = pending.binary_search_by_key(&index, |(index, _)| *index).ok().and_then(|at| pending.get(at));
            then.is_some_and(|(_, pending)| *pending == Pending::Move)
        };
        super::js::each_conflict(segments, modes, moves, |index, mode, cause| {
            if self.or_copied.binary_search(&index).is_err() {
                return Err((index, SegmentError::Refused { mode, cause }));
            }
            copied.push(index);
            Ok(())
        })?;
        // Both lists are in payload order.
        let mut before = std::mem::take(pending).into_iter().peekable();
        for index in copied {
            pending.extend(std::iter::from_fn(|| before.next_if(|(earlier, _)| *earlier < index)));
            before.next_if(|(same, _)| *same == index);
            pending.push((index, Pending::Copy(Reason::Unsupported)));
            modes[index] = Mode::Copy;
        }
        pending.extend(before);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_says_what_it_is_and_how_it_is_to_be_taken() {
        let source = Source::borrow(vec![1u8, 2, 3]);
        assert_eq!((source.len(), source.is_empty(), source.mode()), (Ok(3), Ok(false), Mode::Borrow));
        assert_eq!(Source::moved(Vec::<f32>::new()).is_empty(), Ok(true));
        let moved = source.by(Mode::Move);
        assert_eq!((moved.len(), moved.mode()), (Ok(3), Mode::Move));
        let readable = moved.into_readable().unwrap();
        assert_eq!((readable.len(), readable.as_linear().unwrap()), (3, &[1u8, 2, 3][..]));
    }

    #[test]
    fn its_bytes_may_be_copied_by_mode_or_by_leave() {
        let allowed = |source: Source| source.may_be_copied();
        assert!(allowed(Source::copy(vec![1u8])));
        assert!(!allowed(Source::borrow(vec![1u8])) && !allowed(Source::moved(vec![1u8])));
        assert!(allowed(Source::borrow(vec![1u8]).unsupported(Unsupported::Copy)));
        assert!(!allowed(Source::borrow(vec![1u8]).unsupported(Unsupported::Refuse)));
        assert!(allowed(Source::borrow(vec![1u8]).by(Mode::Copy)));
        assert!(!allowed(Source::copy(vec![1u8]).by(Mode::Move)));
    }
}
