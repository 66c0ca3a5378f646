//! The arithmetic and the words of the view "Bytes": lines, scrolling, keys, what is typed, values of bytes, and bytes as source text. No web
//! types, so it is tested natively.

use std::ops::Range;

use half::f16;

use crate::present::{format, layout::scale};
use crate::{
    app::{Plan, Selection},
    outside::{is_unseen, isolated, shown_at_most, shown_char},
    payload::{Addressed, Difference},
    segment::{Element, Segment},
};

/// So many characters of what was typed are told back.
const SHOWN: usize = 40;

/// Which end of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Order {
    /// The least significant byte, as in the typed arrays of every engine that runs wasm.
    #[default]
    Little,
    /// The most significant byte, as on the wire of many protocols.
    Big,
}

impl Order {
    /// Both.
    pub const ALL: [Order; 2] = [Self::Little, Self::Big];

    /// The name, as in `little`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Little => "little",
            Self::Big => "big",
        }
    }
}

// ---- lines ----

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

    /// The line at the top that shows the byte at `offset`, moved from `top` no further than it must.
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

    /// Where a key takes the cursor, if it is one that moves it. `control` also stands for the command key.
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

/// A scrollbar. A browser's own ends at some millions of pixels; a payload may have 134 million lines.
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

// ---- segments ----

/// The segment that a byte is in, as the view marks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Chooses colour and pattern.
    pub position: usize,
    /// What it is called.
    pub name: String,
    /// Its bytes in the payload.
    pub range: Range<usize>,
    /// The segment in the rows, if it is one of theirs.
    pub selection: Option<Selection>,
}

/// The segment of the rows that has the byte at `offset`.
#[must_use]
pub fn planned(plan: &Plan, offset: usize) -> Option<Mark> {
    let at = plan.pieces.partition_point(|piece| piece.offset <= offset).checked_sub(1)?;
    let piece = plan.pieces.get(at).filter(|piece| offset < piece.end())?;
    let index = (offset - piece.offset) / piece.len.max(1);
    let start = piece.offset + index * piece.len;
    let name = if piece.count == 1 { piece.name.clone() } else { format!("{}[{}]", piece.name, format::count(index)) };
    Some(Mark {
        position: piece.position,
        name,
        range: start..start + piece.len,
        selection: Some(piece.selection(index)),
    })
}

/// Whether a payload has the segments of the rows, one for one by their lengths: then its segment `n` is that of the rows. O(segments).
#[must_use]
pub fn has_segments_of(plan: &Plan, payload: &Addressed) -> bool {
    let planned = plan.pieces.iter().flat_map(|piece| std::iter::repeat_n(piece.len, piece.count));
    planned.eq(payload.payload().segments().iter().map(Segment::len))
}

/// The segment of a sample that has the byte at `offset`; `kind` is what its segments are called.
#[must_use]
pub fn arrived(payload: &Addressed, offset: usize, kind: &str) -> Option<Mark> {
    let index = payload.segment_of(offset)?;
    let of = payload.payload().segments().len();
    let name = format!("{kind} {} of {}", format::count(index + 1), format::count(of));
    Some(Mark { position: index, name, range: payload.range(index)?, selection: None })
}

/// The batch that begins with the byte at `offset`, if one does that is not the first.
#[must_use]
pub fn batch_at(plan: &Plan, offset: usize) -> Option<usize> {
    let batch = plan.batches.batch_of(offset);
    (offset > 0 && offset < plan.len && batch > 0 && plan.batches.end(batch - 1) == offset).then_some(batch)
}

/// What looking has copied: to be in view, to search and compare, and to fill messages.
#[must_use]
pub fn looked_words([view, scanned, filled]: [u64; 3]) -> String {
    let mut parts = vec![format!("{} that were in view", format::requested(view))];
    parts.extend((scanned > 0).then(|| format!("{} to search and compare", format::requested(scanned))));
    parts.extend((filled > 0).then(|| format!("{} to fill messages", format::requested(filled))));
    match parts.as_slice() {
        [_] => format!("Looking copied {} so far: what was in view.", format::requested(view)),
        several => {
            format!("Looking copied {} so far: {}.", format::requested(view + scanned + filled), several.join(", "))
        }
    }
}

