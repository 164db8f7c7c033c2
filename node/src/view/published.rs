//! The one published view: chain, accounts and statuses at the end of the last durable block.
//!
//! ```text
//! Tip: chain, accounts, fees ..    a value; published by one exchange, and held by its readers
//! statuses, owners, addresses      shared; may hold more than a view shows, and are read through the view
//! ```
//!
//! Invariant: the parts move together, after the block's record is synced. A reader that holds a `Published` therefore
//! never sees a height whose statuses or balances are not there yet, never sees anything that a crash could undo, and
//! blocks nothing: blocks are published meanwhile.

use std::sync::Arc;

use isobath_accounts_db::View;
use isobath_program_abi::Pubkey;
use isobath_runtime::Chain;
use isobath_sdk::Signature;
use isobath_sdk::chain::account::Account;

use crate::indexes::owners::listed_under;
use crate::indexes::performance::PerformanceSample;
use crate::indexes::statuses::TxStatus;
use crate::state::NodeState;
use crate::view::tip::Tip;

/// Number of keys read from the index of owners at a time.
const OWNED_STEP: usize = 1_024;

/// One published view. It costs memory while it is held, so hold it briefly.
pub struct Published<'a> {
    node: &'a NodeState,
    tip: Arc<Tip>,
}

/// The accounts of one owner in one view; see [`Published::owned_by`].
///
/// The index is locked for 1,024 keys at a time, and holds at least the keys of the view whatever was published
/// since; each account is read from the view.
pub struct OwnedBy<'a> {
    view: &'a Published<'a>,
    owner: Pubkey,
    last: Option<Pubkey>,
    keys: std::vec::IntoIter<Pubkey>,
}

impl Iterator for OwnedBy<'_> {
    type Item = (Pubkey, Account);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.keys.as_slice().is_empty() {
                let owners = self.view.node.owners();
                self.keys = owners.keys_after(&self.owner, self.last, OWNED_STEP).into_iter();
            }
            let key = self.keys.next()?;
            self.last = Some(key);
            let account = self.view.account(&key);
            if let Some(account) = account.filter(|account| listed_under(account) == Some(self.owner)) {
                return Some((key, account));
            }
        }
    }
}

impl NodeState {
    /// The published view.
    pub(crate) fn published(&self) -> Published<'_> {
        Published {
            node: self,
            tip: self.tip(),
        }
    }
}

impl Published<'_> {
    /// The chain up to the last published block.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.tip.head.chain
    }

    /// The accounts at the end of the last published block.
    #[must_use]
    pub fn accounts(&self) -> &View {
        &self.tip.accounts
    }

    /// One stored account; sysvars are not stored, see [`isobath_runtime::Runtime::sysvar_account`].
    #[must_use]
    pub fn account(&self, key: &Pubkey) -> Option<Account> {
        self.tip.accounts.get(key)
    }

    /// The status of a recent transaction: kept in memory for at least as many blocks as a blockhash is valid.
    /// Older ones are found with [`crate::Node::find`].
    #[must_use]
    pub fn status(&self, signature: &Signature) -> Option<TxStatus> {
        self.node.statuses.recent(signature, self.tip.head.chain.height())
    }

    /// The oldest block of the served history; see [`crate::HistoryLimits`]. 1 before the first block.
    #[must_use]
    pub fn first_slot(&self) -> u64 {
        self.tip.head.first_slot
    }

    /// Number of transactions that paid a fee in all blocks so far.
    #[must_use]
    pub fn transaction_count(&self) -> u64 {
        self.tip.head.transaction_count
    }

    /// Upper bound of the number of accounts that a program owns; system accounts without data are not counted.
    #[must_use]
    pub fn owned_count_max(&self, owner: &Pubkey) -> usize {
        self.node.owners().count(owner)
    }

    /// The accounts that a program owns in this view, ascending by address, however long reading them takes. System
    /// accounts without data are not listed.
    pub fn owned_by(&self, owner: Pubkey) -> OwnedBy<'_> {
        OwnedBy {
            view: self,
            owner,
            last: None,
            keys: Vec::new().into_iter(),
        }
    }

    /// The lowest bid that each recent block accepted for a transaction that writes `keys`: slot and micro-lamports per
    /// compute unit, oldest first. Covers only blocks produced since the node was started.
    #[must_use]
    pub fn recent_fees(&self, keys: &[Pubkey]) -> Vec<(u64, u64)> {
        self.tip.head.recent_fees.for_writing(keys)
    }

    /// Throughput of the chain, minute by minute, newest first.
    #[must_use]
    pub fn performance(&self, count_max: usize) -> Vec<PerformanceSample> {
        self.tip.head.performance.newest(count_max)
    }
}
