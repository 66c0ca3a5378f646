//! Tables in CSV and TSV files: which columns are numbers, and the numbers of one column.
//!
//! A table is read piece by piece, so memory holds one piece and what is known of the columns.

use super::decimal::{Slow, decimal};
use crate::{number::count, outside::shown_at_most, segment::Element};

/// The most bytes of a file that is read as a table.
pub const MAX_TABLE: usize = 64 << 20;

/// The most columns of a table.
pub const MAX_COLUMNS: usize = 1024;

/// The most bytes of a cell that may be a number, or that names a column.
const MAX_CELL: usize = 128;

/// The mark of UTF-8 at the beginning of a file.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The most characters of a column's name.
const MAX_NAME: usize = 40;

/// Which column of a table, and how the table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// From 0.
    pub at: u16,
    /// What stands between two cells.
    pub delimiter: u8,
    /// Whether the first line names the columns.
    pub head: bool,
}

/// A column of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Which.
    pub column: Column,
    /// Its name; without a head, its number from 1.
    pub name: String,
    /// `Int32` for whole numbers that fit, else `Float64`.
    pub element: Element,
    /// Cells without a number, which become NaN.
    pub empty: usize,
}

/// What is known of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Lines without the head.
    pub lines: usize,
    /// All columns.
    pub width: usize,
    /// Those of numbers.
    pub numbers: Vec<Numbers>,
}

/// Whether a file is called as a table is.
#[must_use]
pub fn is(name: &str) -> bool {
    let ends = |end: &str| {
        name.len() >= end.len()
            && name.as_bytes().iter().rev().zip(end.bytes().rev()).all(|(a, b)| a.eq_ignore_ascii_case(&b))
    };
    ends(".csv") || ends(".tsv")
}

/// The delimiter of a table: of comma, semicolon and tabulator the one that its first line has most
/// often outside of quotes.
#[must_use]
pub fn delimiter(head: &[u8]) -> u8 {
    let lines = head.split(|byte| matches!(byte, b'\n' | b'\r'));
    let first = lines.into_iter().find(|line| !line.is_empty() && line.first() != Some(&b'#')).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0usize), (b';', 0), (b'\t', 0)];
    for byte in first {
        quoted ^= *byte == b'"';
        counts.iter_mut().filter(|(mark, _)| mark == byte && !quoted).for_each(|(_, count)| *count += 1);
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(mark, _)| *mark)
}

/// The cells of a table, from pieces of its file, by the rules of RFC 4180. Lines without a cell are
/// left out, and lines that begin with `#`, in which numpy writes the names of columns.
struct Cells {
    delimiter: u8,
    cell: Vec<u8>,
    /// Whether the cell is longer than any that matters.
    long: bool,
    /// Whether anything stands in the line so far, if only a delimiter or a quote.
    any: bool,
    /// Within quotes; after them, because a second one stands for itself; and in a comment.
    quoted: bool,
    closed: bool,
    comment: bool,
}

impl Cells {
    const fn new(delimiter: u8) -> Self {
        Self { delimiter, cell: Vec::new(), long: false, any: false, quoted: false, closed: false, comment: false }
    }

    /// Tells of each cell that ends in a piece, and whether its line ends with it. An empty piece is
    /// the end of the file. A long cell is told as a text that is not a number.
    fn feed(&mut self, piece: &[u8], tell: &mut dyn FnMut(&str, bool)) {
        // The end of the file ends its last line.
        let end = if piece.is_empty() { &b"\n"[..] } else { piece };
        self.quoted &= !piece.is_empty();
        for byte in end {
            let is_end = matches!(byte, b'\n' | b'\r');
            if self.comment {
                self.comment = !is_end;
            } else if self.quoted {
                if *byte == b'"' {
                    (self.quoted, self.closed) = (false, true);
                } else {
                    self.push(*byte);
                }
            } else if *byte == b'"' && (self.closed || self.cell.is_empty()) {
                // The first quote of two was not the last one of the cell.
                if self.closed {
                    self.push(*byte);
                }
                (self.quoted, self.closed, self.any) = (true, false, true);
            } else if *byte == self.delimiter || is_end && self.any {
                let text = std::str::from_utf8(&self.cell).unwrap_or("?");
                tell(if self.long { "…" } else { text.trim() }, is_end);
                self.cell.clear();
                (self.long, self.closed, self.any) = (false, false, !is_end);
            } else if *byte == b'#' && !self.any {
                self.comment = true;
            } else if !is_end {
                self.any = true;
                self.push(*byte);
            }
        }
    }

    fn push(&mut self, byte: u8) {
        if self.cell.len() < MAX_CELL {
            self.cell.push(byte);
            // What some programs write in front of UTF-8 belongs to no cell.
            if self.cell == BOM {
                self.cell.clear();
            }
        } else {
            self.long = true;
        }
    }
}

/// The number in a cell. Where a semicolon stands between cells, a comma may be a decimal point.
fn number(cell: &str, delimiter: u8, slow: Slow<'_>) -> Option<f64> {
    if delimiter == b';' && cell.contains(',') {
        return decimal(&cell.replacen(',', ".", 1), slow);
    }
    decimal(cell, slow)
}

