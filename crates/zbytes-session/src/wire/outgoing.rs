//! An outgoing message, cut into batches and gathered straight from the owners of its payload.

use zenoh_buffers::writer::{DidntWrite, Writer};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Priority, Reliability},
    transport::{FragmentHeader, FrameHeader, fragment, frame},
};

use zbytes::{
    ledger::{Ledger, Reason, Stage},
    payload::{BuildError, ZBytes},
};

/// Names a lane of a session: messages of a lane keep their order and are never interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lane {
    /// Its priority; always the default when the session has only one.
    #[cfg_attr(feature = "serde", serde(with = "priority_as_number"))]
    pub priority: Priority,
    /// Whether zenoh sends the lane's messages reliably or with best effort.
    pub reliability: Reliability,
}

/// A priority as the number that zenoh has for it on the wire.
#[cfg(feature = "serde")]
mod priority_as_number {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use zenoh_protocol::core::Priority;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(priority: &Priority, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*priority as u8)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Priority, D::Error> {
        Priority::try_from(u8::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Says how many bytes [`Outgoing::gather`] wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// Length of the batch, in bytes.
    pub len: usize,
    /// How many of these bytes are payload.
    pub payload: usize,
}

/// Holds a network message in up to four parts. The first is an encoded head. The second is bytes
/// that stay with their owners until they are gathered. The other two are of the same two kinds.
///
/// ```text
///   put                      head, payload
///   put with an attachment   head, attachment, length of the payload, payload
///   query                    head, body, head of the attachment, attachment
/// ```
///
/// The message holds a reference to every owner until it is dropped.
#[derive(Debug)]
pub struct Outgoing {
    head: Vec<u8>,
    first: Option<ZBytes>,
    between: Vec<u8>,
    second: Option<ZBytes>,
    len: usize,
    /// How many bytes of the whole message were gathered, and how many of them belong to owners.
    done: usize,
    payload_done: usize,
    /// The position of gathering: the part, from 0 to 3, and the offset in it. In the parts of
    /// owners it is a segment and an offset in that segment.
    piece: usize,
    in_piece: usize,
    segment: usize,
    in_segment: usize,
    ledger: Ledger,
    batches: usize,
}

impl Outgoing {
    /// Makes a message of `head` followed by `payload`.
    #[must_use]
    pub fn new(head: Vec<u8>, payload: ZBytes) -> Self {
        Self::of(head, Some(payload), Vec::new(), None)
    }

    /// A message of `head`, `first`, `between` and `second`.
    pub(crate) fn of(head: Vec<u8>, first: Option<ZBytes>, between: Vec<u8>, second: Option<ZBytes>) -> Self {
        let owned = first.as_ref().map_or(0, ZBytes::len) + second.as_ref().map_or(0, ZBytes::len);
        let len = head.len() + between.len() + owned;
        Self {
            head,
            first,
            between,
            second,
            len,
            done: 0,
            payload_done: 0,
            piece: 0,
            in_piece: 0,
            segment: 0,
            in_segment: 0,
            ledger: Ledger::new(),
            batches: 0,
        }
    }

    /// Returns the length of the encoded message, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns how many bytes of the message belong to owners, sent or not.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        self.len - self.head.len() - self.between.len()
    }

    /// Returns whether the message has no bytes. Such a message cannot be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns whether every byte was gathered.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.batches > 0 && self.done == self.len
    }

