//! The last batches of a session, kept for the program that asks for them.
//!
//! A batch can also be kept by reference, as a [`Traced`]: no payload byte is copied for it.
//!
//! Nothing is recorded, counted or copied unless the program looks. While it does, what arrives is kept
//! by reference, where the browser put it. What leaves is copied once out of the reused batch
//! buffer, noted in the capture's own ledger. Both are let go, oldest first, beyond [`Bounds`].

use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
    time::Duration,
};

use zbytes::{
    ledger::{Entry, Ledger, Place as Memory, Reason, Stage},
    payload::ZBytes,
};

use super::ids::OpId;
#[cfg(feature = "capture")]
use super::machine::Client;
use crate::link::Arrived;
use crate::wire::{BatchReader, Begun, Kind, Priority, Reliability, Summary, Transport, summarize};

/// How much is kept. At least the last batch always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Batches.
    pub frames: usize,
    /// Bytes of theirs.
    pub bytes: usize,
}

impl Bounds {
    /// Enough for a payload of 11.25 MiB out, and back.
    pub const DEFAULT: Self = Self { frames: 8192, bytes: 32 << 20 };
}

impl Default for Bounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Which way a batch went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Way {
    /// From us to the router.
    Out,
    /// From the router to us.
    In,
}

/// Which part of its message a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Place {
    /// Names the message; fragments of one message have one name, other messages have others.
    pub message: u64,
    /// Which fragment, from 0; counted from the first that was recorded.
    pub index: usize,
}

/// A batch that was kept. Clones share its bytes.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its number, from 0; those of both ways are numbered together, in the order in which they
    /// came and went.
    pub number: u64,
    /// When, as the driver's clock has it.
    pub at: Duration,
    /// Which way.
    pub way: Way,
    /// All of it. Incoming ones are the browser's buffers.
    pub bytes: ZBytes,
    /// What is in it.
    pub summary: Summary,
    /// Which part of a message, if it is one.
    pub place: Option<Place>,
    /// Where in its message it is, if it is a part of one of which the beginning was recorded: what
    /// [`dissect`](crate::wire::dissect) wants to know.
    pub begun: Option<Begun>,
    /// The caller's operations in it, outgoing only, by
    /// [`Carried::message`](crate::wire::Carried::message).
    pub ops: Vec<OpId>,
}

/// A batch that went over the link, by reference: bytes of a payload are those of its owners. One
/// that has left has the bytes that its owners have now, which a borrowed source may have written
/// since. Clones share everything.
#[derive(Clone, Debug)]
pub struct Traced {
    /// When, as the driver's clock has it.
    pub at: Duration,
    /// Which way.
    pub way: Way,
    /// All of it.
    pub bytes: ZBytes,
    /// The caller's operations in it, as in [`Frame::ops`].
    pub ops: Vec<OpId>,
}

impl From<Arrived> for Traced {
    fn from(Arrived { at, bytes }: Arrived) -> Self {
        Self { at, way: Way::In, bytes, ops: Vec::new() }
    }
}

/// Frames of traced batches, numbered from `first` on. Each message must have all of its batches
/// there, in their order.
///
/// Only headers and fields are read, and `ledger` notes those outside of linear memory as metadata.
/// No payload byte is copied.
#[must_use]
pub fn frames_of(batches: &[Traced], first: u64, ledger: &mut Ledger) -> Vec<Frame> {
    let places = places_of(batches, ledger);
    let mut capture = Capture::new(Bounds { frames: usize::MAX, bytes: usize::MAX });
    // Every message is there from its first fragment on.
    (capture.next, capture.whole) = (first, true);
    for (Traced { at, way, bytes, ops }, places) in batches.iter().zip(places) {
        // What bodies hold does not matter to a summary, so they are zeros here.
        let mut window = vec![0; bytes.len()];
        let mut from = 0;
        for place in places.into_iter().chain(std::iter::once(bytes.len()..bytes.len())) {
            let head = bytes.slice(from..place.start).unwrap_or_else(ZBytes::empty);
            for segment in head.segments() {
                let space = window.get_mut(from..from + segment.len()).unwrap_or_default();
                // An owner that is gone reads as zeros, which are not zenoh.
                let _ = segment.peek(0, space, ledger);
                from += segment.len();
            }
            from = place.end;
        }
        let read = capture.read(*way, &window);
        capture.keep(*way, bytes.clone(), read, ops.clone(), *at);
    }
    capture.frames.into()
}

