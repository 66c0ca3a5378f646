//! How a link carries batches: one in each message, or as a stream.
//!
//! ```text
//!   Messages   [ batch ] [ batch ] [ batch ]                    as zenoh's ws link
//!   Stream     len batch len batch len ba | tch len batch       as zenoh's tcp and unix links
//! ```
//!
//! In a stream each batch stands behind its length: two bytes, the lowest first (`zenoh-transport`,
//! `common/batch.rs`). A message may carry any run of it: many batches, and parts of them.

use std::collections::VecDeque;

use zbytes::{ledger::Ledger, payload::ZBytes, segment::Segment};

/// Bytes of the length in front of a batch.
const LENGTH: usize = 2;

/// What asks for [`Framing::Stream`] in the query of an address.
pub const STREAM: &str = "framing=stream";

/// What the address of a link over a port of a browser begins with.
pub const PORT: &str = "port:";

/// The longest run of a stream that an end sends in one message. Fewer messages cost less, and the
/// end that takes one holds all of it.
pub const RUN: usize = 256 << 10;

/// The longest run of a stream that an end takes in one message. The work of one call is bounded
/// by it.
pub const MAX_RUN: usize = 1 << 20;

/// How a link carries batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// One batch in each message.
    #[default]
    Messages,
    /// A stream of batches, each behind its length.
    Stream,
}

impl Framing {
    /// How many bytes stand in front of each batch. zenoh counts them as part of the batch: what
    /// both ends agree on for its length holds for both together.
    #[must_use]
    pub const fn prefix(self) -> usize {
        match self {
            Self::Messages => 0,
            Self::Stream => LENGTH,
        }
    }

    /// The framing that the address of a link asks for: `framing=stream` in its query says that a
    /// stream is behind it. A port, whose address begins with `port:`, always carries one.
    #[must_use]
    pub fn of_url(url: &str) -> Self {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        if url.starts_with(PORT) || query.split('&').any(|one| one == STREAM) { Self::Stream } else { Self::Messages }
    }

    /// The longest batch alone, if both ends have agreed on `agreed`.
    #[must_use]
    pub const fn longest(self, agreed: u16) -> u16 {
        agreed.saturating_sub(self.prefix() as u16)
    }

    /// Writes what stands in front of a batch of `len` bytes, into as many bytes as
    /// [`Framing::prefix`] says.
    #[allow(clippy::disallowed_methods, reason = "the length of a batch is not payload")]
    pub fn write_prefix(self, prefix: &mut [u8], len: usize) {
        debug_assert!(len <= usize::from(self.longest(u16::MAX)), "a batch is at most as long as agreed");
        if self == Self::Stream {
            prefix.copy_from_slice(&(len as u16).to_le_bytes());
        }
    }
}

/// Cuts a received stream into its batches. Their bytes stay where they arrived.
///
/// It keeps at most one batch that has not arrived as a whole.
#[derive(Debug, Default)]
pub struct Unframer {
    runs: VecDeque<Segment>,
    /// Bytes in `runs`.
    have: usize,
    /// The length of the next batch, once it is known.
    len: Option<usize>,
}

impl Unframer {
    /// Takes the next run of the stream.
    pub fn put(&mut self, run: Segment) {
        self.have += run.len();
        self.runs.push_back(run);
    }

    /// The next batch, if all of it has arrived. It is over the runs that it arrived in, so it has
    /// several segments if several runs hold parts of it. The two bytes of each length are read,
    /// and counted in the ledger as metadata.
    pub fn next_batch(&mut self, ledger: &mut Ledger) -> Option<ZBytes> {
        if self.len.is_none() {
            self.len = Some(self.read_length(ledger)?);
        }
        let len = self.len?;
        let batch = self.take(len)?;
        self.len = None;
        Some(ZBytes::of_held(batch))
    }

    fn read_length(&mut self, ledger: &mut Ledger) -> Option<usize> {
        let mut length = [0; LENGTH];
        let mut space = &mut length[..];
        for part in self.take(LENGTH)? {
            let (now, rest) = space.split_at_mut_checked(part.len())?;
            // What was received is the browser's own, and cannot be taken away.
            part.peek(0, now, ledger).ok()?;
            space = rest;
        }
        Some(usize::from(u16::from_le_bytes(length)))
    }

    /// So many bytes from the beginning, if they have arrived.
    fn take(&mut self, len: usize) -> Option<Vec<Segment>> {
        if self.have < len {
            return None;
        }
        self.have -= len;
        let (mut taken, mut left) = (Vec::new(), len);
        while left > 0 {
            let run = self.runs.pop_front()?;
            if run.len() > left {
                let (now, rest) = (run.slice(0..left)?, run.slice(left..run.len())?);
                self.runs.push_front(rest);
                taken.push(now);
                break;
            }
            left -= run.len();
            taken.push(run);
        }
        Some(taken)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation must stop the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stream(batches: &[Vec<u8>]) -> Vec<u8> {
        let framed = |batch: &Vec<u8>| [&(batch.len() as u16).to_le_bytes()[..], batch].concat();
        batches.iter().flat_map(framed).collect()
    }

    fn bytes(payload: &ZBytes) -> Vec<u8> {
        payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
    }

    #[test]
    fn address_says_what_is_behind_it() {
        for stream in
            ["ws://h:1/zenoh?framing=stream", "wss://h/?a=b&framing=stream#x", "ws://h:1?framing=stream", "port:hub"]
        {
            assert_eq!(Framing::of_url(stream), Framing::Stream, "{stream}");
        }
        for other in [
            "ws://h:1/zenoh",
            "ws://h/framing=stream",
            "ws://h/?framing=streams",
            "ws://h/?a#framing=stream",
            "ws://h/port:",
        ] {
            assert_eq!(Framing::of_url(other), Framing::Messages, "{other}");
        }
    }

    #[test]
    fn batch_in_one_run_is_one_segment_of_it() {
        let mut unframer = Unframer::default();
        let run = Segment::from_owner(stream(&[vec![1; 300], vec![], vec![2; 65_533]]));
        let begin = run.as_linear().unwrap().as_ptr();
        unframer.put(run);
        let mut ledger = Ledger::new();
        let first = unframer.next_batch(&mut ledger).unwrap();
        assert_eq!(first.segments().len(), 1);
        assert_eq!(first.segments()[0].as_linear().unwrap().as_ptr(), begin.wrapping_add(2));
        assert!(unframer.next_batch(&mut ledger).unwrap().is_empty());
        assert_eq!(unframer.next_batch(&mut ledger).unwrap().len(), 65_533);
        assert!(unframer.next_batch(&mut ledger).is_none());
        // Lengths only: three of two bytes.
        assert_eq!((ledger.total(), ledger.metadata()), (0, 6));
    }

    proptest! {
        #[test]
        fn property_any_cut_of_a_stream_gives_its_batches(
            batches in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
            cuts in prop::collection::vec(1usize..30, 1..40),
        ) {
            let whole = stream(&batches);
            let (mut unframer, mut found, mut ledger) = (Unframer::default(), Vec::new(), Ledger::new());
            let (mut rest, mut cuts) = (&whole[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (run, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                unframer.put(Segment::from_owner(run.to_vec()));
                rest = after;
                while let Some(batch) = unframer.next_batch(&mut ledger) {
                    found.push(bytes(&batch));
                }
            }
            prop_assert_eq!(found, batches);
            prop_assert_eq!(unframer.have, 0);
        }
    }
}