/// What a comparison has found, in a sentence.
#[must_use]
pub fn difference_words(difference: &Difference) -> String {
    let [here, there] = difference.lens();
    let found = match difference.first() {
        None if difference.common() == 0 => "There is no byte that both have".to_owned(),
        None => format!("No byte differs of {}", format::bytes(difference.common())),
        Some(first) => format!(
            "{} of {} {}, the first at {}",
            format::count(difference.count()),
            format::bytes(difference.common()),
            if difference.count() == 1 { "differs" } else { "differ" },
            format::hex(first)
        ),
    };
    let longer = match here.cmp(&there) {
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("; this one goes on for {}", format::bytes(here - there)),
        std::cmp::Ordering::Less => format!("; the other goes on for {}", format::bytes(there - here)),
    };
    format!("{found}{longer}.")
}

// ---- offsets ----

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

/// An offset as a person types it: decimal, hexadecimal with `0x`, or from the cursor on with a sign.
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

// ---- what is sought ----

/// What a text to search for stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Bytes in hexadecimal.
    Hex,
    /// A text in UTF-8.
    Text,
    /// A number of an element type.
    Number(Element),
}

impl Sought {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        let numbers = Element::ALL.into_iter().filter(|element| *element != Element::Uint8Clamped);
        [Self::Hex, Self::Text].into_iter().chain(numbers.map(Self::Number))
    }

    /// Names it in a list of choices.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Text => "text",
            Self::Number(element) => element.name(),
        }
    }

    /// What the list says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex bytes",
            Self::Text => "text",
            Self::Number(element) => element.name(),
        }
    }

    /// The bytes to search for.
    ///
    /// # Errors
    /// What was wrong and what is expected.
    pub fn bytes(self, text: &str, order: Order) -> Result<Vec<u8>, String> {
        match self {
            Self::Hex => hex_bytes(text),
            Self::Text if text.is_empty() => Err("Nothing is entered. Expected a text.".to_owned()),
            Self::Text => Ok(text.bytes().collect()),
            Self::Number(element) => number(text, element, order),
        }
    }
}

/// Bytes in hexadecimal: `de ad`, `DEAD`, `0xde, 0xad`. A byte has two digits.
fn hex_bytes(text: &str) -> Result<Vec<u8>, String> {
    const EXPECTED: &str = "Expected bytes of two hexadecimal digits each: de ad be ef.";
    let mut bytes = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        let word = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        let digits: Vec<u8> = word
            .chars()
            .map(|c| {
                c.to_digit(16)
                    .map(|digit| digit as u8)
                    .ok_or_else(|| format!("“{}” is not a hexadecimal digit. {EXPECTED}", shown_char(c)))
            })
            .collect::<Result<_, _>>()?;
        if !digits.len().is_multiple_of(2) {
            return Err(format!("“{}” has half a byte. {EXPECTED}", shown_at_most(word, SHOWN)));
        }
        bytes.extend(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)));
    }
    if bytes.is_empty() { Err(format!("Nothing is entered. {EXPECTED}")) } else { Ok(bytes) }
}

/// The bytes of a number of `element`.
fn number(text: &str, element: Element, order: Order) -> Result<Vec<u8>, String> {
    let text: String = text.chars().filter(|c| !matches!(c, '_' | ',') && !c.is_whitespace()).collect();
    if text.is_empty() {
        return Err(format!("Nothing is entered. Expected a number of {}.", element.name()));
    }
    let wrong = || format!("“{}” is not a number of {}.", shown_at_most(&text, SHOWN), element.name());
    let sized = |bits: u64| {
        let bytes = bits.to_le_bytes().into_iter().take(element.size());
        match order {
            Order::Little => bytes.collect(),
            Order::Big => bytes.collect::<Vec<u8>>().into_iter().rev().collect(),
        }
    };
    let bits = match element {
        Element::Float16 => u64::from(f16::from_f64(text.parse().map_err(|_| wrong())?).to_bits()),
        Element::Float32 => u64::from(text.parse::<f32>().map_err(|_| wrong())?.to_bits()),
        Element::Float64 => text.parse::<f64>().map_err(|_| wrong())?.to_bits(),
        whole => {
            let (negative, digits) = match text.strip_prefix(['-', '−']) {
                Some(digits) => (true, digits),
                None => (false, text.as_str()),
            };
            let parsed = match digits.strip_prefix("0x") {
                Some(hex) => i128::from_str_radix(hex, 16),
                None => digits.parse::<i128>(),
            };
            let value = parsed.map_err(|_| wrong())?;
            let value = if negative { -value } else { value };
            let (least, most) = ends(whole);
            if !(least..=most).contains(&value) {
                return Err(format!(
                    "{} does not fit: {} goes from {least} to {most}.",
                    shown_at_most(&text, SHOWN),
                    whole.name()
                ));
            }
            value as u64
        }
    };
    Ok(sized(bits))
}

