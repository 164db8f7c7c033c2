//! Read access to accounts, independent of the store that holds them.

use std::sync::Arc;

use super::account::Account;
use crate::pubkey::Pubkey;

/// All accounts at one point of the chain, for instance at the end of a block.
///
/// The runtime reads through this trait and so depends on no store. The accounts of one value do not change while it is
/// held.
pub trait ReadAccounts {
    /// The account stored under `key`, if there is one.
    fn account(&self, key: &Pubkey) -> Option<Arc<Account>>;
}
