//! Events that concern many transactions or accounts of a block: logs and the accounts of programs.
//!
//! Followers get one batch for each block, so a block that changes thousands of accounts takes one slot of their queue.
//! Followers who want the same get the same batch. Logs are rendered and encoded once for all followers.

use std::collections::BTreeMap;
use std::ops::Deref;
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
use crate::subscriptions::cut_offs::CutOffs;
use crate::subscriptions::followers::{Follower, Outlet};
use crate::subscriptions::groups::Groups;
use crate::subscriptions::held::{EventBytes, HeldBytes, HeldNotifications, bytes_with};
use crate::subscriptions::notify::{SharedJson, encode_shared};
use crate::subscriptions::shared::{BlockAccounts, Shape, SharedAccount};

/// The accounts of a program that a block changed and that pass the filters.
pub(crate) type ProgramBatch = Arc<Batch<SharedAccount>>;

/// What the transactions of a block logged.
pub(crate) type LogsBatch = Arc<Batch<SharedLogs>>;

/// What a block has for those who want the same of it.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    events: Vec<Arc<T>>,
    held: HeldBytes,
}

impl<T> Deref for Batch<T> {
    type Target = [Arc<T>];

    fn deref(&self) -> &[Arc<T>] {
        &self.events
    }
}

impl<T> Batch<T> {
    fn new(events: Vec<Arc<T>>, held: &Arc<HeldNotifications>) -> Arc<Self> {
        let held = held.hold(Self::list_bytes(events.len()).all);
        Arc::new(Self { events, held })
    }

    /// What a batch takes beside its events.
    const fn list_bytes(len: usize) -> EventBytes {
        let bytes = bytes_with(len.saturating_mul(size_of::<Arc<T>>()));
        EventBytes {
            all: bytes,
            new: bytes,
        }
    }
}

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
    held: HeldBytes,
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

    /// Ends all subscriptions to logs, which missed a block.
    pub(super) fn cut_off_logs(&mut self, cut_offs: &CutOffs) {
        self.logs.cut_off(cut_offs);
        self.all_logs
            .drain(..)
            .for_each(|follower| follower.cut_off(cut_offs));
    }

    /// Ends all subscriptions to programs, which missed a block.
    pub(super) fn cut_off_programs(&mut self, cut_offs: &CutOffs) {
        self.programs.cut_off(cut_offs);
    }

    /// Delivers the changed accounts of followed programs.
    pub(super) fn deliver_programs<'a>(
        &mut self,
        accounts: &mut BlockAccounts<'_>,
        changed: impl Iterator<Item = (&'a Pubkey, Option<&'a Account>)>,
        outlet: &Outlet,
    ) {
        if self.programs.is_empty() {
            return;
        }
        let mut by_owner: BTreeMap<Pubkey, Vec<(&Pubkey, &Account)>> = BTreeMap::new();
        for (key, account) in changed {
            if let Some(account) = account
                && self.programs.contains(&account.owner)
            {
                by_owner.entry(account.owner).or_default().push((key, account));
            }
        }
        for (owner, changed) in by_owner {
            self.programs.deliver(&owner, |query, followers| {
                let passing: Vec<_> = changed
                    .iter()
                    .filter(|(_, account)| query.filters.matches(account))
                    .collect();
                if passing.is_empty() {
                    return;
                }
                let mut bytes = Batch::<SharedAccount>::list_bytes(passing.len());
                for (key, account) in &passing {
                    bytes.add(accounts.bytes_of(key, Some(account), query.shape));
                }
                outlet.send(followers, bytes, || {
                    let shared = passing
                        .iter()
                        .map(|(key, account)| accounts.share(key, Some(account), query.shape));
                    Batch::new(shared.collect(), &outlet.held)
                });
            });
        }
    }

    /// Delivers the logs of a block.
    pub(super) fn deliver_logs(&mut self, history: &History<Tx>, outlet: &Outlet, counters: &RpcCounters) {
        let slot = history.header.slot;
        let mut all = Vec::new();
        let mut by_key: BTreeMap<Pubkey, Vec<Arc<SharedLogs>>> = BTreeMap::new();
        let mut block_bytes = 0_usize;
        for tx in effective_transactions(history) {
            let keys: Vec<Pubkey> = tx.keys().filter(|key| self.logs.contains(key)).collect();
            if keys.is_empty() && self.all_logs.is_empty() {
                continue;
            }
            let value = encode_logs(&tx, counters);
            let bytes = bytes_with(value.get().len());
            block_bytes = block_bytes.saturating_add(bytes);
            if !self.has_room(block_bytes, bytes, outlet) {
                return;
            }
            let logs = Arc::new(SharedLogs {
                slot,
                value,
                held: outlet.held.hold(bytes),
            });
            for key in keys {
                by_key.entry(key).or_default().push(Arc::clone(&logs));
            }
            all.push(logs);
        }
        for (key, events) in by_key {
            let batch = Batch::new(events, &outlet.held);
            self.logs
                .deliver(&key, |(), followers| send_logs(followers, &batch, outlet));
        }
        if !all.is_empty() {
            send_logs(&mut self.all_logs, &Batch::new(all, &outlet.held), outlet);
        }
    }

    /// Makes room for the logs of one more transaction; false when that has closed all connections that follow logs.
    fn has_room(&self, block_bytes: usize, bytes: usize, outlet: &Outlet) -> bool {
        let event = EventBytes {
            all: block_bytes,
            new: bytes,
        };
        let followers = self.logs.followers().chain(&self.all_logs);
        let connections = followers.clone().map(Follower::connection);
        let has_closed = outlet.held.make_room(event, connections, &outlet.cut_offs);
        !has_closed || !followers.clone().all(Follower::is_gone)
    }
}

fn send_logs(followers: &mut Vec<Follower<LogsBatch>>, batch: &LogsBatch, outlet: &Outlet) {
    let events = batch.iter().map(|logs| logs.held.bytes());
    let bytes = EventBytes {
        all: events.fold(batch.held.bytes(), usize::saturating_add),
        new: 0,
    };
    outlet.send(followers, bytes, || Arc::clone(batch));
}

fn encode_logs(tx: &EffectiveTx<'_, Tx>, counters: &RpcCounters) -> SharedJson {
    let value = LogsValue {
        signature: tx.view.signature(0),
        err: tx.execution.outcome.error,
        logs: render_logs(tx.execution.events),
    };
    encode_shared(&value, counters)
}
