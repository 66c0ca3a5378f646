//! What a caller hands over to a payload: memory of some kind, and how it is to be taken.

use std::fmt;

use zenoh_buffers::ZSlice;

use super::{Aliasing, Cause, Mode, Scalar, Segment, SegmentError, Unsupported};
use crate::ledger::Reason;

/// Memory that can become a segment. Made by `From` out of vectors, boxed slices, static bytes, texts, zenoh slices, segments
/// and, in the page, JavaScript values; making one reads and copies nothing.
#[derive(Clone)]
pub struct Input(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    /// Bytes that already have an owner in Rust, or in another payload.
    Held(Segment),
    /// A JavaScript value as it came, not looked at yet.
    #[cfg(target_arch = "wasm32")]
    Js { value: wasm_bindgen::JsValue, element: Option<super::Element> },
}

impl From<Segment> for Input {
    fn from(segment: Segment) -> Self {
        Self(Kind::Held(segment))
    }
}

impl From<ZSlice> for Input {
    fn from(slice: ZSlice) -> Self {
        Segment::linear(slice, super::Element::Uint8).into()
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

inputs!(Vec<u8>, Box<[u8]>, &'static [u8], String, &'static str);

impl<T: Scalar> From<Vec<T>> for Input {
    fn from(elements: Vec<T>) -> Self {
        Segment::from(elements).into()
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Held(segment) => segment.fmt(f),
            #[cfg(target_arch = "wasm32")]
            Kind::Js { value, .. } => value.fmt(f),
        }
    }
}

/// One segment of a payload to be: its memory, the mode by which it is taken, and what to do when that mode cannot take it.
///
/// ```
/// use zbytes_lab::{payload::ZBytes, segment::Source};
///
/// let payload = ZBytes::from_segments([
///     Source::copy("header"),
///     Source::borrow(&b"static bytes"[..]),
///     Source::moved(vec![1.5f32, 2.5]),
/// ])?;
/// assert_eq!(payload.built().total(), 6); // Only the header was copied.
/// # Ok::<(), zbytes_lab::payload::BuildError>(())
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

    /// Memory that the payload takes over. A JavaScript array is detached when, and only when, the payload is built.
    #[must_use]
    pub fn moved(input: impl Into<Input>) -> Self {
        Self::new(input, Mode::Move)
    }

    /// Says what to do when the mode cannot take the source safely. The default is to refuse.
    #[must_use]
    pub fn unsupported(self, unsupported: Unsupported) -> Self {
        Self { unsupported, ..self }
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
    #[cfg(target_arch = "wasm32")]
    Move,
}

/// Looks at sources, one after the other, and changes none of them.
#[derive(Default)]
pub(crate) struct Look {
    #[cfg(target_arch = "wasm32")]
    engine: Option<super::js::Engine>,
}

impl Look {
    /// Bytes of the sources beyond the lengths of their segments: an array of JavaScript may be longer than a `usize` can tell.
    pub(crate) fn excess(&self) -> u64 {
        #[cfg(target_arch = "wasm32")]
        return self.engine.as_ref().map_or(0, super::js::Engine::excess);
        #[cfg(not(target_arch = "wasm32"))]
        0
    }

    /// What forbids to borrow or to move a segment that has an owner already.
    fn cause(&mut self, segment: &Segment, mode: Mode, segments: &[Segment]) -> Option<Cause> {
        #[cfg(target_arch = "wasm32")]
        if mode == Mode::Borrow
            && let Some(cause) = self.engine.as_mut().and_then(|engine| engine.in_the_way(segment, segments))
        {
            return Some(cause);
        }
        #[cfg(not(target_arch = "wasm32"))]
        let _ = segments;
        (mode == Mode::Move && segment.aliasing() == Aliasing::Shared).then_some(Cause::Lent)
    }

    /// Puts the segment that a source will be behind `segments`, those that were admitted before it, and says what is to be done
    /// with it when all can be taken.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub(crate) fn admit(&mut self, source: Source, segments: &mut Vec<Segment>) -> Result<Pending, SegmentError> {
        match source.input.0 {
            Kind::Held(segment) => {
                let cause = self.cause(&segment, source.mode, segments);
                held(segment, source.mode, source.unsupported, cause, segments)
            }
            #[cfg(target_arch = "wasm32")]
            Kind::Js { value, element } => {
                let engine = self.engine.get_or_insert_with(super::js::Engine::new);
                engine.admit(value, element, source.mode, source.unsupported, segments)
            }
        }
    }
}

fn held(
    mut segment: Segment,
    mode: Mode,
    unsupported: Unsupported,
    cause: Option<Cause>,
    segments: &mut Vec<Segment>,
) -> Result<Pending, SegmentError> {
    segment.check()?;
    let pending = match (mode, cause, unsupported) {
        (Mode::Copy, ..) => Pending::Copy(Reason::CopyMode),
        (_, None, _) => Pending::Nothing,
        (_, Some(_), Unsupported::Copy) => Pending::Copy(Reason::Unsupported),
        (mode, Some(cause), Unsupported::Refuse) => return Err(SegmentError::Refused { mode, cause }),
    };
    segment.mode = if pending == Pending::Nothing { mode } else { Mode::Copy };
    segments.push(segment);
    Ok(pending)
}
