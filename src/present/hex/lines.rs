//! The lines in view: where they begin, how they are moved, and the bar beside them.

use std::ops::Range;

use crate::{
    outside::shown_char,
    present::{format, layout::scale},
};

/// So many characters of what was typed are told back.
pub(super) const SHOWN: usize = 40;

/// A payload in lines of equally many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Bytes in all.
    pub len: usize,
    /// Bytes of a line.
    pub width: usize,
}

impl Lines {
    /// How many there are; a payload without a byte has one empty line.
    #[must_use]
    pub fn count(self) -> usize {
        self.len.div_ceil(self.width.max(1)).max(1)
    }

    /// The line of a byte.
    #[must_use]
    pub fn of(self, offset: usize) -> usize {
        offset / self.width.max(1)
    }

    /// The bytes of a line; none beyond the last.
    #[must_use]
    pub fn bytes(self, line: usize) -> Range<usize> {
        let start = line.saturating_mul(self.width).min(self.len);
        start..start.saturating_add(self.width).min(self.len)
    }

    /// The last line that may be at the top of a view of `visible` lines.
    #[must_use]
    pub fn last_top(self, visible: usize) -> usize {
        self.count().saturating_sub(visible.max(1))
    }

    /// The line at the top that shows the byte at `offset`, moved from `top` no further than it
    /// must.
    #[must_use]
    pub fn showing(self, offset: usize, top: usize, visible: usize) -> usize {
        let line = self.of(offset);
        let least = (line + 1).saturating_sub(visible.max(1));
        top.max(least).min(line).min(self.last_top(visible).max(least))
    }

    /// The line at the top that shows the byte at `offset` a third down, for a jump.
    #[must_use]
    pub fn around(self, offset: usize, top: usize, visible: usize) -> usize {
        let line = self.of(offset);
        if (top..top + visible).contains(&line) {
            return top;
        }
        line.saturating_sub(visible / 3).min(self.last_top(visible))
    }

    /// Where a key takes the cursor, if it is one that moves it. `control` also stands for the
    /// command key.
    #[must_use]
    pub fn moved(self, key: &str, control: bool, cursor: usize, page: usize) -> Option<usize> {
        let last = self.len.saturating_sub(1);
        let line = self.bytes(self.of(cursor));
        let down = |lines: usize| {
            let lines = lines.min(self.count() - 1 - self.of(cursor).min(self.count() - 1));
            cursor.saturating_add(lines.saturating_mul(self.width)).min(last)
        };
        let up = |lines: usize| cursor - lines.min(self.of(cursor)) * self.width;
        Some(match key {
            "ArrowLeft" => cursor.saturating_sub(1),
            "ArrowRight" => (cursor + 1).min(last),
            "ArrowUp" => up(1),
            "ArrowDown" => down(1),
            "PageUp" => up(page.max(1)),
            "PageDown" => down(page.max(1)),
            "Home" if control => 0,
            "End" if control => last,
            "Home" => line.start,
            "End" => line.end.saturating_sub(1).min(last),
            _ => return None,
        })
    }
}

/// A scrollbar. A browser's own ends at some millions of pixels; a payload may have 134 million
/// lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The last line that may be at the top.
    pub last_top: usize,
    /// Lines that are seen at once.
    pub visible: usize,
    /// Pixels of its track.
    pub track: f64,
}

impl Bar {
    /// The least height of the thumb, in pixels: enough to be taken.
    const LEAST: f64 = 28.0;

    /// The height of the thumb.
    #[must_use]
    pub fn thumb(self) -> f64 {
        let share = self.visible as f64 / (self.last_top + self.visible).max(1) as f64;
        (self.track * share).max(Self::LEAST).min(self.track)
    }

    fn way(self) -> f64 {
        (self.track - self.thumb()).max(0.0)
    }

    /// Where the thumb begins when `top` is the first line.
    #[must_use]
    pub fn y_of(self, top: usize) -> f64 {
        if self.last_top == 0 { 0.0 } else { self.way() * (top.min(self.last_top) as f64 / self.last_top as f64) }
    }

    /// The first line when the thumb begins at `y`.
    #[must_use]
    pub fn top_of(self, y: f64) -> usize {
        let way = self.way();
        if way <= 0.0 || y.is_nan() {
            return 0;
        }
        // Both ends exactly, whatever was rounded on the way.
        (scale::inside(y / way, 0.0, 1.0) * self.last_top as f64).round() as usize
    }
}

/// How many digits the offsets of a payload of `len` bytes have, at least four.
#[must_use]
pub fn digits(len: usize) -> usize {
    format!("{:x}", len.saturating_sub(1)).len().max(4)
}

/// An offset for the column: `00b4 0010`, blanks between groups of four.
#[must_use]
pub fn column(offset: usize, digits: usize) -> String {
    let text = format!("{offset:0digits$x}");
    let mut grouped = String::with_capacity(text.len() + 2);
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && (text.len() - at).is_multiple_of(4) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// The largest power of two, at most 16, that divides an offset.
#[must_use]
pub fn alignment(offset: usize) -> usize {
    1 << offset.trailing_zeros().min(4)
}

/// An offset as a person types it: decimal, hexadecimal with `0x`, or from the cursor on with a
/// sign.
///
/// # Errors
/// What was wrong and what is expected.
pub fn offset(text: &str, cursor: usize, len: usize) -> Result<usize, String> {
    let expected = || "Expected an offset: 8192, 0x2000, or +16 and -0x10 from the cursor on.".to_owned();
    let Some(last) = len.checked_sub(1) else { return Err("The payload has no byte to go to.".to_owned()) };
    let separator = |c: char| matches!(c, ',' | '_' | '\'') || c.is_whitespace();
    let text: String = text.chars().filter(|c| !separator(*c)).collect();
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix(['-', '−'])) {
        (Some(rest), _) => (Some(true), rest),
        (_, Some(rest)) => (Some(false), rest),
        _ => (None, text.as_str()),
    };
    let (hex, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    if let Some(wrong) = hex.chars().find(|c| !c.is_digit(radix)) {
        let hint = if wrong.is_ascii_hexdigit() { " A hexadecimal offset begins with 0x." } else { "" };
        return Err(format!("“{}” is not a digit.{hint} {}", shown_char(wrong), expected()));
    }
    if hex.is_empty() {
        return Err(format!("Nothing is entered. {}", expected()));
    }
    // What passes 64 bits is beyond the end whatever it is.
    let number = u64::from_str_radix(hex, radix).unwrap_or(u64::MAX);
    let target = match sign {
        None => Some(number),
        Some(true) => Some(number.saturating_add(cursor as u64)),
        Some(false) => (cursor as u64).checked_sub(number),
    };
    match target {
        Some(target) if target <= last as u64 => Ok(target as usize),
        Some(_) => Err(format!("Beyond the end: the last byte is at {}, {}.", format::count(last), format::hex(last))),
        None => Err("Before the beginning.".to_owned()),
    }
}