    /// Returns whether at least one batch was gathered.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.batches > 0
    }

    /// Returns how many batches were gathered so far.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// Returns the record of the bytes that gathering copied so far.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether every owner still has its bytes. O(segments), reads no byte.
    ///
    /// # Errors
    /// The first [`BuildError`].
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        [&self.first, &self.second].into_iter().flatten().try_for_each(ZBytes::check)
    }

    /// Writes the next batch of this message into `batch`. It is a frame if the whole message fits,
    /// else a fragment.
    ///
    /// Each payload byte is copied once, from its owner into `batch`. Call this until
    /// [`Outgoing::is_done`].
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner lost its bytes. The message cannot be sent then. If a
    /// part of it was sent before, the client cancels it at the receiver, under the same sequence
    /// number.
    pub fn gather(&mut self, batch: &mut [u8], lane: Lane, sn: u32, markers: bool) -> Result<Gathered, BuildError> {
        let left = self.len - self.done;
        let too_small = BuildError::TooLong { requested: left as u64 };
        let part = PartOf { begun: self.is_begun(), left };
        let at = header(batch, batch.len(), part, lane, sn, markers).map_err(|_| too_small.clone())?;
        let body = batch.get_mut(at..).filter(|body| !body.is_empty()).ok_or(too_small)?;
        let (ours, payload) = self.fill(body)?;
        self.ledger.record_metadata(at);
        Ok(Gathered { len: at + ours + payload, payload })
    }

    /// Appends the whole message to the frame in `batch`, from byte `at` on. It returns `None` when
    /// the message does not fit. Otherwise the result holds the new length of the batch.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner lost its bytes. The frame then still ends at `at`.
    pub fn append(&mut self, batch: &mut [u8], at: usize) -> Option<Result<Gathered, BuildError>> {
        let body = batch.get_mut(at..).filter(|body| !self.is_begun() && self.len <= body.len())?;
        let filled = self.fill(body);
        Some(filled.map(|(ours, payload)| Gathered { len: at + ours + payload, payload }))
    }

    /// Fills `body` with the next bytes of the message. Returns how many of them are encoded
    /// fields, and how many belong to owners.
    fn fill(&mut self, body: &mut [u8]) -> Result<(usize, usize), BuildError> {
        let (mut ours, mut payload) = (0, 0);
        while let Some(space) = body.get_mut(ours + payload..).filter(|space| !space.is_empty()) {
            match self.piece {
                0 => ours += copy_ours(&self.head, &mut self.in_piece, space),
                1 => payload += self.copy_payload(space)?,
                2 => ours += copy_ours(&self.between, &mut self.in_piece, space),
                3 => payload += self.copy_payload(space)?,
                _ => break,
            }
            let over = match self.piece {
                0 => self.in_piece == self.head.len(),
                1 => self.first.as_ref().is_none_or(|bytes| self.segment == bytes.segments().len()),
                2 => self.in_piece == self.between.len(),
                _ => self.second.as_ref().is_none_or(|bytes| self.segment == bytes.segments().len()),
            };
            if over {
                self.piece += 1;
                (self.in_piece, self.segment, self.in_segment) = (0, 0, 0);
            }
        }
        self.ledger.record_metadata(ours);
        self.done += ours + payload;
        self.payload_done += payload;
        self.batches += 1;
        Ok((ours, payload))
    }

    /// Copies bytes of the current part, which belongs to owners, until `space` is full or the part
    /// ends.
    fn copy_payload(&mut self, space: &mut [u8]) -> Result<usize, BuildError> {
        let bytes = if self.piece == 1 { &self.first } else { &self.second };
        let segments = bytes.as_ref().map(ZBytes::segments).unwrap_or_default();
        let mut at = 0;
        while let (Some(segment), Some(space)) =
            (segments.get(self.segment), space.get_mut(at..).filter(|space| !space.is_empty()))
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
        Ok(at)
    }

    /// Payload bytes that were not gathered yet.
    pub(crate) fn unsent(&self) -> usize {
        self.payload_len() - self.payload_done
    }
}

/// Copies bytes of `ours` from `at` on until `space` is full or `ours` ends, and advances `at`.
#[allow(clippy::disallowed_methods, reason = "encoded heads of messages; payloads go through Segment")]
fn copy_ours(ours: &[u8], at: &mut usize, space: &mut [u8]) -> usize {
    let left = ours.get(*at..).unwrap_or_default();
    let len = left.len().min(space.len());
    if let (Some(to), Some(from)) = (space.get_mut(..len), left.get(..len)) {
        to.copy_from_slice(from);
    }
    *at += len;
    len
}

/// Writes a fragment that makes the receiver discard the first parts of a message; returns its
/// length.
pub(crate) fn abort(batch: &mut [u8], lane: Lane, sn: u32) -> Result<usize, DidntWrite> {
    fragment_header(batch, lane, sn, true, false, true)
}

/// The part of a message that is not sent yet.
#[derive(Clone, Copy)]
pub(super) struct PartOf {
    /// Whether an earlier part was sent.
    pub(super) begun: bool,
    /// Bytes that are not sent yet.
    pub(super) left: usize,
}

/// Writes the header for the next part of a message into a batch of `space` bytes; returns its
/// length.
///
/// It is the header of a frame if nothing was sent before and the whole message fits. Otherwise it
/// is that of a fragment.
pub(super) fn header(
    batch: &mut [u8],
    space: usize,
    part: PartOf,
    lane: Lane,
    sn: u32,
    markers: bool,
) -> Result<usize, DidntWrite> {
    let PartOf { begun, left } = part;
    let frame = if begun { None } else { frame_header(batch, lane, sn).ok() };
    if let Some(at) = frame.filter(|at| at + left <= space) {
        return Ok(at);
    }
    let first = !begun && markers;
    let probe = fragment_header(batch, lane, sn, true, first, false)?;
    // The flag for further fragments takes no byte, so the length stays the same.
    fragment_header(batch, lane, sn, probe + left > space, first, false)
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
