//! Tables with a place for each lane, or for each priority: looking one up cannot fail.

use std::ops::{Index, IndexMut};

use crate::wire::{Lane, Priority};

/// One value for each lane.
#[derive(Debug, Default)]
pub struct ByLane<T>([T; Lane::COUNT]);

/// One value for each priority, highest first.
#[derive(Debug, Default)]
pub struct ByPriority<T>([T; Priority::ALL.len()]);

impl<T> ByLane<T> {
    /// A table of what `make` returns for the index of each lane.
    pub fn of(make: impl FnMut(usize) -> T) -> Self {
        Self(std::array::from_fn(make))
    }

    /// The values, by index.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// The values, by index, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }
}

impl<T> ByPriority<T> {
    /// Priorities and values, highest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Priority, &T)> {
        Priority::ALL.into_iter().zip(&self.0)
    }

    /// The values, highest priority first, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }

    /// The values, highest priority first.
    pub fn into_values(self) -> impl Iterator<Item = T> {
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
