//! What the elements of an array are as numbers, and the range that they span.
//!
//! Numbers are exact. Integers of 64 bits do not pass through floating point, so the range of
//! counters and of times in nanoseconds is what it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use half::f16;

use zbytes::segment::Element;

/// The value of an element.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Number {
    /// An integer.
    Whole(i128),
    /// A floating-point number of 16 or 32 bits.
    Single(f32),
    /// A floating-point number of 64 bits.
    Double(f64),
}

impl Number {
    /// The value of one element, from its bytes. `None` when they are not as many as it has.
    #[must_use]
    pub fn of(element: Element, bytes: &[u8]) -> Option<Self> {
        let size = element.size();
        let mut eight = [0; 8];
        let space = eight.get_mut(..size)?;
        if bytes.len() != size {
            return None;
        }
        space.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let bits = u64::from_le_bytes(eight);
        Some(match element {
            Element::Int8 => Self::Whole((bits as i8).into()),
            Element::Int16 => Self::Whole((bits as i16).into()),
            Element::Int32 => Self::Whole((bits as i32).into()),
            Element::BigInt64 => Self::Whole(bits.cast_signed().into()),
            Element::Uint8 | Element::Uint8Clamped | Element::Uint16 | Element::Uint32 | Element::BigUint64 => {
                Self::Whole(bits.into())
            }
            Element::Float16 => Self::Single(f16::from_bits(bits as u16).to_f32()),
            Element::Float32 => Self::Single(f32::from_bits(bits as u32)),
            Element::Float64 => Self::Double(f64::from_bits(bits)),
        })
    }

    /// The nearest floating-point number.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Single(value) => value.into(),
            Self::Double(value) => value,
        }
    }

    /// How much it is above `other`; exact for integers, as far as the result can say it.
    fn above(self, other: Self) -> f64 {
        match (self, other) {
            // The difference of two 64-bit integers has 65 bits.
            (Self::Whole(one), Self::Whole(other)) => (one - other) as f64,
            (one, other) => one.as_f64() - other.as_f64(),
        }
    }
}

impl fmt::Display for Number {
    /// As few digits as tell it from its neighbours, with an exponent where it would be long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let long = |value: f64| value != 0.0 && value.is_finite() && !(1e-4..1e9).contains(&value.abs());
        match *self {
            Self::Whole(value) => write!(f, "{value}"),
            Self::Single(value) if long(value.into()) => write!(f, "{value:e}"),
            Self::Single(value) => write!(f, "{value}"),
            Self::Double(value) if long(value) => write!(f, "{value:e}"),
            Self::Double(value) => write!(f, "{value}"),
        }
    }
}

/// The range of values of some elements, and how many of them are not finite numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The least and the greatest of the finite values; `None` when there are none.
    pub ends: Option<(Number, Number)>,
    /// Elements that were looked at.
    pub count: u64,
    /// Those that are not a number.
    pub nan: u64,
    /// Those that are positive infinity.
    pub above: u64,
    /// Those that are negative infinity.
    pub below: u64,
}

/// The least and the greatest of the finite values, as its own type has them, and how many are not
/// finite.
macro_rules! extent {
    ($bytes:expr, $type:ty, whole) => {{
        let (chunks, _) = $bytes.as_chunks::<{ size_of::<$type>() }>();
        let mut values = chunks.iter().map(|bytes| <$type>::from_le_bytes(*bytes));
        let ends = values.next().map(|first| {
            values.fold((first, first), |(least, most): ($type, $type), value| (least.min(value), most.max(value)))
        });
        Range {
            ends: ends.map(|(least, most)| (Number::Whole(least.into()), Number::Whole(most.into()))),
            ..Range::default()
        }
    }};
    ($bytes:expr, $size:expr, $read:expr, $number:expr) => {{
        let mut range = Range::default();
        let (mut least, mut most) = ($read([0; $size]), $read([0; $size]));
        let mut any = false;
        for bytes in $bytes.as_chunks::<$size>().0 {
            let value = $read(*bytes);
            if value.is_finite() {
                if !any {
                    (least, most, any) = (value, value, true);
                }
                // Not `min` and `max`: those ask about NaN again.
                if value < least {
                    least = value;
                }
                if value > most {
                    most = value;
                }
            } else if value.is_nan() {
                range.nan += 1;
            } else if value > 0.0 {
                range.above += 1;
            } else {
                range.below += 1;
            }
        }
        range.ends = any.then(|| ($number(least), $number(most)));
        range
    }};
}

