//! The ids of transactions that are about to be executed by one thread, found before they are needed (contract 8).
//!
//! Invariant: an id found here is the one that would be found when the transaction is executed; see [`super::finder`]. A
//! transaction that was not announced is looked up when it is executed, and so is a key without an id.

use std::collections::VecDeque;

use isobath_program_abi::Hash;
use isobath_sdk::chain::accounts::{AccountId, LaneAccounts};

use super::finder::Finder;
use crate::admission::Tx;

/// Transactions that were announced, and the ids of their static keys.
#[derive(Debug, Default)]
pub(super) struct LookAhead {
    finder: Finder,
    /// What identifies a transaction and with it all of its keys, and the number of its static keys.
    announced: VecDeque<(Hash, usize)>,
    /// The ids of all of them, one behind the other.
    ids: VecDeque<AccountId>,
}

impl LookAhead {
    /// Announces transactions, in the order in which they will be executed.
    pub(super) fn announce<'t>(
        &mut self,
        state: &impl LaneAccounts,
        txs: impl Iterator<Item = &'t Tx> + Clone,
    ) {
        let ids = &mut self.ids;
        self.finder
            .find_together(state, txs.clone(), |_, id| ids.push_back(id));
        let announced = txs.map(|tx| (tx.message_hash(), tx.key_count()));
        self.announced.extend(announced);
    }

    /// Replaces `target` by the ids of the static keys of `tx`, which are known if it was announced. Forgets the
    /// transactions that were announced before it.
    pub(super) fn ids(&mut self, state: &impl LaneAccounts, tx: &Tx, target: &mut Vec<AccountId>) {
        target.clear();
        let message = tx.message_hash();
        while let Some((announced, key_count)) = self.announced.pop_front() {
            let ids = self.ids.drain(..key_count);
            if announced == message {
                target.extend(ids);
                return;
            }
        }
        self.finder.find(state, tx, |id| target.push(id));
    }
}
