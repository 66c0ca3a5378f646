//! Tables with a place for each lane, or for each priority: looking one up cannot fail.

use std::ops::{Index, IndexMut};

use crate::wire::{Lane, Priority};

/// One value for each lane.
#[derive(Default)]
pub(super) struct ByLane<T>([T; Lane::COUNT]);

/// One value for each priority, highest first.
#[derive(Default)]
pub(super) struct ByPriority<T>([T; Priority::ALL.len()]);

impl<T> ByLane<T> {
    pub(super) fn of(make: impl FnMut(usize) -> T) -> Self {
        Self(std::array::from_fn(make))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }
}

impl<T> ByPriority<T> {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Priority, &T)> {
        Priority::ALL.into_iter().zip(&self.0)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }

    pub(super) fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter()
    }
}

#[allow(clippy::indexing_slicing, reason = "the index of a lane is below their count")]
impl<T> Index<Lane> for ByLane<T> {
    type Output = T;

    fn index(&self, lane: Lane) -> &T {
        &self.0[lane.index()]
    }
}

#[allow(clippy::indexing_slicing, reason = "the index of a lane is below their count")]
impl<T> IndexMut<Lane> for ByLane<T> {
    fn index_mut(&mut self, lane: Lane) -> &mut T {
        &mut self.0[lane.index()]
    }
}

#[allow(clippy::indexing_slicing, reason = "the number of a priority is below their count")]
impl<T> Index<Priority> for ByPriority<T> {
    type Output = T;

    fn index(&self, priority: Priority) -> &T {
        &self.0[priority as usize]
    }
}

#[allow(clippy::indexing_slicing, reason = "the number of a priority is below their count")]
impl<T> IndexMut<Priority> for ByPriority<T> {
    fn index_mut(&mut self, priority: Priority) -> &mut T {
        &mut self.0[priority as usize]
    }
}
