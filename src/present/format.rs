//! Formats numbers and texts for people, and parses numbers that people type. The module has no web
//! types, so native tests cover it.

pub use crate::number::{bytes, count, requested, thousands};
use crate::{
    app::MAX_DIMENSIONS,
    given::expression::evaluate,
    outside::{FSI, PDI, shown_at_most},
};

/// The number and the sign of the largest binary unit of which `n` bytes are at least one.
fn unit(n: f64) -> (f64, &'static str) {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut at = 0;
    let mut value = n;
    while value >= 1024.0 && at + 1 < UNITS.len() {
        value /= 1024.0;
        at += 1;
    }
    (value, UNITS.get(at).copied().unwrap_or("B"))
}

/// Formats bytes in the largest fitting binary unit, with at most two decimals and no zeros at the
/// end: `11.25 MiB`, `156.25 KiB`, `64 B`.
#[must_use]
pub fn size(n: usize) -> String {
    requested_size(n as u64)
}

/// Formats like [`size`], but for a requested number of bytes that may exceed memory.
#[must_use]
pub fn requested_size(n: u64) -> String {
    let (value, unit) = unit(n as f64);
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {unit}")
}

/// Formats the bytes of one pixel: `17.9 KiB`, `85 B`, `5.3 B`, `0.25 B`.
#[must_use]
pub fn density(bytes_per_px: f64) -> String {
    let (value, unit) = unit(bytes_per_px);
    let text = if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

/// Formats the bytes of one pixel as a scale: `1 px = 5.3 B`, and for less than half a byte
/// `1 B = 24 px`.
#[must_use]
pub fn scale(bytes_per_px: f64) -> String {
    if bytes_per_px < 0.5 {
        format!("1 B = {:.0} px", 1.0 / bytes_per_px)
    } else {
        format!("1 px = {}", density(bytes_per_px))
    }
}

/// Formats an offset in hexadecimal, with a blank after every four digits: `0x4F FE0C`.
#[must_use]
pub fn hex(offset: usize) -> String {
    let digits = format!("{offset:X}");
    let mut text = String::from("0x");
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(4) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Formats a count with its noun: `1 segment`, `3 segments`.
#[must_use]
pub fn plural(n: usize, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {noun}{s}", count(n))
}

/// Formats a count of batches: `1 batch`, `181 batches`.
#[must_use]
pub fn batches(n: usize) -> String {
    format!("{} {}", count(n), if n == 1 { "batch" } else { "batches" })
}

/// Formats three significant digits: `9.21`, `47.7`, `874`, and whole numbers above that.
#[must_use]
pub fn significant(value: f64) -> String {
    let magnitude = value.abs();
    if !value.is_finite() {
        "?".to_owned()
    } else if magnitude >= 99.95 {
        thousands(round_to_three(magnitude) as u64)
    } else if magnitude >= 9.995 {
        format!("{value:.1}")
    } else if magnitude >= 0.9995 || magnitude == 0.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// Formats two significant digits, for a figure in passing: `0.57`, `1.7`, `94`, and whole numbers
/// above that.
#[must_use]
pub fn about(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 9.95 || !value.is_finite() {
        significant(value.round()).trim_end_matches(".0").to_owned()
    } else if magnitude >= 0.995 || magnitude == 0.0 {
        format!("{value:.1}")
    } else if magnitude >= 0.0995 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// Rounds to three significant digits, so that 3,637 reads `3,640`: more digits of an interval
/// would claim too much precision.
fn round_to_three(value: f64) -> f64 {
    if value < 1000.0 {
        return value.round();
    }
    let step = 10f64.powi(value.log10().floor() as i32 - 2);
    (value / step).round() * step
}

/// Formats a share of a whole: `1.8 %`, `0.04 %`, `63 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    // A part is not the whole, and something is not nothing, however near they are.
    if value > 0.0 && value < 0.005 {
        "< 0.01 %".to_owned()
    } else if (99.95..100.0).contains(&value) {
        "> 99.9 %".to_owned()
    } else if (99.5..99.95).contains(&value) {
        format!("{value:.1} %")
    } else if value >= 9.95 {
        format!("{value:.0} %")
    } else if value >= 0.95 {
        format!("{value:.1} %")
    } else {
        format!("{value:.2} %")
    }
}

/// Names a unit of time, from nanoseconds to seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Nanoseconds.
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
}

impl TimeUnit {
    /// Returns the unit in which `ns` nanoseconds have the fewest digits before the point, but at
    /// least one.
    #[must_use]
    pub fn of(ns: f64) -> Self {
        // 0.9995 and not 1: a value that would round to 1,000 of one unit belongs to the next.
        if ns < 999.5 {
            Self::Ns
        } else if ns < 999.5e3 {
            Self::Us
        } else if ns < 999.5e6 {
            Self::Ms
        } else {
            Self::S
        }
    }

    /// Returns the sign of the unit, as in `µs`.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Ns => "ns",
            Self::Us => "µs",
            Self::Ms => "ms",
            Self::S => "s",
        }
    }

    /// Formats `ns` nanoseconds in this unit with three significant digits, without the sign.
    #[must_use]
    pub fn show(self, ns: f64) -> String {
        significant(self.number(ns))
    }

    /// Formats the same with two digits, see [`about`].
    #[must_use]
    pub fn about(self, ns: f64) -> String {
        about(self.number(ns))
    }

    fn number(self, ns: f64) -> f64 {
        match self {
            Self::Ns => ns,
            Self::Us => ns / 1e3,
            Self::Ms => ns / 1e6,
            Self::S => ns / 1e9,
        }
    }
}