impl Range {
    /// The range of the elements in `bytes`. Bytes beyond the last whole element are left out.
    #[must_use]
    pub fn of(element: Element, bytes: &[u8]) -> Self {
        let range = match element {
            Element::Int8 => extent!(bytes, i8, whole),
            Element::Uint8 | Element::Uint8Clamped => extent!(bytes, u8, whole),
            Element::Int16 => extent!(bytes, i16, whole),
            Element::Uint16 => extent!(bytes, u16, whole),
            Element::Int32 => extent!(bytes, i32, whole),
            Element::Uint32 => extent!(bytes, u32, whole),
            Element::BigInt64 => extent!(bytes, i64, whole),
            Element::BigUint64 => extent!(bytes, u64, whole),
            Element::Float16 => {
                extent!(bytes, 2, |bytes| f16::from_bits(u16::from_le_bytes(bytes)).to_f32(), Number::Single)
            }
            Element::Float32 => extent!(bytes, 4, f32::from_le_bytes, Number::Single),
            Element::Float64 => extent!(bytes, 8, f64::from_le_bytes, Number::Double),
        };
        Self { count: (bytes.len() / element.size()) as u64, ..range }
    }

    /// The range of these elements and those of `other`, which have the same type.
    pub fn absorb(&mut self, other: Self) {
        self.ends = match (self.ends, other.ends) {
            (Some((least, most)), Some((lower, higher))) => Some((
                if lower.above(least) < 0.0 { lower } else { least },
                if higher.above(most) > 0.0 { higher } else { most },
            )),
            (ends, None) => ends,
            (None, ends) => ends,
        };
        self.count += other.count;
        self.nan += other.nan;
        self.above += other.above;
        self.below += other.below;
    }

