//! Where batches cut the message of a put, and so its payload. The lengths are computed by the
//! encoder that also sends.

use super::{
    Lane,
    outgoing::{PartOf, header},
};

/// Bytes of scratch space for the header of a frame or a fragment.
const HEADER: usize = 64;

/// The parameters of a plan besides the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batches {
    /// The longest batch, in bytes.
    pub(crate) size: u16,
    /// The lane of the batches.
    pub(crate) lane: Lane,
    /// Whether first fragments carry a marker.
    pub(crate) markers: bool,
    /// The sequence number that the plan assumes for each batch. A larger one may be longer on the
    /// wire.
    pub(crate) sn: u32,
}

/// Says how the message of one put is spread over batches, if no other message shares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPlan {
    /// The number of batches, at least one; each is one WebSocket message.
    pub count: usize,
    /// The longest batch, in bytes, as agreed with the router.
    pub size: u16,
    /// Bytes of the message before its payload: its header, and the attachment.
    before: usize,
    /// Payload bytes.
    len: usize,
    /// Bytes of the message in the first batch.
    first: usize,
    /// Bytes of the message in each further one; the last may have fewer.
    each: usize,
}

impl BatchPlan {
    /// The plan for a message of `before` bytes and then `len` payload bytes. Even in the shortest
    /// batches it puts at least one byte of the message.
    #[must_use]
    pub(crate) fn of(before: usize, len: usize, batches: &Batches) -> Self {
        let Batches { size, lane, markers, sn } = *batches;
        let (space, message) = (usize::from(size), before.saturating_add(len));
        let mut scratch = [0; HEADER];
        let mut room = |begun| {
            let at = header(&mut scratch, space, PartOf { begun, left: message }, lane, sn, markers);
            debug_assert!(at.is_ok(), "no header takes {HEADER} bytes");
            // A caller may ask for batches that are shorter than their headers.
            space.saturating_sub(at.unwrap_or(HEADER)).max(1)
        };
        let (first, each) = (room(false).min(message), room(true));
        Self { count: 1 + (message - first).div_ceil(each), size, before, len, first, each }
    }

    /// Returns the payload offset at which batch `index` ends. A batch that ends before the payload
    /// begins ends at 0.
    #[must_use]
    pub fn end(&self, index: usize) -> usize {
        // Behind the last batch every index ends at the end of the payload.
        let end = self.first.saturating_add(index.saturating_mul(self.each));
        end.saturating_sub(self.before).min(self.len)
    }

    /// Returns the batch that carries the payload byte at `offset`.
    #[must_use]
    pub fn batch_of(&self, offset: usize) -> usize {
        match self.before.saturating_add(offset).checked_sub(self.first) {
            None => 0,
            Some(rest) => (1 + rest / self.each).min(self.count.saturating_sub(1)),
        }
    }
}
