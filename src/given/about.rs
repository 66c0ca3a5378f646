//! What is understood of a file: its format in words, and the ways to read it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    csv::{self, Table},
    npy, picture, wav,
};
use crate::{
    number::{bytes, count},
    payload::MAX_LEN,
    segment::Element,
};

/// The bytes at the beginning of a file that are looked at. A picture may have metadata of 64 KiB a
/// piece in front of its size.
pub const LOOK: usize = 1 << 20;

/// What a table is called that is not read.
const TABLE: &str = "Table.";

/// A file with more columns of numbers comes as one row, with its first column.
const MOST_ROWS: usize = 16;

/// How the bytes of a file become those of a row.
///
/// It crosses as one number: rows are read and written in two formats, and each type costs in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
pub enum Reading {
    /// As they are.
    #[default]
    Bytes,
    /// The values of an array or the samples of a sound.
    Values,
    /// The pixels of a picture as RGBA, four bytes each.
    Pixels,
    /// The numbers of one column.
    Column(csv::Column),
}

impl From<Reading> for u32 {
    fn from(reading: Reading) -> Self {
        match reading {
            Reading::Bytes => 0,
            Reading::Values => 1,
            Reading::Pixels => 2,
            Reading::Column(csv::Column { at, delimiter, head }) => {
                u32::from(at) << 16 | u32::from(delimiter) << 8 | u32::from(head) << 7 | 3
            }
        }
    }
}

impl From<u32> for Reading {
    fn from(code: u32) -> Self {
        match code & 3 {
            0 => Self::Bytes,
            1 => Self::Values,
            2 => Self::Pixels,
            _ => Self::Column(csv::Column {
                at: (code >> 16) as u16,
                delimiter: (code >> 8) as u8,
                head: code >> 7 & 1 == 1,
            }),
        }
    }
}

/// One way to read a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The way.
    pub reading: Reading,
    /// What the elements become.
    pub element: Element,
    /// How many there are.
    pub length: usize,
    /// The name of a column; empty for the other ways.
    pub name: String,
    /// Cells of a column without a number, which become NaN.
    pub empty: usize,
    /// Where its bytes begin in the file, if they stand there as they are taken.
    pub start: Option<usize>,
}

/// What is understood of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The name of the file.
    pub name: String,
    /// Bytes of the file.
    pub len: usize,
    /// What it is, in words; empty for a format that the page does not know.
    pub words: String,
    /// The ways to read it, beside its bytes.
    pub offers: Vec<Offer>,
    /// Why it is read as bytes alone, though its format is known.
    pub problem: Option<String>,
}

impl Offer {
    fn new(reading: Reading, element: Element, length: usize) -> Self {
        Self { reading, element, length, name: String::new(), empty: 0, start: None }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.length.saturating_mul(self.element.size())
    }

    /// What a person calls it, in a list of ways.
    #[must_use]
    pub fn label(&self) -> String {
        let what = match self.reading {
            Reading::Bytes => "bytes of the file",
            Reading::Values => "values",
            Reading::Pixels => "pixels, RGBA",
            Reading::Column(_) => self.name.as_str(),
        };
        let empty = if self.empty > 0 { format!(", {} empty: NaN", count(self.empty)) } else { String::new() };
        format!("{what}: {} × {}{empty}", self.element.name(), count(self.length))
    }
}

impl About {
    /// The way of plain bytes, which every file has.
    #[must_use]
    pub fn plain(&self) -> Offer {
        Offer { start: Some(0), ..Offer::new(Reading::Bytes, Element::Uint8, self.len) }
    }

    /// What people call a row that is read in this way, until they name it themselves.
    #[must_use]
    pub fn name_of<'a>(&'a self, offer: &'a Offer) -> &'a str {
        if offer.name.is_empty() { &self.name } else { &offer.name }
    }

    /// The way of this reading, if the file has it.
    #[must_use]
    pub fn offer(&self, reading: Reading) -> Option<Offer> {
        self.offers
            .iter()
            .find(|offer| offer.reading == reading)
            .cloned()
            .or_else(|| (reading == Reading::Bytes).then(|| self.plain()))
    }