    /// Where a value of the range stands in it, from 0 to 1: infinities at its ends, 0.5 when the
    /// range is a single value. `None` for what is not a number.
    #[must_use]
    pub fn share(&self, value: Number) -> Option<f64> {
        let plain = value.as_f64();
        if plain.is_nan() {
            return None;
        }
        if plain.is_infinite() {
            return Some(if plain > 0.0 { 1.0 } else { 0.0 });
        }
        let Some((least, most)) = self.ends else { return Some(0.5) };
        // Halved, because the range of a double may be longer than a double can say.
        let (span, above) = match most {
            Number::Double(_) => {
                (most.as_f64() / 2.0 - least.as_f64() / 2.0, value.as_f64() / 2.0 - least.as_f64() / 2.0)
            }
            _ => (most.above(least), value.above(least)),
        };
        Some(if span > 0.0 { above / span } else { 0.5 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize, T: Copy>(values: &[T], to: impl Fn(T) -> [u8; N]) -> Vec<u8> {
        values.iter().flat_map(|value| to(*value)).collect()
    }

    fn shown(range: Range) -> (String, String) {
        let (least, most) = range.ends.unwrap();
        (least.to_string(), most.to_string())
    }

    fn words(least: &str, most: &str) -> (String, String) {
        (least.to_owned(), most.to_owned())
    }

    #[test]
    fn every_type_has_its_own_ends() {
        let of = Range::of;
        assert_eq!(shown(of(Element::Int8, &[0x80, 0, 0x7f])), words("-128", "127"));
        assert_eq!(shown(of(Element::Uint8, &[0x80, 3])), words("3", "128"));
        assert_eq!(shown(of(Element::Uint8Clamped, &[255])), words("255", "255"));
        assert_eq!(shown(of(Element::Int16, &bytes(&[-300, 7], i16::to_le_bytes))), words("-300", "7"));
        assert_eq!(shown(of(Element::Uint16, &bytes(&[300, 65_535], u16::to_le_bytes))), words("300", "65535"));
        assert_eq!(shown(of(Element::Int32, &bytes(&[i32::MIN, 5], i32::to_le_bytes))), words("-2147483648", "5"));
        assert_eq!(shown(of(Element::Uint32, &bytes(&[u32::MAX, 5], u32::to_le_bytes))), words("5", "4294967295"));
        let far = [i64::MIN, i64::MAX];
        assert_eq!(
            shown(of(Element::BigInt64, &bytes(&far, i64::to_le_bytes))),
            words("-9223372036854775808", "9223372036854775807")
        );
        assert_eq!(
            shown(of(Element::BigUint64, &bytes(&[u64::MAX, 1], u64::to_le_bytes))),
            words("1", "18446744073709551615")
        );
        let halves = [f16::from_f32(-0.5), f16::from_f32(65_504.0)];
        assert_eq!(shown(of(Element::Float16, &bytes(&halves, f16::to_le_bytes))), words("-0.5", "65504"));
        assert_eq!(shown(of(Element::Float32, &bytes(&[0.1f32, 3e38], f32::to_le_bytes))), words("0.1", "3e38"));
        assert_eq!(shown(of(Element::Float64, &bytes(&[-1e-7, 0.25], f64::to_le_bytes))), words("-1e-7", "0.25"));
    }

    #[test]
    fn what_is_no_finite_number_is_counted_and_in_no_range() {
        let values = [f32::NAN, 1.5, f32::INFINITY, -2.0, f32::NEG_INFINITY, f32::NAN];
        let range = Range::of(Element::Float32, &bytes(&values, f32::to_le_bytes));
        assert_eq!(shown(range), words("-2", "1.5"));
        assert_eq!((range.count, range.nan, range.above, range.below), (6, 2, 1, 1));
        let mut twice = range;
        twice.absorb(range);
        assert_eq!((twice.count, twice.nan, twice.above, twice.below), (12, 4, 2, 2));
        assert_eq!(range.share(Number::Single(f32::NAN)), None);
        assert_eq!(range.share(Number::Single(f32::INFINITY)), Some(1.0));
        assert_eq!(range.share(Number::Single(f32::NEG_INFINITY)), Some(0.0));
        assert_eq!(range.share(Number::Single(-0.25)), Some(0.5));
        let none = Range::of(Element::Float64, &bytes(&[f64::NAN], f64::to_le_bytes));
        assert_eq!((none.ends, none.nan, none.above, none.below), (None, 1, 0, 0));
        assert_eq!(Range::of(Element::Int32, &[]), Range::default());
    }

    #[test]
    fn parts_of_an_array_have_the_range_of_the_whole() {
        let values: Vec<f64> = (0..1000).map(|at| f64::from(at * 7919 % 1000) - 400.0).collect();
        let all = bytes(&values, f64::to_le_bytes);
        let mut range = Range::default();
        all.chunks(8 * 13).for_each(|part| range.absorb(Range::of(Element::Float64, part)));
        assert_eq!(range, Range::of(Element::Float64, &all));
        assert_eq!(shown(range), words("-400", "599"));
    }

    #[test]
    fn a_share_is_exact_where_floating_point_is_not() {
        let begin = 1_795_357_353_000_000_000i64;
        let times = Range::of(Element::BigInt64, &bytes(&[begin, begin + 100], i64::to_le_bytes));
        assert_eq!(times.share(Number::Whole(i128::from(begin) + 25)), Some(0.25));
        let wide = Range::of(Element::Float64, &bytes(&[f64::MIN, f64::MAX], f64::to_le_bytes));
        assert_eq!(wide.share(Number::Double(0.0)), Some(0.5));
        assert_eq!(wide.share(Number::Double(f64::MAX)), Some(1.0));
        let single = Range::of(Element::Int8, &[7]);
        assert_eq!(single.share(Number::Whole(7)), Some(0.5));
    }

    #[test]
    fn one_element_is_read_by_its_type() {
        assert_eq!(Number::of(Element::Int16, &[0xff, 0xff]), Some(Number::Whole(-1)));
        assert_eq!(Number::of(Element::Uint16, &[0xff, 0xff]), Some(Number::Whole(65_535)));
        assert_eq!(Number::of(Element::Int16, &[0xff]), None);
        assert_eq!(Number::of(Element::Float16, &[0, 0x3c]), Some(Number::Single(1.0)));
        assert_eq!(Number::of(Element::BigInt64, &[0xff; 8]), Some(Number::Whole(-1)));
    }
}
