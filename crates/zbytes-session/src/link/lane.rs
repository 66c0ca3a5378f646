//! Sequence numbers and reassembly, lane by lane.
//!
//! With priorities there are 8 priorities times 2 reliabilities, each a lane with its own numbers
//! in both directions; without them one pair. The rules are those of zenoh-transport 1.10
//! (`unicast/universal/rx.rs`, `common/seq_num.rs`).

use std::time::Duration;

use zbytes::{payload::ZBytes, segment::Segment};
use zenoh_protocol::core::Bits;

use super::{
    error::LinkError,
    held::{Account, Hold},
    table::ByLane,
};
use crate::wire::{BATCH_SIZE, Batches, Lane, Priority, Reliability};

/// The smallest batch that can carry a fragment with something in it, with room to spare.
pub const MIN_BATCH: u16 = 64;

/// The largest sequence number of each resolution: seven bits for each byte that it takes on the
/// wire.
#[must_use]
pub fn sn_mask(bits: Bits) -> u32 {
    match bits {
        Bits::U8 => 0x7f,
        Bits::U16 => 0x3fff,
        Bits::U32 => 0x0fff_ffff,
        Bits::U64 => u32::MAX,
    }
}

/// The sequence number of the first frames: one of the first that have the full length of their
/// resolution on the wire, by `random`. So all numbers of a lane have that length for most of a
/// round, and [`Agreed`] can say where batches will cut. A round of 28 bits lasts for more than 230
/// million batches of a lane.
#[must_use]
pub fn initial_sn(mask: u32, random: u32) -> u32 {
    let bits = mask.count_ones().max(1);
    let full = 1 << ((bits - 1) / 7 * 7);
    full + (random & (mask >> 3))
}

/// What the handshake agreed on that decides how messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Whether there are priorities, each with lanes of its own.
    pub qos: bool,
    /// Whether first and dropped fragments are marked.
    pub markers: bool,
    /// The largest sequence number.
    pub mask: u32,
    /// The longest batch, in bytes.
    pub batch_size: u16,
}

impl Agreed {
    /// What a client offers, and a router with zenoh's defaults agrees to.
    pub const OFFERED: Self = Self { qos: true, markers: true, mask: 0x0fff_ffff, batch_size: BATCH_SIZE };

    /// The lane of a message of ours.
    #[must_use]
    pub fn lane(&self, priority: Priority, reliability: Reliability) -> Lane {
        Lane { priority: if self.qos { priority } else { Priority::DEFAULT }, reliability }
    }

    /// What the batches of a lane depend on. Their numbers are taken for the largest: those of a
    /// client have the same length on the wire until its lane has counted once round.
    pub(crate) fn batches(&self, lane: Lane) -> Batches {
        Batches { size: self.batch_size, lane, markers: self.markers, sn: self.mask }
    }
}

/// Bounds on what is put together.
#[derive(Clone, Copy, Debug)]
pub struct Reassembly {
    /// Bytes of a message, in each lane.
    pub bytes: usize,
    /// Fragments of all messages, in all lanes.
    pub fragments: usize,
}

/// A batch that has arrived. Clones share its bytes.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// When, as the driver's clock has it.
    pub at: Duration,
    /// All of it.
    pub bytes: ZBytes,
}

/// A received fragment.
#[derive(Debug)]
pub struct Piece {
    /// Its sequence number.
    pub sn: u32,
    /// Whether further ones of its message follow.
    pub more: bool,
    /// Whether it is marked as the first.
    pub first: bool,
    /// Whether its sender has given the message up.
    pub dropped: bool,
    /// The part of the message.
    pub part: ZBytes,
    /// The batch that it came in, which stays as long as the part does.
    pub batch: Arrived,
}

/// A message that was put together.
#[derive(Debug)]
pub struct Whole {
    /// Its parts, where the received batches are.
    pub bytes: ZBytes,
    /// Those batches.
    pub batches: Vec<Arrived>,
    /// What is kept for it.
    pub hold: Hold,
    /// Whether its first part is certain to be the beginning of a message. If not, bytes that are
    /// not one whole message mean that the beginning was lost.
    pub sure: bool,
}