/// The least and the greatest number of a type of whole numbers.
fn ends(element: Element) -> (i128, i128) {
    let bits = 8 * element.size() as u32;
    match element {
        Element::Int8 | Element::Int16 | Element::Int32 | Element::BigInt64 => {
            (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        }
        _ => (0, (1 << bits) - 1),
    }
}

// ---- values ----

/// A value of an element type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Any whole number.
    Whole(i128),
    /// A number with a point, or none: the value, and its bits.
    Float(f64, u64),
}

/// The value of the first bytes, or `None` when there are too few.
#[must_use]
pub fn value(bytes: &[u8], element: Element, order: Order) -> Option<Value> {
    let bytes = bytes.get(..element.size())?;
    let join = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
    let bits = match order {
        Order::Little => bytes.iter().rev().fold(0, join),
        Order::Big => bytes.iter().fold(0, join),
    };
    Some(match element {
        Element::Int8 => Value::Whole((bits as u8 as i8).into()),
        Element::Int16 => Value::Whole((bits as u16 as i16).into()),
        Element::Int32 => Value::Whole((bits as u32 as i32).into()),
        Element::BigInt64 => Value::Whole((bits as i64).into()),
        Element::Uint8 | Element::Uint8Clamped | Element::Uint16 | Element::Uint32 | Element::BigUint64 => {
            Value::Whole(bits.into())
        }
        Element::Float16 => Value::Float(f16::from_bits(bits as u16).to_f64(), bits),
        Element::Float32 => Value::Float(f32::from_bits(bits as u32).into(), bits),
        Element::Float64 => Value::Float(f64::from_bits(bits), bits),
    })
}

/// A value in words: whole numbers with commas; the shortest decimal that is this very number of its type; a NaN with its bits.
#[must_use]
pub fn words(value: Value, element: Element) -> String {
    match value {
        Value::Whole(whole) => {
            let digits = u64::try_from(whole.unsigned_abs()).map_or_else(|_| whole.to_string(), format::thousands);
            if whole < 0 { format!("-{digits}") } else { digits }
        }
        Value::Float(float, bits) if float.is_nan() => format!("NaN (0x{bits:0digits$X})", digits = 2 * element.size()),
        Value::Float(float, _) => decimal(float, element),
    }
}

/// The shortest decimal of a number that is no NaN, as JavaScript and Rust both read it, but for infinity.
fn decimal(float: f64, element: Element) -> String {
    if float.is_infinite() {
        return if float > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let plain = float == 0.0 || (1e-5..1e15).contains(&float.abs());
    match (element, plain) {
        (Element::Float64, true) => float.to_string(),
        (Element::Float64, false) => format!("{float:e}"),
        (Element::Float16, _) => short_half(float),
        (_, true) => (float as f32).to_string(),
        (_, false) => format!("{:e}", float as f32),
    }
}

/// The decimal with the fewest digits that a half-precision number is read back from.
fn short_half(float: f64) -> String {
    let mut rounded = (0..6).filter_map(|decimals| read_short(&format!("{float:.decimals$e}")));
    rounded.find(|read| f16::from_f64(*read).to_f64() == float).unwrap_or(float).copysign(float).to_string()
}

/// Reads a number of a few digits with an exponent, as in `-1.25e-3`. The general way to read numbers needs tables of 10 kB, which the
/// first view would have to load; here whole number and power of ten are exact, and dividing or multiplying them rounds once.
fn read_short(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once('e')?;
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let number = f64::from(format!("{whole}{decimals}").parse::<i32>().ok()?);
    let exponent = exponent.parse::<i32>().ok()? - decimals.len() as i32;
    let power = 10f64.powi(exponent.abs());
    Some(if exponent < 0 { number / power } else { number * power })
}

/// A byte as eight binary digits, in two groups.
#[must_use]
pub fn binary(byte: u8) -> String {
    format!("{:04b} {:04b}", byte >> 4, byte & 15)
}

/// A byte in the column of characters: itself, if it is a visible one of ASCII, else a dot.
#[must_use]
pub fn character(byte: u8) -> char {
    if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '·' }
}

/// What the first bytes are as text in UTF-8: the first character with its number, or why there is none.
#[must_use]
pub fn first_character(bytes: &[u8]) -> String {
    let head = bytes.get(..bytes.len().min(4)).unwrap_or_default();
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => {
            head.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or_default()
        }
    };
    match valid.chars().next() {
        Some(c) if c.is_control() => format!("U+{:04X}, a control character", c as u32),
        Some(c) if is_unseen(c) => format!("{}, U+{:04X}", shown_char(c), c as u32),
        Some(c) => format!("“{c}”, U+{:04X}", c as u32),
        None if bytes.is_empty() => "no byte".to_owned(),
        None => "no character begins here".to_owned(),
    }
}

