//! One published view: all accounts at the end of one durable block.
//!
//! A [`View`] never changes, and holding it blocks nothing: blocks are published meanwhile. While an older view is
//! held, the changes of later blocks stay in separate layers ([`crate::state`]), which costs memory and slows look-ups
//! down a little, so hold a view briefly.

use std::fmt;
use std::sync::Arc;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::key_hash::KeyHasher;

use crate::state::State;

/// The accounts at the end of a published block. Clones are handles on the same view.
#[derive(Clone)]
pub struct View {
    state: Arc<State>,
}

impl View {
    pub(crate) const fn new(state: Arc<State>) -> Self {
        Self { state }
    }

    /// The account stored under `key`.
    #[must_use]
    pub fn get(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.state.get(key)
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
        let accounts = self.state.accounts();
        accounts
            .iter()
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
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Pubkey, Arc<Account>)> + use<> {
        let mut accounts = self.state.accounts();
        accounts.sort_unstable_by_key(|(key, _)| *key);
        accounts.into_iter()
    }
}

impl ReadAccounts for View {
    fn key_hasher(&self) -> KeyHasher {
        self.state.table().hasher()
    }

    fn account_hashed(&self, hash: u64, key: &Pubkey) -> Option<Arc<Account>> {
        self.state.get_hashed(hash, key)
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