/// Formats nanoseconds in the unit that fits: `874 ns`, `9.21 ms`.
#[must_use]
pub fn time(ns: f64) -> String {
    let unit = TimeUnit::of(ns);
    format!("{} {}", unit.show(ns), unit.sign())
}

/// Formats milliseconds as in a sentence about the past: `48 ms`, `1.2 s`.
#[must_use]
pub fn took(time: std::time::Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms >= 9_950.0 {
        format!("{:.0} s", ms / 1e3)
    } else if ms >= 999.5 {
        format!("{:.1} s", ms / 1e3)
    } else if ms >= 9.95 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// Formats how many times the payload was copied: `1.00`, `2.00`.
#[must_use]
pub fn times_of(copied: usize, len: usize) -> String {
    if len == 0 { "0.00".to_owned() } else { format!("{:.2}", copied as f64 / len as f64) }
}

/// Parses a whole number from `least` to `most`, or an expression that comes to one (see
/// [`crate::given::expression`]). Of elements of `size` bytes, an amount in bytes is divided by
/// that.
///
/// # Errors
/// A text for the person who typed it: what was wrong, and what the field expects.
pub fn whole_number(text: &str, least: usize, most: usize, size: usize) -> Result<usize, String> {
    let expected = || format!("Expected a whole number from {} to {}.", count(least), count(most));
    let wrong = |cause: &str| Err(format!("{cause} {}", expected()));
    let amount = match evaluate(text) {
        Ok(amount) => amount,
        Err(cause) => return wrong(&cause),
    };
    let in_bytes = amount.bytes && size > 1;
    let value = if in_bytes { amount.value / size as f64 } else { amount.value };
    let whole = value.round();
    // A sum of fractions may miss a whole number by the last bits.
    if value.is_nan() || (value - whole).abs() > 1e-9 * whole.abs().max(1.0) {
        return if in_bytes {
            wrong(&format!("That is not a whole number of elements of {size} B."))
        } else {
            wrong("It is not a whole number.")
        };
    }
    if whole < 0.0 {
        wrong("It is negative.")
    } else if whole > most as f64 {
        wrong("It is too large.")
    } else if whole < least as f64 {
        wrong(&format!("{} is too small.", thousands(whole as u64)))
    } else {
        Ok(whole as usize)
    }
}

/// Formats the sides of a tensor, as in `1536x1920`, outermost first. A long list shows only its
/// first and last sides: `2x2x2x2x…x2x2, 64 dimensions`.
#[must_use]
pub fn shape(sides: &[u32]) -> String {
    let join = |sides: &[u32]| sides.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
    match sides {
        [first @ .., _, _] if sides.len() > MAX_DIMENSIONS => {
            let (first, last) = (first.get(..4).unwrap_or_default(), sides.get(sides.len() - 2..).unwrap_or_default());
            format!("{}x…x{}, {} dimensions", join(first), join(last), count(sides.len()))
        }
        sides => join(sides),
    }
}

/// Parses one to `dimensions` sides with an x between them, which have at most `most` elements
/// together.
///
/// It accepts signs of multiplication, with blanks around them, and the sides as numpy writes them,
/// as in `(480, 640)`. The text `480,640` may be one number or two, so it is an error that asks the
/// person.
///
/// # Errors
/// A text for the person who typed it: what was wrong, and what the field expects.
pub fn sides(text: &str, dimensions: usize, most: usize) -> Result<Vec<u32>, String> {
    let expected = || format!("Expected 1 to {dimensions} whole numbers with an x between them, as in 1536x1920.");
    if text.trim().is_empty() {
        return Err(format!("Nothing is entered. {}", expected()));
    }
    let tuple = text.trim();
    let listed = tuple.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let listed = listed.or_else(|| tuple.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')));
    let crosses = ['x', 'X', '×', '*'];
    let parts: Vec<&str> = match listed {
        Some(sides) => sides.trim_end().trim_end_matches(',').split(',').collect(),
        None if !text.contains(crosses) && text.contains(", ") => text.split(',').collect(),
        None if !text.contains(crosses) && text.contains(',') => {
            let (one, two) = (tuple.replace(',', ""), tuple.replace(',', "x"));
            return Err(format!("One side or several? Write {} or {}.", cut(&one, 16), cut(&two, 16)));
        }
        None => text.split(crosses).collect(),
    };
    if parts.len() > dimensions {
        return Err(format!("These are {} dimensions. {}", parts.len(), expected()));
    }
    let side = |part: &&str| {
        if part.trim().is_empty() {
            return Err(format!("A side is missing. {}", expected()));
        }
        whole_number(part, 0, u32::MAX as usize, 1).map(|side| side as u32).map_err(|error| {
            let cause = error.split(" Expected").next().unwrap_or_default();
            format!("In “{}”: {cause} {}", shown_at_most(part.trim(), 30), expected())
        })
    };
    let sides = parts.iter().map(side).collect::<Result<Vec<_>, _>>()?;
    let elements = sides.iter().fold(1u128, |product, side| product.saturating_mul((*side).into()));
    if elements > most as u128 {
        let elements = u64::try_from(elements).map_or_else(|_| "far too many".to_owned(), thousands);
        return Err(format!("That is {elements} elements; one message holds at most {} of this type.", count(most)));
    }
    Ok(sides)
}

/// Returns the beginning of `text`, at most `most` characters. An ellipsis marks a cut.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    // Closes every isolate, a run of text with its own direction, that the cut left open.
    let open = short.matches(FSI).count().saturating_sub(short.matches(PDI).count());
    short.extend(std::iter::repeat_n(PDI, open));
    short
}

/// Estimates how wide `text` is in IBM Plex Sans at `px` pixels. The estimate is good enough to
/// decide whether a label fits.
#[must_use]
pub fn text_width(text: &str, px: f64) -> f64 {
    text.chars()
        .map(|c| match c {
            'i' | 'l' | 'j' | '.' | ',' | ':' | ' ' | '|' | '\'' => 0.28,
            'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' => 0.36,
            'm' | 'w' | 'M' | 'W' | '…' => 0.85,
            c if c.is_ascii_uppercase() => 0.64,
            c if c.is_ascii_lowercase() => 0.56,
            _ => 0.60,
        })
        .sum::<f64>()
        * px
}

/// Returns the longest beginning of `text` that is at most `width` wide at `px` pixels. Returns an
/// empty text when not even three characters fit.
#[must_use]
pub fn fit(text: &str, width: f64, px: f64) -> String {
    if text_width(text, px) <= width {
        return text.to_owned();
    }
    let mut most = text.chars().count();
    while most > 3 {
        most -= 1;
        let short = cut(text, most);
        if text_width(&short, px) <= width {
            return short;
        }
    }
    String::new()
}

/// Returns the words behind a count when the page lists only the newest. Returns an empty text when
/// it lists all.
#[must_use]
pub fn listed(in_all: u64, listed: usize) -> String {
    if in_all > listed as u64 { format!("; the newest {} listed", count(listed)) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn whole_numbers_read_in_groups_of_three() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(bytes(11_796_480), "11,796,480 B");
        assert_eq!(plural(1, "segment"), "1 segment");
        assert_eq!(plural(10_000, "segment"), "10,000 segments");
        assert_eq!((batches(1), batches(181)), ("1 batch".into(), "181 batches".into()));
    }

    #[test]
    fn sizes_are_binary() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(64), "64 B");
        assert_eq!(size(8192), "8 KiB");
        assert_eq!(size(160_000), "156.25 KiB");
        assert_eq!(size(11_796_480), "11.25 MiB");
        assert_eq!(size(1 << 30), "1 GiB");
        assert_eq!(density(18_329.6), "17.9 KiB");
        assert_eq!(density(85.0), "85 B");
        assert_eq!(density(5.33), "5.3 B");
        assert_eq!(density(0.25), "0.25 B");
        assert_eq!(density(300.0), "300 B");
    }

    #[test]
    fn offsets_are_grouped_by_four() {
        assert_eq!(hex(0), "0x0");
        assert_eq!(hex(0x2000), "0x2000");
        assert_eq!(hex(0x4F_FE0C), "0x4F FE0C");
    }

    #[test]
    fn times_have_three_digits_and_their_unit() {
        assert_eq!(time(0.24), "0.240 ns");
        assert_eq!(time(874.0), "874 ns");
        assert_eq!(time(999.7), "1.00 µs");
        assert_eq!(time(9_210_000.0), "9.21 ms");
        let words = [0.0, 0.0123, 0.5712, 0.996, 1.722, 9.94, 9.96, 43.8, 102.7, 98_765.0].map(about);
        assert_eq!(words, ["0.0", "0.012", "0.57", "1.0", "1.7", "9.9", "10", "44", "103", "98,800"]);
        assert_eq!(TimeUnit::Ms.about(1_744_000.0), "1.7");
        assert_eq!(time(47_700_000.0), "47.7 ms");
        assert_eq!(time(2.5e9), "2.50 s");
        assert_eq!(TimeUnit::Ms.show(874_000.0), "0.874");
        assert_eq!(took(Duration::from_millis(48)), "48 ms");
        assert_eq!(took(Duration::from_micros(1_250)), "1.2 ms");
        assert_eq!(took(Duration::from_millis(1_240)), "1.2 s");
    }

    #[test]
    fn ratios_and_shares_show_no_more_than_they_know() {
        assert_eq!(significant(3637.2), "3,640");
        assert_eq!(significant(12_345.0), "12,300");
        assert_eq!(significant(1.0789), "1.08");
        assert_eq!(significant(0.9), "0.900");
        assert_eq!(percent(0.0182), "1.8 %");
        assert_eq!(percent(0.63), "63 %");
        assert_eq!(percent(0.0004), "0.04 %");
        for (share, text) in [
            (0.0, "0.00 %"),
            (0.000_04, "< 0.01 %"),
            (0.000_05, "0.01 %"),
            (0.994, "99 %"),
            (0.996, "99.6 %"),
            (0.999_94, "> 99.9 %"),
            (1.0, "100 %"),
            (1.2, "120 %"),
        ] {
            assert_eq!(percent(share), text, "{share}");
        }
        assert_eq!(times_of(23_610_368, 11_805_184), "2.00");
        assert_eq!(times_of(0, 0), "0.00");
    }

    #[test]
    fn typed_numbers_may_have_separators() {
        for text in ["2949120", "2,949,120", "2_949_120", "2 949 120", " 2949120 "] {
            assert_eq!(whole_number(text, 0, 1 << 30, 4), Ok(2_949_120), "{text}");
        }
        assert_eq!(whole_number("0", 0, 5, 1), Ok(0));
    }

    #[test]
    fn typed_numbers_may_be_computed() {
        for text in ["1920*1080", "0x1FA400", "2.0736e6", "8294400 B", "7.91015625 MiB", "0.1 * 20736000"] {
            assert_eq!(whole_number(text, 0, 1 << 30, 4), Ok(2_073_600), "{text}");
        }
        // A unit of bytes is said of the bytes of an array; of anything else it is a factor.
        assert_eq!(
            (whole_number("8 MiB", 0, 1 << 30, 8), whole_number("8 MiB", 0, 1 << 30, 1)),
            (Ok(1 << 20), Ok(8 << 20))
        );
        let error = |text, size| whole_number(text, 1, 1000, size).unwrap_err();
        assert_eq!(
            error("30 B", 4),
            "That is not a whole number of elements of 4 B. Expected a whole number from 1 to 1,000."
        );
        assert!(error("1/3", 1).starts_with("It is not a whole number."));
        assert!(error("2-5", 1).starts_with("It is negative."));
        assert!(error("1e300*1e300", 1).starts_with("It is too large."));
        assert!(error("12*", 1).starts_with("A number is missing. Expected"));
    }

    #[test]
    fn what_is_no_number_is_said_in_words() {
        let error = |text| whole_number(text, 1, 100_000, 1).unwrap_err();
        assert_eq!(error(""), "Nothing is entered. Expected a whole number from 1 to 100,000.");
        assert!(error("12z").starts_with("“z” is not a digit."));
        assert!(error("-3").starts_with("It is negative."));
        assert!(error("1.5").starts_with("It is not a whole number."));
        assert!(error("100,5").starts_with("A separator stands before three digits."));
        assert!(error("1,0000").starts_with("A separator stands before three digits."));
        assert!(error("0").starts_with("0 is too small."));
        assert!(error("100001").starts_with("It is too large."));
        assert!(error("99999999999999999999999").starts_with("It is too large."));
    }

    #[test]
    fn what_is_not_listed_is_said() {
        assert_eq!([(0, 0), (50, 50)].map(|(in_all, shown)| listed(in_all, shown)), ["", ""]);
        assert_eq!(listed(60, 50), "; the newest 50 listed");
    }

    #[test]
    fn a_shape_is_typed_with_an_x_between_its_sides() {
        for text in ["1536x1920", "1536 x 1920", " 1,536 × 1,920 ", "1536X1920", "1536*1920"] {
            assert_eq!(sides(text, 8, 1 << 29), Ok(vec![1536, 1920]), "{text}");
        }
        assert_eq!((sides("7", 8, 10), sides("0x4294967295", 8, 10)), (Ok(vec![7]), Ok(vec![0, u32::MAX])));
        assert_eq!(shape(&[1536, 1920]), "1536x1920");
        let error = |text| sides(text, 3, 1000).unwrap_err();
        assert_eq!(
            error(" "),
            "Nothing is entered. Expected 1 to 3 whole numbers with an x between them, as in 1536x1920."
        );
        assert!(error("3x").starts_with("A side is missing."));
        assert!(error("1x2x3x4").starts_with("These are 4 dimensions."));
        assert_eq!(
            error("3 by 4"),
            "In “3 by 4”: “b” is not a digit. Expected 1 to 3 whole numbers with an x between them, as in 1536x1920."
        );
        assert!(error("-3x4").contains("It is negative."));
        assert_eq!(error("1001"), "That is 1,001 elements; one message holds at most 1,000 of this type.");
        for text in ["(480, 640)", "[480,640]", "480, 640", " (480, 640,) "] {
            assert_eq!(sides(text, 3, 1 << 29), Ok(vec![480, 640]), "{text}");
        }
        assert_eq!(sides("1,536x1,920", 3, 1 << 29), Ok(vec![1536, 1920]));
        assert_eq!(error("480,640"), "One side or several? Write 480640 or 480x640.");
        assert!(sides("4294967295x4294967295x4294967295x4294967295x2", 8, 5).unwrap_err().contains("far too many"));
        assert!(error("4294967296").contains("It is too large."));
    }

    #[test]
    fn long_texts_are_cut_where_the_room_ends() {
        assert_eq!(cut("header", 6), "header");
        assert_eq!(cut("headers", 6), "heade…");
        assert_eq!(fit("header", 500.0, 12.0), "header");
        let short = fit("a very long name of a segment", 80.0, 12.0);
        assert!(short.ends_with('…') && text_width(&short, 12.0) <= 80.0);
        assert_eq!(fit("header", 5.0, 12.0), "");
    }

    #[test]
    fn a_shape_of_many_sides_is_told_in_short() {
        assert_eq!(shape(&[1536, 1920]), "1536x1920");
        assert_eq!(shape(&[2; MAX_DIMENSIONS]), "2x2x2x2x2x2x2x2");
        let mut sides: Vec<u32> = (0..64).collect();
        assert_eq!(shape(&sides), "0x1x2x3x…x62x63, 64 dimensions");
        sides.truncate(9);
        assert_eq!(shape(&sides), "0x1x2x3x…x7x8, 9 dimensions");
        // A cut inside an isolate closes the isolate.
        assert_eq!(cut("\u{2068}שלום\u{2069}", 4), "\u{2068}של…\u{2069}");
    }
}
