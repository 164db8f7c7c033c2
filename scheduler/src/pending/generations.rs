//! For which blocks the pool remembers what was taken: the open one, and the one before, which has ended while readers do
//! not see it yet.
//!
//! Invariant: nothing is remembered for any other block, so the parity of a height tells the two apart, and what is kept
//! for each block has two fixed slots.

use std::ops::{Index, IndexMut, RangeInclusive};

/// One of two blocks in a row, by the parity of its height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    Even,
    Odd,
}

impl Generation {
    /// The generation of what is taken for the block of a height.
    pub(super) const fn of(height: u64) -> Self {
        match height.is_multiple_of(2) {
            true => Self::Even,
            false => Self::Odd,
        }
    }
}

/// A value for each generation.
#[derive(Clone, Debug, Default)]
pub(super) struct Generations<T> {
    even: T,
    odd: T,
}

impl<T> Generations<T> {
    pub(super) const fn new(even: T, odd: T) -> Self {
        Self { even, odd }
    }

    pub(super) const fn both(&self) -> [&T; 2] {
        [&self.even, &self.odd]
    }
}

impl<T> Index<Generation> for Generations<T> {
    type Output = T;

    fn index(&self, generation: Generation) -> &T {
        match generation {
            Generation::Even => &self.even,
            Generation::Odd => &self.odd,
        }
    }
}

impl<T> IndexMut<Generation> for Generations<T> {
    fn index_mut(&mut self, generation: Generation) -> &mut T {
        match generation {
            Generation::Even => &mut self.even,
            Generation::Odd => &mut self.odd,
        }
    }
}

/// The blocks that the pool knows of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heights {
    /// Height of the block that is open, or that was open last.
    pub(super) open: u64,
    /// Height of the newest block whose transactions are forgotten.
    pub(super) forgotten: u64,
}

impl Heights {
    /// The heights of the blocks for which something may be remembered, the earlier one first.
    pub(super) const fn remembered(self) -> RangeInclusive<u64> {
        self.open.saturating_sub(1)..=self.open
    }

    /// The generation of the block that is open.
    pub(super) const fn generation(self) -> Generation {
        Generation::of(self.open)
    }
}
