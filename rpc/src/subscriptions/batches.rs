//! Events that concern many transactions or accounts of a block: logs and the accounts of programs.
//!
//! Followers get one batch for each block, so a block that changes thousands of accounts takes one slot of their queue.
//! Logs are rendered once for all followers.

use std::collections::BTreeMap;
use std::hash::RandomState;
use std::sync::Arc;

use hashbrown::HashMap;
use isobath_node::effective_transactions;
use isobath_runtime::Tx;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::record::History;
use isobath_sdk::{Pubkey, Signature, TransactionError};

use crate::counters::RpcCounters;
use crate::params::filters::Filters;
use crate::subscriptions::followers::{Follower, forget, push};

/// An account and its address.
pub(crate) type Keyed = (Pubkey, Arc<Account>);

/// The accounts of a program that a block changed and that pass the filters.
#[derive(Clone, Debug)]
pub(crate) struct ProgramBatch {
    pub(crate) slot: u64,
    pub(crate) accounts: Vec<Keyed>,
}

/// What the transactions of a block logged.
#[derive(Clone, Debug)]
pub(crate) struct LogsBatch {
    pub(crate) slot: u64,
    pub(crate) transactions: Vec<Arc<TransactionLogs>>,
}

/// What a transaction logged.
#[derive(Clone, Debug)]
pub(crate) struct TransactionLogs {
    pub(crate) signature: Signature,
    pub(crate) error: Option<TransactionError>,
    pub(crate) lines: Vec<String>,
}

/// Which logs are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogsOf {
    /// Those of all transactions.
    All,
    /// Those of transactions that name this address.
    Mentions(Pubkey),
}

struct ProgramFollower {
    filters: Filters,
    follower: Follower<ProgramBatch>,
}

/// The followers of batches.
#[derive(Default)]
pub(super) struct Batches {
    programs: HashMap<Pubkey, Vec<ProgramFollower>, RandomState>,
    all_logs: Vec<Follower<LogsBatch>>,
    logs: HashMap<Pubkey, Vec<Follower<LogsBatch>>, RandomState>,
}

impl Batches {
    pub(super) fn follow_program(
        &mut self,
        program: Pubkey,
        filters: Filters,
        follower: Follower<ProgramBatch>,
    ) {
        let followers = self.programs.entry(program).or_default();
        followers.push(ProgramFollower { filters, follower });
    }

    /// Forgets all followers of a program that are gone.
    pub(super) fn forget_program(&mut self, program: &Pubkey) {
        forget(&mut self.programs, program, |entry| entry.follower.is_gone());
    }

    pub(super) fn follow_logs(&mut self, of: LogsOf, follower: Follower<LogsBatch>) {
        match of {
            LogsOf::All => self.all_logs.push(follower),
            LogsOf::Mentions(key) => self.logs.entry(key).or_default().push(follower),
        }
    }

    /// Forgets all followers of these logs that are gone.
    pub(super) fn forget_logs(&mut self, of: LogsOf) {
        match of {
            LogsOf::All => self.all_logs.retain(|follower| !follower.is_gone()),
            LogsOf::Mentions(key) => forget(&mut self.logs, &key, Follower::is_gone),
        }
    }

    pub(super) fn wants_logs(&self) -> bool {
        !self.all_logs.is_empty() || !self.logs.is_empty()
    }

    /// Ends all subscriptions to logs: they missed a block.
    pub(super) fn cut_off_logs(&mut self, counters: &RpcCounters) {
        let by_key = self.logs.drain().flat_map(|(_, followers)| followers);
        for follower in self.all_logs.drain(..).chain(by_key) {
            tracing::warn!("closed a connection whose log subscription missed a block");
            follower.cut_off(counters);
        }
    }

    /// Ends all subscriptions to programs: they missed a block.
    pub(super) fn cut_off_programs(&mut self, counters: &RpcCounters) {
        for entry in self.programs.drain().flat_map(|(_, followers)| followers) {
            tracing::warn!("closed a connection whose program subscription missed a block");
            entry.follower.cut_off(counters);
        }
    }

    /// Delivers the changed accounts of followed programs.
    pub(super) fn deliver_programs<'a>(
        &mut self,
        slot: u64,
        changed: impl Iterator<Item = (&'a Pubkey, Option<&'a Arc<Account>>)>,
        counters: &RpcCounters,
    ) {
        let programs = &mut self.programs;
        if programs.is_empty() {
            return;
        }
        let mut by_owner: BTreeMap<Pubkey, Vec<Keyed>> = BTreeMap::new();
        for (key, account) in changed {
            if let Some(account) = account
                && programs.contains_key(&account.owner)
            {
                let accounts = by_owner.entry(account.owner).or_default();
                accounts.push((*key, Arc::clone(account)));
            }
        }
        for (owner, accounts) in by_owner {
            let Some(followers) = programs.get_mut(&owner) else {
                continue;
            };
            followers.retain(|entry| {
                let passes = |(_, account): &&Keyed| entry.filters.matches(account);
                let accounts: Vec<_> = accounts.iter().filter(passes).cloned().collect();
                accounts.is_empty() || entry.follower.offer(ProgramBatch { slot, accounts }, counters)
            });
            if followers.is_empty() {
                programs.remove(&owner);
            }
        }
    }

    /// Delivers the logs of a block.
    pub(super) fn deliver_logs(&mut self, history: &History<Tx>, counters: &RpcCounters) {
        let mut all = Vec::new();
        let mut by_key: BTreeMap<Pubkey, Vec<Arc<TransactionLogs>>> = BTreeMap::new();
        for tx in effective_transactions(history) {
            let keys: Vec<Pubkey> = tx.keys().filter(|key| self.logs.contains_key(key)).collect();
            if keys.is_empty() && self.all_logs.is_empty() {
                continue;
            }
            let logs = Arc::new(TransactionLogs {
                signature: tx.view.signature(0),
                error: tx.execution.outcome.error,
                lines: render_logs(&tx.execution.events),
            });
            for key in keys {
                by_key.entry(key).or_default().push(Arc::clone(&logs));
            }
            all.push(logs);
        }
        let slot = history.header.slot;
        let batch = |transactions| LogsBatch { slot, transactions };
        for (key, transactions) in by_key {
            let Some(followers) = self.logs.get_mut(&key) else {
                continue;
            };
            push(followers, &batch(transactions), counters);
            if followers.is_empty() {
                self.logs.remove(&key);
            }
        }
        if !all.is_empty() {
            push(&mut self.all_logs, &batch(all), counters);
        }
    }
}
