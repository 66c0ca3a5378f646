//! What a person brings, understood: files of numbers, pictures and sound, typed values, and
//! arithmetic in fields of numbers.
//!
//! Everything here is pure. A file is looked at by its beginning alone, and nothing is allocated by
//! what the beginning promises before it was compared with the length of the file and the bounds.
//! What is wrong is said in words for the person, and the file stays what it is: bytes.
//!
//! | module | what it understands |
//! |---|---|
//! | [`about`] | which format a file has, and the ways to read it |
//! | [`npy`], [`wav`], [`picture`], [`csv`] | one format each |
//! | [`values`] | numbers that a person types or pastes |
//! | [`decimal`] | one number, exactly |
//! | [`expression`] | arithmetic in a field of numbers |

pub mod about;
pub mod csv;
pub mod decimal;
pub mod expression;
pub mod npy;
pub mod picture;
pub mod values;
pub mod wav;

pub use about::{About, LOOK, Offer, Reading, look};

/// The `N` bytes at `at`, if they are all there.
fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// The error for a file that has fewer bytes than its beginning promises.
fn short(promised: u64, there: u64) -> String {
    let [promised, there] = [promised, there].map(crate::number::requested);
    format!("Its beginning promises {promised} of values, and {there} are there. A part of the file is missing.")
}
