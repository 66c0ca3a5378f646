//! An outgoing message, cut into batches and gathered straight from the owners of its payload.

use smallvec::{SmallVec, smallvec};
use zenoh_buffers::writer::{DidntWrite, Writer};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::transport::{FragmentHeader, FrameHeader, fragment, frame};

use zbytes::{
    ledger::{Ledger, Reason, Stage},
    payload::{BuildError, ZBytes},
    segment::Segment,
};

use super::Lane;

/// Says how many bytes [`Outgoing::gather`] wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gathered {
    /// Length of the batch, in bytes.
    pub len: usize,
    /// How many of these bytes are payload.
    pub payload: usize,
}

/// A run of a message's bytes.
#[derive(Debug)]
pub(crate) enum Run {
    /// Fields that the client has encoded.
    Encoded(Vec<u8>),
    /// Bytes that stay with their owners until they are gathered.
    Owned(ZBytes),
}

impl Run {
    /// Length, in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Encoded(bytes) => bytes.len(),
            Self::Owned(bytes) => bytes.len(),
        }
    }

    fn owned(&self) -> Option<&ZBytes> {
        match self {
            Self::Encoded(_) => None,
            Self::Owned(bytes) => Some(bytes),
        }
    }
}

/// The runs of a message. Two are those of a put: very many may wait, so they need no memory of their
/// own.
pub(crate) type Runs = SmallVec<[Run; 2]>;

/// Where the next byte of a message is.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    run: usize,
    /// The segment of an owned run. An encoded run is one segment.
    segment: usize,
    /// In that segment, in bytes.
    offset: usize,
}

impl Cursor {
    fn next_run(&mut self) {
        *self = Self { run: self.run + 1, ..Self::default() };
    }

    fn next_segment(&mut self) {
        *self = Self { segment: self.segment + 1, offset: 0, ..*self };
    }
}

/// Holds a network message as runs of bytes. Some runs are encoded fields, and the others stay with
/// their owners until they are gathered.
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
    runs: Runs,
    next: Cursor,
    len: usize,
    payload_len: usize,
    /// Bytes from the cursor to the end: all, and those that belong to owners.
    left: usize,
    payload_left: usize,
    ledger: Ledger,
    batches: usize,
    traced: bool,
}

impl Outgoing {
    /// Makes a message of `head` followed by `payload`.
    #[must_use]
    pub fn new(head: Vec<u8>, payload: ZBytes) -> Self {
        Self::of(smallvec![Run::Encoded(head), Run::Owned(payload)])
    }

    /// Makes a message that refers to no owner.
    #[must_use]
    pub fn encoded(bytes: Vec<u8>) -> Self {
        Self::of(smallvec![Run::Encoded(bytes)])
    }

    /// A message of these runs, in their order.
    pub(crate) fn of(runs: Runs) -> Self {
        let len = runs.iter().map(Run::len).sum();
        let payload_len = runs.iter().filter_map(Run::owned).map(ZBytes::len).sum();
        Self {
            runs,
            next: Cursor::default(),
            len,
            payload_len,
            left: len,
            payload_left: payload_len,
            ledger: Ledger::new(),
            batches: 0,
            traced: false,
        }
    }

    /// The same, whose batches are kept by reference, or are not.
    pub(crate) fn traced(self, traced: bool) -> Self {
        Self { traced, ..self }
    }

    /// Whether its batches are kept by reference.
    pub(crate) fn is_traced(&self) -> bool {
        self.traced
    }