/// A message that is being put together, with what is noted about it.
#[derive(Debug)]
pub struct Partial<N> {
    parts: Vec<Segment>,
    /// The batches of the parts.
    batches: Vec<Arrived>,
    hold: Hold,
    bytes: usize,
    fragments: usize,
    /// Whether it is certain that the first part is the beginning.
    sure: bool,
    /// How many of them were told.
    told: usize,
    /// What is noted about the message, once something is.
    pub note: Option<N>,
}

impl<N> Partial<N> {
    fn new(hold: Hold, sure: bool) -> Self {
        Self { parts: Vec::new(), batches: Vec::new(), hold, bytes: 0, fragments: 0, sure, told: 0, note: None }
    }

    /// The first part of the message.
    #[must_use]
    pub fn first(&self) -> Option<ZBytes> {
        self.parts.first().map(|part| ZBytes::of_held(vec![part.clone()]))
    }

    /// Bytes and fragments that have arrived, which are told now.
    pub fn tell(&mut self) -> (usize, usize) {
        self.told = self.fragments;
        (self.bytes, self.fragments)
    }
}

/// What was received in a lane.
#[derive(Debug)]
struct Receiving<N> {
    last: u32,
    message: Option<Partial<N>>,
    /// Whether fragments are passed over up to a last one: a part of their message was lost, and
    /// where the next begins is not marked.
    broken: bool,
}

/// All lanes, both ways. `N` is what the owner notes about a message while it arrives.
#[derive(Debug)]
pub struct Lanes<N> {
    agreed: Agreed,
    sending: ByLane<u32>,
    receiving: ByLane<Receiving<N>>,
    /// Messages that have ended and about which something was noted, and whether they came whole.
    ended: Vec<(N, bool)>,
}

impl<N> Default for Lanes<N> {
    /// The lanes of a link on which nothing is agreed yet.
    fn default() -> Self {
        Self {
            agreed: Agreed { qos: false, markers: false, mask: 0, batch_size: MIN_BATCH },
            sending: ByLane::default(),
            receiving: ByLane::of(|_| Receiving { last: 0, message: None, broken: false }),
            ended: Vec::new(),
        }
    }
}

impl<N> Lanes<N> {
    /// Lanes whose first frames have these sequence numbers, ours and theirs.
    ///
    /// # Errors
    /// [`LinkError::SequenceNumber`] when theirs is larger than was agreed.
    pub fn new(agreed: Agreed, ours: u32, theirs: u32) -> Result<Self, LinkError> {
        let mut lanes = Self { agreed, sending: ByLane::of(|_| ours), ..Self::default() };
        lanes.valid(theirs)?;
        for lane in lanes.receiving.iter_mut() {
            // The first frame must come after this one.
            lane.last = theirs.wrapping_sub(1) & agreed.mask;
        }
        Ok(lanes)
    }

    /// What was agreed on.
    #[must_use]
    pub fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    /// The lane of a message of ours.
    #[must_use]
    pub fn lane(&self, priority: Priority, reliability: Reliability) -> Lane {
        self.agreed.lane(priority, reliability)
    }

    /// The sequence number that the next batch of `lane` will have.
    #[must_use]
    pub fn next_sn(&self, lane: Lane) -> u32 {
        self.sending[lane]
    }

    /// A batch of `lane` was really written.
    pub fn spend(&mut self, lane: Lane) {
        self.sending[lane] = self.sending[lane].wrapping_add(1) & self.agreed.mask;
    }

    fn valid(&self, sn: u32) -> Result<(), LinkError> {
        if sn & !self.agreed.mask == 0 {
            Ok(())
        } else {
            Err(LinkError::SequenceNumber { found: sn, largest: self.agreed.mask })
        }
    }

    fn receiving(&mut self, lane: Lane, sn: u32) -> Result<&mut Receiving<N>, LinkError> {
        self.valid(sn)?;
        if !self.agreed.qos && lane.priority != Priority::DEFAULT {
            return Err(LinkError::Priority);
        }
        Ok(&mut self.receiving[lane])
    }

    /// Whether a frame with this sequence number is new. An old or repeated one is not, and is
    /// passed over. Nothing stands between the fragments of a message, so one that has not ended
    /// will not.
    ///
    /// # Errors
    /// [`LinkError`], which ends the session.
    pub fn frame(&mut self, lane: Lane, sn: u32) -> Result<bool, LinkError> {
        let fresh = self.accept(lane, sn)?;
        if fresh {
            self.forget(lane);
            self.receiving(lane, sn)?.broken = false;
        }
        Ok(fresh)
    }

