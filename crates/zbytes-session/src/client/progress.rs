//! How far large messages are, both ways, and giving up those of ours.
//!
//! Only what takes more than one batch has progress. It is state, not a stream of events. However
//! many fragments pass between two polls, [`Client::poll_progress`] tells the latest figures of
//! each message once, and of at most as many messages as the client has lanes. Who does not ask
//! pays nothing.
//!
//! ```text
//!   ours     put -> Progress::Sent, Progress::Sent, ...       -> the last Part of a Transmit, or Event::PutFailed
//!   others'         Progress::Received, Progress::Received, ... -> Event::ArrivalEnded, then the sample
//! ```
//!
//! A message of ours that is given up between two fragments is ended by a fragment with zenoh's
//! mark `ext_drop`, at once. The router forgets what it has of it, and the lane goes on. Routers
//! before patch 1 of the protocol do not know the mark. They would take the next message for the
//! rest of this one, so there it is not given up.

use zbytes::{ledger::Ledger, payload::ZBytes};

use super::{
    declare::Entity,
    error::{CommandError, GetError, PutError},
    event::Event,
    ids::OpId,
    machine::Client,
    queue::Cancel,
    sample::Locality,
    transfer::{Arriving, Known, Leaving},
};
use crate::wire::BatchReader;

/// How far a large message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A put, a get or an answer of ours.
    Sent(Leaving),
    /// A message of others.
    Received(Arriving),
}

impl Client {
    /// The latest figures of a large message of which anything has happened since they were told
    /// last; `None` once all are told.
    pub fn poll_progress(&mut self) -> Option<Progress> {
        if let Some(leaving) = self.queues.progress() {
            return Some(Progress::Sent(leaving));
        }
        let first = match self.lanes.news()? {
            news if news.note.is_none() => news.first(),
            _ => None,
        };
        // Before the message is borrowed again: to understand a head takes the tables of the whole
        // client.
        let found = first.map(|first| self.known(first));
        let news = self.lanes.news()?;
        let (bytes, fragments) = news.tell();
        let known = match found {
            Some(found) => news.note.insert(found),
            None => news.note.as_mut()?,
        };
        // A first fragment may end within the head.
        (known.arriving.bytes, known.arriving.fragments) = (bytes.saturating_sub(known.head), fragments);
        Some(Progress::Received(known.arriving.clone()))
    }

    /// Reads the head of a message out of its first fragment.
    fn known(&mut self, first: ZBytes) -> Known {
        self.arrivals += 1;
        let mut known = Known::default();
        known.arriving.id = self.arrivals;
        let mut ledger = Ledger::new();
        let head = BatchReader::new(&first, &mut ledger).head();
        self.ledger.absorb(&ledger);
        let Some(head) = head else { return known };
        let Ok(key) = self.remote.resolve(&head.key) else { return known };
        known.head = head.len;
        let arriving = &mut known.arriving;
        arriving.total = Some(head.payload);
        match head.answers {
            Some(request) => arriving.get = self.op_of_get(request),
            None => {
                let meant = self.declared.iter().filter(|declared| match &declared.entity {
                    Entity::Subscriber { subscriber, .. } => {
                        subscriber.allowed_origin != Locality::SessionLocal && subscriber.key_expr.intersects(&key)
                    }
                    _ => false,
                });
                arriving.subscribers = meant.map(|declared| declared.id).collect();
            }
        }
        arriving.key_expr = Some(key);
        known
    }

    /// Tells of those that have ended since, if anything else was told of them.
    pub(super) fn tell_arrivals_ended(&mut self) {
        let ended = self.lanes.take_ended();
        self.events
            .extend(ended.into_iter().map(|(known, whole)| Event::ArrivalEnded { id: known.arriving.id, whole }));
    }

    /// Gives up a put, an answer or a get. What has not begun to leave is simply taken out of the
    /// queue. What is between two of its fragments is ended so that the router forgets what it has
    /// of it. [`Event::PutFailed`] with [`PutError::Cancelled`] tells how much had left; a get ends
    /// with [`GetError::Cancelled`], whether its question has left or not.
    ///
    /// Subscribers of this client got the sample when it was put. A numbered sample that is given
    /// up is one that other subscribers miss.
    ///
    /// # Errors
    /// [`CommandError::CannotCancel`] when all of it has left, and of a fence;
    /// [`CommandError::CannotAbort`] when a part of it has, and the router cannot be told. Nothing
    /// has changed then.
    pub fn cancel(&mut self, op: OpId) -> Result<(), CommandError> {
        if self.is_fence(op) {
            return Err(CommandError::CannotCancel { op });
        }
        let cancel = self.queues.cancel(op, self.lanes.agreed().markers);
        if self.cancel_get(op) {
            // A question that is half sent and cannot be stopped is asked; what is answered is
            // passed over.
            return Ok(());
        }
        match cancel {
            Cancel::Done { sent, total } => {
                self.events.push_back(Event::PutFailed(op, PutError::Cancelled { sent, total }));
                Ok(())
            }
            Cancel::HalfSent => Err(CommandError::CannotAbort { op }),
            Cancel::NotThere => Err(CommandError::CannotCancel { op }),
        }
    }

    fn cancel_get(&mut self, op: OpId) -> bool {
        let number = self.number_of_get(op);
        if let Some(number) = number {
            self.end_get(number, Err(GetError::Cancelled));
        }
        number.is_some()
    }
}
