//! The order of the pool, and which entries the open block has examined.
//!
//! Invariant: what the open block has set aside is exactly what is not after the cursor and not fresh. So setting aside
//! moves nothing, and a new block needs only to forget the cursor.

use std::collections::BTreeSet;

use super::levels::{Levels, RanksInOrder};
use super::rank::Rank;

/// All ranks, and those that the open block may still take.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    all: Levels,
    /// The worst rank that was set aside in order; `None` before the first. Its entry may have left.
    cursor: Option<Rank>,
    /// The best rank after the cursor.
    ahead: Option<Rank>,
    /// Ranks before the cursor that came after it had passed.
    fresh: BTreeSet<Rank>,
}

impl Order {
    pub(super) const fn new() -> Self {
        Self {
            all: Levels::new(),
            cursor: None,
            ahead: None,
            fresh: BTreeSet::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.all.len()
    }

    /// All ranks, best first.
    pub(super) fn iter(&self) -> RanksInOrder<'_> {
        self.all.iter()
    }

    /// Adds a rank, which must be the latest arrival.
    pub(super) fn insert(&mut self, rank: Rank) {
        self.all.insert(rank);
        if self.is_passed(rank) {
            self.fresh.insert(rank);
        } else if self.ahead.is_none_or(|ahead| rank < ahead) {
            self.ahead = Some(rank);
        }
    }

    pub(super) fn remove(&mut self, rank: Rank) {
        if self.ahead == Some(rank) {
            self.ahead = self.all.after(rank);
        } else if self.is_passed(rank) {
            self.fresh.remove(&rank);
        }
        self.all.remove(rank);
    }

    /// The best rank that the open block has not examined.
    pub(super) fn next(&self) -> Option<Rank> {
        // What is fresh is before the cursor.
        self.fresh.first().copied().or(self.ahead)
    }

    /// Sets the next rank aside until the block ends.
    pub(super) fn set_aside(&mut self, next: Rank) {
        if !self.fresh.remove(&next) {
            self.cursor = Some(next);
            self.ahead = self.all.after(next);
        }
    }

    /// Offers all ranks again.
    pub(super) fn begin_block(&mut self) {
        self.cursor = None;
        self.ahead = self.all.first();
        self.fresh.clear();
    }

    fn is_passed(&self, rank: Rank) -> bool {
        self.cursor.is_some_and(|cursor| rank <= cursor)
    }
}
