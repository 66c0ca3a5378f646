//! Arrays as numpy keeps them: a `.npy` file of version 1, 2 or 3.
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>: `\x93NUMPY`, two bytes
//! of version, the length of the header, the header as a literal of Python, then the elements.

use super::{bytes_at, short};
use crate::{number::thousands, segment::Element};

/// What every such file begins with.
const MAGIC: &[u8] = b"\x93NUMPY";

/// The most sides that numpy itself makes.
const MAX_SIDES: usize = 64;

/// What a `.npy` file says of its array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Npy {
    /// The version of the format: 1, 2 or 3.
    pub version: u8,
    /// The type as numpy writes it, as in `<f4`.
    pub descr: String,
    /// The type of the elements.
    pub element: Element,
    /// The sides, outermost first; none of a single number.
    pub shape: Vec<u64>,
    /// Whether the first index runs fastest.
    pub fortran: bool,
    /// Whether the elements are big-endian in the file.
    pub swapped: bool,
    /// Elements.
    pub length: u64,
    /// Where the first element is in the file.
    pub start: usize,
    /// Bytes behind the last element.
    pub behind: u64,
}

/// Whether a file begins as a `.npy` file.
#[must_use]
pub fn is(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Reads what a `.npy` file of `len` bytes says. `head` is its beginning.
///
/// # Errors
/// In words: why its array cannot be a typed array.
pub fn read(head: &[u8], len: u64) -> Result<Npy, String> {
    let version = head.get(MAGIC.len()).copied().unwrap_or_default();
    let at = MAGIC.len() + 2;
    let (from, header) = match version {
        1 => (at + 2, bytes_at(head, at).map(|bytes| u16::from_le_bytes(bytes).into())),
        2 | 3 => (at + 4, bytes_at(head, at).map(u32::from_le_bytes)),
        other => return Err(format!("It is of version {other} of the format; the page reads 1 to 3.")),
    };
    let header = header.and_then(|header| usize::try_from(header).ok());
    let start = header.and_then(|header| from.checked_add(header));
    let text = start.and_then(|start| head.get(from..start));
    let (Some(start), Some(text)) = (start, text) else {
        return Err("Its header is cut off, or far too long.".to_owned());
    };
    let damaged = || "Its header is damaged.".to_owned();
    let text = std::str::from_utf8(text).map_err(|_| damaged())?;
    let entry = |key: &str| {
        let value = text.split_once(key)?.1.trim_start_matches(['\'', '"']).trim_start().strip_prefix(':')?;
        Some(value.trim_start())
    };
    let fortran = match entry("fortran_order").ok_or_else(damaged)? {
        value if value.starts_with("True") => true,
        value if value.starts_with("False") => false,
        _ => return Err(damaged()),
    };
    let shape = entry("shape").and_then(sides).ok_or_else(damaged)?;
    let descr = entry("descr").ok_or_else(damaged)?;
    let (descr, element, swapped) = element(descr)?;
    let size = element.size() as u64;
    let length = shape.iter().try_fold(1u64, |product, side| product.checked_mul(*side));
    let bytes = length.and_then(|length| length.checked_mul(size));
    let there = len.saturating_sub(start as u64);
    let (Some(length), Some(behind)) = (length, bytes.and_then(|bytes| there.checked_sub(bytes))) else {
        return Err(short(bytes.unwrap_or(u64::MAX), there));
    };
    Ok(Npy { version, descr: descr.to_owned(), element, shape, fortran, swapped, length, start, behind })
}

impl Npy {
    /// What it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let sides: Vec<String> = self.shape.iter().copied().map(thousands).collect();
        let shape =
            if sides.is_empty() { "a single number".to_owned() } else { format!("shape {}", sides.join(" × ")) };
        let order = match (self.shape.len(), self.fortran) {
            (0 | 1, _) => "",
            (_, false) => ", order C: the last index runs fastest",
            (_, true) => ", order Fortran: the first index runs fastest",
        };
        let swapped = if self.swapped { " The file is big-endian; the page turns each element round." } else { "" };
        let behind = match self.behind {
            0 => String::new(),
            behind => format!(" The {} B behind the values are left out.", thousands(behind)),
        };
        format!("numpy {}, {shape}{order}. Format version {}.{swapped}{behind}", self.descr, self.version)
    }
}

/// A type of numpy in quotes: its name, the type of its elements, and whether they are big-endian.
fn element(descr: &str) -> Result<(&str, Element, bool), String> {
    let name =
        descr.strip_prefix(['\'', '"']).and_then(|rest| rest.split(['\'', '"']).next()).unwrap_or("of several fields");
    let (order, kind) = name.split_at_checked(1).unwrap_or_default();
    let element = match kind {
        "b1" | "u1" => Element::Uint8,
        "i1" => Element::Int8,
        "i2" => Element::Int16,
        "u2" => Element::Uint16,
        "i4" => Element::Int32,
        "u4" => Element::Uint32,
        "i8" => Element::BigInt64,
        "u8" => Element::BigUint64,
        "f2" => Element::Float16,
        "f4" => Element::Float32,
        "f8" => Element::Float64,
        _ => {
            let what = match kind.bytes().next() {
                Some(b'c') => "complex numbers",
                Some(b'U' | b'S') => "texts",
                Some(b'O') => "objects of Python",
                Some(b'M' | b'm') => "dates or times",
                _ => "other types",
            };
            return Err(format!(
                "Its type is {}, and no typed array holds {what}: only whole numbers and floating point of 8 to 64 bits.",
                crate::outside::shown_at_most(name, 20)
            ));
        }
    };
    Ok((name, element, order == ">" && element.size() > 1))
}

