//! Events that concern many transactions or accounts of a block: logs and the accounts of programs.
//!
//! Followers get one batch for each block, so a block that changes thousands of accounts takes one slot of their queue.
//! Followers who want the same get the same batch. Logs are rendered and encoded once for all followers.

use std::collections::BTreeMap;
use std::sync::Arc;

use isobath_node::{EffectiveTx, effective_transactions};
use isobath_runtime::Tx;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::record::History;
use isobath_sdk::{Pubkey, Signature, TransactionError};
use serde::Serialize;

use crate::counters::RpcCounters;
use crate::params::filters::Filters;
use crate::subscriptions::followers::{Follower, push};
use crate::subscriptions::groups::{Groups, cut_off_from, lag_max};
use crate::subscriptions::held::{HeldBytes, HeldNotifications};
use crate::subscriptions::notify::{SharedJson, encode_shared};
use crate::subscriptions::shared::{BlockAccounts, Shape, SharedAccount};

/// The accounts of a program that a block changed and that pass the filters.
pub(crate) type ProgramBatch = Arc<Vec<Arc<SharedAccount>>>;

/// What the transactions of a block logged.
pub(crate) type LogsBatch = Arc<Vec<Arc<SharedLogs>>>;

/// Which accounts of a program are followed, and how they are rendered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProgramQuery {
    pub(crate) filters: Filters,
    pub(crate) shape: Shape,
}

/// What a transaction logged, as JSON.
#[derive(Debug)]
pub(crate) struct SharedLogs {
    pub(crate) slot: u64,
    pub(crate) value: SharedJson,
    _held: HeldBytes,
}

/// The value of a notification.
#[derive(Serialize)]
struct LogsValue {
    signature: Signature,
    err: Option<TransactionError>,
    logs: Vec<String>,
}

/// Which logs are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogsOf {
    /// Those of all transactions.
    All,
    /// Those of transactions that name this address.
    Mentions(Pubkey),
}

/// The followers of batches.
#[derive(Default)]
pub(super) struct Batches {
    programs: Groups<Pubkey, ProgramQuery, ProgramBatch>,
    all_logs: Vec<Follower<LogsBatch>>,
    logs: Groups<Pubkey, (), LogsBatch>,
}

impl Batches {
    pub(super) fn follow_program(
        &mut self,
        program: Pubkey,
        query: ProgramQuery,
        follower: Follower<ProgramBatch>,
    ) {
        self.programs.follow(program, query, follower);
    }

    /// Forgets the followers of a program who want the same and are gone.
    pub(super) fn forget_program(&mut self, program: &Pubkey, query: &ProgramQuery) {
        self.programs.forget(program, query);
    }

    pub(super) fn follow_logs(&mut self, of: LogsOf, follower: Follower<LogsBatch>) {
        match of {
            LogsOf::All => self.all_logs.push(follower),
            LogsOf::Mentions(key) => self.logs.follow(key, (), follower),
        }
    }

    /// Forgets all followers of these logs that are gone.
    pub(super) fn forget_logs(&mut self, of: LogsOf) {
        match of {
            LogsOf::All => self.all_logs.retain(|follower| !follower.is_gone()),
            LogsOf::Mentions(key) => self.logs.forget(&key, &()),
        }
    }

    pub(super) fn wants_logs(&self) -> bool {
        !self.all_logs.is_empty() || !self.logs.is_empty()
    }

    /// Ends all subscriptions to logs; their number.
    pub(super) fn cut_off_logs(&mut self, counters: &RpcCounters) -> usize {
        let by_key = self.logs.cut_off_from(0, counters);
        by_key.saturating_add(cut_off_from(&mut self.all_logs, 0, counters))
    }

    /// Ends all subscriptions to programs; their number.
    pub(super) fn cut_off_programs(&mut self, counters: &RpcCounters) -> usize {
        self.programs.cut_off_from(0, counters)
    }

    /// The longest queue, as a share of what it may have.
    pub(super) fn lag_max(&self) -> u64 {
        let logs = self.logs.lag_max().max(lag_max(&self.all_logs));
        self.programs.lag_max().max(logs)
    }

    /// Ends the subscriptions whose queue is at least so long; their number.
    pub(super) fn cut_off_from(&mut self, lag: u64, counters: &RpcCounters) -> usize {
        self.programs
            .cut_off_from(lag, counters)
            .saturating_add(self.logs.cut_off_from(lag, counters))
            .saturating_add(cut_off_from(&mut self.all_logs, lag, counters))
    }

    /// Delivers the changed accounts of followed programs.
    pub(super) fn deliver_programs<'a>(
        &mut self,
        accounts: &mut BlockAccounts<'_>,
        changed: impl Iterator<Item = (&'a Pubkey, Option<&'a Arc<Account>>)>,
        counters: &RpcCounters,
    ) {
        if self.programs.is_empty() {
            return;
        }
        let mut by_owner: BTreeMap<Pubkey, Vec<(&Pubkey, &Arc<Account>)>> = BTreeMap::new();
        for (key, account) in changed {
            if let Some(account) = account
                && self.programs.contains(&account.owner)
            {
                by_owner.entry(account.owner).or_default().push((key, account));
            }
        }
        for (owner, changed) in by_owner {
            self.programs.deliver(&owner, counters, |query| {
                let passing = changed
                    .iter()
                    .filter(|(_, account)| query.filters.matches(account));
                let batch: Vec<_> = passing
                    .map(|(key, account)| accounts.share(key, Some(account), query.shape))
                    .collect();
                (!batch.is_empty()).then(|| Arc::new(batch))
            });
        }
    }

    /// Delivers the logs of a block.
    pub(super) fn deliver_logs(
        &mut self,
        history: &History<Tx>,
        held: &Arc<HeldNotifications>,
        counters: &RpcCounters,
    ) {
        let slot = history.header.slot;
        let mut all = Vec::new();
        let mut by_key: BTreeMap<Pubkey, Vec<Arc<SharedLogs>>> = BTreeMap::new();
        for tx in effective_transactions(history) {
            let keys: Vec<Pubkey> = tx.keys().filter(|key| self.logs.contains(key)).collect();
            if keys.is_empty() && self.all_logs.is_empty() {
                continue;
            }
            let logs = Arc::new(SharedLogs::new(slot, &tx, held, counters));
            for key in keys {
                by_key.entry(key).or_default().push(Arc::clone(&logs));
            }
            all.push(logs);
        }
        for (key, batch) in by_key {
            let batch = Arc::new(batch);
            self.logs.deliver(&key, counters, |()| Some(Arc::clone(&batch)));
        }
        if !all.is_empty() {
            push(&mut self.all_logs, &Arc::new(all), counters);
        }
    }
}

impl SharedLogs {
    fn new(
        slot: u64,
        tx: &EffectiveTx<'_, Tx>,
        held: &Arc<HeldNotifications>,
        counters: &RpcCounters,
    ) -> Self {
        let value = LogsValue {
            signature: tx.view.signature(0),
            err: tx.execution.outcome.error,
            logs: render_logs(&tx.execution.events),
        };
        let value = encode_shared(&value, counters);
        Self {
            slot,
            _held: held.hold(value.get().len()),
            value,
        }
    }
}
