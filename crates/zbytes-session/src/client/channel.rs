//! Bounded queues between a session and a slow reader, as zenoh's FIFO and ring channels.
//!
//! A page cannot make a router wait by not taking what arrives: a WebSocket delivers all the same.
//! So unlike zenoh's, a FIFO channel that is full does not block. It drops the newest, a ring drops
//! the oldest, and both count what they drop.

use std::collections::VecDeque;

/// What happens to a value that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is dropped: the reader gets everything up to a point, in order. A FIFO channel.
    DropNewest,
    /// The oldest is dropped for it: the reader gets what is latest. A ring channel.
    DropOldest,
}

/// A bounded queue. At least one value fits.
#[derive(Clone, Debug)]
pub struct Channel<T> {
    values: VecDeque<T>,
    capacity: usize,
    when_full: WhenFull,
    dropped: u64,
}

impl<T> Channel<T> {
    /// A queue of at most `capacity` values that keeps the oldest.
    #[must_use]
    pub fn fifo(capacity: usize) -> Self {
        Self::new(capacity, WhenFull::DropNewest)
    }

    /// A queue of at most `capacity` values that keeps the newest.
    #[must_use]
    pub fn ring(capacity: usize) -> Self {
        Self::new(capacity, WhenFull::DropOldest)
    }

    fn new(capacity: usize, when_full: WhenFull) -> Self {
        Self { values: VecDeque::new(), capacity: capacity.max(1), when_full, dropped: 0 }
    }

    /// Puts a value in; returns the one that had to go, if any: this one or the oldest.
    pub fn push(&mut self, value: T) -> Option<T> {
        if self.values.len() < self.capacity {
            self.values.push_back(value);
            return None;
        }
        self.dropped += 1;
        match self.when_full {
            WhenFull::DropNewest => Some(value),
            WhenFull::DropOldest => {
                let oldest = self.values.pop_front();
                self.values.push_back(value);
                oldest
            }
        }
    }

    /// Takes the oldest value out.
    pub fn pop(&mut self) -> Option<T> {
        self.values.pop_front()
    }

    /// Values in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The most values that fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// What happens when it is full.
    #[must_use]
    pub fn when_full(&self) -> WhenFull {
        self.when_full
    }

    /// Values that were dropped so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_keep_the_order_and_drop_at_their_end() {
        for (mut channel, kept, last) in
            [(Channel::fifo(3), [0, 1, 2], Some(4)), (Channel::ring(3), [2, 3, 4], Some(1))]
        {
            let mut gone = None;
            for value in 0..5 {
                gone = channel.push(value);
            }
            assert_eq!((gone, channel.dropped(), channel.len()), (last, 2, 3));
            assert_eq!(std::iter::from_fn(|| channel.pop()).collect::<Vec<_>>(), kept);
            assert!(channel.is_empty());
            assert_eq!(channel.push(9), None);
            assert_eq!(channel.pop(), Some(9));
        }
    }

    #[test]
    fn one_value_always_fits() {
        let mut channel = Channel::ring(0);
        assert_eq!((channel.push('a'), channel.push('b'), channel.capacity()), (None, Some('a'), 1));
    }
}
