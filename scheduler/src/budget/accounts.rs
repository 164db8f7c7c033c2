//! What the transactions of a block cost on each account that they may write.
//!
//! Invariant: an account is in the table once. Clients choose the keys, so their hash has a secret seed; a key is hashed
//! once for a reservation and once when it ends, and not when the table grows.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use isobath_sdk::Pubkey;

/// The accounts that may be written, and their charges.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    seed: RandomState,
    table: HashTable<Account>,
    /// Hashes of the keys of the present reservation.
    hashes: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Account {
    key: Pubkey,
    hash: u64,
    charged: u64,
}

impl Accounts {
    /// What is charged to an account.
    pub(super) fn charged(&self, key: &Pubkey) -> u64 {
        self.charged_hashed(key, self.seed.hash_one(key))
    }

    /// Charges `units` to all of these accounts if none has more than `limit` then; whether it did.
    pub(super) fn reserve(&mut self, keys: &[Pubkey], units: u64, limit: u64) -> bool {
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        hashes.extend(keys.iter().map(|key| self.seed.hash_one(key)));
        let fits = keys.iter().zip(&hashes).all(|(key, hash)| {
            let sum = self.charged_hashed(key, *hash).checked_add(units);
            sum.is_some_and(|sum| sum <= limit)
        });
        if fits {
            for (key, hash) in keys.iter().zip(&hashes) {
                self.change_hashed(key, *hash, |charged| charged.saturating_add(units));
            }
        }
        self.hashes = hashes;
        fits
    }

    /// Changes what is charged to an account.
    pub(super) fn change(&mut self, key: &Pubkey, change: impl Fn(u64) -> u64) {
        self.change_hashed(key, self.seed.hash_one(key), change);
    }

    fn charged_hashed(&self, key: &Pubkey, hash: u64) -> u64 {
        let account = self.table.find(hash, |account| account.key == *key);
        account.map_or(0, |account| account.charged)
    }

    fn change_hashed(&mut self, key: &Pubkey, hash: u64, change: impl Fn(u64) -> u64) {
        let is_same = |account: &Account| account.key == *key;
        match self.table.entry(hash, is_same, |account| account.hash) {
            Entry::Occupied(mut account) => account.get_mut().charged = change(account.get().charged),
            Entry::Vacant(room) => {
                room.insert(Account {
                    key: *key,
                    hash,
                    charged: change(0),
                });
            }
        }
    }
}

impl PartialEq for Accounts {
    fn eq(&self, other: &Self) -> bool {
        let is_same = |account: &Account| other.charged(&account.key) == account.charged;
        self.table.len() == other.table.len() && self.table.iter().all(is_same)
    }
}

impl Eq for Accounts {}
