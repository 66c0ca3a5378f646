//! A payload: an ordered list of segments, zenoh's `ZBytes`.
//!
//! [`ZBytes`] is what a put sends and what a sample carries. It holds references to owners, never
//! bytes:
//!
//! ```text
//!   ZBytes                   a clone, a slice, a sample delivered locally, a put under way
//!   +---------------+        +---------------+
//!   | 0 | 1 | 2 | 3 |        |   1   |   2   |
//!   +-|---|---|---|-+        +---|-------|---+
//!     |   |   |   |              |       |
//!     |   |   |   +---------+    |       |
//!     |   +-------|---------|----+       |                each owner lives until the last of them lets go
//!     |   |       +---------|----+-------+
//!     v   v       v         v
//!   +------+  +-------+  +-------+
//!   | block|  | array |  | array |
//!   +------+  +-------+  +-------+
//!    copied:   borrowed:  moved:
//!    one block the        the caller
//!    for all   caller     cannot reach
//!              has it too it any more
//! ```
//!
//! # When bytes are copied
//!
//! | call | copies |
//! |---|---|
//! | [`ZBytes::build`], [`ZBytes::from_segments`] | the segments in copy mode, all into one block of linear memory; nothing of the others |
//! | [`ZBytes::slice`], [`ZBytes::split_at`], [`ZBytes::append`], `clone` | nothing |
//! | [`ZBytes::to_bytes`] | nothing when there is one segment and it is in linear memory, else everything once |
//! | [`ZBytes::reader`] | what is read |
//! | [`ZBytes::for_each_window`], [`ZBytes::eq_bytes`], [`Search`], [`Difference`] | what is in the JavaScript heap, through a small window |
//! | [`Addressed::copy_to`] | what it is asked for |
//! | a put | everything once, into batches, when they leave |
//! | `ZBuf::try_from`, `ZBytes::from(ZBuf)` | nothing |
//!
//! Each copy is written into a [`Ledger`](crate::ledger::Ledger): that of the [`Receipt`] for
//! building, and for the rest the one that the call is given.
//!
//! ```
//! use zbytes::{ledger::Ledger, payload::ZBytes, segment::Source};
//!
//! let (payload, receipt) = ZBytes::build([Source::copy(vec![1u8, 2]), Source::moved(vec![7u8; 1000])])?;
//! assert_eq!((payload.len(), receipt.ledger.total()), (1002, 2)); // Only the header was copied.
//!
//! let (head, tail) = payload.split_at(500).unwrap();
//! assert_eq!(tail.segments().len(), 1);
//!
//! let mut ledger = Ledger::new();
//! tail.to_bytes(&mut ledger)?; // One segment in linear memory: already contiguous.
//! assert_eq!(ledger.total(), 0);
//! head.to_bytes(&mut ledger)?; // Two segments: gathered.
//! assert_eq!(ledger.total(), 500);
//! # Ok::<(), zbytes::payload::BuildError>(())
//! ```
//!
//! It must never flatten itself in silence: contiguous bytes exist only for a caller who asks for
//! them, with a ledger in hand.
//!
//! # Borders and empty segments
//!
//! A payload keeps its borders, also those around empty segments: its layout is what was built.
//! They are not on the wire. A receiver gets one run of bytes and finds the borders of its own
//! batches in it. So payloads are compared by bytes ([`ZBytes::eq_bytes`]) and, where that is
//! meant, by their borders ([`ZBytes::eq_layout`]).
//!
//! # What is where
//!
//! `bytes` has the payload itself, `build` makes one out of sources. `reader`, `search`, `compare`,
//! `difference` and `addressed` read it, each in its own way.

mod addressed;
mod build;
mod bytes;
mod compare;
mod difference;
mod reader;
mod search;

pub use self::{
    addressed::Addressed,
    build::{BuildError, Receipt},
    bytes::{MAX_LEN, ZBytes},
    difference::{Difference, Seek, Windows},
    reader::Reader,
    search::{Direction, Search, Step},
};

#[cfg(test)]
mod tests;
