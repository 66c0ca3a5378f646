//! A message on its way out, cut into batches and gathered straight from the owners of its payload.

use zenoh_buffers::writer::{DidntWrite, Writer};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Priority, Reliability},
    transport::{FragmentHeader, FrameHeader, fragment, frame},
};

use crate::{
    ledger::{Ledger, Reason, Stage},
    payload::{BuildError, ZBytes},
};

/// One of the lanes of a session: messages of a lane keep their order and are never interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its priority; always the default when the session has no priorities.
    pub priority: Priority,
    /// Its reliability.
    pub reliability: Reliability,
}

/// What [`Outgoing::gather`] wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// Length of the batch, in bytes.
    pub len: usize,
    /// How many of them are payload.
    pub payload: usize,
}

/// A network message: an encoded head, then a payload that stays with its owners until it is gathered.
///
/// Holds a reference to every owner until it is dropped.
#[derive(Debug)]
pub struct Outgoing {
    head: Vec<u8>,
    payload: ZBytes,
    /// Bytes of head and payload that were gathered, and where that is in the payload.
    done: usize,
    segment: usize,
    in_segment: usize,
    ledger: Ledger,
    batches: usize,
}

impl Outgoing {
    /// A message of `head` followed by `payload`.
    #[must_use]
    pub fn new(head: Vec<u8>, payload: ZBytes) -> Self {
        Self { head, payload, done: 0, segment: 0, in_segment: 0, ledger: Ledger::new(), batches: 0 }
    }

    /// Length of the encoded message, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.head.len() + self.payload.len()
    }

    /// Whether there is no byte in it, which is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all of it was gathered.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.batches > 0 && self.done == self.len()
    }

    /// Whether a part of it was gathered.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.batches > 0
    }

    /// Batches gathered so far.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// What gathering copied so far.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Writes the next batch of this message into `batch`: a frame when all of it fits, else a fragment.
    ///
    /// Each payload byte is copied once, from its owner into `batch`. Call it until [`Outgoing::is_done`].
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner is gone. The message cannot be sent then; if a part of it was sent before,
    /// the client tells the receiver so, under the same sequence number.
    pub fn gather(&mut self, batch: &mut [u8], lane: Lane, sn: u32, markers: bool) -> Result<Gathered, BuildError> {
        let left = self.len() - self.done;
        let space = batch.len();
        let too_small = BuildError::TooLong { requested: left as u64 };
        let header = if self.is_begun() { None } else { frame_header(batch, lane, sn).ok() };
        let at = match header.filter(|at| at + left <= space) {
            Some(at) => at,
            None => {
                let first = !self.is_begun() && markers;
                let probe = fragment_header(batch, lane, sn, true, first, false).map_err(|_| too_small.clone())?;
                // The flag for more takes no byte, so the length stays.
                fragment_header(batch, lane, sn, probe + left > space, first, false).map_err(|_| too_small.clone())?
            }
        };
        let body = batch.get_mut(at..).filter(|body| !body.is_empty()).ok_or(too_small)?;
        let (head, payload) = self.fill(body)?;
        self.ledger.record_metadata(at + head);
        self.done += head + payload;
        self.batches += 1;
        Ok(Gathered { len: at + head + payload, payload })
    }

    /// Fills `body` as far as the message goes; returns how many bytes of head and of payload.
    #[allow(clippy::disallowed_methods, reason = "the head of the message; its payload goes through Segment")]
    fn fill(&mut self, body: &mut [u8]) -> Result<(usize, usize), BuildError> {
        let from_head = self.head.get(self.done..).unwrap_or_default();
        let head = from_head.len().min(body.len());
        if let (Some(to), Some(from)) = (body.get_mut(..head), from_head.get(..head)) {
            to.copy_from_slice(from);
        }
        let mut at = head;
        while let (Some(segment), Some(space)) =
            (self.payload.segments().get(self.segment), body.get_mut(at..).filter(|space| !space.is_empty()))
        {
            let len = (segment.len() - self.in_segment).min(space.len());
            if let Some(space) = space.get_mut(..len) {
                segment
                    .copy_to(self.in_segment, space, Stage::Gather, Reason::Batch, &mut self.ledger)
                    .map_err(|error| BuildError::Segment { index: self.segment, error })?;
            }
            at += len;
            self.in_segment += len;
            if self.in_segment == segment.len() {
                self.segment += 1;
                self.in_segment = 0;
            }
        }
        Ok((head, at - head))
    }
}

impl Outgoing {
    /// Payload bytes that were not gathered.
    pub(crate) fn unsent(&self) -> usize {
        self.len() - self.done.max(self.head.len())
    }
}

/// Writes a fragment that tells the receiver to forget the message whose first parts it has; returns its length.
pub(crate) fn abort(batch: &mut [u8], lane: Lane, sn: u32) -> Result<usize, DidntWrite> {
    fragment_header(batch, lane, sn, true, false, true)
}

fn frame_header(batch: &mut [u8], lane: Lane, sn: u32) -> Result<usize, DidntWrite> {
    written(batch, |writer| {
        let ext_qos = frame::ext::QoSType::new(lane.priority);
        Zenoh080::new().write(writer, &FrameHeader { reliability: lane.reliability, sn, ext_qos })
    })
}

fn fragment_header(
    batch: &mut [u8],
    lane: Lane,
    sn: u32,
    more: bool,
    first: bool,
    dropped: bool,
) -> Result<usize, DidntWrite> {
    written(batch, |writer| {
        Zenoh080::new().write(
            writer,
            &FragmentHeader {
                reliability: lane.reliability,
                more,
                sn,
                ext_qos: fragment::ext::QoSType::new(lane.priority),
                ext_first: first.then(fragment::ext::First::new),
                ext_drop: dropped.then(fragment::ext::Drop::new),
            },
        )
    })
}

/// How many bytes `write` wrote at the beginning of `batch`.
fn written(
    batch: &mut [u8],
    write: impl FnOnce(&mut &mut [u8]) -> Result<(), DidntWrite>,
) -> Result<usize, DidntWrite> {
    let mut writer = batch;
    let before = writer.remaining();
    write(&mut writer)?;
    Ok(before - writer.remaining())
}