    /// Returns the length of the encoded message, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns how many bytes of the message belong to owners, sent or not.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        self.payload_len
    }

    /// Returns whether the message has no bytes. Such a message cannot be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns whether every byte was gathered.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_begun() && self.left == 0
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
        self.runs.iter().filter_map(Run::owned).try_for_each(ZBytes::check)
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
        let too_small = BuildError::TooLong { requested: self.left as u64 };
        let part = PartOf { begun: self.is_begun(), left: self.left };
        let at = header(batch, batch.len(), part, lane, sn, markers).map_err(|_| too_small.clone())?;
        let body = batch.get_mut(at..).filter(|body| !body.is_empty()).ok_or(too_small)?;
        let filled = self.fill(body)?;
        self.ledger.record_metadata(at);
        Ok(Gathered { len: at + filled.len, ..filled })
    }

    /// Appends the whole message to the frame in `batch`, from byte `at` on. It returns `None` when
    /// the message does not fit. Otherwise the result holds the new length of the batch.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner lost its bytes. The frame then still ends at `at`.
    pub fn append(&mut self, batch: &mut [u8], at: usize) -> Option<Result<Gathered, BuildError>> {
        let body = batch.get_mut(at..).filter(|body| !self.is_begun() && self.len <= body.len())?;
        let filled = self.fill(body);
        Some(filled.map(|filled| Gathered { len: at + filled.len, ..filled }))
    }

    /// Fills `body` with the next bytes of the message, until one of the two ends.
    #[allow(clippy::disallowed_methods, reason = "encoded fields of messages; payloads go through Segment")]
    fn fill(&mut self, body: &mut [u8]) -> Result<Gathered, BuildError> {
        let Self { runs, next, ledger, .. } = self;
        let (mut space, mut filled) = (body, Gathered { len: 0, payload: 0 });
        while let Some(run) = runs.get(next.run)
            && !space.is_empty()
        {
            match run {
                Run::Encoded(bytes) => {
                    let len = (bytes.len() - next.offset).min(space.len());
                    let (here, rest) = std::mem::take(&mut space).split_at_mut(len);
                    // The cursor never passes the end of a run.
                    here.copy_from_slice(bytes.split_at(next.offset).1.split_at(len).0);
                    ledger.record_metadata(here.len());
                    filled.len += here.len();
                    next.offset += here.len();
                    space = rest;
                    if next.offset == bytes.len() {
                        next.next_run();
                    }
                }
                Run::Owned(bytes) => {
                    let Some(segment) = bytes.segments().get(next.segment) else {
                        next.next_run();
                        continue;
                    };
                    let len = (segment.len() - next.offset).min(space.len());
                    let (here, rest) = std::mem::take(&mut space).split_at_mut(len);
                    segment
                        .copy_to(next.offset, here, Stage::Gather, Reason::Batch, ledger)
                        .map_err(|error| BuildError::Segment { index: next.segment, error })?;
                    filled.len += here.len();
                    filled.payload += here.len();
                    next.offset += here.len();
                    space = rest;
                    if next.offset == segment.len() {
                        next.next_segment();
                    }
                }
            }
        }
        self.left -= filled.len;
        self.payload_left -= filled.payload;
        self.batches += 1;
        Ok(filled)
    }

    /// Where the next batch begins, for [`Outgoing::refer`].
    pub(crate) fn mark(&self) -> Mark {
        Mark { next: self.next, left: self.left }
    }

    /// Adds to `trace` what was written since `mark`, at the end of `batch` behind `traced` bytes
    /// that are in `trace` already. Bytes of owners are referred to; fields and headers, which are
    /// not payload, are copied.
    #[allow(clippy::disallowed_methods, reason = "fields of messages and headers; payloads are referred to")]
    pub(crate) fn refer(&self, mark: Mark, batch: &[u8], traced: usize, trace: &mut Vec<Segment>) {
        let Mark { mut next, left } = mark;
        let mut len = left - self.left;
        let header = batch.get(traced..batch.len().saturating_sub(len)).unwrap_or_default();
        trace.extend((!header.is_empty()).then(|| header.to_vec().into()));
        while let Some(run) = self.runs.get(next.run).filter(|_| len > 0) {
            let part = match run {
                Run::Encoded(bytes) => {
                    let part = bytes.get(next.offset..bytes.len().min(next.offset + len)).unwrap_or_default();
                    next.next_run();
                    Some(part.to_vec().into())
                }
                Run::Owned(bytes) => match bytes.segments().get(next.segment) {
                    Some(segment) => {
                        let part = segment.slice(next.offset..segment.len().min(next.offset + len));
                        next.next_segment();
                        part
                    }
                    None => {
                        next.next_run();
                        None
                    }
                },
            };
            if let Some(part) = part.filter(|part| !Segment::is_empty(part)) {
                len -= part.len();
                trace.push(part);
            }
        }
    }

    /// Payload bytes that were not gathered yet.
    pub(crate) fn unsent(&self) -> usize {
        self.payload_left
    }
}

/// How far a message was gathered.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    next: Cursor,
    left: usize,
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
        let ext_qos = frame::ext::QoSType::new(lane.priority.to_wire());
        Zenoh080::new().write(writer, &FrameHeader { reliability: lane.reliability.to_wire(), sn, ext_qos })
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
                reliability: lane.reliability.to_wire(),
                more,
                sn,
                ext_qos: fragment::ext::QoSType::new(lane.priority.to_wire()),
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