/// Where the bodies of messages lie in each batch: payloads, and what goes along.
fn places_of(batches: &[Traced], ledger: &mut Ledger) -> Vec<Vec<Range<usize>>> {
    let mut all = vec![Vec::new(); batches.len()];
    // The fragments of the message so far: which batch, and where the part begins in it.
    let mut parts: Vec<(usize, usize, ZBytes)> = Vec::new();
    for (index, Traced { bytes, .. }) in batches.iter().enumerate() {
        let mut reader = BatchReader::noting(bytes, ledger);
        let mut last = None;
        while let Ok(Some(message)) = reader.transport() {
            match message {
                Transport::Frame { reliability, .. } => while let Ok(Some(_)) = reader.message(reliability) {},
                Transport::Fragment { reliability, more, part, .. } => {
                    parts.push((index, bytes.len() - part.len(), part));
                    last = (!more).then_some(reliability);
                }
                _ => {}
            }
        }
        if let Some(own) = all.get_mut(index) {
            *own = reader.into_places();
        }
        let Some(reliability) = last else { continue };
        let whole = ZBytes::of_held(parts.iter().flat_map(|(.., part)| part.segments()).cloned().collect());
        let mut reader = BatchReader::noting(&whole, ledger);
        let _ = reader.message(reliability);
        let places = reader.into_places();
        let mut begin = 0;
        for (index, start, part) in parts.drain(..) {
            let end = begin + part.len();
            for place in &places {
                let (from, to) = (place.start.max(begin), place.end.min(end));
                if let Some(own) = all.get_mut(index).filter(|_| from < to) {
                    own.push(start + from - begin..start + to - begin);
                }
            }
            begin = end;
        }
    }
    all
}

/// What a capture holds for a program that asks from time to time.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The frames after the one that was asked for, oldest first.
    pub frames: Vec<Frame>,
    /// The number of the oldest one that is still kept, or of the next one when there is none.
    pub oldest: u64,
    /// How many were recorded in all.
    pub recorded: u64,
    /// How many bytes recording has copied.
    pub copied: u64,
}

/// What goes on in a lane, one way.
enum Lately {
    /// The last message has ended, so a fragment begins one.
    Between,
    /// A message of which some fragments were recorded.
    Within { message: u64, index: usize, begun: Option<Begun> },
}

/// The ring.
pub(super) struct Capture {
    bounds: Bounds,
    frames: VecDeque<Frame>,
    bytes: usize,
    next: u64,
    messages: u64,
    lanes: HashMap<(Way, Priority, Reliability), Lately>,
    /// Whether the session began while it was recorded, so that nothing was going on in any lane
    /// before.
    whole: bool,
    /// What arrives outside of linear memory is read from here.
    window: Vec<u8>,
    ledger: Ledger,
}

