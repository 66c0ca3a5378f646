//! Pictures of what a message holds, as rows of colours: which elements are looked at, and what
//! colour each becomes.
//!
//! A picture never has more pixels than there is room for: of more elements it shows some, at equal
//! distances. The range of the values is that of all elements all the same. Both take long for a
//! long array, so they are worked out in steps ([`Scan::step`], [`Painting::step`],
//! [`Points::step`]), between which a page takes its turn. Bytes are read through a window and
//! never made contiguous.
//!
//! `raster` says which elements become which pixels, `scan` finds the range of the values,
//! `painting` paints images and matrices, `points` paints clouds.

mod painting;
mod points;
mod raster;
mod scan;

pub use self::{
    painting::{Painting, line},
    points::{FAINTEST, Points},
    raster::{Fit, Raster, Room, View},
    scan::Scan,
};

#[cfg(test)]
mod tests;
