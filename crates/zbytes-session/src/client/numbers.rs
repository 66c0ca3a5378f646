//! Numbered samples: what a subscriber has missed of each publisher.

use std::collections::HashMap;

use crate::wire::{EntityGlobalId, SourceInfo};

/// The last number of each publisher.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: HashMap<EntityGlobalId, u32>,
}

impl Numbers {
    /// Takes the number of a sample; returns how many before it did not come. The first one of a
    /// publisher begins the counting, and one that is late or repeated is passed over. What it
    /// fills was reported as missed when it was overtaken. Of `most` publishers the numbers are
    /// kept; of further ones nothing is missed.
    pub(super) fn take(&mut self, source: SourceInfo, most: usize) -> u32 {
        let full = self.last.len() >= most;
        let Some(last) = self.last.get_mut(&source.source_id) else {
            if !full {
                self.last.insert(source.source_id, source.source_sn);
            }
            return 0;
        };
        let ahead = source.source_sn.wrapping_sub(*last);
        if ahead == 0 || ahead > u32::MAX / 2 {
            return 0;
        }
        *last = source.source_sn;
        ahead - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ZenohId;

    #[test]
    fn gaps_are_counted_per_publisher_also_over_renewed_numbers() {
        let id = |zid: u8, eid| EntityGlobalId { zid: ZenohId::new([zid; 16]).unwrap(), eid };
        let mut numbers = Numbers::default();
        let mut take = |source_id, source_sn| numbers.take(SourceInfo { source_id, source_sn }, 3);
        assert_eq!([7, 8, 10, 10, 9, 20].map(|sn| take(id(1, 1), sn)), [0, 0, 1, 0, 0, 9]);
        assert_eq!([u32::MAX - 1, 1, 2].map(|sn| take(id(1, 2), sn)), [0, 2, 0]);
        assert_eq!([0, 2].map(|sn| take(id(2, 1), sn)), [0, 1]);
        // One publisher too many.
        assert_eq!([0, 2, 9].map(|sn| take(id(3, 1), sn)), [0, 0, 0]);
        assert_eq!(take(id(1, 1), 22), 1);
    }
}
