//! The page inside of the program, for a program that needs nothing beside it (the feature `embedded`).
//!
//! `scripts/package` packs the built page into one file (`notices/src/pack.rs`), and the compiler puts it into the
//! program: a line of JSON with the name and the packed length of each file, then the files, each by brotli.

use std::io;

use super::files::{Files, Inside};

#[cfg(feature = "embedded")]
static PACKED: Option<&[u8]> = Some(include_bytes!(env!("ZBYTES_LAB_PAGE")));
#[cfg(not(feature = "embedded"))]
static PACKED: Option<&[u8]> = None;

/// The files of the page inside of this program, if it has one.
///
/// # Errors
/// What is inside is not what the build packs.
pub(crate) fn page() -> Option<io::Result<Files>> {
    PACKED.map(|packed| Ok(Files::inside(unpacked(packed)?)))
}

fn unpacked(packed: &'static [u8]) -> io::Result<Vec<Inside>> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "the page inside of this program is damaged");
    let end = packed.iter().position(|byte| *byte == b'\n').ok_or_else(broken)?;
    let (head, mut rest) = packed.split_at(end + 1);
    let names: Vec<(String, usize)> = serde_json::from_slice(head).map_err(|_| broken())?;
    let mut files = Vec::new();
    for (name, len) in names {
        let (brotli, after) = rest.split_at_checked(len).ok_or_else(broken)?;
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut &*brotli, &mut plain)?;
        files.push((name, brotli, plain));
        rest = after;
    }
    if rest.is_empty() { Ok(files) } else { Err(broken()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation must stop the test")]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_found_whole_and_damage_is_an_error() {
        let mut one = Vec::new();
        brotli::BrotliCompress(&mut &b"first"[..], &mut one, &Default::default()).unwrap();
        let mut packed = format!("[[\"index.html\",{}],[\"fonts/a\",{0}]]\n", one.len()).into_bytes();
        packed.extend([one.clone(), one.clone()].iter().flatten());
        let packed: &'static [u8] = packed.leak();
        let files = unpacked(packed).unwrap();
        let names: Vec<_> =
            files.iter().map(|(name, brotli, plain)| (name.as_str(), *brotli, plain.as_slice())).collect();
        assert_eq!(names, [("index.html", &*one, &b"first"[..]), ("fonts/a", &*one, &b"first"[..])]);
        for len in [0, 5, packed.len() - 1] {
            assert!(unpacked(&packed[..len]).is_err(), "{len}");
        }
    }
}
