//! The one published view: chain, accounts and statuses as they stand at the end of the last durable block.
//!
//! Invariant: the three parts move together under one write lock, after the block's record is synced. A reader that
//! holds a `Published` therefore never sees a height whose statuses or balances are not there yet, and never sees
//! anything that a crash could take back.
//!
//! A thread must not ask for a second `Published` while it holds one, nor hold one across an `await`: a producer that
//! waits for the write lock stands between the two.

use std::sync::{Arc, RwLockReadGuard};

use isobath_accounts_db::{History, View};
use isobath_runtime::Chain;
use isobath_sdk::Pubkey;
use isobath_sdk::Signature;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;

use super::config::HistoryLimits;
use super::owners::Owners;
use super::performance::{Performance, PerformanceSample};
use super::recent_fees::RecentFees;
use super::statuses::{Statuses, TxStatus};

/// What is published beside the accounts.
pub(crate) struct Tip {
    pub(crate) chain: Chain,
    pub(crate) statuses: Statuses,
    pub(crate) owners: Owners,
    pub(crate) recent_fees: RecentFees,
    performance: Performance,
}

impl Tip {
    /// The tip before the first block. The owners are not known to it yet.
    pub(crate) fn new(genesis: &Genesis, limits: HistoryLimits) -> Self {
        Self {
            chain: Chain::new(genesis),
            statuses: Statuses::new(genesis.blockhash_max_age_blocks, limits),
            owners: Owners::default(),
            recent_fees: RecentFees::default(),
            performance: Performance::default(),
        }
    }

    /// Takes in the statuses of a block; blocks come in order.
    pub(crate) fn push(&mut self, history: &History, listed: &[(Signature, TxStatus)]) {
        let header = &history.header;
        self.statuses.push(header, listed);
        self.performance
            .push(header.slot, header.timestamp_ms, listed.len() as u64);
    }
}

/// A read guard on one published view. Short-lived: it holds back the publication of the next block.
pub struct Published<'a> {
    // Declared before `accounts` and acquired first; the writer takes them in the same order.
    tip: RwLockReadGuard<'a, Tip>,
    accounts: View<'a>,
}

impl<'a> Published<'a> {
    pub(crate) const fn new(tip: RwLockReadGuard<'a, Tip>, accounts: View<'a>) -> Self {
        Self { tip, accounts }
    }

    /// The chain up to the last published block.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.tip.chain
    }

    /// The accounts at the end of the last published block.
    #[must_use]
    pub const fn accounts(&self) -> &View<'a> {
        &self.accounts
    }

    /// One stored account; sysvars are not stored, ask [`isobath_runtime::Runtime::sysvar_account`] for them.
    #[must_use]
    pub fn account(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.accounts.get(key)
    }

    /// The status of a recent transaction: kept in memory for at least as many blocks as a blockhash is valid.
    /// Older ones are found with [`super::Node::find`].
    #[must_use]
    pub fn status(&self, signature: &Signature) -> Option<TxStatus> {
        self.tip.statuses.recent(signature)
    }

    /// The oldest block of the history that is served; see [`super::HistoryLimits`]. 1 before the first block.
    #[must_use]
    pub fn first_slot(&self) -> u64 {
        self.tip.statuses.first_slot()
    }

    /// Transactions that paid a fee in all blocks so far.
    #[must_use]
    pub fn transaction_count(&self) -> u64 {
        self.tip.statuses.transaction_count()
    }

    /// The accounts that a program owns, ascending by address. System accounts without data are not listed.
    pub fn owned_by(&self, owner: &Pubkey) -> impl ExactSizeIterator<Item = &Pubkey> {
        self.tip.owners.owned_by(owner)
    }

    /// What one had to bid to get into each recent block while writing `keys`: slot and micro-lamports per compute
    /// unit, oldest first. Knows only blocks made since the node was started.
    #[must_use]
    pub fn recent_fees(&self, keys: &[Pubkey]) -> Vec<(u64, u64)> {
        self.tip.recent_fees.for_writing(keys)
    }

    /// How fast the chain was, minute by minute, newest first.
    #[must_use]
    pub fn performance(&self, count_max: usize) -> Vec<PerformanceSample> {
        self.tip.performance.newest(count_max)
    }
}
