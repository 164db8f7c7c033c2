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

use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::accounts::{AccountId, LaneAccounts};
use isobath_sdk::ids;

use crate::admission::Tx;

/// The id of a key that has none: sysvars, which are stored nowhere, and keys without an account for which the store keeps
/// no place.
pub(super) const UNKNOWN: AccountId = AccountId(u32::MAX);

/// Transactions that were announced, and the ids of their static keys.
#[derive(Debug, Default)]
pub(super) struct LookAhead {
    /// What identifies a transaction and with it all of its keys, and the number of its static keys.
    announced: VecDeque<(Hash, usize)>,
    /// The ids of all of them, one behind the other.
    ids: VecDeque<AccountId>,
    /// What memory was asked for, in the same order; kept for its memory.
    likely: Vec<Option<AccountId>>,
    /// The reserved keys that were looked up: nearly every transaction names some of these few.
    reserved: Vec<(Pubkey, AccountId)>,
}

impl LookAhead {
    /// Announces transactions, in the order in which they will be executed.
    pub(super) fn announce<'t>(
        &mut self,
        state: &mut impl LaneAccounts,
        txs: impl Iterator<Item = &'t Tx> + Clone,
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
            likely.extend(hashes.iter().map(|hash| state.prefetch(*hash)));
        }
        let mut near = likely.iter().copied();
        let mut ids = std::mem::take(&mut self.ids);
        for tx in txs {
            self.find_all(state, (tx, &mut near), |id| ids.push_back(id));
            self.announced.push_back((tx.message_hash(), tx.key_count()));
        }
        (self.ids, self.likely) = (ids, likely);
    }

    /// Replaces `target` by the ids of the static keys of `tx`, which are known if it was announced. Forgets the
    /// transactions that were announced before it.
    pub(super) fn ids(&mut self, state: &mut impl LaneAccounts, tx: &Tx, target: &mut Vec<AccountId>) {
        target.clear();
        let message = tx.message_hash();
        while let Some((announced, key_count)) = self.announced.pop_front() {
            let ids = self.ids.drain(..key_count);
            if announced == message {
                target.extend(ids);
                return;
            }
        }
        let unknown = std::iter::repeat(None);
        self.find_all(state, (tx, unknown), |id| target.push(id));
    }

    /// Finds the ids of the static keys of a transaction, of which some are likely known.
    fn find_all(
        &mut self,
        state: &mut impl LaneAccounts,
        (tx, likely): (&Tx, impl Iterator<Item = Option<AccountId>>),
        mut found: impl FnMut(AccountId),
    ) {
        let (view, hashes) = (tx.view(), tx.key_hashes(state.key_hasher()));
        let keys = view.static_keys().iter().zip(&*hashes);
        for ((key, hash), likely) in keys.zip(likely) {
            found(self.find(state, likely, *hash, &Pubkey(*key)));
        }
    }

    fn find(
        &mut self,
        state: &mut impl LaneAccounts,
        likely: Option<AccountId>,
        hash: u64,
        key: &Pubkey,
    ) -> AccountId {
        if !ids::is_reserved(key) {
            return state.named_id(likely, hash, key).unwrap_or(UNKNOWN);
        }
        if ids::is_sysvar(key) {
            return UNKNOWN;
        }
        if let Some((_, id)) = self.reserved.iter().find(|(known, _)| known == key) {
            return *id;
        }
        let id = state.named_id(likely, hash, key);
        self.reserved.extend(id.map(|id| (*key, id)));
        id.unwrap_or(UNKNOWN)
    }
}
