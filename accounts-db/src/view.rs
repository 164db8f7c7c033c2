//! One published view: all accounts at the end of one durable block.
//!
//! A [`View`] never changes, and holding it blocks nothing: blocks are published meanwhile. While an older view is
//! held, the images of all later blocks stay in memory, so hold a view briefly: past a bound in bytes the oldest view is
//! revoked ([`View::is_revoked`]).

use std::fmt;
use std::sync::Arc;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::{AccountId, ReadAccounts};
use isobath_sdk::chain::key_hash::KeyHasher;

use crate::views::ViewState;

/// The accounts at the end of a published block. Clones are handles on the same view.
#[derive(Clone)]
pub struct View {
    state: Arc<ViewState>,
}

impl View {
    pub(crate) const fn new(state: Arc<ViewState>) -> Self {
        Self { state }
    }

    /// The account stored under `key`. Shares its contents.
    #[must_use]
    pub fn get(&self, key: &Pubkey) -> Option<Account> {
        self.account(key)
    }

    /// Says that the accounts of the keys with these hashes, under [`ReadAccounts::key_hasher`], will be read soon. Changes no
    /// result.
    pub fn announce(&self, hashes: impl Iterator<Item = u64> + Clone) {
        // In two passes, since where an account lies is in the index, which must be near to be asked.
        for hash in hashes.clone() {
            self.state.resident.prefetch_id(hash);
        }
        for hash in hashes {
            let _likely_id = self.state.resident.prefetch(hash);
        }
    }

    /// Whether the view was held for so long that its accounts are gone. What was read from it is right if this is false
    /// afterwards; else nothing that was read may be used, and the reader takes a new view.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.state.is_revoked()
    }

    /// Slot of the block; 0 for the genesis.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.state.slot
    }

    /// Height of the block; 0 for the genesis.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.state.height
    }

    /// Sum of all lamports, carried from block to block.
    #[must_use]
    pub fn capitalization(&self) -> u64 {
        self.state.totals.capitalization
    }

    /// Sum of all lamports, counted over all accounts. Equal to [`View::capitalization`].
    #[must_use]
    pub fn sum_lamports(&self) -> u128 {
        self.accounts()
            .map(|(_, account)| u128::from(account.lamports))
            .sum()
    }

    /// Number of accounts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.totals.count
    }

    /// Whether the view has no accounts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All accounts by ascending key. Collects and sorts them first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Pubkey, Account)> + use<> {
        let mut accounts: Vec<_> = self.accounts().collect();
        accounts.sort_unstable_by_key(|(key, _)| *key);
        accounts.into_iter()
    }

    /// All accounts, in no order. Takes one latch at a time.
    fn accounts(&self) -> impl Iterator<Item = (Pubkey, Account)> {
        // Cells that are made meanwhile belong to keys without an account in this view.
        let ids = (0..self.state.resident.id_count()).map(AccountId);
        ids.filter_map(|id| self.state.resident.read_id(id, self.state.slot, |_| true))
    }
}

impl ReadAccounts for View {
    fn key_hasher(&self) -> KeyHasher {
        self.state.resident.key_hasher()
    }

    fn account_hashed(&self, hash: u64, key: &Pubkey) -> Option<Account> {
        self.state.resident.read(hash, key, self.state.slot)
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("slot", &self.slot())
            .field("accounts", &self.len())
            .finish_non_exhaustive()
    }
}
