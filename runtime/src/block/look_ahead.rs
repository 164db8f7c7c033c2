//! The accounts of transactions that are about to be executed, found before they are needed (contract 8).
//!
//! ```text
//! look_ahead: ask memory for the index entries of all keys -> ask for their cells -> find all ids
//! try_execute: the ids are known and the cells are near
//! ```
//!
//! Invariant: an id found here is the one that would be found when the transaction is executed: ids of an open block stay.
//! A transaction that is executed in another order than it was announced in is looked up again, and so is a key without
//! an id.

use std::collections::VecDeque;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::accounts::{AccountId, BlockAccounts};
use isobath_sdk::ids;

use crate::admission::Tx;

/// The id of a key that has none: sysvars, which are stored nowhere, and keys without an account for which the store keeps
/// no place.
pub(super) const UNKNOWN: AccountId = AccountId(u32::MAX);

/// Transactions that were announced, and the ids of their static keys.
#[derive(Debug, Default)]
pub(super) struct LookAhead {
    txs: VecDeque<Tx>,
    ids: VecDeque<AccountId>,
    /// The reserved keys that were looked up: nearly every transaction names some of these few.
    reserved: Vec<(Pubkey, AccountId)>,
}

impl LookAhead {
    /// Announces transactions, in the order in which they will be executed.
    pub(super) fn announce<'t>(
        &mut self,
        state: &mut impl BlockAccounts,
        txs: impl Iterator<Item = &'t Tx> + Clone,
    ) {
        let hasher = state.key_hasher();
        for tx in txs.clone() {
            for hash in &*tx.key_hashes(hasher) {
                state.prefetch_id(*hash);
            }
        }
        for tx in txs.clone() {
            for hash in &*tx.key_hashes(hasher) {
                state.prefetch(*hash);
            }
        }
        for tx in txs {
            let (view, hashes) = (tx.view(), tx.key_hashes(hasher));
            for (key, hash) in view.static_keys().iter().zip(&*hashes) {
                let id = self.find(state, *hash, &Pubkey(*key));
                self.ids.push_back(id);
            }
            self.txs.push_back(tx.clone());
        }
    }

    fn find(&mut self, state: &mut impl BlockAccounts, hash: u64, key: &Pubkey) -> AccountId {
        if !ids::is_reserved(key) {
            return state.named_id(hash, key).unwrap_or(UNKNOWN);
        }
        if ids::is_sysvar(key) {
            return UNKNOWN;
        }
        if let Some((_, id)) = self.reserved.iter().find(|(known, _)| known == key) {
            return *id;
        }
        let id = state.named_id(hash, key);
        self.reserved.extend(id.map(|id| (*key, id)));
        id.unwrap_or(UNKNOWN)
    }

    /// Moves the ids of `tx` to the end of `target`, if it is the transaction that was announced next.
    pub(super) fn take(&mut self, tx: &Tx, target: &mut Vec<AccountId>) {
        match self.txs.front() {
            Some(next) if next.is_same(tx) => {
                self.txs.pop_front();
                target.extend(self.ids.drain(..tx.key_count()));
            }
            Some(_) => {
                self.txs.clear();
                self.ids.clear();
            }
            None => {}
        }
    }
}