/// Bytes as text in UTF-8; what cannot be shown is a dot, as in the column of characters.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let dotted = |c: char| if is_unseen(c) || c == char::REPLACEMENT_CHARACTER { '·' } else { c };
    isolated(&String::from_utf8_lossy(bytes).chars().map(dotted).collect::<String>())
}

// ---- source text ----

/// How bytes are copied as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Hexadecimal, a blank between bytes, sixteen in a line.
    Hex,
    /// An array of Rust.
    Rust,
    /// A typed array of JavaScript.
    JavaScript,
}

impl Style {
    /// Every style.
    pub const ALL: [Style; 3] = [Self::Hex, Self::Rust, Self::JavaScript];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
        }
    }

    /// Bytes as text, as elements of a type. `None` when they are no whole number of them.
    #[must_use]
    pub fn text(self, bytes: &[u8], element: Element, order: Order) -> Option<String> {
        if self == Self::Hex {
            let line = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
            return Some(bytes.chunks(16).map(line).collect::<Vec<_>>().join("\n"));
        }
        if !bytes.len().is_multiple_of(element.size()) {
            return None;
        }
        let one = |bytes: &[u8]| value(bytes, element, order).map(|value| self.literal(value, element));
        let values = bytes.chunks(element.size()).map(one).collect::<Option<Vec<_>>>()?;
        let per_line = if element.size() == 1 { 16 } else { 8 };
        let body = if values.len() <= per_line {
            values.join(", ")
        } else {
            let lines: String = values.chunks(per_line).map(|line| format!("    {},\n", line.join(", "))).collect();
            format!("\n{lines}")
        };
        Some(match self {
            Self::JavaScript => format!("new {}([{body}])", element.array_name()),
            _ => {
                let note = if element == Element::Float16 {
                    "// Bits of half-precision numbers: f16::from_bits.\n"
                } else {
                    ""
                };
                format!("{note}let values: [{}; {}] = [{body}];", rust_type(element), values.len())
            }
        })
    }

    fn literal(self, value: Value, element: Element) -> String {
        match (self, value) {
            (Self::JavaScript, Value::Whole(whole)) if element.size() == 8 => format!("{whole}n"),
            (_, Value::Whole(whole)) if element.size() == 1 && whole >= 0 => format!("0x{whole:02x}"),
            (_, Value::Whole(whole)) => whole.to_string(),
            (Self::JavaScript, Value::Float(float, _)) if float.is_nan() => "NaN".to_owned(),
            (Self::JavaScript, Value::Float(float, _)) => decimal(float, element),
            (_, Value::Float(_, bits)) if element == Element::Float16 => format!("0x{bits:04x}"),
            // Rust's constants have one NaN, and the bits may be those of another.
            (_, Value::Float(float, bits)) if float.is_nan() => {
                format!("{}::from_bits(0x{bits:x})", rust_type(element))
            }
            (_, Value::Float(float, _)) if float.is_infinite() => {
                format!("{}{}::INFINITY", if float > 0.0 { "" } else { "-" }, rust_type(element))
            }
            (_, Value::Float(float, _)) => {
                let text = decimal(float, element);
                if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
            }
        }
    }
}

