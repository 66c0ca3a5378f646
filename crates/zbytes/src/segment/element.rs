//! The types of array elements, as JavaScript names them.

use serde::{Deserialize, Serialize};

/// The type of the elements in a typed array. More than one byte is little-endian, as on every
/// engine that runs wasm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Element {
    /// Signed, 8 bits.
    Int8,
    /// Unsigned, 8 bits. Also said of bytes whose type is not known: an `ArrayBuffer`, a
    /// `DataView`, a received payload.
    Uint8,
    /// Unsigned, 8 bits; JavaScript clamps what is written into it, as canvases do.
    Uint8Clamped,
    /// Signed, 16 bits.
    Int16,
    /// Unsigned, 16 bits.
    Uint16,
    /// Signed, 32 bits.
    Int32,
    /// Unsigned, 32 bits.
    Uint32,
    /// IEEE 754, 16 bits. Its array is younger than the others: not every engine has it.
    Float16,
    /// IEEE 754, 32 bits.
    Float32,
    /// IEEE 754, 64 bits.
    Float64,
    /// Signed, 64 bits.
    BigInt64,
    /// Unsigned, 64 bits.
    BigUint64,
}

impl Element {
    /// Every element type, in the order in which people look for them: integers, floating point,
    /// big integers.
    pub const ALL: [Element; 12] = [
        Self::Int8,
        Self::Uint8,
        Self::Uint8Clamped,
        Self::Int16,
        Self::Uint16,
        Self::Int32,
        Self::Uint32,
        Self::Float16,
        Self::Float32,
        Self::Float64,
        Self::BigInt64,
        Self::BigUint64,
    ];

    /// Bytes of one element.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Int8 | Self::Uint8 | Self::Uint8Clamped => 1,
            Self::Int16 | Self::Uint16 | Self::Float16 => 2,
            Self::Int32 | Self::Uint32 | Self::Float32 => 4,
            Self::Float64 | Self::BigInt64 | Self::BigUint64 => 8,
        }
    }

    /// The name, as in `Int32`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int8 => "Int8",
            Self::Uint8 => "Uint8",
            Self::Uint8Clamped => "Uint8Clamped",
            Self::Int16 => "Int16",
            Self::Uint16 => "Uint16",
            Self::Int32 => "Int32",
            Self::Uint32 => "Uint32",
            Self::Float16 => "Float16",
            Self::Float32 => "Float32",
            Self::Float64 => "Float64",
            Self::BigInt64 => "BigInt64",
            Self::BigUint64 => "BigUint64",
        }
    }

    /// The name of the JavaScript array, as in `Int32Array`.
    #[must_use]
    pub const fn array_name(self) -> &'static str {
        match self {
            Self::Int8 => "Int8Array",
            Self::Uint8 => "Uint8Array",
            Self::Uint8Clamped => "Uint8ClampedArray",
            Self::Int16 => "Int16Array",
            Self::Uint16 => "Uint16Array",
            Self::Int32 => "Int32Array",
            Self::Uint32 => "Uint32Array",
            Self::Float16 => "Float16Array",
            Self::Float32 => "Float32Array",
            Self::Float64 => "Float64Array",
            Self::BigInt64 => "BigInt64Array",
            Self::BigUint64 => "BigUint64Array",
        }
    }
}

/// A Rust type without padding: a vector of it can be a segment, its bytes as they lie in memory.
/// Bytes themselves are not among them, because a `Vec<u8>` is a segment without it.
pub trait Scalar: bytemuck::NoUninit + Send + Sync {}

macro_rules! scalars {
    ($($scalar:ty),+) => {
        $(impl Scalar for $scalar {})+
    };
}

scalars!(i8, i16, u16, i32, u32, half::f16, f32, f64, i64, u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sizes_belong_together() {
        for element in Element::ALL {
            assert_eq!(element.array_name(), format!("{}Array", element.name()));
            let bits: String = element.name().chars().filter(char::is_ascii_digit).collect();
            assert_eq!(bits.parse::<usize>().unwrap(), element.size() * 8);
        }
    }
}
