//! The arithmetic and the words of the view "Bytes". No web types, so it is tested natively.
//!
//! | File | What is in it |
//! |---|---|
//! | `lines` | lines, scrolling, and the offsets in front of them |
//! | `marks` | segments, batches and differences among the bytes |
//! | `sought` | what is typed: to be found, and to go to |
//! | `value` | bytes as numbers, bits and characters |
//! | `style` | bytes as source text |

mod lines;
mod marks;
mod sought;
mod style;
mod value;

pub use self::{
    lines::{Bar, Lines, alignment, column, digits, offset},
    marks::{Mark, arrived, batch_at, difference_words, has_segments_of, looked_words, planned},
    sought::Sought,
    style::Style,
    value::{ByteOrder, Value, binary, character, first_character, text, value, words},
};

#[cfg(test)]
mod tests;
