//! Batches that wait for a client slower than the router.
//!
//! zenoh gives a subscriber one bounded time for a whole message, down to its last fragment. The
//! time begins when the router first has to wait. A large message over a slow link would end the
//! session of a client that reads as fast as it can.
//!
//! Once a message has begun, the lab reads it to its end, even if many bytes wait already. So the
//! router has sent all of it in time. Between messages little waits. The router drops samples that
//! may be dropped while they are young. A publisher that asks for BLOCK has to wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, error::TryRecvError, unbounded_channel};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use zenoh_buffers::reader::HasReader as _;
use zenoh_codec::{RCodec as _, Zenoh080};
use zenoh_protocol::core::{Priority, Reliability};
use zenoh_protocol::transport::{FragmentHeader, FrameHeader};

/// How many bytes may wait for a client before the lab begins to read the next message.
pub(crate) const BETWEEN_MESSAGES: usize = 256 * 1024;
/// How many bytes may wait beyond that in all backlogs together: once the longest message.
pub(crate) const BEYOND: usize = 1 << 30;

/// The room that all backlogs share, for their bytes beyond [`BETWEEN_MESSAGES`].
pub(crate) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(BEYOND))
}

/// A backlog's end at the router.
pub(crate) struct Input {
    batches: UnboundedSender<Waiting>,
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    under_way: UnderWay,
}

/// A backlog's end at the client.
pub(crate) struct Output {
    batches: UnboundedReceiver<Waiting>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Bytes that wait.
    bytes: AtomicUsize,
    /// Notified when the output takes some of them.
    less: Notify,
}

struct Waiting {
    batch: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// A new, empty backlog.
pub(crate) fn backlog(room: Arc<Semaphore>) -> (Input, Output) {
    let (sender, receiver) = unbounded_channel();
    let shared = Arc::<Shared>::default();
    let input = Input { batches: sender, shared: Arc::clone(&shared), room, under_way: UnderWay::default() };
    (input, Output { batches: receiver, shared })
}

impl Input {
    /// Notes which messages of zenoh the router has begun and ended, by its next batch.
    ///
    /// zenoh writes an empty batch into a stream when it cancels a message halfway.
    pub(crate) fn saw(&mut self, batch: &[u8]) {
        self.under_way.saw(batch);
    }

    /// Adds a message to those that wait. An empty one is left out: it would be an empty batch, and
    /// zenoh's own WebSocket links send nothing for one.
    pub(crate) fn put(&mut self, batch: Bytes) {
        if batch.is_empty() {
            return;
        }
        let before = self.shared.bytes.fetch_add(batch.len(), Ordering::Relaxed);
        let beyond = (before + batch.len()).saturating_sub(BETWEEN_MESSAGES).min(batch.len());
        // A batch is short, so its length fits into `u32`. A batch without room waits too, but then
        // the lab reads no further one.
        let room = u32::try_from(beyond).ok().filter(|beyond| *beyond > 0);
        let room = room.and_then(|beyond| Arc::clone(&self.room).try_acquire_many_owned(beyond).ok());
        // The output exists for as long as the caller adds batches, so an error cannot matter here.
        let _ = self.batches.send(Waiting { batch, _room: room });
    }

    /// Resolves when up to `more` bytes may be read from the router.
    pub(crate) async fn may_read(&self, more: usize) {
        loop {
            let less = self.shared.less.notified();
            let little = self.shared.bytes.load(Ordering::Relaxed) < BETWEEN_MESSAGES;
            if little || (self.under_way.is_any() && self.room.available_permits() >= more) {
                return;
            }
            less.await;
        }
    }
}

impl Output {
    /// The next batch, if one waits; an error when the router has ended and every batch was taken.
    pub(crate) fn next_now(&mut self) -> Option<Result<Bytes, ()>> {
        match self.batches.try_recv() {
            Ok(waiting) => Some(Ok(self.taken(waiting))),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(())),
        }
    }

    /// Waits for the next batch. `None` when the router has ended and every batch was taken.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        let waiting = self.batches.recv().await?;
        Some(self.taken(waiting))
    }

    fn taken(&self, waiting: Waiting) -> Bytes {
        self.shared.bytes.fetch_sub(waiting.batch.len(), Ordering::Relaxed);
        let Waiting { batch, _room } = waiting;
        drop(_room);
        self.shared.less.notify_one();
        batch
    }
}

/// The lanes in which the router has begun a message and not ended it, one bit for each.
#[derive(Default)]
struct UnderWay(u16);

impl UnderWay {
    fn saw(&mut self, batch: &[u8]) {
        if batch.is_empty() {
            // The router cancelled a message, in a lane that the empty batch does not name. If only
            // one lane is in the middle of a message, it is that one.
            if self.0.is_power_of_two() {
                self.0 = 0;
            }
            return;
        }
        // Fragments of one message fill a batch each; other batches hold whole messages.
        let codec = Zenoh080::new();
        let fragment: Result<FragmentHeader, _> = codec.read(&mut batch.reader());
        if let Ok(FragmentHeader { reliability, ext_qos, more, .. }) = fragment {
            return self.set(ext_qos.priority(), reliability, more);
        }
        let frame: Result<FrameHeader, _> = codec.read(&mut batch.reader());
        if let Ok(FrameHeader { reliability, ext_qos, .. }) = frame {
            self.set(ext_qos.priority(), reliability, false);
        }
    }

