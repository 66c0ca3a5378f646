//! One decimal number, read exactly. What few digits and a small exponent say is one product or one
//! quotient of two exact numbers, so it is rounded once. For the rest the caller gives a reader: for
//! tables the engine has a fast one in its browser.
//!
//! The page uses [`float`] and [`single`] instead of `parse`: the standard library's reader of floating
//! point has a table of 10 kB that no compression makes shorter, and that of JSON is there anyway.

use serde::de::DeserializeOwned;

/// Reads a text that has the form of a number, rounded correctly.
pub type Slow<'a> = &'a dyn Fn(&str) -> f64;

/// Whole numbers up to here are exact as 64 bits of floating point.
const EXACT: u64 = 1 << 53;

/// Powers of ten up to this one are exact as 64 bits of floating point.
const EXACT_POWER: i32 = 22;

/// Reads a number as in `-2.5`, `1e6`, `.5`, `nan` or `-inf`; `None` when the text is not one.
#[must_use]
pub fn decimal(text: &str, slow: Slow<'_>) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    if digits.eq_ignore_ascii_case("inf") || digits.eq_ignore_ascii_case("infinity") {
        return Some(sign * f64::INFINITY);
    }
    let (mut mantissa, mut power, mut any, mut point, mut exact) = (0u64, 0i32, false, false, true);
    let mut rest = digits.as_bytes();
    let exponent = loop {
        let Some((first, behind)) = rest.split_first() else { break None };
        rest = behind;
        match first {
            digit @ b'0'..=b'9' => {
                any = true;
                power = power.saturating_sub(point.into());
                match mantissa.checked_mul(10).and_then(|more| more.checked_add(u64::from(digit - b'0'))) {
                    Some(more) => mantissa = more,
                    None => exact = false,
                }
            }
            b'.' if !point => point = true,
            b'e' | b'E' if any => break Some(rest),
            _ => return None,
        }
    };
    if let Some(exponent) = exponent {
        let (minus, digits) = match exponent.split_first() {
            Some((b'-', digits)) => (true, digits),
            Some((b'+', digits)) => (false, digits),
            _ => (false, exponent),
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let size = digits.iter().fold(0i32, |all, digit| all.saturating_mul(10).saturating_add((digit - b'0').into()));
        power = power.saturating_add(if minus { -size } else { size });
    }
    if !any {
        return None;
    }
    if !exact || mantissa > EXACT || power.abs() > EXACT_POWER {
        return Some(slow(text));
    }
    let ten = (0..power.abs()).fold(1.0, |product, _| product * 10.0);
    let size = if power < 0 { mantissa as f64 / ten } else { mantissa as f64 * ten };
    Some(sign * size)
}

/// Reads what [`decimal`] reads, without a reader of the caller.
#[must_use]
pub fn float(text: &str) -> Option<f64> {
    // JSON has no number beyond the greatest one, and says so.
    decimal(text, &|text| from_json(text).unwrap_or(if text.starts_with('-') { -f64::INFINITY } else { f64::INFINITY }))
}

/// As [`float`], rounded once to 32 bits.
#[must_use]
pub fn single(text: &str) -> Option<f32> {
    let wide = float(text)?;
    // What is not a number, or beyond the greatest one, is so in 32 bits too.
    Some(from_json(text).filter(|_| wide.is_finite()).unwrap_or(wide as f32))
}

/// Reads a text that has the form of a number by the reader of JSON, which wants digits on both sides of a point, no
/// sign for what is positive, and no zeros in front.
fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => ("-", text),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let at = text.find(['e', 'E']).unwrap_or(text.len());
    let (digits, exponent) = text.split_at_checked(at)?;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    serde_json::from_str(&format!("{sign}{:0>1}.{part}0{exponent}", whole.trim_start_matches('0'))).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<f64> {
        decimal(text, &|text| text.parse().unwrap())
    }

    #[test]
    fn the_middle_of_two_numbers_is_rounded_once() {
        // Rounded to 64 bits first, it would be the middle itself, and then the even one below.
        let text = "1.00000005960464477540000000000000000001";
        assert_eq!((single(text), text.parse().ok()), (Some(1.000_000_1), Some(1.000_000_1_f32)));
        assert!(single("nan").unwrap().is_nan());
        assert_eq!((single("-1e39"), single("inf")), (Some(f32::NEG_INFINITY), Some(f32::INFINITY)));
        assert_eq!((float("1e400"), float("-1e9999999999"), float("1e-9999999999")), {
            (Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(0.0))
        });
    }

    #[test]
    fn numbers_are_told_from_words() {
        for (text, number) in [("0", 0.0), ("-2.5", -2.5), ("+.5", 0.5), ("7.", 7.0), ("1E-3", 1e-3), ("1e+22", 1e22)] {
            assert_eq!(read(text), Some(number), "{text}");
        }
        assert!(read("-0").unwrap().is_sign_negative());
        assert!(read("NaN").unwrap().is_nan());
        assert_eq!(read("-Infinity"), Some(f64::NEG_INFINITY));
        for text in ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "1 2", "0x1", "1e5.5", "--1", "1_000", "١"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn property_number_is_that_of_the_standard_library(number: f64, digits in 0usize..20, small in -1e6f64..1e6) {
            for text in [format!("{number}"), format!("{number:e}"), format!("{small:.digits$}")] {
                let (ours, theirs) = (read(&text), text.parse::<f64>().ok());
                prop_assert_eq!(ours.map(f64::to_bits), theirs.map(f64::to_bits), "{}", &text);
                prop_assert_eq!(float(&text).map(f64::to_bits), theirs.map(f64::to_bits), "{}", &text);
                let short = text.parse::<f32>().ok();
                prop_assert_eq!(single(&text).map(f32::to_bits), short.map(f32::to_bits), "{}", &text);
            }
        }

        #[test]
        fn property_any_digits_and_exponent_are_rounded_once(
            text in "[-+]?(0{0,3}[0-9]{1,30}[.]?[0-9]{0,30}|[.][0-9]{1,30})(e[-+]?[0-9]{1,3})?",
        ) {
            let (long, short) = (text.parse::<f64>().unwrap(), text.parse::<f32>().unwrap());
            prop_assert_eq!(float(&text).map(f64::to_bits), Some(long.to_bits()), "{}", &text);
            prop_assert_eq!(single(&text).map(f32::to_bits), Some(short.to_bits()), "{}", &text);
        }

        #[test]
        fn property_text_is_a_number_only_where_rust_reads_one(text in "[-+0-9.eEinfa ]{0,12}") {
            if read(&text).is_some() {
                prop_assert!(text.parse::<f64>().is_ok(), "{text}");
            }
        }
    }
}
