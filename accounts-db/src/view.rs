//! One published view: all accounts at the end of one durable block.
//!
//! A [`View`] is a read guard. While it lives nothing is published, so everything read through it
//! belongs to one slot. Readers do not exclude each other, and a commit in progress does not block
//! them; only the short merge at publication does.
//!
//! # Lock order
//!
//! A thread takes at most one view (or block state) at a time and drops it before it commits or
//! publishes. A view taken while the same thread already holds one can deadlock with a publication
//! that waits in between, as with any fair read lock.

use std::fmt;
use std::sync::{Arc, RwLockReadGuard};

use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::Account;

use crate::state::State;

/// A read guard on the accounts at the end of the last published block.
pub struct View<'db> {
    state: RwLockReadGuard<'db, State>,
}

impl<'db> View<'db> {
    pub(crate) const fn new(state: RwLockReadGuard<'db, State>) -> Self {
        Self { state }
    }

    /// The account stored under `key`.
    #[must_use]
    pub fn get(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.state.accounts.get(key).cloned()
    }

    /// The account stored under `key`, by reference.
    pub(crate) fn get_ref(&self, key: &Pubkey) -> Option<&Arc<Account>> {
        self.state.accounts.get(key)
    }

    /// Slot of the last published block; 0 for the genesis.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.state.slot
    }

    /// Height of the last published block; 0 for the genesis.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.state.height
    }

    /// Sum of all lamports, carried from block to block.
    #[must_use]
    pub fn capitalization(&self) -> u64 {
        self.state.capitalization
    }

    /// Sum of all lamports, counted over all accounts. Equal to [`View::capitalization`].
    #[must_use]
    pub fn sum_lamports(&self) -> u128 {
        self.state.sum_lamports()
    }

    /// Number of accounts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.accounts.len()
    }

    /// Whether there is no account at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.accounts.is_empty()
    }

    /// All accounts by ascending key. Sorts references to all of them first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Pubkey, &Arc<Account>)> {
        let mut accounts: Vec<_> = self.state.accounts.iter().collect();
        accounts.sort_unstable_by_key(|(key, _)| **key);
        accounts.into_iter()
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("slot", &self.slot())
            .field("accounts", &self.len())
            .finish_non_exhaustive()
    }
}
