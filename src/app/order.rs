//! Orders by a number, for elements of every type: sorting costs 5 kB of program for each further type
//! of elements, and this is one type.

use std::cmp::Reverse;

/// The places of elements by descending numbers. Equal ones stay in their order.
pub fn descending(numbers: impl Iterator<Item = u64>) -> Vec<usize> {
    let mut places: Vec<(Reverse<u64>, usize)> = numbers.map(Reverse).zip(0..).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_first_and_equal_ones_stay_in_order() {
        assert_eq!(descending([3, 9, 3, 0, 9].into_iter()), [1, 4, 0, 2, 3]);
        assert!(descending([].into_iter()).is_empty());
    }
}
