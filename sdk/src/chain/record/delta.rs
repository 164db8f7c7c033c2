//! The accounts that a block changed, in memory.

use crate::chain::account::{Account, delta_leaves};
use crate::hash::Hash;
use crate::pubkey::Pubkey;

/// The accounts that a block changed.
///
/// Invariant: ascending keys, none twice, and exactly the accounts whose bytes differ from the end of the previous block.
/// The runtime produces such deltas, and the accounts reject any other ([`RecordError`](super::RecordError)).
///
/// The contents of the accounts are shared with the accounts themselves. On disk a delta is a
/// [`RecordedDelta`](super::RecordedDelta).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// State at the end of the block by ascending key; `None` for an account that was closed.
    pub accounts: Vec<(Pubkey, Option<Account>)>,
}

impl Delta {
    /// The root over (key, leaf or tombstone) in the order of the keys. Costs the leaf of every changed account
    /// ([`Account::leaf`]).
    #[must_use]
    pub fn root(&self) -> Hash {
        let accounts = self.accounts.iter();
        delta_leaves(accounts.map(|(key, account)| (key, account.as_ref()))).root()
    }
}
