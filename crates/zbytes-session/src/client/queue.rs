//! What a client's queues know beyond those of any link: whose operation a message belongs to.

use zbytes::ledger::Ledger;

use super::{ids::OpId, transfer::Leaving};
use crate::link;

/// A message that waits, and the caller's operation that it belongs to, if any.
pub(super) type Queued = link::Queued<Option<OpId>>;

/// The queues of a session.
pub(super) type Queues = link::Queues<Option<OpId>>;

/// What has become of a message that was to be given up.
pub(super) enum Cancel {
    /// It is given up; so many of its payload bytes had left.
    Done { sent: usize, total: usize },
    /// A part of it has left, and the router knows no way to be told.
    HalfSent,
    /// It does not wait.
    NotThere,
}

impl Queues {
    /// Empties the queues. Returns the operations that waited, in the order in which they would
    /// have left, and for each whether a part of it was sent.
    pub(super) fn abandon(&mut self) -> Vec<(OpId, bool)> {
        std::mem::take(self).into_queued().filter_map(|queued| Some((queued.tag?, queued.message.is_begun()))).collect()
    }

    /// Gives up the message of an operation; its owners are let go.
    pub(super) fn cancel(&mut self, op: OpId, markers: bool) -> Cancel {
        for queue in self.queues.iter_mut() {
            let Some(at) = queue.iter().position(|queued| queued.tag == Some(op)) else { continue };
            let begun = queue.get(at).is_some_and(|queued| queued.message.is_begun());
            if begun && !markers {
                return Cancel::HalfSent;
            }
            let Some(Queued { lane, message, .. }) = queue.remove(at) else { break };
            self.traced -= usize::from(message.is_traced());
            self.aborts.extend(begun.then_some(lane));
            self.bytes -= message.unsent() as u64;
            self.count -= 1;
            let total = message.payload_len();
            return Cancel::Done { sent: total - message.unsent(), total };
        }
        Cancel::NotThere
    }

    /// How far a message is of which more has left than was told.
    pub(super) fn progress(&mut self) -> Option<Leaving> {
        for ((_, queue), told) in self.queues.iter().zip(self.told.iter_mut()) {
            let begun = queue.front().filter(|queued| queued.message.is_begun());
            let Some((op, message)) = begun.and_then(|queued| Some((queued.tag?, &queued.message))) else { continue };
            let (fragments, total) = (message.batches(), message.payload_len());
            if std::mem::replace(told, (op, fragments)) != (op, fragments) {
                return Some(Leaving { op, bytes: total - message.unsent(), total, fragments });
            }
        }
        None
    }
}

/// The part of its operation, of which a batch carries `payload` bytes.
pub(super) fn part(queued: &Queued, payload: usize) -> Option<Part> {
    let message = &queued.message;
    let last = message.is_done().then(|| (message.batches(), message.ledger().clone()));
    // The batch is not finished yet.
    Some(Part { op: queued.tag?, payload, end: 0, last })
}

/// The part of a put that a batch carries.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// Which put.
    pub op: OpId,
    /// Payload bytes in this batch.
    pub payload: usize,
    /// Where this batch ends in the [`Transmit`](super::Transmit), in bytes.
    pub end: usize,
    /// With the last batch of the put: how many there were, and what gathering them copied.
    pub last: Option<(usize, Ledger)>,
}
