//! The drawing of the layout, as numbers and words.

pub mod caption;
pub mod cells;
pub mod demonstration;
pub mod facts;
pub mod holders;
pub mod lens;
pub mod scale;
pub mod story;