/// What a cell is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Whole,
    Real,
    Text,
}

/// How many cells of one column are what, without the first line.
struct Seen {
    name: String,
    first: Kind,
    counts: [usize; 4],
}

impl Seen {
    fn count(&self, kind: Kind, head: bool) -> usize {
        self.counts.get(kind as usize).copied().unwrap_or_default() + usize::from(!head && self.first == kind)
    }

    fn is_numbers(&self, head: bool) -> bool {
        self.count(Kind::Text, head) == 0 && self.count(Kind::Whole, head) + self.count(Kind::Real, head) > 0
    }
}

/// Looks at every cell of a table.
pub struct Scan {
    cells: Cells,
    found: Found,
}

struct Found {
    delimiter: u8,
    columns: Vec<Seen>,
    /// The column of the next cell.
    at: usize,
    lines: usize,
    wrong: Option<String>,
}

impl Found {
    /// Takes the next cell, and whether its line ends with it.
    fn cell(&mut self, cell: &str, ends: bool) {
        if self.wrong.is_some() {
            return;
        }
        // Only whether it is a number matters here.
        let kind = match number(cell, self.delimiter, &|_| f64::NAN) {
            Some(number) if number == f64::from(number as i32) && !cell.contains(['.', ',', 'e', 'E']) => Kind::Whole,
            Some(_) => Kind::Real,
            None if cell.is_empty() => Kind::Empty,
            None => Kind::Text,
        };
        let (line, width) = (self.lines + 1, self.columns.len());
        if self.lines > 0 {
            match self.columns.get_mut(self.at).and_then(|column| column.counts.get_mut(kind as usize)) {
                Some(count) => *count += 1,
                None => self.wrong = Some(format!("Line {line} has more cells than the first one, which has {width}.")),
            }
        } else if width < MAX_COLUMNS {
            self.columns.push(Seen { name: shown_at_most(cell, MAX_NAME), first: kind, counts: [0; 4] });
        } else {
            self.wrong = Some(format!("It has more than {} columns.", count(MAX_COLUMNS)));
        }
        self.at += 1;
        if ends {
            if self.at < width {
                self.wrong = Some(format!("Line {line} has {} cells, and the first one {width}.", self.at));
            }
            (self.at, self.lines) = (0, line);
        }
    }
}

impl Scan {
    /// Begins to look at a table.
    #[must_use]
    pub fn new(delimiter: u8) -> Self {
        let found = Found { delimiter, columns: Vec::new(), at: 0, lines: 0, wrong: None };
        Self { cells: Cells::new(delimiter), found }
    }

    /// Looks at the next piece of the file. An empty piece is its end.
    pub fn feed(&mut self, piece: &[u8]) {
        let found = &mut self.found;
        self.cells.feed(piece, &mut |cell, ends| found.cell(cell, ends));
    }

    /// What is known after the end of the file.
    ///
    /// # Errors
    /// In words: why no column of it can be read.
    pub fn finish(self) -> Result<Table, String> {
        let Found { delimiter, columns, lines, wrong, .. } = self.found;
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        // The first line is a head when a word stands over a column of numbers.
        let head = columns.iter().any(|column| column.first == Kind::Text && column.is_numbers(true));
        let numbers: Vec<Numbers> = (0u16..)
            .zip(&columns)
            .filter(|(_, column)| column.is_numbers(head))
            .map(|(at, column)| {
                let empty = column.count(Kind::Empty, head);
                let whole = empty == 0 && column.count(Kind::Real, head) == 0;
                Numbers {
                    column: Column { at, delimiter, head },
                    name: if head { column.name.clone() } else { format!("column {}", at + 1) },
                    element: if whole { Element::Int32 } else { Element::Float64 },
                    empty,
                }
            })
            .collect();
        if numbers.is_empty() {
            return Err("None of its columns has numbers alone.".to_owned());
        }
        Ok(Table { lines: lines - usize::from(head), width: columns.len(), numbers })
    }
}

impl Table {
    /// What it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let [lines, width, numbers] = [self.lines, self.width, self.numbers.len()].map(count);
        let [line, column] = [(self.lines, "line"), (self.width, "column")]
            .map(|(n, noun)| format!("{noun}{}", if n == 1 { "" } else { "s" }));
        let named = self.numbers.first().is_some_and(|numbers| numbers.column.head);
        let head = if named { "Its first line names the columns." } else { "It has no line of names." };
        format!("Table, {lines} {line}; {numbers} of {width} {column} are numbers. {head}")
    }
}

/// Reads the numbers of one column.
pub struct Pick {
    cells: Cells,
    column: Column,
    element: Element,
    /// The column of the next cell.
    at: u16,
    /// Whether the next line is the head.
    head: bool,
}

impl Pick {
    /// Begins to read a column, as `Int32` or as `Float64`.
    #[must_use]
    pub fn new(column: Column, element: Element) -> Self {
        Self { cells: Cells::new(column.delimiter), column, element, at: 0, head: column.head }
    }

