//! The table of accounts that all views share, divided into many small parts.
//!
//! Invariant: the table holds the accounts at the end of one block, that of [`Table::slot`], except while a merge of
//! one [`Layer`] is running. A reader looks into the layers above that slot first, so it never sees a half-merged
//! layer.
//!
//! Each part has its own lock, held for one look-up or for the accounts of one merged block that fall into the part; a
//! reader never waits longer than that. A part that grows is rehashed alone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use hashbrown::HashTable;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::key_hash::KeyHasher;

use crate::layer::Layer;
use crate::partition::{PARTS, draw_hasher, part_of};

/// An account with its key.
pub(crate) type Entry = (Pubkey, Arc<Account>);
type Part = HashTable<Entry>;

/// Accounts by key.
pub(crate) struct Table {
    hasher: KeyHasher,
    slot: AtomicU64,
    parts: Box<[RwLock<Part>]>,
}

impl Table {
    /// The accounts of slot 0.
    pub(crate) fn new(accounts: impl IntoIterator<Item = Entry>) -> Self {
        let mut parts: Vec<Part> = (0..PARTS).map(|_| Part::new()).collect();
        let hasher = draw_hasher();
        for entry in accounts {
            let hash = hasher.hash(&entry.0);
            if let Some(part) = parts.get_mut(part_of(hash)) {
                part.insert_unique(hash, entry, |(key, _)| hasher.hash(key));
            }
        }
        Self {
            parts: parts.into_iter().map(RwLock::new).collect(),
            slot: AtomicU64::new(0),
            hasher,
        }
    }

    /// How the table hashes keys.
    pub(crate) const fn hasher(&self) -> KeyHasher {
        self.hasher
    }

    /// The hash of a key in this table.
    pub(crate) fn hash(&self, key: &Pubkey) -> u64 {
        self.hasher.hash(key)
    }

    /// Slot of the newest block whose changes are all in the table. A merge of the next block may be running.
    pub(crate) fn slot(&self) -> u64 {
        // Pairs with the store in `merge`: a reader that sees the slot sees the accounts.
        self.slot.load(Ordering::Acquire)
    }

    /// The account under `key`, whose hash is `hash`.
    pub(crate) fn get(&self, hash: u64, key: &Pubkey) -> Option<Arc<Account>> {
        let part = self.part(part_of(hash));
        part.find(hash, |(found, _)| found == key)
            .map(|(_, account)| Arc::clone(account))
    }

    /// Merges the changes of the next block. Only one thread at a time may call it.
    pub(crate) fn merge(&self, layer: &Layer) {
        let mut retired = Vec::new();
        for (part, changes) in layer.by_part() {
            // A poisoned lock is safe to use: after a panic here the store is dead, and no view of a later block
            // exists.
            let mut accounts = self
                .parts
                .get(part)
                .expect("a hash is mapped to one of the parts")
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            for (hash, (key, after)) in changes {
                let old = match (accounts.find_entry(hash, |(found, _)| found == key), after) {
                    (Ok(mut old), Some(after)) => {
                        Some(std::mem::replace(&mut old.get_mut().1, Arc::clone(after)))
                    }
                    (Ok(old), None) => Some(old.remove().0.1),
                    (Err(_), Some(after)) => {
                        accounts.insert_unique(hash, (*key, Arc::clone(after)), |(key, _)| self.hash(key));
                        None
                    }
                    (Err(_), None) => None,
                };
                retired.extend(old);
            }
            drop(accounts);
            // Freed after the lock is released, so that readers do not wait for it.
            retired.clear();
        }
        self.slot.store(layer.slot(), Ordering::Release);
    }

    /// Calls `visit` with every account, part by part and in no order.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&Pubkey, &Arc<Account>)) {
        for part in 0..PARTS {
            for (key, account) in self.part(part).iter() {
                visit(key, account);
            }
        }
    }

    fn part(&self, part: usize) -> RwLockReadGuard<'_, Part> {
        self.parts
            .get(part)
            .expect("a hash is mapped to one of the parts")
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
