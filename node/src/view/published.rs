//! The one published view: chain, accounts and statuses as they stand at the end of the last durable block.
//!
//! ```text
//! Tip: chain, accounts, fees ..    a value; published by one exchange, and kept by whoever reads it
//! statuses, owners, addresses      shared; may hold more than a view shows, and are read through the view
//! ```
//!
//! Invariant: the parts move together, after the block's record is synced. A reader that holds a `Published` therefore
//! never sees a height whose statuses or balances are not there yet, never sees anything that a crash could take back,
//! and holds nobody back: blocks are published meanwhile.

use std::sync::Arc;

use isobath_accounts_db::View;
use isobath_program_abi::Pubkey;
use isobath_runtime::{Chain, ChainError};
use isobath_sdk::Signature;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::{History, RecordedTransaction};

use crate::indexes::owners::listed_under;
use crate::indexes::performance::{Performance, PerformanceSample};
use crate::indexes::recent_fees::RecentFees;
use crate::indexes::statuses::TxStatus;
use crate::state::NodeState;

/// Keys that are read from the index of owners at a time.
const OWNED_STEP: usize = 1_024;

/// The part of a view that follows from the blocks alone. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) chain: Chain,
    pub(crate) recent_fees: RecentFees,
    /// The oldest block of the history that is served.
    pub(crate) first_slot: u64,
    pub(crate) transaction_count: u64,
    performance: Performance,
}

impl Head {
    /// The head before the first block.
    pub(crate) fn new(genesis: &Genesis) -> Self {
        Self {
            chain: Chain::new(genesis),
            recent_fees: RecentFees::default(),
            first_slot: 1,
            transaction_count: 0,
            performance: Performance::default(),
        }
    }

    /// Takes in a block with as many effective transactions; blocks come in order.
    ///
    /// # Errors
    /// [`ChainError`] when the block does not continue the chain.
    pub(crate) fn push<T: RecordedTransaction>(
        &mut self,
        history: &History<T>,
        effective_count: usize,
    ) -> Result<(), ChainError> {
        self.chain.apply(history)?;
        let (header, count) = (&history.header, effective_count as u64);
        self.transaction_count = self.transaction_count.saturating_add(count);
        self.performance.push(header.slot, header.timestamp_ms, count);
        Ok(())
    }
}

/// What is published: never changed, only replaced.
pub(crate) struct Tip {
    pub(crate) head: Head,
    pub(crate) accounts: View,
}

/// One published view. It costs memory while it is held, so it is not for keeping.
pub struct Published<'a> {
    node: &'a NodeState,
    tip: Arc<Tip>,
}

/// The accounts of one owner in one view; see [`Published::owned_by`].
///
/// The index is locked for 1,024 keys at a time, and holds at least the keys of the view whatever was published
/// since; each account is looked at as the view shows it.
pub struct OwnedBy<'a> {
    view: &'a Published<'a>,
    owner: Pubkey,
    last: Option<Pubkey>,
    keys: std::vec::IntoIter<Pubkey>,
}

impl Iterator for OwnedBy<'_> {
    type Item = (Pubkey, Arc<Account>);

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

impl<'a> Published<'a> {
    pub(crate) const fn new(node: &'a NodeState, tip: Arc<Tip>) -> Self {
        Self { node, tip }
    }

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

    /// One stored account; sysvars are not stored, ask [`isobath_runtime::Runtime::sysvar_account`] for them.
    #[must_use]
    pub fn account(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.tip.accounts.get(key)
    }

    /// The status of a recent transaction: kept in memory for at least as many blocks as a blockhash is valid.
    /// Older ones are found with [`crate::Node::find`].
    #[must_use]
    pub fn status(&self, signature: &Signature) -> Option<TxStatus> {
        self.node.statuses.recent(signature, self.tip.head.chain.height())
    }

    /// The oldest block of the history that is served; see [`crate::HistoryLimits`]. 1 before the first block.
    #[must_use]
    pub fn first_slot(&self) -> u64 {
        self.tip.head.first_slot
    }

    /// Transactions that paid a fee in all blocks so far.
    #[must_use]
    pub fn transaction_count(&self) -> u64 {
        self.tip.head.transaction_count
    }

    /// At least as many as a program owns accounts; system accounts without data are not counted.
    #[must_use]
    pub fn owned_count_max(&self, owner: &Pubkey) -> usize {
        self.node.owners().count(owner)
    }

    /// The accounts that a program owns, ascending by address. System accounts without data are not listed. All are
    /// those of this view, however long the reading takes.
    pub fn owned_by(&self, owner: Pubkey) -> OwnedBy<'_> {
        OwnedBy {
            view: self,
            owner,
            last: None,
            keys: Vec::new().into_iter(),
        }
    }

    /// What one had to bid to get into each recent block while writing `keys`: slot and micro-lamports per compute
    /// unit, oldest first. Knows only blocks made since the node was started.
    #[must_use]
    pub fn recent_fees(&self, keys: &[Pubkey]) -> Vec<(u64, u64)> {
        self.tip.head.recent_fees.for_writing(keys)
    }

    /// How fast the chain was, minute by minute, newest first.
    #[must_use]
    pub fn performance(&self, count_max: usize) -> Vec<PerformanceSample> {
        self.tip.head.performance.newest(count_max)
    }
}
