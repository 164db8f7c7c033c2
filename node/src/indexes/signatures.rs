//! Positions of the transactions of recent history: the index of getTransaction, which also decides how far back
//! history is served.
//!
//! A 64-bit seeded hash of a signature leads to slot and index; a hit is only a hint, and the caller compares the
//! signature in the record. Whole blocks are forgotten, the oldest first, when there are more blocks or more
//! transactions than [`HistoryLimits`] allows. The ledger itself keeps everything.
//!
//! Invariant: every effective transaction of the blocks from [`SignatureIndex::first_slot`] to the newest is in the
//! index, and none of an older block. The newest block is never forgotten.
//!
//! Cost: 24 bytes of table and 16 of order for each transaction, up to twice that while they grow.

use std::collections::VecDeque;

use hashbrown::HashTable;

use crate::config::HistoryLimits;

/// The slot of the first block; slot 0 is the genesis.
const FIRST_SLOT: u64 = 1;

/// A transaction, by the hash of its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    prefix: u64,
    slot: u64,
    index: u32,
}

/// The index.
pub(crate) struct SignatureIndex {
    limits: HistoryLimits,
    table: HashTable<Position>,
    /// Hash and slot of each transaction, oldest first.
    order: VecDeque<(u64, u64)>,
    first_slot: u64,
}

impl SignatureIndex {
    /// An empty index.
    pub(crate) const fn new(limits: HistoryLimits) -> Self {
        Self {
            limits,
            table: HashTable::new(),
            order: VecDeque::new(),
            first_slot: FIRST_SLOT,
        }
    }

    /// The oldest block that is served.
    pub(crate) const fn first_slot(&self) -> u64 {
        self.first_slot
    }

    /// Adds the transactions of the next block, by hash and index.
    pub(crate) fn push(&mut self, slot: u64, transactions: impl Iterator<Item = (u64, u32)>) {
        for (prefix, index) in transactions {
            let position = Position { prefix, slot, index };
            self.table
                .insert_unique(prefix, position, |position| position.prefix);
            self.order.push_back((prefix, slot));
        }
        self.forget_before(slot.saturating_sub(self.limits.blocks_max.saturating_sub(1)));
        while self.order.len() > self.limits.transactions_max {
            match self.order.front() {
                Some((_, oldest)) if *oldest < slot => self.forget_before(oldest.saturating_add(1)),
                _ => return,
            }
        }
    }

    /// Slots and indexes under a hash, oldest first: usually none or one, more when hashes collide.
    pub(crate) fn find(&self, prefix: u64) -> Vec<(u64, u32)> {
        let under = self.table.iter_hash(prefix);
        let mut found: Vec<_> = under
            .filter(|position| position.prefix == prefix)
            .map(|position| (position.slot, position.index))
            .collect();
        found.sort_unstable();
        found
    }

    fn forget_before(&mut self, slot: u64) {
        self.first_slot = self.first_slot.max(slot);
        while let Some((prefix, of)) = self.order.front().copied()
            && of < slot
        {
            self.order.pop_front();
            let is_gone = |position: &Position| position.prefix == prefix && position.slot == of;
            if let Ok(entry) = self.table.find_entry(prefix, is_gone) {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty_index(blocks_max: u64, transactions_max: usize) -> SignatureIndex {
        SignatureIndex::new(HistoryLimits {
            blocks_max,
            transactions_max,
            ..HistoryLimits::default()
        })
    }

    /// A block with two transactions, whose hashes follow from the slot.
    fn push(index: &mut SignatureIndex, slot: u64) {
        let hash = slot.saturating_mul(10);
        index.push(slot, [(hash, 0), (hash.saturating_add(1), 3)].into_iter());
    }

    #[test]
    fn all_is_kept_without_limits() {
        let mut index = empty_index(u64::MAX, usize::MAX);
        for slot in 1..=1_000 {
            push(&mut index, slot);
        }
        assert_eq!(index.first_slot(), 1);
        assert_eq!(
            (index.find(10), index.find(10_001)),
            (vec![(1, 0)], vec![(1_000, 3)])
        );
    }

    #[test]
    fn old_blocks_go_and_empty_ones_count() {
        let mut index = empty_index(3, usize::MAX);
        push(&mut index, 1);
        push(&mut index, 2);
        index.push(3, std::iter::empty());
        assert_eq!((index.first_slot(), index.find(10)), (1, vec![(1, 0)]));
        index.push(4, std::iter::empty());
        assert_eq!((index.first_slot(), index.find(10)), (2, vec![]));
        assert_eq!(index.find(21), [(2, 3)]);
        index.push(5, std::iter::empty());
        assert_eq!((index.first_slot(), index.table.len()), (3, 0));
    }

    #[test]
    fn whole_blocks_go_when_there_are_too_many_transactions() {
        let mut index = empty_index(u64::MAX, 5);
        for slot in 1..=3 {
            push(&mut index, slot);
        }
        assert_eq!((index.first_slot(), index.table.len()), (2, 4));
        assert!(index.find(11).is_empty());
        // The newest block stays, however large.
        index.push(4, (0..9).map(|index| (40, index)));
        assert_eq!((index.first_slot(), index.find(40).len()), (4, 9));
        push(&mut index, 5);
        assert_eq!((index.first_slot(), index.table.len()), (5, 2));
    }
}