/// The sides of a shape as Python writes it: `(3, 4)`, `(3,)`, `()`. Python 2 wrote `3L`.
fn sides(text: &str) -> Option<Vec<u64>> {
    let inner = text.strip_prefix('(')?.split_once(')')?.0.trim();
    let sides = inner.split(',').map(|side| side.trim().trim_end_matches('L')).filter(|side| !side.is_empty());
    let sides: Option<Vec<u64>> = sides.map(|side| side.parse().ok()).collect();
    sides.filter(|sides| sides.len() <= MAX_SIDES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file of this header and this many bytes behind it.
    fn file(version: u8, header: &str, bytes: usize) -> Vec<u8> {
        let mut file = [MAGIC, &[version, 0]].concat();
        match version {
            1 => file.extend((header.len() as u16).to_le_bytes()),
            _ => file.extend((header.len() as u32).to_le_bytes()),
        }
        file.extend(header.as_bytes());
        file.resize(file.len() + bytes, 7);
        file
    }

    fn told(version: u8, header: &str, bytes: usize) -> Result<Npy, String> {
        let file = file(version, header, bytes);
        assert!(is(&file));
        read(&file, file.len() as u64)
    }

    #[test]
    fn type_shape_and_order_are_read_in_every_version() {
        for version in 1..=3 {
            let npy = told(version, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }    \n", 48).unwrap();
            assert_eq!((npy.element, &npy.shape[..], npy.fortran), (Element::Float32, &[3, 4][..], false));
            assert_eq!((npy.length, npy.behind, npy.swapped, npy.version), (12, 0, false, version));
            assert!(npy.words().starts_with("numpy <f4, shape 3 × 4, order C"), "{}", npy.words());
        }
        let npy = told(1, r#"{"shape": (2L,), "fortran_order": True, "descr": ">i2"}"#, 9).unwrap();
        assert_eq!((npy.element, npy.length, npy.behind, npy.swapped), (Element::Int16, 2, 5, true));
        assert!(npy.words().ends_with("round. The 5 B behind the values are left out."), "{}", npy.words());
        let npy = told(1, "{'descr':'|b1','fortran_order':False,'shape':()}", 1).unwrap();
        assert_eq!((npy.element, npy.length), (Element::Uint8, 1));
        let empty = told(1, "{'descr':'>u1','fortran_order':False,'shape':(0, 9)}", 0).unwrap();
        assert_eq!((empty.length, empty.swapped), (0, false));
    }

    #[test]
    fn what_no_typed_array_holds_is_said() {
        let of = |descr: &str| told(1, &format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}"), 64);
        for (descr, words) in [
            ("'<c8'", "Its type is <c8, and no typed array holds complex numbers"),
            ("'<U5'", "<U5, and no typed array holds texts"),
            ("'|O'", "objects of Python"),
            ("'<M8[ns]'", "dates or times"),
            ("[('a', '<i4'), ('b', '<f8')]", "Its type is of several fields, and no"),
            ("'<f16'", "<f16, and no typed array holds other types"),
            ("''", "other types"),
        ] {
            let error = of(descr).unwrap_err();
            assert!(error.contains(words), "{descr}: {error}");
        }
    }

    #[test]
    fn damaged_and_lying_files_are_refused_in_words() {
        let lying = told(1, "{'descr':'<f8','fortran_order':False,'shape':(1000000,1000000)}", 100).unwrap_err();
        assert!(lying.contains("promises 8,000,000,000,000 B of values, and 100 B are there"), "{lying}");
        let beyond = "{'descr':'<f8','fortran_order':False,'shape':(18446744073709551615,3)}";
        assert!(told(2, beyond, 8).unwrap_err().contains("A part of the file is missing"));
        assert!(told(9, "{}", 0).unwrap_err().contains("version 9"));
        for header in [
            "{}",
            "[]",
            "{'descr':'<f4','fortran_order':1,'shape':()}",
            "{'descr':'<f4','fortran_order':True,'shape':3}",
        ] {
            assert_eq!(told(1, header, 0), Err("Its header is damaged.".to_owned()));
        }
        let cut = file(1, "{'descr': '<f4'}", 0);
        assert!(read(&cut[..cut.len() - 3], 4096).unwrap_err().contains("cut off"));
        let header = [MAGIC, &[2, 0, 255, 255, 255, 255]].concat();
        assert!(read(&header, 1 << 40).unwrap_err().contains("far too long"));
    }

    proptest! {
        #[test]
        fn property_damaged_npy_is_read_or_refused(at in 0usize..80, byte: u8, cut in 0usize..90, len: u64) {
            let mut file = file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", 48);
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
            file.truncate(file.len().saturating_sub(cut));
            if let Ok(npy) = read(&file, len) {
                prop_assert!(npy.start as u64 + npy.length * npy.element.size() as u64 + npy.behind == len);
            }
        }
    }
}
