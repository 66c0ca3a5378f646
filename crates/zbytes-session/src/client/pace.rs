//! Pacing by answers: how much may be on its way where nothing tells what has left.
//!
//! A driver paces by how much waits in its socket. In a browser whose socket does not tell, the
//! client can pace itself. With [`Limits::unanswered_bytes`](super::Limits::unanswered_bytes) it
//! asks the router again and again how far it is, and stops when too much is unanswered.
//!
//! ```text
//!   batches    1 2 3 4 | 5 6 7 8 | 9 ...          | a fence that goes before everything that waits
//!   router     "I have handled all before the first |"       so 1 to 4 are answered for
//! ```
//!
//! The question is that of [`Client::flush`]: an interest in a token that no session declares. It
//! goes in a lane in which no message is under way, so it may stand between two fragments. A router
//! handles the batches of a link in turn.

use std::collections::VecDeque;

use super::{machine::Client, queue::Queued};
use crate::wire::{Outgoing, Priority, Reliability, encode};

/// So many fences are on their way when as much as possible is.
const FENCES: u64 = 4;

/// How much of what was sent the router has answered for, in bytes of batches since the link
/// opened.
#[derive(Default)]
pub(super) struct Pace {
    sent: u64,
    answered: u64,
    /// What was sent before the last fence was made.
    fenced: u64,
    /// Fences without an answer: their numbers, and what was sent before each.
    fences: VecDeque<(u32, u64)>,
    /// Whether a part of an operation was sent behind the last fence.
    owing: bool,
}

impl Pace {
    /// A batch was sent; `parts` says whether it has parts of operations.
    pub(super) fn sent(&mut self, len: usize, parts: bool) {
        self.sent += len as u64;
        self.owing |= parts;
    }

    /// Takes the answer to an interest; returns whether it was one of these fences.
    pub(super) fn answer(&mut self, number: u32) -> bool {
        let Some(at) = self.fences.iter().position(|(fence, _)| *fence == number) else { return false };
        // What came before it was handled before it.
        if let Some((_, before)) = self.fences.drain(..=at).next_back() {
            self.answered = before;
        }
        true
    }

    /// Whether a fence is to leave now; `idle` says that nothing else waits.
    fn is_due(&self, most: u64, idle: bool) -> bool {
        self.sent - self.fenced >= most.div_ceil(FENCES) || (idle && self.owing && self.fences.is_empty())
    }

    fn is_full(&self, most: u64) -> bool {
        self.sent - self.answered >= most
    }
}

impl Client {
    /// Bytes of batches since the link opened that the router has answered for, if the client paces
    /// itself: see [`Limits::unanswered_bytes`](super::Limits::unanswered_bytes). The router has
    /// handed on what was in them.
    #[must_use]
    pub fn answered(&self) -> Option<u64> {
        self.config.limits.unanswered_bytes.map(|_| self.pace.answered)
    }

    /// The bound, in a session that is open.
    fn most_unanswered(&self) -> Option<u64> {
        self.config.limits.unanswered_bytes.filter(|_| self.is_open()).map(|most| most as u64)
    }

    /// Whether there is something to send that may be sent, or a question to be asked.
    pub(super) fn may_transmit(&self) -> bool {
        let idle = self.queues.is_empty();
        match self.most_unanswered() {
            Some(most) => self.pace.is_due(most, idle) || (!idle && !self.pace.is_full(most)),
            None => !idle,
        }
    }

    /// Asks how far the router is, if it is time; returns whether anything may be sent.
    pub(super) fn pace(&mut self) -> bool {
        let Some(most) = self.most_unanswered() else { return true };
        if self.pace.is_due(most, self.queues.is_empty()) {
            self.fence();
            return true;
        }
        !self.pace.is_full(most)
    }

    fn fence(&mut self) {
        let number = self.next_number();
        let head = encode::fence(number, Priority::Control);
        let mut lane = self.lanes.lane(Priority::Control, Reliability::Reliable);
        if self.queues.is_under_way(lane) {
            lane.reliability = Reliability::BestEffort;
        }
        self.queues.push_first(Queued { tag: None, lane, message: Outgoing::encoded(head) });
        let Pace { sent, fenced, fences, owing, .. } = &mut self.pace;
        (*fenced, *owing) = (*sent, false);
        fences.push_back((number, *sent));
    }
}