/// The type of Rust with the bits of an element; half-precision numbers have none that is stable.
const fn rust_type(element: Element) -> &'static str {
    match element {
        Element::Int8 => "i8",
        Element::Uint8 | Element::Uint8Clamped => "u8",
        Element::Int16 => "i16",
        Element::Uint16 | Element::Float16 => "u16",
        Element::Int32 => "i32",
        Element::Uint32 => "u32",
        Element::Float32 => "f32",
        Element::Float64 => "f64",
        Element::BigInt64 => "i64",
        Element::BigUint64 => "u64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Action, Preset, State},
        ledger::Ledger,
        payload::{Windows, ZBytes},
        segment::Source,
    };
    use proptest::prelude::*;

    #[test]
    fn lines_at_their_borders() {
        let lines = |len| Lines { len, width: 16 };
        let counts = [0, 1, 15, 16, 17, 1 << 30].map(|len| lines(len).count());
        assert_eq!(counts, [1, 1, 1, 1, 2, 1 << 26]);
        assert_eq!(
            [lines(0).bytes(0), lines(17).bytes(0), lines(17).bytes(1), lines(17).bytes(2)],
            [0..0, 0..16, 16..17, 17..17]
        );
        let all = lines(1 << 30);
        assert_eq!(all.bytes(all.count() - 1), (1 << 30) - 16..1 << 30);
        assert_eq!((all.of((1 << 30) - 1), all.last_top(30)), ((1 << 26) - 1, (1 << 26) - 30));
        assert_eq!(Lines { len: 1 << 30, width: 8 }.count(), 1 << 27);
    }

    #[test]
    fn keys_move_the_cursor_and_stop_at_both_ends() {
        let moved = |len, key, cursor| Lines { len, width: 16 }.moved(key, false, cursor, 10).unwrap();
        for len in [1, 15, 16, 17, 1 << 30] {
            let last = len - 1;
            assert_eq!((moved(len, "ArrowLeft", 0), moved(len, "ArrowRight", last)), (0, last));
            assert_eq!((moved(len, "PageUp", 0), moved(len, "PageDown", last)), (0, last));
            assert_eq!((moved(len, "ArrowUp", 0), moved(len, "ArrowDown", last)), (0, last));
            let lines = Lines { len, width: 16 };
            assert_eq!((lines.moved("Home", true, last, 1), lines.moved("End", true, 0, 1)), (Some(0), Some(last)));
        }
        // The last line is short: down from above its end goes to its end.
        assert_eq!((moved(18, "ArrowDown", 1), moved(18, "ArrowDown", 9), moved(18, "ArrowDown", 17)), (17, 17, 17));
        assert_eq!(
            (moved(18, "ArrowUp", 17), moved(18, "Home", 17), moved(18, "End", 16), moved(18, "End", 3)),
            (1, 16, 17, 15)
        );
        assert_eq!((moved(1000, "PageDown", 5), moved(1000, "PageUp", 500)), (165, 340));
        assert_eq!(Lines { len: 0, width: 16 }.moved("End", false, 0, 10), Some(0));
        assert_eq!(Lines { len: 0, width: 16 }.moved("ArrowDown", false, 0, 10), Some(0));
        assert_eq!(Lines { len: 9, width: 16 }.moved("x", false, 0, 10), None);
    }

    #[test]
    fn a_view_follows_the_cursor_no_further_than_it_must() {
        let lines = Lines { len: 1600, width: 16 };
        assert_eq!((lines.showing(0, 50, 10), lines.showing(1599, 0, 10), lines.showing(160, 5, 10)), (0, 90, 5));
        assert_eq!((lines.showing(160, 0, 10), lines.showing(160, 11, 10)), (1, 10));
        assert_eq!((lines.around(800, 0, 9), lines.around(16, 0, 9), lines.around(1599, 0, 9)), (47, 0, 91));
        assert_eq!(lines.showing(0, 0, 0), 0);
    }

    proptest! {
        #[test]
        fn property_scrolling_is_monotone_and_reaches_both_ends(
            len in prop_oneof![0usize..5000, (1usize << 30) - 40..=1 << 30],
            visible in 1usize..80,
            track in 1.0f64..2000.0,
            places in prop::collection::vec(0.0f64..1.0, 2..20),
        ) {
            let lines = Lines { len, width: 16 };
            let bar = Bar { last_top: lines.last_top(visible), visible, track };
            prop_assert!(bar.thumb() > 0.0 && bar.thumb() <= track);
            prop_assert_eq!(bar.y_of(0), 0.0);
            prop_assert!((bar.y_of(bar.last_top) + bar.thumb() - track).abs() < 1e-6 || bar.last_top == 0);
            prop_assert_eq!(bar.top_of(-5.0), 0);
            if bar.thumb() < track {
                prop_assert_eq!(bar.top_of(bar.track), bar.last_top);
                prop_assert_eq!(bar.top_of(bar.y_of(bar.last_top)), bar.last_top);
            }
            let mut places = places;
            places.sort_by(f64::total_cmp);
            let tops: Vec<usize> = places.iter().map(|at| bar.top_of(at * track)).collect();
            prop_assert!(tops.is_sorted());
            let ys: Vec<f64> = tops.iter().map(|top| bar.y_of(*top)).collect();
            prop_assert!(ys.is_sorted());
            // A line comes back as exactly as the pixels allow.
            for top in tops {
                if bar.last_top > 0 && bar.thumb() < track {
                    prop_assert!(bar.top_of(bar.y_of(top)).abs_diff(top) <= 1);
                }
            }
        }

        #[test]
        fn property_a_number_that_is_typed_is_the_one_that_is_shown(bytes: [u8; 8], at in 0usize..12, big: bool) {
            let element = Element::ALL[at];
            let order = if big { Order::Big } else { Order::Little };
            let found = value(&bytes, element, order).unwrap();
            let shown = words(found, element);
            if !matches!(found, Value::Float(float, _) if float.is_nan()) {
                let read = Sought::Number(element).bytes(&shown, order).unwrap();
                prop_assert_eq!(&read[..], &bytes[..element.size()], "{} {}", element.name(), shown);
            }
        }
    }

    #[test]
    fn every_type_in_both_orders() {
        let bytes = [0xfe, 0xff, 0xff, 0x3f, 0x00, 0x00, 0xf0, 0xbf];
        let shown = |element, order| words(value(&bytes, element, order).unwrap(), element);
        let little = [
            "-2",
            "254",
            "254",
            "-2",
            "65,534",
            "1,073,741,822",
            "1,073,741,822",
            "NaN (0xFFFE)",
            "1.9999998",
            &f64::from_le_bytes(bytes).to_string(),
            &words(Value::Whole(i64::from_le_bytes(bytes).into()), Element::BigInt64),
            &format::thousands(u64::from_le_bytes(bytes)),
        ];
        assert_eq!(Element::ALL.map(|element| shown(element, Order::Little)), little);
        let big = [
            "-2",
            "254",
            "254",
            "-257",
            "65,279",
            "-16,777,409",
            "4,278,189,887",
            "NaN (0xFEFF)",
            "-1.7013923e38",
            &format!("{:e}", f64::from_be_bytes(bytes)),
            &words(Value::Whole(i64::from_be_bytes(bytes).into()), Element::BigInt64),
            &format::thousands(u64::from_be_bytes(bytes)),
        ];
        assert_eq!(Element::ALL.map(|element| shown(element, Order::Big)), big);
        assert_eq!(value(&bytes[..7], Element::Float64, Order::Little), None);
        assert_eq!(value(&[], Element::Int8, Order::Little), None);
    }

    #[test]
    fn short_numbers_are_read_as_rust_reads_them() {
        for half in (0..=u16::MAX).map(f16::from_bits).filter(|half| half.is_finite()) {
            for decimals in 0..6 {
                let text = format!("{:.decimals$e}", half.to_f64());
                assert_eq!(read_short(&text), text.parse().ok(), "{text}");
            }
        }
    }

    #[test]
    fn floating_point_at_its_edges() {
        let half =
            |bits: u16| words(value(&bits.to_le_bytes(), Element::Float16, Order::Little).unwrap(), Element::Float16);
        assert_eq!([half(0x3c00), half(0x2e66), half(0x7bff), half(0x0001)], ["1", "0.1", "65500", "0.00000006"]);
        assert_eq!(
            [half(0x7c00), half(0xfc00), half(0x8000), half(0x7e01)],
            ["Infinity", "-Infinity", "-0", "NaN (0x7E01)"]
        );
        let single =
            |bits: u32| words(value(&bits.to_be_bytes(), Element::Float32, Order::Big).unwrap(), Element::Float32);
        assert_eq!([single(0x3dcc_cccd), single(0x7f7f_ffff), single(1)], ["0.1", "3.4028235e38", "1e-45"]);
        let double =
            |bits: u64| words(value(&bits.to_le_bytes(), Element::Float64, Order::Little).unwrap(), Element::Float64);
        assert_eq!([double(0x3fb9_9999_9999_999a), double(1)], ["0.1", "5e-324"]);
        assert_eq!(double(0x7ff8_0000_0000_0001), "NaN (0x7FF8000000000001)");
        let ends = [i64::MIN, i64::MAX]
            .map(|end| words(value(&end.to_le_bytes(), Element::BigInt64, Order::Little).unwrap(), Element::BigInt64));
        assert_eq!(ends, ["-9,223,372,036,854,775,808", "9,223,372,036,854,775,807"]);
    }

    #[test]
    fn offsets_are_typed_in_decimal_or_hexadecimal_or_from_the_cursor() {
        let typed = |text| offset(text, 100, 1 << 30);
        for (text, expected) in [
            ("8192", 8192),
            ("8,192", 8192),
            ("0x2000", 0x2000),
            ("0xb4 0010", 0xb4_0010),
            ("+0x10", 116),
            ("-100", 0),
            (" 0X1f ", 31),
        ] {
            assert_eq!(typed(text), Ok(expected), "{text}");
        }
        assert_eq!(typed("1073741823"), Ok((1 << 30) - 1));
        for (text, words) in [
            ("1073741824", "Beyond the end: the last byte is at 1,073,741,823, 0x3FFF FFFF."),
            ("99999999999999999999999", "Beyond the end"),
            ("-101", "Before the beginning."),
            ("", "Nothing is entered."),
            ("0x", "Nothing is entered."),
            ("2f", "“f” is not a digit. A hexadecimal offset begins with 0x."),
            ("12 x", "“x” is not a digit. Expected"),
        ] {
            let error = typed(text).unwrap_err();
            assert!(error.starts_with(words), "{text}: {error}");
        }
        assert_eq!(offset("0", 0, 0).unwrap_err(), "The payload has no byte to go to.");
    }

    #[test]
    fn what_is_sought_is_bytes_text_or_a_number() {
        let bytes = |kind: Sought, text| kind.bytes(text, Order::Big);
        for text in ["de ad", "DEAD", "0xde,0xad", " de\nad "] {
            assert_eq!(bytes(Sought::Hex, text), Ok(vec![0xde, 0xad]), "{text}");
        }
        assert_eq!(bytes(Sought::Text, "né"), Ok("né".as_bytes().to_vec()));
        assert_eq!(bytes(Sought::Number(Element::Uint16), "0x1234"), Ok(vec![0x12, 0x34]));
        assert_eq!(Sought::Number(Element::Uint16).bytes("4,660", Order::Little), Ok(vec![0x34, 0x12]));
        assert_eq!(bytes(Sought::Number(Element::Int8), "-1"), Ok(vec![0xff]));
        assert_eq!(bytes(Sought::Number(Element::Float32), "1"), Ok(vec![0x3f, 0x80, 0, 0]));
        assert_eq!(bytes(Sought::Number(Element::Float16), "-Infinity"), Ok(vec![0xfc, 0]));
        assert_eq!(bytes(Sought::Number(Element::BigUint64), "18446744073709551615"), Ok(vec![0xff; 8]));
        let error = |kind, text| bytes(kind, text).unwrap_err();
        assert!(error(Sought::Hex, "dea").starts_with("“dea” has half a byte."));
        assert!(error(Sought::Hex, "xy").starts_with("“x” is not a hexadecimal digit."));
        assert!(error(Sought::Hex, " ").starts_with("Nothing is entered."));
        assert!(error(Sought::Text, "").starts_with("Nothing is entered."));
        assert_eq!(error(Sought::Number(Element::Int8), "128"), "128 does not fit: Int8 goes from -128 to 127.");
        assert_eq!(error(Sought::Number(Element::Uint8), "-1"), "-1 does not fit: Uint8 goes from 0 to 255.");
        assert_eq!(error(Sought::Number(Element::Int32), "1.5"), "“1.5” is not a number of Int32.");
    }

    #[test]
    fn bytes_as_source_text() {
        let text = |style: Style, bytes: &[u8], element| style.text(bytes, element, Order::Little);
        assert_eq!(text(Style::Hex, &[0xde, 0xad, 0], Element::Float64).unwrap(), "de ad 00");
        assert_eq!(text(Style::Hex, &[7; 17], Element::Uint8).unwrap().lines().count(), 2);
        assert_eq!(text(Style::Rust, &[1, 0xff], Element::Uint8).unwrap(), "let values: [u8; 2] = [0x01, 0xff];");
        assert_eq!(text(Style::JavaScript, &[1, 0xff], Element::Int8).unwrap(), "new Int8Array([0x01, -1])");
        assert_eq!(
            text(Style::JavaScript, &[2, 0, 0, 0, 0, 0, 0, 0], Element::BigInt64).unwrap(),
            "new BigInt64Array([2n])"
        );
        let floats: Vec<u8> =
            [1.0f32, f32::NAN, f32::NEG_INFINITY, 1e30].iter().flat_map(|f| f.to_le_bytes()).collect();
        assert_eq!(
            text(Style::JavaScript, &floats, Element::Float32).unwrap(),
            "new Float32Array([1, NaN, -Infinity, 1e30])"
        );
        assert_eq!(
            text(Style::Rust, &floats, Element::Float32).unwrap(),
            "let values: [f32; 4] = [1.0, f32::from_bits(0x7fc00000), -f32::INFINITY, 1e30];"
        );
        assert!(text(Style::Rust, &[0, 0x3c], Element::Float16).unwrap().ends_with("let values: [u16; 1] = [0x3c00];"));
        assert_eq!(text(Style::Rust, &[1, 2, 3], Element::Int16), None);
        let long = text(Style::Rust, &[5; 33], Element::Uint8).unwrap();
        assert!(long.starts_with("let values: [u8; 33] = [\n    0x05, ") && long.ends_with(",\n];"), "{long}");
        assert_eq!(text(Style::JavaScript, &[], Element::Uint8).unwrap(), "new Uint8Array([])");
    }

    #[test]
    fn a_byte_is_in_the_segment_that_the_plan_says() {
        let mut state = State::default();
        for preset in Preset::ALL {
            state.apply(Action::Preset(preset));
            let plan = state.plan().unwrap();
            for piece in plan.pieces.iter().filter(|piece| piece.bytes() > 0) {
                let (first, last) = (planned(&plan, piece.offset).unwrap(), planned(&plan, piece.end() - 1).unwrap());
                assert_eq!((first.position, first.range), (piece.position, piece.offset..piece.offset + piece.len));
                assert_eq!((last.selection, last.range.end), (Some(piece.selection(piece.count - 1)), piece.end()));
            }
            assert_eq!(planned(&plan, plan.len), None);
            for batch in 1..plan.batches.count {
                let begin = plan.batches.end(batch - 1);
                assert_eq!([begin - 1, begin, begin + 1].map(|at| batch_at(&plan, at)), [None, Some(batch), None]);
            }
            assert_eq!([0, plan.len].map(|at| batch_at(&plan, at)), [None, None]);
        }
    }

    #[test]
    fn a_payload_has_the_segments_of_the_rows_or_others() {
        let mut state = State::default();
        state.apply(Action::Preset(Preset::ThreeSmall));
        let plan = state.plan().unwrap();
        let has = |lens: &[usize]| {
            let sources = lens.iter().map(|len| Source::moved(vec![0u8; *len]));
            has_segments_of(&plan, &Addressed::new(ZBytes::from_segments(sources).unwrap()))
        };
        let lens: Vec<usize> = plan.pieces.iter().map(|piece| piece.len).collect();
        assert!(has(&lens));
        // In another order, one less, one more, and the same bytes as one.
        let turned: Vec<usize> = lens.iter().rev().copied().collect();
        let more: Vec<usize> = lens.iter().copied().chain([1]).collect();
        for other in [&turned[..], &lens[1..], &more, &[plan.len]] {
            assert!(!has(other), "{other:?}");
        }
    }

    #[test]
    fn differences_in_words() {
        let words = |here: &[u8], there: &[u8]| {
            let of = |bytes: &[u8]| Addressed::new(ZBytes::from_segments([Source::moved(bytes.to_vec())]).unwrap());
            let mut difference = Difference::new(here.len(), there.len());
            difference.step([&of(here), &of(there)], 100, &mut Windows::default(), &mut Ledger::new()).unwrap();
            difference_words(&difference)
        };
        assert_eq!(words(&[1, 2], &[1, 2]), "No byte differs of 2 B.");
        assert_eq!(words(&[1, 2, 3], &[1, 3]), "1 of 2 B differs, the first at 0x1; this one goes on for 1 B.");
        assert_eq!(words(&[0, 2], &[1, 3, 4]), "2 of 2 B differ, the first at 0x0; the other goes on for 1 B.");
        assert_eq!(words(&[], &[1]), "There is no byte that both have; the other goes on for 1 B.");
    }

    #[test]
    fn characters_and_offsets_in_their_columns() {
        assert_eq!([0x41, 0x20, 0x7f, 0x0a, 0xe9].map(character), ['A', ' ', '·', '·', '·']);
        assert_eq!(first_character("éa".as_bytes()), "“é”, U+00E9");
        assert_eq!(first_character(&[0x0a]), "U+000A, a control character");
        assert_eq!(
            (first_character(&[0xff]), first_character(&[])),
            ("no character begins here".into(), "no byte".into())
        );
        assert_eq!(text("a\né\u{fffd}".as_bytes()), "a·é·");
        assert_eq!((digits(0), digits(1 << 16), digits((1 << 16) + 1), digits(1 << 30)), (4, 4, 5, 8));
        assert_eq!(
            (column(0x2010, 4), column(0xb4_0010, 6), column(1, 8)),
            ("2010".into(), "b4 0010".into(), "0000 0001".into())
        );
        assert_eq!([0, 1, 4, 24, 48].map(alignment), [16, 1, 4, 8, 16]);
        assert_eq!(binary(0xa5), "1010 0101");
    }

    #[test]
    fn what_looking_copied_is_called_what_it_was() {
        assert_eq!(looked_words([320, 0, 0]), "Looking copied 320 B so far: what was in view.");
        assert_eq!(
            looked_words([320, 1 << 20, 8]),
            "Looking copied 1,048,904 B so far: 320 B that were in view, 1,048,576 B to search and compare, 8 B to fill messages."
        );
        assert_eq!(text("a\u{202e}b\n".as_bytes()), "a·b·");
        assert_eq!(first_character("\u{202e}".as_bytes()), "‹right-to-left override›, U+202E");
    }
}
