//! Copy, borrow and move: the three ways in which a payload takes a segment.

use serde::{Deserialize, Serialize};

/// How a payload takes a segment.
///
#[doc = include_str!("modes.md")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Mode {
    /// The bytes are copied into memory that the payload owns.
    #[default]
    Copy,
    /// The payload keeps a reference to the caller's memory.
    Borrow,
    /// The payload takes the memory over, and the caller loses it.
    Move,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 3] = [Self::Copy, Self::Borrow, Self::Move];

    /// The name, as in `copy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Borrow => "borrow",
            Self::Move => "move",
        }
    }

    /// The past participle, as in "cannot be borrowed".
    #[must_use]
    pub const fn participle(self) -> &'static str {
        match self {
            Self::Copy => "copied",
            Self::Borrow => "borrowed",
            Self::Move => "moved",
        }
    }
}

/// The table of the three modes, a line for each row with `|` between the cells. It stands in the
/// documentation, in the README of this crate, in the lab's guide and in the page.
const TABLE: &str = include_str!("modes.md");

/// The cells of the table of the three modes: first the heads, then a row for each of
/// [`Mode::ALL`].
pub fn table() -> impl Iterator<Item = [&'static str; 4]> {
    TABLE.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---")).filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        Some([cells.next()?, cells.next()?, cells.next()?, cells.next()?])
    })
}

/// What becomes of a source that its mode cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Unsupported {
    /// The payload is not built, and an error says why.
    #[default]
    Refuse,
    /// The source is copied instead, which the ledger shows as such. Detached sources and values
    /// without bytes are still refused.
    Copy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_mode_and_stands_in_the_readme() {
        let rows: Vec<_> = table().collect();
        let names: Vec<_> = rows.iter().skip(1).map(|row| row[0]).collect();
        assert_eq!(names, Mode::ALL.map(Mode::name));
        assert!(rows.iter().flatten().all(|cell| !cell.is_empty()));
        assert!(include_str!("../../README.md").contains(TABLE.trim()), "README.md has another table of the modes");
    }
}
