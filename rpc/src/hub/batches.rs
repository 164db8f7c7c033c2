//! What concerns many transactions or accounts of a block at once: logs and the accounts of programs.
//!
//! Followers get one batch for each block, so a block that touches thousands of accounts takes one place in their
//! queue. Logs are not part of a notice: when somebody follows them, the block is read back from the ledger and its
//! events are rendered once for all followers.

use std::collections::BTreeMap;
use std::hash::RandomState;
use std::sync::Arc;

use hashbrown::HashMap;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::record::History;
use isobath_sdk::{Pubkey, Signature, TransactionError};
use tokio::sync::mpsc;

use super::{Follower, Hub, forget};
use crate::connection::ConnectionHandle;
use crate::filters::Filters;
use isobath_node::{Node, effective_transactions as visible};

/// A batch may be large, so fewer of them may wait than of other notifications.
const BATCHES_SHARE: usize = 16;

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

/// Those who wait for batches.
#[derive(Default)]
pub(super) struct Batches {
    programs: HashMap<Pubkey, Vec<ProgramFollower>, RandomState>,
    all_logs: Vec<Follower<LogsBatch>>,
    logs: HashMap<Pubkey, Vec<Follower<LogsBatch>>, RandomState>,
}

impl Batches {
    fn wants_logs(&self) -> bool {
        !self.all_logs.is_empty() || !self.logs.is_empty()
    }
}

impl Hub {
    /// Follows the accounts of a program. Dropping the receiver ends it.
    pub(crate) fn follow_program(
        &self,
        program: Pubkey,
        filters: Filters,
        connection: ConnectionHandle,
    ) -> mpsc::Receiver<ProgramBatch> {
        let (follower, receiver) = self.batch_follower(connection);
        let mut waiting = self.lock();
        let followers = waiting.batches.programs.entry(program).or_default();
        followers.push(ProgramFollower { filters, follower });
        receiver
    }

    /// Ends following a program, and forgets all its followers whose receivers are gone.
    pub(crate) fn forget_program(&self, program: &Pubkey, queue: mpsc::Receiver<ProgramBatch>) {
        drop(queue);
        forget(&mut self.lock().batches.programs, program, |entry| {
            entry.follower.queue.is_closed()
        });
    }

    /// Follows logs. Dropping the receiver ends it.
    pub(crate) fn follow_logs(&self, of: LogsOf, connection: ConnectionHandle) -> mpsc::Receiver<LogsBatch> {
        let (follower, receiver) = self.batch_follower(connection);
        let mut waiting = self.lock();
        match of {
            LogsOf::All => waiting.batches.all_logs.push(follower),
            LogsOf::Mentions(key) => waiting.batches.logs.entry(key).or_default().push(follower),
        }
        receiver
    }

    /// Ends following logs, and forgets all their followers whose receivers are gone.
    pub(crate) fn forget_logs(&self, of: LogsOf, queue: mpsc::Receiver<LogsBatch>) {
        drop(queue);
        let mut waiting = self.lock();
        match of {
            LogsOf::All => waiting
                .batches
                .all_logs
                .retain(|follower| !follower.queue.is_closed()),
            LogsOf::Mentions(key) => {
                forget(&mut waiting.batches.logs, &key, |follower| {
                    follower.queue.is_closed()
                });
            }
        }
    }

    fn batch_follower<T>(&self, connection: ConnectionHandle) -> (Follower<T>, mpsc::Receiver<T>) {
        let (queue, receiver) = mpsc::channel((self.queue_len / BATCHES_SHARE).max(1));
        (Follower { queue, connection }, receiver)
    }

    /// Hands out the changed accounts of followed programs.
    pub(super) fn deliver_programs<'a>(
        &self,
        slot: u64,
        changed: impl Iterator<Item = (&'a Pubkey, Option<&'a Arc<Account>>)>,
    ) {
        let mut waiting = self.lock();
        let programs = &mut waiting.batches.programs;
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
                let passes = |(_, account): &&Keyed| entry.filters.admit(account);
                let accounts: Vec<_> = accounts.iter().filter(passes).cloned().collect();
                accounts.is_empty() || self.offer(&entry.follower, ProgramBatch { slot, accounts })
            });
            if followers.is_empty() {
                programs.remove(&owner);
            }
        }
    }

    /// Hands out the logs of a block.
    fn deliver_logs(&self, history: &History) {
        let mut waiting = self.lock();
        let batches = &mut waiting.batches;
        let mut all = Vec::new();
        let mut by_key: BTreeMap<Pubkey, Vec<Arc<TransactionLogs>>> = BTreeMap::new();
        for tx in visible(history) {
            let keys: Vec<Pubkey> = tx.keys().filter(|key| batches.logs.contains_key(key)).collect();
            if keys.is_empty() && batches.all_logs.is_empty() {
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
            let Some(followers) = batches.logs.get_mut(&key) else {
                continue;
            };
            self.push(followers, &batch(transactions));
            if followers.is_empty() {
                batches.logs.remove(&key);
            }
        }
        if !all.is_empty() {
            self.push(&mut batches.all_logs, &batch(all));
        }
    }
}

/// Hands out the logs of a published block, if somebody follows logs.
pub(super) async fn hand_out_logs(hub: &Arc<Hub>, node: &Node, slot: u64) {
    if !hub.lock().batches.wants_logs() {
        return;
    }
    let (hub, node) = (Arc::clone(hub), node.clone());
    let work = move || match node.history(slot) {
        Ok(Some(history)) => hub.deliver_logs(&history),
        Ok(None) => {}
        Err(error) => tracing::error!(%error, slot, "cannot read a block for its logs"),
    };
    if tokio::task::spawn_blocking(work).await.is_err() {
        tracing::error!(slot, "reading the logs of a block panicked");
    }
}

/// Hands out the accounts of followed programs for a block whose notice was lost.
pub(super) async fn hand_out_programs(hub: &Arc<Hub>, node: &Node, slot: u64) {
    if hub.lock().batches.programs.is_empty() {
        return;
    }
    let (hub, node) = (Arc::clone(hub), node.clone());
    let work = move || match node.delta(slot) {
        Ok(Some(delta)) => {
            let changed: Vec<(Pubkey, Option<Arc<Account>>)> = delta
                .accounts
                .into_iter()
                .map(|(key, account)| (key, account.map(Arc::new)))
                .collect();
            hub.deliver_programs(slot, changed.iter().map(|(key, account)| (key, account.as_ref())));
        }
        Ok(None) => {}
        Err(error) => tracing::error!(%error, slot, "cannot read what a block changed"),
    };
    if tokio::task::spawn_blocking(work).await.is_err() {
        tracing::error!(slot, "reading what a block changed panicked");
    }
}
