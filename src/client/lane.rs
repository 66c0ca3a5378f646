//! Sequence numbers and reassembly, lane by lane.
//!
//! With priorities there are 8 priorities times 2 reliabilities, each a lane with its own numbers in both directions; without
//! them one pair. The rules are those of zenoh-transport 1.10 (`unicast/universal/rx.rs`, `common/seq_num.rs`).

use zenoh_protocol::core::{Bits, Priority, Reliability};

use super::{CloseCause, Limits};
use crate::{payload::ZBytes, segment::Segment, wire::Lane};

/// The smallest batch that can carry a fragment with something in it, with room to spare.
pub(super) const MIN_BATCH: u16 = 64;

/// The largest sequence number of each resolution: seven bits for each byte that it takes on the wire.
pub(super) fn sn_mask(bits: Bits) -> u32 {
    match bits {
        Bits::U8 => 0x7f,
        Bits::U16 => 0x3fff,
        Bits::U32 => 0x0fff_ffff,
        Bits::U64 => u32::MAX,
    }
}

/// What the handshake agreed on that lanes need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    pub(super) qos: bool,
    /// Whether first and dropped fragments are marked.
    pub(super) markers: bool,
    pub(super) mask: u32,
    pub(super) batch_size: u16,
}

/// A received fragment.
pub(super) struct Piece {
    pub(super) sn: u32,
    pub(super) more: bool,
    pub(super) first: bool,
    pub(super) dropped: bool,
    pub(super) part: ZBytes,
}

#[derive(Default)]
struct Receiving {
    last: u32,
    /// The sequence number that the next fragment must have.
    expected: u32,
    parts: Vec<Segment>,
    bytes: usize,
}

impl Receiving {
    fn forget(&mut self) {
        self.parts = Vec::new();
        self.bytes = 0;
    }
}

/// All lanes, both ways.
pub(super) struct Lanes {
    agreed: Agreed,
    sending: [u32; Self::COUNT],
    receiving: [Receiving; Self::COUNT],
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            agreed: Agreed { qos: false, markers: false, mask: 0, batch_size: MIN_BATCH },
            sending: [0; Self::COUNT],
            receiving: Default::default(),
        }
    }
}

impl Lanes {
    const COUNT: usize = Priority::NUM * 2;

    /// Lanes whose first frames have these sequence numbers.
    pub(super) fn new(agreed: Agreed, ours: u32, theirs: u32) -> Result<Self, CloseCause> {
        let mut lanes = Self { agreed, sending: [ours; Self::COUNT], ..Self::default() };
        lanes.valid(theirs)?;
        for lane in &mut lanes.receiving {
            // The first frame must come after this one.
            lane.last = theirs.wrapping_sub(1) & agreed.mask;
        }
        Ok(lanes)
    }

    pub(super) fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    /// The lane of a message of ours.
    pub(super) fn lane(&self, priority: Priority, reliability: Reliability) -> Lane {
        Lane { priority: if self.agreed.qos { priority } else { Priority::DEFAULT }, reliability }
    }

    fn index(lane: Lane) -> usize {
        lane.priority as usize * 2 + usize::from(lane.reliability == Reliability::Reliable)
    }

    /// The sequence number that the next batch of `lane` will have.
    pub(super) fn next_sn(&self, lane: Lane) -> u32 {
        self.sending.get(Self::index(lane)).copied().unwrap_or_default()
    }

    /// A batch of `lane` was really written.
    pub(super) fn spend(&mut self, lane: Lane) {
        if let Some(sn) = self.sending.get_mut(Self::index(lane)) {
            *sn = sn.wrapping_add(1) & self.agreed.mask;
        }
    }

    fn valid(&self, sn: u32) -> Result<(), CloseCause> {
        if sn & !self.agreed.mask == 0 {
            Ok(())
        } else {
            Err(CloseCause::SequenceNumber { found: sn, largest: self.agreed.mask })
        }
    }

    fn receiving(&mut self, lane: Lane, sn: u32) -> Result<&mut Receiving, CloseCause> {
        self.valid(sn)?;
        if !self.agreed.qos && lane.priority != Priority::DEFAULT {
            return Err(CloseCause::Priority);
        }
        self.receiving.get_mut(Self::index(lane)).ok_or(CloseCause::Priority)
    }

    /// Whether a batch with this sequence number is new. An old or repeated one is not, and is passed over.
    pub(super) fn accept(&mut self, lane: Lane, sn: u32) -> Result<bool, CloseCause> {
        let mask = self.agreed.mask;
        let receiving = self.receiving(lane, sn)?;
        let gap = sn.wrapping_sub(receiving.last) & mask;
        let fresh = gap != 0 && gap & !(mask >> 1) == 0;
        if fresh {
            receiving.last = sn;
        }
        Ok(fresh)
    }

    /// Takes a fragment; returns the whole message with the last one. Its parts are those of the received batches.
    pub(super) fn reassemble(
        &mut self,
        lane: Lane,
        piece: Piece,
        limits: &Limits,
    ) -> Result<Option<ZBytes>, CloseCause> {
        if !self.accept(lane, piece.sn)? {
            return Ok(None);
        }
        let Agreed { markers, mask, .. } = self.agreed;
        let receiving = self.receiving(lane, piece.sn)?;
        if markers {
            if piece.first {
                receiving.forget();
            } else if receiving.parts.is_empty() {
                // The beginning was lost; the rest is of no use.
                return Ok(None);
            }
            if piece.dropped {
                receiving.forget();
                return Ok(None);
            }
        }
        if receiving.parts.is_empty() {
            receiving.expected = piece.sn;
        }
        if piece.sn != receiving.expected {
            receiving.forget();
            return Ok(None);
        }
        receiving.expected = piece.sn.wrapping_add(1) & mask;
        receiving.bytes = receiving.bytes.saturating_add(piece.part.len());
        receiving.parts.extend(piece.part.segments().iter().cloned());
        if receiving.bytes > limits.reassembly_bytes {
            receiving.forget();
            return Err(CloseCause::Reassembly { what: "bytes", limit: limits.reassembly_bytes });
        }
        if receiving.parts.len() > limits.reassembly_fragments {
            receiving.forget();
            return Err(CloseCause::Reassembly { what: "fragments", limit: limits.reassembly_fragments });
        }
        if piece.more {
            return Ok(None);
        }
        let parts = std::mem::take(&mut receiving.parts);
        receiving.bytes = 0;
        Ok(Some(ZBytes::of_held(parts)))
    }
}