    /// The ways by which a file comes into a payload, a row each: values as such, of a table every
    /// column, and everything else as its bytes.
    #[must_use]
    pub fn first(&self) -> Vec<Offer> {
        match self.offers.first().map(|offer| offer.reading) {
            Some(Reading::Column(_)) if self.offers.len() <= MOST_ROWS => self.offers.clone(),
            Some(Reading::Column(_) | Reading::Values) => self.offers.iter().take(1).cloned().collect(),
            _ => vec![self.plain()],
        }
    }

    /// A file that is not of any known format.
    #[must_use]
    pub fn unknown(name: &str, len: usize) -> Self {
        Self { name: name.to_owned(), len, ..Self::default() }
    }

    fn found(mut self, kind: &str, found: Result<(String, Vec<Offer>), String>) -> Self {
        match found {
            Ok((words, offers)) => (self.words, self.offers) = (words, offers),
            Err(problem) => (self.words, self.problem) = (kind.to_owned(), Some(problem)),
        }
        let longest = self.offers.iter().map(Offer::bytes).max().unwrap_or_default();
        if longest > MAX_LEN {
            self.problem =
                Some(format!("Its values are {}; a payload holds at most {}.", bytes(longest), bytes(MAX_LEN)));
            self.offers.clear();
        }
        self
    }

    /// What is understood of a table.
    #[must_use]
    pub fn of_table(name: &str, len: usize, table: Result<Table, String>) -> Self {
        let found = table.map(|table| {
            let offers = table.numbers.iter().map(|numbers| Offer {
                name: numbers.name.clone(),
                empty: numbers.empty,
                ..Offer::new(Reading::Column(numbers.column), numbers.element, table.lines)
            });
            (table.words(), offers.collect())
        });
        Self::unknown(name, len).found(TABLE, found)
    }
}

/// What a file of `len` bytes is by its beginning `head`; `None` for a table, all of which must be
/// looked at.
#[must_use]
pub fn look(name: &str, head: &[u8], len: usize) -> Option<About> {
    let values = |element, length: u64, start: usize, as_is: bool| {
        let offer = Offer::new(Reading::Values, element, usize::try_from(length).unwrap_or(usize::MAX));
        vec![Offer { start: as_is.then_some(start), ..offer }]
    };
    let about = About::unknown(name, len);
    Some(if npy::is(head) {
        let npy = npy::read(head, len as u64);
        about.found(
            "An array of numpy.",
            npy.map(|npy| (npy.words(), values(npy.element, npy.length, npy.start, !npy.swapped))),
        )
    } else if wav::is(head) {
        let wav = wav::read(head, len as u64);
        about.found("WAV.", wav.map(|wav| (wav.words(), values(wav.element, wav.length, wav.start, wav.bits != 24))))
    } else if picture::is(head) {
        let pixels = |size: usize| vec![Offer::new(Reading::Pixels, Element::Uint8, size * 4)];
        let picture = picture::read(head);
        about.found("A picture.", picture.map(|picture| (picture.words(), pixels(picture.pixels()))))
    } else if !csv::is(name) {
        about
    } else if len > csv::MAX_TABLE {
        about.found(TABLE, Err(format!("The page reads a table of at most {}.", bytes(csv::MAX_TABLE))))
    } else {
        return None;
    })
}

/// How the bytes of a file are to be changed until they are those of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Not at all.
    None,
    /// Elements of so many bytes are turned round.
    Swap(usize),
    /// Samples of 24 bits become 32.
    Widen,
}

/// Where the values of a file are by its beginning, in bytes, and what is to be changed of them.
#[must_use]
pub fn values(head: &[u8], len: usize) -> Option<(Range<usize>, Change)> {
    if npy::is(head) {
        let npy = npy::read(head, len as u64).ok()?;
        let change = if npy.swapped { Change::Swap(npy.element.size()) } else { Change::None };
        return Some((npy.start..len.checked_sub(usize::try_from(npy.behind).ok()?)?, change));
    }
    let wav = wav::read(Some(head).filter(|head| wav::is(head))?, len as u64).ok()?;
    let change = if wav.bits == 24 { Change::Widen } else { Change::None };
    let bytes = usize::try_from(wav.length).ok()?.checked_mul(usize::from(wav.bits / 8))?;
    Some((wav.start..wav.start + bytes, change))
}

