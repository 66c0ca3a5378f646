//! Whole numbers, and seconds, as a person reads them: in what is shown, and in what errors say.

use std::time::Duration;

/// A whole number with a comma after every three digits: `11,796,480`.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of things that memory can hold, as [`thousands`].
#[must_use]
pub fn count(n: usize) -> String {
    thousands(n as u64)
}

/// Exact bytes: `11,796,480 B`.
#[must_use]
pub fn bytes(n: usize) -> String {
    requested(n as u64)
}

/// Exact bytes that a caller asked for, also where no memory could hold them.
#[must_use]
pub fn requested(n: u64) -> String {
    format!("{} B", thousands(n))
}

/// A time of the past in seconds: `0.4 s`, `5.2 s`, `41 s`.
#[must_use]
pub fn seconds(time: Duration) -> String {
    // In whole numbers: what writes others is several kilobytes of a program.
    let tenths = (time.as_micros() + 50_000) / 100_000;
    if tenths < 100 {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    format!("{} s", thousands(((time.as_micros() + 500_000) / 1_000_000) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_third_digit_has_a_comma() {
        let written = [(0, "0"), (999, "999"), (1000, "1,000"), (11_796_480, "11,796,480"), (100_000, "100,000")];
        for (n, text) in written {
            assert_eq!(thousands(n), text);
        }
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(
            (count(4096).as_str(), bytes(4096).as_str(), requested(1 << 40).as_str()),
            ("4,096", "4,096 B", "1,099,511,627,776 B")
        );
    }

    #[test]
    fn seconds_have_a_tenth_below_ten() {
        let written =
            [(0, "0.0 s"), (449, "0.4 s"), (9_949, "9.9 s"), (9_950, "10 s"), (40_600, "41 s"), (3_600_000, "3,600 s")];
        for (millis, text) in written {
            assert_eq!(seconds(Duration::from_millis(millis)), text);
        }
    }
}
