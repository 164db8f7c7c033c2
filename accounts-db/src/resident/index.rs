//! Ids of the resident accounts by key.
//!
//! Invariant: a key is in the index at most once, with the id of the cell that holds it. The index stores no keys: it finds
//! the id by the hash of the key, and the cell tells whether it is the key's.
//!
//! Many small parts have a lock each, so that a part that grows is rehashed alone, and readers meet the writer only in the
//! same part.

use std::sync::PoisonError;

use hashbrown::HashTable;
use isobath_sdk::chain::accounts::AccountId;

use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Parts of the index: with a million accounts, about a thousand each.
const PARTS: usize = 1 << PARTS_BITS;
#[cfg(not(feature = "loom"))]
const PARTS_BITS: u32 = 10;
#[cfg(feature = "loom")]
const PARTS_BITS: u32 = 0;
/// Lowest bit of a hash that selects the part: neither the lowest nor the highest bits, which hashbrown uses in a part.
const PARTS_SHIFT: u32 = 40;

/// The hash of a key, cut to what tells it from nearly all others in its part, and its id.
#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    id: AccountId,
}

/// Ids by hash of the key.
pub(crate) struct Index {
    parts: Box<[RwLock<HashTable<Entry>>]>,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self {
            parts: std::iter::repeat_with(RwLock::default).take(PARTS).collect(),
        }
    }

    /// The id with this hash that `is_it` accepts; `is_it` looks at the cell.
    pub(crate) fn find(&self, hash: u64, mut is_it: impl FnMut(AccountId) -> bool) -> Option<AccountId> {
        let part = self.part(hash).read();
        let part: RwLockReadGuard<'_, _> = part.unwrap_or_else(PoisonError::into_inner);
        let found = part.find(hash, |entry| entry.hash == hash && is_it(entry.id));
        found.map(|entry| entry.id)
    }

    /// Adds an id under a hash. The key must not be in the index.
    pub(crate) fn insert(&self, hash: u64, id: AccountId) {
        self.part_mut(hash)
            .insert_unique(hash, Entry { hash, id }, |entry| entry.hash);
    }

    /// Removes an id.
    pub(crate) fn remove(&self, hash: u64, id: AccountId) {
        if let Ok(entry) = self.part_mut(hash).find_entry(hash, |entry| entry.id == id) {
            entry.remove();
        }
    }

    fn part(&self, hash: u64) -> &RwLock<HashTable<Entry>> {
        // The mask makes the truncation harmless.
        #[allow(clippy::cast_possible_truncation)]
        let bits = (hash >> PARTS_SHIFT) as usize;
        &self.parts[bits & (PARTS - 1)]
    }

    fn part_mut(&self, hash: u64) -> RwLockWriteGuard<'_, HashTable<Entry>> {
        self.part(hash).write().unwrap_or_else(PoisonError::into_inner)
    }
}