    /// Appends the elements of the next piece of the file, little-endian. An empty piece is its end.
    pub fn feed(&mut self, piece: &[u8], slow: Slow<'_>, into: &mut Vec<u8>) {
        let Self { cells, column, element, at, head } = self;
        cells.feed(piece, &mut |cell, ends| {
            if *at == column.at && !*head {
                let number = number(cell, column.delimiter, slow).unwrap_or(f64::NAN);
                match element {
                    Element::Int32 => into.extend((number as i32).to_le_bytes()),
                    _ => into.extend(number.to_le_bytes()),
                }
            }
            *at = at.saturating_add(1);
            if ends {
                (*at, *head) = (0, false);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(text: &[u8], piece: usize) -> Result<Table, String> {
        let mut scan = Scan::new(delimiter(text));
        text.chunks(piece).for_each(|piece| scan.feed(piece));
        scan.feed(&[]);
        scan.finish()
    }

    fn column(text: &[u8], numbers: &Numbers, piece: usize) -> Vec<f64> {
        let (mut pick, mut into) = (Pick::new(numbers.column, numbers.element), Vec::new());
        let slow = |text: &str| text.parse().unwrap();
        text.chunks(piece).chain([&[][..]]).for_each(|piece| pick.feed(piece, &slow, &mut into));
        match numbers.element {
            Element::Int32 => into.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes).into()).collect(),
            _ => into.as_chunks().0.iter().copied().map(f64::from_le_bytes).collect(),
        }
    }

    fn columns(text: &str) -> Vec<(String, Element, Vec<f64>)> {
        let table = scan(text.as_bytes(), 7).unwrap();
        table.numbers.iter().map(|one| (one.name.clone(), one.element, column(text.as_bytes(), one, 3))).collect()
    }

    #[test]
    fn columns_of_numbers_are_found_and_read() {
        let text = "\u{feff}time,\"height, m\",who\r\n1,2.5,\"a \"\"b\"\"\"\r\n2,-1e3,c\r\n3,,d\r\n";
        let found = columns(text);
        assert_eq!(found[0], ("time".to_owned(), Element::Int32, vec![1.0, 2.0, 3.0]));
        assert_eq!(
            (found[1].0.as_str(), found[1].1, &found[1].2[..2]),
            ("height, m", Element::Float64, &[2.5, -1000.0][..])
        );
        assert!(found[1].2[2].is_nan() && found.len() == 2);
        let table = scan(text.as_bytes(), 1000).unwrap();
        assert_eq!((table.lines, table.width, table.numbers[1].empty), (3, 3, 1));
        assert_eq!(table.words(), "Table, 3 lines; 2 of 3 columns are numbers. Its first line names the columns.");
    }

    #[test]
    fn tables_of_other_people_are_read_too() {
        // numpy.savetxt, a spreadsheet with a decimal comma, tabulators, and dates without a head.
        assert_eq!(columns("# a b\n1.0,2.0\n3.0,4.0\n")[1].2, [2.0, 4.0]);
        assert_eq!(columns("x;y\n1,5;2\n2,5;3\n")[0].2, [1.5, 2.5]);
        assert_eq!(columns("x\ty\n1\t2\n")[1], ("y".to_owned(), Element::Int32, vec![2.0]));
        assert_eq!(columns("2020-01-01,7\n2020-01-02,8")[0], ("column 2".to_owned(), Element::Int32, vec![7.0, 8.0]));
        assert_eq!(columns("5000000000\n1\n")[0].1, Element::Float64);
        assert_eq!(columns("0.1234567890123456789\n")[0].2, [0.123_456_789_012_345_68]);
    }

    #[test]
    fn what_is_no_table_of_numbers_is_said() {
        let error = |text: &str| scan(text.as_bytes(), 5).unwrap_err();
        assert_eq!(error("a,b\nc,d\n"), "None of its columns has numbers alone.");
        assert_eq!(error(""), "None of its columns has numbers alone.");
        assert_eq!(error("1,2\n3\n"), "Line 2 has 1 cells, and the first one 2.");
        assert_eq!(error("1,2\n3,4,5\n"), "Line 2 has more cells than the first one, which has 2.");
        assert_eq!(error(&"1,".repeat(2000)), "It has more than 1,024 columns.");
        assert_eq!(error(&"9".repeat(1000)), "None of its columns has numbers alone.");
    }

    #[test]
    fn tables_are_known_by_their_name() {
        assert!(is("a.csv") && is("B.TSV") && is(".csv"));
        assert!(!is("csv") && !is("a.csv.gz") && !is("größer"));
    }

    proptest! {
        #[test]
        fn property_pieces_of_any_size_read_the_same(text in "[0-9a,;\n\"#. \t]{0,120}", piece in 1usize..9) {
            let (whole, pieces) = (scan(text.as_bytes(), 1000), scan(text.as_bytes(), piece));
            prop_assert_eq!(&whole, &pieces);
            for one in whole.iter().flat_map(|table| &table.numbers) {
                let numbers = column(text.as_bytes(), one, piece);
                prop_assert_eq!(Ok(numbers.len()), whole.as_ref().map(|table| table.lines));
            }
        }

        #[test]
        fn property_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = scan(&bytes, 11);
        }
    }
}