#[cfg_attr(not(feature = "capture"), expect(dead_code, reason = "only frames_of keeps batches then"))]
impl Capture {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            frames: VecDeque::new(),
            bytes: 0,
            next: 0,
            messages: 0,
            lanes: HashMap::new(),
            whole: false,
            window: Vec::new(),
            ledger: Ledger::new(),
        }
    }

    /// Keeps a batch that has been written into the reused buffer.
    #[allow(clippy::disallowed_methods, reason = "the one copy of a recorded batch, and the ledger says so")]
    pub(super) fn leaves(&mut self, batch: &[u8], ops: Vec<OpId>, now: Duration) {
        self.ledger.record(COPIED, batch.len());
        let bytes = ZBytes::of_held(vec![batch.to_vec().into()]);
        let read = self.read(Way::Out, batch);
        // In the lane of declarations most messages have no operation, so which one is whose is not
        // known there.
        let own = read.0.lane.is_some_and(|lane| lane.priority != Priority::Control);
        self.keep(Way::Out, bytes, read, if own { ops } else { Vec::new() }, now);
    }

    /// Keeps a batch that has arrived, where it is.
    pub(super) fn arrives(&mut self, batch: &ZBytes, now: Duration) {
        let mut window = std::mem::take(&mut self.window);
        window.resize(batch.len(), 0);
        let mut at = 0;
        for segment in batch.segments() {
            let (_, rest) = window.split_at_mut(at);
            let (space, _) = rest.split_at_mut(segment.len());
            // What cannot be read any more is nothing that a peer could bring about; it reads as
            // zeros, which are not zenoh.
            let read = segment.copy_to(0, space, Stage::Read, Reason::Window, &mut self.ledger);
            debug_assert!(read.is_ok(), "the client alone has the batches that it is given");
            at += segment.len();
        }
        let read = self.read(Way::In, &window);
        self.window = window;
        self.keep(Way::In, batch.clone(), read, Vec::new(), now);
    }

    fn read(&mut self, way: Way, batch: &[u8]) -> (Summary, Option<Place>, Option<Begun>) {
        let mut summary = summarize(batch, None);
        if matches!(summary.kind, Kind::InitSyn | Kind::InitAck) {
            self.lanes.clear();
            self.whole = true;
        }
        let Some(lane) = summary.lane.filter(|_| summary.kind == Kind::Fragment) else { return (summary, None, None) };
        let key = (way, lane.priority, lane.reliability);
        let lately = self.lanes.remove(&key).or(self.whole.then_some(Lately::Between));
        let (message, index, begun) = match lately {
            Some(Lately::Within { message, index, begun }) if !summary.first => (message, index, begun),
            lately => {
                self.messages += 1;
                let begins = summary.first || matches!(lately, Some(Lately::Between));
                (self.messages, 0, begins.then(Begun::default))
            }
        };
        if !summary.first && begun.is_some() {
            summary = summarize(batch, begun.as_ref());
        }
        let next = if summary.more && !summary.dropped {
            let further = |begun: &Begun| Begun {
                offset: begun.offset + summary.part,
                bodies: if begun.offset == 0 { summary.bodies.clone() } else { begun.bodies.clone() },
            };
            Lately::Within { message, index: index + 1, begun: begun.as_ref().map(further) }
        } else {
            Lately::Between
        };
        self.lanes.insert(key, next);
        (summary, Some(Place { message, index }), begun)
    }

    fn keep(
        &mut self,
        way: Way,
        bytes: ZBytes,
        (summary, place, begun): (Summary, Option<Place>, Option<Begun>),
        ops: Vec<OpId>,
        at: Duration,
    ) {
        self.bytes += bytes.len();
        self.frames.push_back(Frame { number: self.next, at, way, bytes, summary, place, begun, ops });
        self.next += 1;
        let Bounds { frames, bytes } = self.bounds;
        while self.frames.len() > 1 && (self.frames.len() > frames || self.bytes > bytes) {
            if let Some(oldest) = self.frames.pop_front() {
                self.bytes -= oldest.bytes.len();
            }
        }
    }

    /// The frames after that number, or all.
    pub(super) fn taken(&self, after: Option<u64>) -> Taken {
        let oldest = self.frames.front().map_or(self.next, |frame| frame.number);
        let skip = after.map_or(0, |after| after.saturating_add(1).saturating_sub(oldest));
        // Of more than there are, all are left out.
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        Taken {
            frames: self.frames.iter().skip(skip).cloned().collect(),
            oldest,
            recorded: self.next,
            copied: self.ledger.total(),
        }
    }
}

/// What a client records with: nothing without the feature `capture`, so that no code for it is in
/// the program.
#[cfg(feature = "capture")]
pub(super) type Recorder = Option<Box<Capture>>;
#[cfg(not(feature = "capture"))]
pub(super) type Recorder = Option<Nothing>;

#[cfg(not(feature = "capture"))]
pub(super) enum Nothing {}

#[cfg(not(feature = "capture"))]
impl Nothing {
    pub(super) fn leaves(&mut self, _: &[u8], _: Vec<OpId>, _: Duration) {
        match *self {}
    }

    pub(super) fn arrives(&mut self, _: &ZBytes, _: Duration) {
        match *self {}
    }
}

/// How a recorded batch is copied.
const COPIED: Entry =
    Entry { stage: Stage::Read, reason: Reason::Contiguous, from: Memory::Linear, to: Memory::Linear };

#[cfg(feature = "capture")]
impl Client {
    /// Begins to record batches, anew if it did already, or ends that and lets go of what was
    /// recorded. It costs nothing while it is off. It outlives a lost session; when it begins
    /// before the first transmit, the handshake is recorded too.
    pub fn capture(&mut self, bounds: Option<Bounds>) {
        self.capture = bounds.map(|bounds| Box::new(Capture::new(bounds)));
    }

    /// The recorded batches after the one of that number, or all of them. They share their bytes
    /// with those that are kept, so they can be held for longer.
    #[must_use]
    pub fn captured(&self, after: Option<u64>) -> Taken {
        self.capture.as_ref().map(|capture| capture.taken(after)).unwrap_or_default()
    }
}
