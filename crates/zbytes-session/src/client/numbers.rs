//! Numbered samples: what a subscriber has missed of each publisher.

use std::collections::HashMap;

use zenoh_protocol::core::EntityGlobalIdProto;

use crate::wire::Source;

/// The last number of each publisher.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: HashMap<EntityGlobalIdProto, u32>,
}

impl Numbers {
    /// Takes the number of a sample; returns how many before it did not come. The first one of a
    /// publisher begins the counting, and one that is late or repeated is passed over. What it
    /// fills was reported as missed when it was overtaken. Of `most` publishers the numbers are
    /// kept; of further ones nothing is missed.
    pub(super) fn take(&mut self, source: Source, most: usize) -> u32 {
        let full = self.last.len() >= most;
        let Some(last) = self.last.get_mut(&source.id) else {
            if !full {
                self.last.insert(source.id, source.sn);
            }
            return 0;
        };
        let ahead = source.sn.wrapping_sub(*last);
        if ahead == 0 || ahead > u32::MAX / 2 {
            return 0;
        }
        *last = source.sn;
        ahead - 1
    }
}

#[cfg(test)]
mod tests {
    use zenoh_protocol::core::ZenohIdProto;

    use super::*;

    #[test]
    fn gaps_are_counted_per_publisher_also_over_renewed_numbers() {
        let id = |zid: u8, eid| EntityGlobalIdProto { zid: ZenohIdProto::try_from([zid; 4].as_slice()).unwrap(), eid };
        let mut numbers = Numbers::default();
        let mut take = |id, sn| numbers.take(Source { id, sn }, 3);
        assert_eq!([7, 8, 10, 10, 9, 20].map(|sn| take(id(1, 1), sn)), [0, 0, 1, 0, 0, 9]);
        assert_eq!([u32::MAX - 1, 1, 2].map(|sn| take(id(1, 2), sn)), [0, 2, 0]);
        assert_eq!([0, 2].map(|sn| take(id(2, 1), sn)), [0, 1]);
        // One publisher too many.
        assert_eq!([0, 2, 9].map(|sn| take(id(3, 1), sn)), [0, 0, 0]);
        assert_eq!(take(id(1, 1), 22), 1);
    }
}
