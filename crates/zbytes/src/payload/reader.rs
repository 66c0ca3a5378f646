//! Reading a payload in order, as from a file.

use std::io::{self, Read, Seek, SeekFrom};

use super::{build::BuildError, bytes::ZBytes};
use crate::ledger::{Ledger, Reason, Stage};

/// Reads a payload from any position on, across the borders of its segments. It holds the payload,
/// so the owners live as long as it does. What it copies is in its own ledger.
///
/// ```
/// use std::io::{Read, Seek, SeekFrom};
/// use zbytes::{payload::ZBytes, segment::Source};
///
/// let payload = ZBytes::from_segments([Source::moved(vec![1u8, 2, 3]), Source::moved(vec![4u8, 5])])?;
/// let mut reader = payload.reader();
/// reader.seek(SeekFrom::End(-3))?;
/// let mut bytes = Vec::new();
/// reader.read_to_end(&mut bytes)?;
/// assert_eq!(bytes, [3, 4, 5]);
/// assert_eq!(reader.ledger().total(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    payload: ZBytes,
    /// From the beginning of the payload. May be beyond its end, as in a file.
    position: u64,
    /// The segment that `position` was last seen in, and where it begins.
    at: (usize, usize),
    ledger: Ledger,
}

impl Reader {
    pub(super) fn new(payload: ZBytes) -> Self {
        Self { payload, position: 0, at: (0, 0), ledger: Ledger::new() }
    }

    /// The payload that is read.
    #[must_use]
    pub fn payload(&self) -> &ZBytes {
        &self.payload
    }

    /// What was copied by reading.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The offset of the next byte.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }
}

impl Read for Reader {
    /// Copies as many bytes as `into` has room for and the payload has left, from as many segments
    /// as that takes.
    ///
    /// # Errors
    /// The [`BuildError`] of an owner that was detached, as the cause of an [`io::Error`]. What was
    /// read before it in the same call counts as read: the error comes with the next call.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.payload.len() as u64;
        let left = len.saturating_sub(self.position).min(into.len() as u64) as usize;
        let (mut index, mut begin) = self.at;
        if self.position < begin as u64 {
            (index, begin) = (0, 0);
        }
        let mut done = 0;
        while done < left {
            // There are bytes left, so a segment has them, and it does not begin behind them.
            let segment = &self.payload.segments()[index];
            let offset = self.position as usize - begin;
            if offset >= segment.len() {
                (index, begin) = (index + 1, begin + segment.len());
                continue;
            }
            let part = (segment.len() - offset).min(left - done);
            let space = &mut into[done..done + part];
            let read = segment.copy_to(offset, space, Stage::Read, Reason::Reader, &mut self.ledger);
            if let Err(error) = read {
                if done > 0 {
                    break;
                }
                return Err(io::Error::other(BuildError::Segment { index, error }));
            }
            done += part;
            self.position += part as u64;
        }
        self.at = (index, begin);
        Ok(done)
    }
}

impl Seek for Reader {
    /// Goes to another position; beyond the end is allowed, and reads nothing there.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for a position before the beginning or beyond 2^64; the
    /// position stays as it was.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => (self.payload.len() as u64).checked_add_signed(by),
        };
        self.position = position.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "a position before the beginning of the payload, or beyond 2^64",
            )
        })?;
        Ok(self.position)
    }
}
