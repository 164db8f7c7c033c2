//! The changes of one block, prepared for look-ups and for the merge into the table.
//!
//! All work that grows with the block is done when the layer is built, before the block is published: hashing the keys,
//! the index by key and the order in which the table merges the changes.

use std::sync::Arc;

use hashbrown::HashTable;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::Delta;

use crate::partition::part_of;

/// A key with its account at the end of a block; `None` if the block closed it.
pub(crate) type Change = (Pubkey, Option<Arc<Account>>);

/// The changes of one block.
pub(crate) struct Layer {
    slot: u64,
    /// By ascending key.
    changes: Vec<Change>,
    /// The hash of each change.
    hashes: Vec<u64>,
    /// Indexes into `changes`, by hash of the key.
    index: HashTable<usize>,
    /// Indexes into `changes`, grouped by part of the table.
    order: Vec<usize>,
}

impl Layer {
    /// The layer of a delta, hashed with the hasher of the table that it will be merged into.
    pub(crate) fn new(hasher: KeyHasher, slot: u64, delta: Delta) -> Self {
        let changes: Vec<Change> = delta
            .accounts
            .into_iter()
            .map(|(key, account)| (key, account.map(Arc::new)))
            .collect();
        let hashes: Vec<u64> = changes.iter().map(|(key, _)| hasher.hash(key)).collect();
        let hash_of = |at: &usize| hashes.get(*at).copied().unwrap_or_default();
        let mut index = HashTable::with_capacity(changes.len());
        for (at, hash) in hashes.iter().enumerate() {
            index.insert_unique(*hash, at, hash_of);
        }
        let mut order: Vec<usize> = (0..changes.len()).collect();
        order.sort_unstable_by_key(|at| part_of(hash_of(at)));
        Self {
            slot,
            changes,
            hashes,
            index,
            order,
        }
    }

    /// Slot of the block.
    pub(crate) const fn slot(&self) -> u64 {
        self.slot
    }

    /// The changes by ascending key.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The account after the block, `Some(None)` if the block closed it; `None` if the block did not change it.
    pub(crate) fn get(&self, hash: u64, key: &Pubkey) -> Option<&Option<Arc<Account>>> {
        let is_it = |at: &usize| self.changes.get(*at).is_some_and(|(found, _)| found == key);
        let at = self.index.find(hash, is_it)?;
        self.changes.get(*at).map(|(_, after)| after)
    }

    /// The changes with their hashes, grouped by the part of the table that they belong to.
    pub(crate) fn by_part(&self) -> impl Iterator<Item = (usize, impl Iterator<Item = (u64, &Change)>)> {
        let part_at = |at: &usize| part_of(self.hash_at(*at));
        let groups = self
            .order
            .chunk_by(move |left, right| part_at(left) == part_at(right));
        groups.map(move |group| {
            let part = group.first().map_or(0, part_at);
            let changes = group
                .iter()
                .filter_map(|at| Some((self.hash_at(*at), self.changes.get(*at)?)));
            (part, changes)
        })
    }

    fn hash_at(&self, at: usize) -> u64 {
        self.hashes.get(at).copied().unwrap_or_default()
    }
}
