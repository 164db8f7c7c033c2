//! Finds the ids of the keys of several transactions together, so that memory works on all of them at once.
//!
//! ```text
//! ask memory for the index entries of all keys -> ask for their cells -> find all ids
//! ```
//!
//! Invariant: an id that is found is the one that the key has until the block ends. A key without an id may get one when
//! it is written.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::accounts::{AccountId, LaneAccounts};
use isobath_sdk::ids;

use crate::admission::Tx;

/// Finds the ids of static keys.
#[derive(Debug, Default)]
pub(super) struct Finder {
    /// What memory was asked for; kept for its memory.
    likely: Vec<Option<AccountId>>,
    /// The reserved keys that were found: nearly every transaction names some of these few.
    reserved: Vec<(Pubkey, AccountId)>,
}

impl Finder {
    /// Passes the ids of all static keys to `found`, each with its transaction, in their order.
    pub(super) fn find_together<'t>(
        &mut self,
        state: &impl LaneAccounts,
        txs: impl Iterator<Item = &'t Tx> + Clone,
        mut found: impl FnMut(&'t Tx, AccountId),
    ) {
        let hasher = state.key_hasher();
        for tx in txs.clone() {
            for hash in &*tx.key_hashes(hasher) {
                state.prefetch_id(*hash);
            }
        }
        let mut likely = std::mem::take(&mut self.likely);
        likely.clear();
        for tx in txs.clone() {
            let hashes = tx.key_hashes(hasher);
            let near = hashes
                .iter()
                .enumerate()
                .map(|(index, hash)| match is_written(tx, index) {
                    true => state.prefetch_to_write(*hash),
                    false => state.prefetch(*hash),
                });
            likely.extend(near);
        }
        let mut near = likely.iter().copied();
        for tx in txs {
            self.find_likely(state, (tx, &mut near), |id| found(tx, id));
        }
        self.likely = likely;
    }

    /// Passes the ids of the static keys of one transaction to `found`, in their order.
    pub(super) fn find(&mut self, state: &impl LaneAccounts, tx: &Tx, found: impl FnMut(AccountId)) {
        self.find_likely(state, (tx, std::iter::repeat(None)), found);
    }

    fn find_likely(
        &mut self,
        state: &impl LaneAccounts,
        (tx, likely): (&Tx, impl Iterator<Item = Option<AccountId>>),
        mut found: impl FnMut(AccountId),
    ) {
        let (view, hashes) = (tx.view(), tx.key_hashes(state.key_hasher()));
        let keys = view.static_keys().iter().zip(&*hashes);
        for ((key, hash), likely) in keys.zip(likely) {
            found(self.find_key(state, likely, *hash, &Pubkey(*key)));
        }
    }

    fn find_key(
        &mut self,
        state: &impl LaneAccounts,
        likely: Option<AccountId>,
        hash: u64,
        key: &Pubkey,
    ) -> AccountId {
        if !ids::is_reserved(key) {
            return state.find_id(likely, hash, key).unwrap_or(AccountId::NONE);
        }
        if ids::is_sysvar(key) {
            return AccountId::NONE;
        }
        if let Some((_, id)) = self.reserved.iter().find(|(known, _)| known == key) {
            return *id;
        }
        let id = state.find_id(likely, hash, key);
        self.reserved.extend(id.map(|id| (*key, id)));
        id.unwrap_or(AccountId::NONE)
    }
}

/// Whether a transaction may change the account of a static key. The payer pays, be its key writable or not.
pub(super) fn is_written(tx: &Tx, index: usize) -> bool {
    index == 0 || tx.is_writable(index)
}