impl Change {
    /// Appends a piece of a file, changed. Its length is a multiple of 24, or it is the last one.
    #[allow(clippy::disallowed_methods, reason = "makes what a caller would have: no payload is there yet")]
    pub fn write(self, piece: &mut [u8], into: &mut Vec<u8>) {
        match self {
            Self::Widen => return wav::widen(piece, into),
            Self::Swap(size) => piece.chunks_exact_mut(size).for_each(<[u8]>::reverse),
            Self::None => {}
        }
        into.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_as_its_bytes() {
        let about = look("a.bin", b"anything", 8).unwrap();
        assert_eq!(about, About::unknown("a.bin", 8));
        assert_eq!(about.first(), [about.plain()]);
        assert_eq!(about.offer(Reading::Bytes).unwrap().label(), "bytes of the file: Uint8 × 8");
        assert_eq!(about.offer(Reading::Pixels), None);
    }

    #[test]
    fn every_reading_crosses_as_a_number() {
        let column = |at, delimiter, head| Reading::Column(csv::Column { at, delimiter, head });
        let columns = [column(0, b',', false), column(65_535, b';', true), column(300, b'\t', true)];
        for reading in [Reading::Bytes, Reading::Values, Reading::Pixels].into_iter().chain(columns) {
            assert_eq!(Reading::from(u32::from(reading)), reading);
        }
    }

    #[test]
    fn a_damaged_file_stays_bytes_and_says_why() {
        let about = look("a.npy", b"\x93NUMPY\x01\0\xff\xff{}", 12).unwrap();
        assert_eq!(about.first(), [about.plain()]);
        assert!(about.problem.unwrap().contains("cut off"));
    }

    #[test]
    fn values_that_no_payload_holds_are_refused() {
        // 24 bits become 32: the values are a third more than the file.
        let head = [
            &b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x65\x04\0\x03\0\x18\0data"[..],
            &(900u32 << 20).to_le_bytes(),
        ];
        let about = look("a.wav", &head.concat(), (900 << 20) + 44).unwrap();
        assert!(about.problem.unwrap().contains("a payload holds at most 1,073,741,824 B"));
        assert!(about.offers.is_empty());
    }

    #[test]
    fn a_table_comes_as_a_row_for_each_column() {
        assert_eq!(look("a.csv", b"1,2\n", 4), None);
        let huge = look("a.csv", b"1,2\n", 65 << 20).unwrap();
        assert!(huge.problem.unwrap().contains("at most 67,108,864 B"));
        let table = |columns| {
            let line = vec!["1"; columns].join(",");
            let mut scan = csv::Scan::new(b',');
            scan.feed(format!("{line}\n{line}\n").as_bytes());
            scan.feed(b"");
            About::of_table("a.csv", 9, scan.finish())
        };
        assert_eq!(table(2).first()[1].label(), "column 2: Int32 × 2");
        assert_eq!(table(2).name_of(&table(2).first()[1]), "column 2");
        let rows = |columns| table(columns).first().len();
        assert_eq!((rows(2), rows(MOST_ROWS), rows(MOST_ROWS + 1)), (2, MOST_ROWS, 1));
    }

    #[test]
    fn bytes_of_a_file_become_little_endian_elements() {
        let written = |change: Change, mut piece: Vec<u8>| {
            let mut into = Vec::new();
            change.write(&mut piece, &mut into);
            into
        };
        assert_eq!(written(Change::None, vec![1, 2, 3]), [1, 2, 3]);
        assert_eq!(written(Change::Swap(2), vec![1, 2, 3, 4]), [2, 1, 4, 3]);
        assert_eq!(written(Change::Widen, vec![0xFE, 0xFF, 0xFF]), (-2i32).to_le_bytes());
    }
}
