//! Reading accounts without knowing who keeps them.

use std::sync::Arc;

use super::account::Account;
use crate::pubkey::Pubkey;

/// All accounts at one point of the chain, for instance at the end of a block.
///
/// The runtime reads through this trait and so depends on no store. What one value answers does not change while it is
/// held.
pub trait ReadAccounts {
    /// The account stored under `key`; `None` if there is none.
    fn account(&self, key: &Pubkey) -> Option<Arc<Account>>;
}
