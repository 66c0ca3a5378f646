//! Arithmetic in a field of numbers: `1920*1080*4`, `8 MiB`, `0x2000`, `1e6`.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = power { ("*" | "×" | "x" | "/") power }
//! power   = ["-"] item [("**" | "^") power]
//! item    = "(" sum ")" | number [unit]
//! ```
//! A number may have separators before groups of three digits.

use super::decimal::float;
use crate::outside::shown_char;

/// The most characters of an expression. Nested brackets cannot be deeper.
const MAX_CHARACTERS: usize = 100;

/// Units, each with its bytes.
const UNITS: [(&str, f64); 7] = [
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("b", 1.0),
];

/// What an expression comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// The number.
    pub value: f64,
    /// Whether a unit of bytes stands in it.
    pub bytes: bool,
    /// Whether it is more than a number: then a reader wants to see what it comes to.
    pub computed: bool,
}

/// Reads an expression.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn evaluate(text: &str) -> Result<Amount, String> {
    let text: Vec<char> = text.trim().chars().collect();
    if text.is_empty() {
        return Err("Nothing is entered.".to_owned());
    }
    if text.len() > MAX_CHARACTERS {
        return Err(format!("It has more than {MAX_CHARACTERS} characters."));
    }
    let mut reader = Reader { text: &text, at: 0, bytes: false, computed: false };
    let value = reader.sum()?;
    match reader.peek() {
        Some(')') => Err("A bracket is closed that was not opened.".to_owned()),
        Some(digit) if digit.is_ascii_digit() => Err("A sign is missing between two numbers.".to_owned()),
        Some(wrong) => Err(format!("“{}” is not a digit.", shown_char(wrong))),
        None => Ok(Amount { value, bytes: reader.bytes, computed: reader.computed }),
    }
}

/// Whether a character may stand between groups of three digits.
const fn separates(c: char) -> bool {
    matches!(c, ',' | '_' | ' ' | '\'' | '\u{a0}' | '\u{202f}')
}

struct Reader<'a> {
    text: &'a [char],
    at: usize,
    bytes: bool,
    computed: bool,
}

