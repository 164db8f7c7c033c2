//! Everything that exists, and what the open block did so far.

use std::collections::{BTreeMap, BTreeSet};

use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;

use super::account::Plain;
use super::chain::Past;
use super::limits::Limits;
use crate::random_blocks::feature::{Feature, Report};

/// Accounts by key. An account without lamports is not in it.
pub type Accounts = BTreeMap<Pubkey, Plain>;

/// Everything that exists, and what the open block did so far.
#[derive(Clone, Debug)]
pub struct Model {
    /// The accounts after the transactions so far.
    pub accounts: Accounts,
    /// The accounts at the end of the parent block.
    pub parent: Accounts,
    /// What the active features decide.
    pub(super) limits: Limits,
    /// The blocks before this one.
    pub past: Past,
    /// What was seen.
    pub report: Report,
    /// Whether the open block has changed something.
    is_parent_old: bool,
    pub(super) base_fees: u64,
    pub(super) priority_fees: u64,
    /// Keys that came into being in the open block.
    pub(super) created: BTreeSet<Pubkey>,
    /// Tables that were created after the genesis.
    pub(super) new_tables: BTreeSet<Pubkey>,
}

impl Model {
    /// The chain of `genesis` before its first block, with these accounts.
    #[must_use]
    pub fn new(genesis: &Genesis, accounts: Accounts, profile: Profile) -> Self {
        Self {
            parent: accounts.clone(),
            accounts,
            is_parent_old: false,
            limits: Limits::of(profile),
            past: Past::new(genesis.first_blockhash, genesis.blockhash_max_age_blocks),
            report: Report::default(),
            base_fees: 0,
            priority_fees: 0,
            created: BTreeSet::new(),
            new_tables: BTreeSet::new(),
        }
    }

    /// Ends the block: half of the base fees are burned, the rest is the producer's. Returns the burn.
    pub fn end_block(&mut self, producer: &Pubkey) -> u64 {
        let burned = self.base_fees / 2;
        let credit = self.base_fees - burned + self.priority_fees;
        if credit > 0 {
            let mut account = self.accounts.get(producer).cloned().unwrap_or_default();
            account.lamports += credit;
            self.put(*producer, account);
        }
        (self.base_fees, self.priority_fees) = (0, 0);
        self.created.clear();
        burned
    }

    /// Opens the next block after one with this hash.
    pub fn open_next(&mut self, blockhash: Hash) {
        if std::mem::take(&mut self.is_parent_old) {
            self.parent.clone_from(&self.accounts);
        }
        self.past.push(blockhash);
    }

    pub(super) fn count(&mut self, feature: Feature) {
        self.report.count(feature);
    }

    pub(super) fn put(&mut self, key: Pubkey, account: Plain) {
        self.is_parent_old = true;
        if account.lamports == 0 {
            self.accounts.remove(&key);
        } else {
            self.accounts.insert(key, account);
        }
    }
}
