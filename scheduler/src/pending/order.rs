//! The order of the pool, and which entries the open block has examined.
//!
//! Invariant: what the open block has set aside is exactly what is not after the cursor and not fresh. So setting aside
//! moves nothing, and a new block needs only to forget the cursor.

use std::collections::BTreeSet;
use std::ops::Bound;

/// Order in the pool: ascending order is best first. The arrival number is unique, so the slot never decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// What the policy gave the entry.
    pub(super) key: u64,
    pub(super) arrival: u64,
    pub(super) slot: u32,
}

/// All ranks, and those that the open block may still take.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    all: BTreeSet<Rank>,
    /// The worst rank that was set aside in order; `None` before the first.
    cursor: Option<Rank>,
    /// Ranks before the cursor that came after it had passed.
    fresh: BTreeSet<Rank>,
}

impl Order {
    pub(super) const fn new() -> Self {
        Self {
            all: BTreeSet::new(),
            cursor: None,
            fresh: BTreeSet::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// All ranks, best first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Rank> + ExactSizeIterator + '_ {
        self.all.iter()
    }

    pub(super) fn insert(&mut self, rank: Rank) {
        self.all.insert(rank);
        if self.is_passed(rank) {
            self.fresh.insert(rank);
        }
    }

    pub(super) fn remove(&mut self, rank: Rank) {
        self.all.remove(&rank);
        if self.is_passed(rank) {
            self.fresh.remove(&rank);
        }
    }

    /// The best rank that the open block has not examined.
    pub(super) fn next(&self) -> Option<Rank> {
        // What is fresh is before the cursor.
        if let Some(rank) = self.fresh.first() {
            return Some(*rank);
        }
        match self.cursor {
            None => self.all.first().copied(),
            Some(cursor) => {
                let rest = (Bound::Excluded(cursor), Bound::Unbounded);
                self.all.range(rest).next().copied()
            }
        }
    }

    /// Sets the next rank aside until the block ends.
    pub(super) fn set_aside(&mut self, next: Rank) {
        if !self.fresh.remove(&next) {
            self.cursor = Some(next);
        }
    }

    /// Offers all ranks again.
    pub(super) fn begin_block(&mut self) {
        self.cursor = None;
        self.fresh.clear();
    }

    fn is_passed(&self, rank: Rank) -> bool {
        self.cursor.is_some_and(|cursor| rank <= cursor)
    }
}