impl Reader<'_> {
    /// The character so far ahead.
    fn ahead(&self, by: usize) -> Option<char> {
        self.text.get(self.at + by).copied()
    }

    /// The next character that is not a blank.
    fn peek(&mut self) -> Option<char> {
        while self.ahead(0).is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.ahead(0)
    }

    /// Goes over a sign of arithmetic, if it is next.
    fn takes(&mut self, sign: &str) -> bool {
        self.peek();
        let there =
            sign.chars().enumerate().all(|(by, c)| self.ahead(by).is_some_and(|there| there.eq_ignore_ascii_case(&c)));
        if there {
            self.at += sign.chars().count();
            self.computed = true;
        }
        there
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.takes("+") {
                value += self.product()?;
            } else if self.takes("-") {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.power()?;
        loop {
            if self.takes("*") || self.takes("×") || self.takes("x") {
                value *= self.power()?;
            } else if self.takes("/") {
                let by = self.power()?;
                if by == 0.0 {
                    return Err("It divides by 0.".to_owned());
                }
                value /= by;
            } else {
                return Ok(value);
            }
        }
    }

    fn power(&mut self) -> Result<f64, String> {
        if self.takes("-") {
            return self.power().map(|value| -value);
        }
        let value = self.item()?;
        if !(self.takes("**") || self.takes("^")) {
            return Ok(value);
        }
        let by = self.power()?;
        // Larger ones are too large for every field.
        if by.fract() != 0.0 || !(0.0..=64.0).contains(&by) {
            return Err("An exponent is a whole number from 0 to 64.".to_owned());
        }
        Ok((0..by as u32).fold(1.0, |product, _| product * value))
    }

    fn item(&mut self) -> Result<f64, String> {
        if self.takes("(") {
            let value = self.sum()?;
            return if self.takes(")") { Ok(value) } else { Err("A bracket is not closed.".to_owned()) };
        }
        let value = match self.peek() {
            Some('0')
                if matches!(self.ahead(1), Some('x' | 'X')) && self.ahead(2).is_some_and(|c| c.is_ascii_hexdigit()) =>
            {
                self.hex()
            }
            Some('0'..='9' | '.') => self.decimal()?,
            Some(wrong) if wrong.is_alphabetic() || !wrong.is_ascii() => {
                return Err(format!("“{}” is not a digit.", shown_char(wrong)));
            }
            _ => return Err("A number is missing.".to_owned()),
        };
        Ok(value * self.unit())
    }

    fn hex(&mut self) -> f64 {
        (self.at, self.computed) = (self.at + 2, true);
        let mut value = 0.0;
        while let Some(c) = self.ahead(0) {
            match c.to_digit(16) {
                Some(digit) => value = value * 16.0 + f64::from(digit),
                None if c == '_' => {}
                None => break,
            }
            self.at += 1;
        }
        value
    }

    fn decimal(&mut self) -> Result<f64, String> {
        let mut digits = String::new();
        // Digits since the last separator, once there was one.
        let mut group = None;
        let wrong = "A separator stands before three digits.";
        while let Some(c) = self.ahead(0) {
            if c.is_ascii_digit() {
                digits.push(c);
                group = group.map(|count: usize| count + 1);
            } else if separates(c) && self.ahead(1).is_some_and(|c| c.is_ascii_digit()) {
                if group.is_some_and(|count| count != 3) {
                    return Err(wrong.to_owned());
                }
                group = Some(0);
            } else {
                break;
            }
            self.at += 1;
        }
        if group.is_some_and(|count| count != 3) {
            return Err(wrong.to_owned());
        }
        if self.ahead(0) == Some('.') {
            digits.push('.');
            self.at += 1;
            self.digits(&mut digits);
        }
        let signed = usize::from(matches!(self.ahead(1), Some('+' | '-')));
        if matches!(self.ahead(0), Some('e' | 'E')) && self.ahead(1 + signed).is_some_and(|c| c.is_ascii_digit()) {
            digits.extend(self.text.get(self.at..=self.at + signed).unwrap_or_default());
            (self.at, self.computed) = (self.at + 1 + signed, true);
            self.digits(&mut digits);
        }
        float(&digits).ok_or_else(|| "A number is missing.".to_owned())
    }

    fn digits(&mut self, into: &mut String) {
        while let Some(c) = self.ahead(0).filter(char::is_ascii_digit) {
            into.push(c);
            self.at += 1;
        }
    }

    /// The bytes of a unit; 1 where none stands.
    fn unit(&mut self) -> f64 {
        for (unit, bytes) in UNITS {
            let at = self.at;
            if self.takes(unit) {
                // It is the beginning of another word.
                if self.ahead(0).is_some_and(char::is_alphanumeric) {
                    self.at = at;
                    continue;
                }
                self.bytes = true;
                return bytes;
            }
        }
        1.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> f64 {
        evaluate(text).unwrap_or_else(|error| panic!("{text}: {error}")).value
    }

    #[test]
    fn expressions_come_to_what_they_say() {
        for (text, number) in [
            ("1920*1080*4", 8_294_400.0),
            ("1920 × 1080 x 4", 8_294_400.0),
            ("8 MiB", 8_388_608.0),
            ("1.5KiB", 1536.0),
            ("2 kB + 24 b", 2024.0),
            ("0x2000", 8192.0),
            ("0xFF_FF", 65_535.0),
            ("1e6", 1e6),
            ("2.5e-1*4", 1.0),
            ("2^20", 1_048_576.0),
            ("2**3**2", 512.0),
            ("-2^2 + 10", 6.0),
            ("(1 + 2) * 3 - 8/4", 7.0),
            ("2,949,120", 2_949_120.0),
            ("2 949 120 / 2", 1_474_560.0),
            ("10 - 3 - 2", 5.0),
            (".5*4", 2.0),
            ("0x4", 4.0),
        ] {
            assert_eq!(value(text), number, "{text}");
        }
        assert!(evaluate("8 MiB").unwrap().bytes && !evaluate("8").unwrap().bytes);
        assert!(evaluate("1e6").unwrap().computed && !evaluate("1,000").unwrap().computed);
    }

    #[test]
    fn what_is_not_an_expression_is_said() {
        for (text, words) in [
            ("", "Nothing is entered."),
            ("12*", "A number is missing."),
            ("12x", "A number is missing."),
            ("*3", "A number is missing."),
            (".", "A number is missing."),
            ("12z", "“z” is not a digit."),
            ("z", "“z” is not a digit."),
            ("4 MiBit", "“M” is not a digit."),
            ("(1 + 2", "A bracket is not closed."),
            ("1 + 2)", "A bracket is closed that was not opened."),
            ("1/0", "It divides by 0."),
            ("2^99", "An exponent is a whole number from 0 to 64."),
            ("100,5", "A separator stands before three digits."),
            ("1,0000", "A separator stands before three digits."),
        ] {
            assert_eq!(evaluate(text), Err(words.to_owned()), "{text}");
        }
        assert_eq!(evaluate(&"(".repeat(101)), Err("It has more than 100 characters.".to_owned()));
        assert!(evaluate(&"(".repeat(100)).is_err());
    }

    proptest! {
        #[test]
        fn property_any_text_is_computed_or_refused(text in "[-+*/^x().0-9eKMiBb, ]{0,30}|\\PC{0,20}") {
            let _ = evaluate(&text);
        }

        #[test]
        fn property_whole_numbers_are_computed_exactly(a in 0u32..1 << 20, b in 0u32..1 << 20, c in 0u32..1 << 12) {
            let wanted = u64::from(a) * u64::from(b) + u64::from(c);
            prop_assert_eq!(value(&format!("{a} * {b} + {c}")), wanted as f64);
        }
    }
}