    fn accept(&mut self, lane: Lane, sn: u32) -> Result<bool, LinkError> {
        let mask = self.agreed.mask;
        let receiving = self.receiving(lane, sn)?;
        let gap = sn.wrapping_sub(receiving.last) & mask;
        let fresh = gap != 0 && gap & !(mask >> 1) == 0;
        if fresh {
            receiving.last = sn;
        }
        Ok(fresh)
    }

    /// Takes a fragment; returns the whole message with the last one. Its parts are those of the
    /// received batches, which are held in `account`.
    ///
    /// # Errors
    /// [`LinkError`], which ends the session.
    pub fn reassemble(
        &mut self,
        lane: Lane,
        piece: Piece,
        bounds: &Reassembly,
        account: &Account,
    ) -> Result<Option<Whole>, LinkError> {
        let Agreed { markers, mask, .. } = self.agreed;
        let follows = piece.sn == self.receiving(lane, piece.sn)?.last.wrapping_add(1) & mask;
        if !self.accept(lane, piece.sn)? {
            return Ok(None);
        }
        let under_way = self.receiving[lane].message.is_some();
        if !follows || markers && (piece.first || piece.dropped) {
            self.forget(lane);
        }
        let receiving = self.receiving(lane, piece.sn)?;
        if markers {
            if piece.dropped || (!piece.first && receiving.message.is_none()) {
                // Given up, or the beginning was lost and the rest is of no use.
                return Ok(None);
            }
        } else if receiving.broken || !follows && under_way {
            receiving.broken = piece.more;
            return Ok(None);
        }
        // Between messages a number that did not come is not always a loss: zenoh 1.0 passes over
        // one before a message that fits into no batch.
        let sure = markers || follows;
        let mut message = receiving.message.take().unwrap_or_else(|| Partial::new(account.hold(0), sure));
        let limit = bounds.bytes;
        let bytes = message.bytes.checked_add(piece.part.len()).filter(|bytes| *bytes <= limit);
        message.bytes = bytes.ok_or(LinkError::Reassembly { what: "bytes", limit })?;
        message.fragments += 1;
        message.parts.extend(piece.part.segments().iter().cloned());
        // A part without a byte refers to nothing.
        if !piece.part.is_empty() {
            message.hold.grow(piece.batch.bytes.len());
            message.batches.push(piece.batch);
        }
        let others = self.receiving.iter().filter_map(|receiving| receiving.message.as_ref());
        let fragments = others.map(|other| other.parts.len()).sum::<usize>() + message.parts.len();
        if fragments > bounds.fragments {
            return Err(LinkError::Reassembly { what: "fragments", limit: bounds.fragments });
        }
        if piece.more {
            self.receiving[lane].message = Some(message);
            return Ok(None);
        }
        self.ended.extend(message.note.map(|note| (note, true)));
        let bytes = ZBytes::of_held(message.parts);
        Ok(Some(Whole { bytes, batches: message.batches, hold: message.hold, sure: message.sure }))
    }

    fn forget(&mut self, lane: Lane) {
        let forgotten = self.receiving[lane].message.take();
        self.ended.extend(forgotten.and_then(|message| message.note).map(|note| (note, false)));
    }

    /// Forgets everything that is being put together.
    pub fn forget_all(&mut self) {
        let forgotten = self.receiving.iter_mut().filter_map(|receiving| receiving.message.take());
        self.ended.extend(forgotten.filter_map(|message| message.note).map(|note| (note, false)));
    }

    /// A message that is being put together, and of which more has arrived than was told.
    pub fn news(&mut self) -> Option<&mut Partial<N>> {
        let mut messages = self.receiving.iter_mut().filter_map(|receiving| receiving.message.as_mut());
        messages.find(|message| message.fragments > message.told)
    }

    /// What was noted about messages that have ended since the last call, and whether all of each
    /// is there.
    pub fn take_ended(&mut self) -> Vec<(N, bool)> {
        std::mem::take(&mut self.ended)
    }
}
