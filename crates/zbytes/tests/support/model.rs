//! A payload beside the plain vector that it must equal: operations done to both, and compared
//! after each.

use std::io::{Read, Seek, SeekFrom};

use zbytes::{
    ledger::{Ledger, Place, Reason, Stage},
    payload::ZBytes,
    segment::{Mode, Source},
};

/// One source.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) bytes: Vec<u8>,
    pub(crate) mode: Mode,
    pub(crate) place: Place,
}

/// What can be done to a payload. Positions are thousandths of its length.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Append(Vec<Part>),
    AppendItself,
    Slice(usize, usize),
    Split(usize, bool),
    /// Reads so many bytes from each of these positions on.
    Read(Vec<(Whence, usize, usize)>),
    /// Compares with the same bytes in other pieces, and with ones that differ at a position.
    Compare(usize, usize),
    Contiguous,
    Windows(usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Whence {
    Start,
    Here,
    End,
}

/// The payload and its model.
pub(crate) struct Pair<'a> {
    pub(crate) payload: ZBytes,
    pub(crate) bytes: Vec<u8>,
    /// Where the pieces lie that it is compared with.
    place: Place,
    /// Makes a source where its part says.
    source: &'a dyn Fn(&Part) -> Source,
}

impl<'a> Pair<'a> {
    pub(crate) fn build(parts: &[Part], place: Place, source: &'a dyn Fn(&Part) -> Source) -> Self {
        let (payload, receipt) = ZBytes::build(parts.iter().map(source)).unwrap();
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.bytes.clone()).collect();
        let copied: usize = parts.iter().filter(|part| part.mode == Mode::Copy).map(|part| part.bytes.len()).sum();
        assert_eq!(receipt.ledger.total(), copied as u64, "building copies the segments in copy mode, each once");
        assert_eq!(payload.segments().len(), parts.len());
        assert!(receipt.modes.iter().eq(parts.iter().map(|part| &part.mode)));
        for (segment, part) in payload.segments().iter().zip(parts) {
            assert_eq!(segment.len(), part.bytes.len());
            let place = if part.mode == Mode::Copy { Place::Linear } else { part.place };
            assert_eq!(segment.place(), place);
        }
        let pair = Self { payload, bytes, place, source };
        pair.check();
        pair
    }

    /// Does `operation` to both and compares.
    pub(crate) fn apply(&mut self, operation: &Operation) {
        let at = |thousandths: usize| self.bytes.len() * thousandths.min(1000) / 1000;
        match operation {
            Operation::Append(parts) => {
                let other = Self::build(parts, self.place, self.source);
                self.payload.append(&other.payload).unwrap();
                self.bytes.extend(other.bytes);
            }
            Operation::AppendItself => {
                // Doubling again and again would fill any memory, with empty segments as well.
                if self.bytes.len() < 4096 && self.payload.segments().len() < 1024 {
                    let twin = self.payload.clone();
                    self.payload.append(&twin).unwrap();
                    self.bytes.extend_from_within(..);
                    assert_eq!(twin.len() * 2, self.payload.len(), "the clone stays as it was");
                }
            }
            Operation::Slice(from, to) => {
                let (from, to) = (at(*from), at(*to));
                match self.payload.slice(from..to) {
                    Some(slice) => {
                        self.bytes = self.bytes[from..to].to_vec();
                        self.payload = slice;
                    }
                    None => assert!(from > to),
                }
                assert!(self.payload.slice(0..self.payload.len() + 1).is_none());
            }
            Operation::Split(border, first) => {
                let border = at(*border);
                let (before, after) = self.payload.split_at(border).unwrap();
                let mut joined = before.clone();
                joined.append(&after).unwrap();
                let ledger = &mut Ledger::new();
                assert!(joined.eq_bytes(&self.payload, ledger).unwrap());
                let empty = |payload: &ZBytes| payload.segments().iter().filter(|s| s.is_empty()).count();
                assert_eq!(empty(&joined), empty(&self.payload), "no empty segment is lost or made");
                let (head, tail) = self.bytes.split_at(border);
                (self.payload, self.bytes) = if *first { (before, head.to_vec()) } else { (after, tail.to_vec()) };
            }
            Operation::Read(reads) => {
                let mut reader = self.payload.reader();
                let mut model = std::io::Cursor::new(&self.bytes);
                let mut copied = 0;
                for (whence, position, len) in reads {
                    let position = at(*position) as i64;
                    let to = match whence {
                        Whence::Start => SeekFrom::Start(position as u64),
                        Whence::Here => SeekFrom::Current(position - self.bytes.len() as i64 / 2),
                        Whence::End => SeekFrom::End(3 - position),
                    };
                    assert_eq!(reader.seek(to).ok(), model.seek(to).ok());
                    let (mut mine, mut expected) = (vec![0; *len], vec![0; *len]);
                    let read = reader.read(&mut mine).unwrap();
                    assert_eq!(read, model.read(&mut expected).unwrap());
                    assert_eq!(mine, expected);
                    assert_eq!(reader.position(), model.position());
                    copied += read as u64;
                }
                assert_eq!(reader.ledger().total(), copied);
            }
            Operation::Compare(border, other) => {
                let whole = Part { bytes: self.bytes.clone(), mode: Mode::Borrow, place: self.place };
                let (head, tail) = self.bytes.split_at(at(*border));
                let piece = |bytes: &[u8]| Part { bytes: bytes.to_vec(), ..whole.clone() };
                let cut = Self::build(&[piece(head), piece(&[]), piece(tail)], self.place, self.source);
                let ledger = &mut Ledger::new();
                assert!(self.payload.eq_bytes(&cut.payload, ledger).unwrap());
                assert!(cut.payload.eq_bytes(&self.payload, ledger).unwrap());
                assert!(self.payload.eq_layout(&self.payload.clone()));
                let lengths = |payload: &ZBytes| payload.segments().iter().map(|s| s.len()).collect::<Vec<_>>();
                assert_eq!(self.payload.eq_layout(&cut.payload), lengths(&self.payload) == lengths(&cut.payload));
                if !self.bytes.is_empty() {
                    let mut bytes = self.bytes.clone();
                    let at = at(*other).min(bytes.len() - 1);
                    bytes[at] ^= 1;
                    let different = Self::build(&[piece(&bytes)], self.place, self.source);
                    assert!(!self.payload.eq_bytes(&different.payload, ledger).unwrap());
                    let shorter = self.payload.slice(0..at).unwrap();
                    assert!(!self.payload.eq_bytes(&shorter, ledger).unwrap());
                }
            }
            Operation::Contiguous => {
                let mut ledger = Ledger::new();
                let block = self.payload.to_bytes(&mut ledger).unwrap();
                assert_eq!(block.as_slice(), self.bytes);
                let free = matches!(self.payload.segments(), [only] if only.place() == Place::Linear);
                assert_eq!(ledger.bytes_in(Stage::Read), if free { 0 } else { self.bytes.len() as u64 });
            }
            Operation::Windows(len) => {
                let mut ledger = Ledger::new();
                let mut seen = Vec::new();
                let mut look = |bytes: &[u8]| seen.extend_from_slice(bytes);
                self.payload.for_each_window(&mut vec![0; *len], &mut ledger, &mut look).unwrap();
                assert_eq!(seen, self.bytes);
                let elsewhere = |s: &&zbytes::segment::Segment| s.place() == Place::JsHeap;
                let through: usize = self.payload.segments().iter().filter(elsewhere).map(|s| s.len()).sum();
                assert_eq!(ledger.total(), through as u64);
                assert!(ledger.entries().all(|(entry, _)| entry.reason == Reason::Window));
            }
        }
        self.check();
    }

    fn check(&self) {
        assert_eq!(self.payload.len(), self.bytes.len());
        assert_eq!(self.payload.is_empty(), self.bytes.is_empty());
        assert_eq!(self.payload.segments().iter().map(|s| s.len()).sum::<usize>(), self.bytes.len());
        assert_eq!(self.payload.to_bytes(&mut Ledger::new()).unwrap().as_slice(), self.bytes);
    }
}
