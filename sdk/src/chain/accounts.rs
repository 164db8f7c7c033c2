//! Read access to accounts, independent of the store that holds them.

use std::sync::Arc;

use super::account::Account;
use super::key_hash::KeyHasher;
use crate::pubkey::Pubkey;

/// All accounts at one point of the chain, for instance at the end of a block.
///
/// The runtime reads through this trait and so depends on no store. The accounts of one value do not change while it is
/// held.
pub trait ReadAccounts {
    /// How the store hashes keys; the same for every view of it.
    fn key_hasher(&self) -> KeyHasher;

    /// The account stored under `key`, if there is one. `hash` is the hash of the key under
    /// [`ReadAccounts::key_hasher`]; with another one, the account may not be found.
    fn account_hashed(&self, hash: u64, key: &Pubkey) -> Option<Arc<Account>>;

    /// The account stored under `key`, if there is one.
    fn account(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.account_hashed(self.key_hasher().hash(key), key)
    }
}