    fn set(&mut self, priority: Priority, reliability: Reliability, under_way: bool) {
        let bit = 1 << ((2 * priority as u16 + reliability as u16) & 0xf);
        if under_way { self.0 |= bit } else { self.0 &= !bit }
    }

    fn is_any(&self) -> bool {
        self.0 != 0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation must stop the test")]
mod tests {
    use futures_util::FutureExt as _;
    use zenoh_codec::WCodec as _;
    use zenoh_protocol::transport::{fragment, frame};

    use super::*;

    const LEN: usize = 60_000;

    /// A fragment; `more` is false for the last one of its message.
    fn fragment(priority: Priority, more: bool) -> Bytes {
        let header = FragmentHeader {
            reliability: Reliability::Reliable,
            more,
            sn: 7,
            ext_qos: fragment::ext::QoSType::new(priority),
            ext_first: None,
            ext_drop: None,
        };
        let mut batch = Vec::new();
        Zenoh080::new().write(&mut batch, &header).unwrap();
        batch.resize(LEN, 0);
        batch.into()
    }

    /// The first batch of a lane that holds whole messages.
    fn frame(priority: Priority) -> Bytes {
        let header =
            FrameHeader { reliability: Reliability::Reliable, sn: 7, ext_qos: frame::ext::QoSType::new(priority) };
        let mut batch = Vec::new();
        Zenoh080::new().write(&mut batch, &header).unwrap();
        batch.resize(LEN, 0);
        batch.into()
    }

    fn add(input: &mut Input, batch: Bytes) {
        input.saw(&batch);
        input.put(batch);
    }

    fn may_read(input: &Input) -> bool {
        input.may_read(LEN).now_or_never().is_some()
    }

    /// Adds batches until the lab may not read more, at most `most`. Returns how many it added.
    fn fill(input: &mut Input, batch: &Bytes, most: usize) -> usize {
        let mut count = 0;
        while count < most && may_read(input) {
            add(input, batch.clone());
            count += 1;
        }
        count
    }

    #[test]
    fn between_messages_little_waits() {
        let (mut input, mut output) = backlog(room());
        let frame = frame(Priority::Data);
        let little = BETWEEN_MESSAGES.div_ceil(LEN);
        assert_eq!(fill(&mut input, &frame, 100), little);
        assert!(!may_read(&input));
        output.next_now().unwrap().unwrap();
        assert_eq!(fill(&mut input, &frame, 100), 1);
        assert_eq!(fill(&mut input, &fragment(Priority::Data, false), 100), 0);
    }

    #[test]
    fn a_message_that_has_begun_is_read_to_its_end() {
        let (mut input, mut output) = backlog(room());
        let (more, last) = (fragment(Priority::Data, true), fragment(Priority::Data, false));
        assert_eq!(fill(&mut input, &more, 1_000), 1_000);
        // The end of a message in one lane does not end the message of the other lane.
        add(&mut input, fragment(Priority::RealTime, true));
        add(&mut input, last.clone());
        assert!(may_read(&input));
        add(&mut input, fragment(Priority::RealTime, false));
        assert!(!may_read(&input));
        let mut count = 0;
        while let Some(Ok(_)) = output.next_now() {
            count += 1;
        }
        assert_eq!(count, 1_003);
        assert!(may_read(&input));
    }

    #[test]
    fn a_message_that_is_given_up_is_not_under_way_any_more() {
        let full = || {
            let (mut input, output) = backlog(room());
            assert_eq!(fill(&mut input, &fragment(Priority::Data, true), 20), 20);
            (input, output)
        };
        // An empty batch cancels the message, and the client never gets that batch.
        let (mut input, mut output) = full();
        add(&mut input, Bytes::new());
        assert!(!may_read(&input));
        assert_eq!(std::iter::from_fn(|| output.next_now()).count(), 20);
        // An empty batch does not name its lane, so with two lanes the next frame of each decides.
        let (mut input, _output) = full();
        add(&mut input, fragment(Priority::RealTime, true));
        add(&mut input, Bytes::new());
        assert!(may_read(&input));
        add(&mut input, frame(Priority::RealTime));
        assert!(may_read(&input));
        add(&mut input, frame(Priority::Data));
        assert!(!may_read(&input));
    }

    #[test]
    fn all_backlogs_together_hold_so_much_beyond_and_give_it_back() {
        let room = Arc::new(Semaphore::new(10 * LEN));
        let more = fragment(Priority::Data, true);
        let little = BETWEEN_MESSAGES.div_ceil(LEN);
        let (mut first, first_out) = backlog(Arc::clone(&room));
        let (mut second, mut second_out) = backlog(Arc::clone(&room));
        let all = fill(&mut first, &more, 1_000) + fill(&mut second, &more, 1_000);
        assert!((2 * little + 8..=2 * little + 11).contains(&all), "{all}");
        assert!(!may_read(&first) && !may_read(&second));
        // The other backlog may use the room that one returns.
        drop((first, first_out));
        second_out.next_now().unwrap().unwrap();
        assert!(fill(&mut second, &more, 1_000) >= 8);
        drop((second, second_out));
        assert_eq!(room.available_permits(), 10 * LEN);
    }
}
