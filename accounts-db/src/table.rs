//! The table of accounts that all views share, in many small parts.
//!
//! Invariant: the table holds the accounts at the end of one block, that of [`Table::slot`], or is on its way there by
//! one [`Layer`]. Whoever reads it looks first into the layers that may be on their way, so it never sees the
//! difference.
//!
//! Each part has a lock of its own that is held for one look-up, or for the accounts of one block that fall into it:
//! a reader never waits longer than for the latter. A part that grows is rehashed alone.
//!
//! It is seeded per process, since keys are chosen by strangers, and its order reaches no result: whoever lists
//! accounts sorts them.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use hashbrown::HashTable;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;

use crate::layer::Layer;

/// Parts of the table: with a million accounts, about a thousand each.
const PARTS: usize = 1 << PARTS_BITS;
const PARTS_BITS: u32 = 10;
/// Which bits of a hash choose the part: neither the lowest nor the highest, which hashbrown uses within one.
const PARTS_SHIFT: u32 = 40;

/// An account with its key.
pub(crate) type Entry = (Pubkey, Arc<Account>);
type Part = HashTable<Entry>;

/// Accounts by key.
pub(crate) struct Table {
    seed: RandomState,
    slot: AtomicU64,
    parts: Box<[RwLock<Part>]>,
}

/// The part that a hash belongs to.
pub(crate) const fn part_of(hash: u64) -> usize {
    // Truncation is what the mask is for.
    #[allow(clippy::cast_possible_truncation)]
    let bits = (hash >> PARTS_SHIFT) as usize;
    bits & (PARTS - 1)
}

impl Table {
    /// The accounts of slot 0.
    pub(crate) fn new(accounts: impl IntoIterator<Item = Entry>) -> Self {
        let mut parts: Vec<Part> = (0..PARTS).map(|_| Part::new()).collect();
        let seed = RandomState::new();
        for entry in accounts {
            let hash = seed.hash_one(entry.0);
            if let Some(part) = parts.get_mut(part_of(hash)) {
                part.insert_unique(hash, entry, |(key, _)| seed.hash_one(key));
            }
        }
        Self {
            parts: parts.into_iter().map(RwLock::new).collect(),
            slot: AtomicU64::new(0),
            seed,
        }
    }

    /// The hash of a key in this process.
    pub(crate) fn hash(&self, key: &Pubkey) -> u64 {
        self.seed.hash_one(key)
    }

    /// The block whose changes are all in the table. Those of the next may be coming in.
    pub(crate) fn slot(&self) -> u64 {
        // Pairs with the store in `merge`: who sees the slot sees the accounts.
        self.slot.load(Ordering::Acquire)
    }

    /// The account under a key with this hash.
    pub(crate) fn get(&self, hash: u64, key: &Pubkey) -> Option<Arc<Account>> {
        let part = self.part(part_of(hash));
        part.find(hash, |(found, _)| found == key)
            .map(|(_, account)| Arc::clone(account))
    }

    /// Takes in the changes of the next block. Only one thread may be here at a time.
    pub(crate) fn merge(&self, layer: &Layer) {
        let mut retired = Vec::new();
        for (part, changes) in layer.by_part() {
            // A panic cannot leave a part half changed in a way that matters: the publisher that panics ends the store.
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
            // Freed only now, so that readers do not wait for it.
            retired.clear();
        }
        self.slot.store(layer.slot(), Ordering::Release);
    }

    /// Hands every account to `visit`, part by part and in no order.
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
