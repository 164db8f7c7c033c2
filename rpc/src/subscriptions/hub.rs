//! Delivers the node's notices to the subscriptions that wait for them.
//!
//! ```text
//! node notices --> feed --> SubscriptionHub --+-- signature -> the one event each waiter gets
//!                                             +-- account   -> bounded queue of each follower
//!                                             +-- slot      -> bounded queue of each follower
//!                                             +-- batches   -> bounded queue of each follower of a program or of logs
//! ```
//!
//! One task reads the notices, so the cost of a block is one look-up per signature and changed account, whatever the
//! number of subscriptions. Delivery never waits for a client: a follower whose queue is full is cut off and its
//! connection closed.
//!
//! A subscription that ends gives its receiver back, so that its entry is removed at once and not only at the next
//! event.
//!
//! Invariant: a waiter that is registered before it reads the published view misses nothing. What was published before
//! is in the view, what comes after is delivered here. When the feed falls behind and loses notices, it reads from the
//! view everything that subscriptions wait for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use isobath_node::{BlockNotice, Node};
use isobath_runtime::Tx;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::record::History;
use isobath_sdk::{Pubkey, Signature, TransactionError};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::connection::ConnectionHandle;
use crate::counters::RpcCounters;
use crate::params::filters::Filters;
use crate::subscriptions::batches::{Batches, LogsBatch, LogsOf, ProgramBatch};
use crate::subscriptions::followers::{Follower, forget, push};

/// A batch may be large, so a queue holds this many times fewer of them than of other events.
const BATCHES_SHARE: usize = 16;

/// The result of a transaction, and its slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignatureEvent {
    pub(crate) slot: u64,
    pub(crate) error: Option<TransactionError>,
}

/// A changed account, as of a slot; `None` when it was closed.
#[derive(Clone, Debug)]
pub(crate) struct AccountEvent {
    pub(crate) slot: u64,
    pub(crate) key: Pubkey,
    pub(crate) account: Option<Arc<Account>>,
}

/// A published block. It is final at once, so it is its own root.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct SlotEvent {
    parent: u64,
    slot: u64,
    pub(crate) root: u64,
}

/// What subscriptions wait for. The maps hash with a seed of this process, since clients choose the keys.
#[derive(Default)]
struct Waiting {
    signatures: HashMap<Signature, Vec<oneshot::Sender<SignatureEvent>>, std::hash::RandomState>,
    accounts: HashMap<Pubkey, Vec<Follower<AccountEvent>>, std::hash::RandomState>,
    slots: Vec<Follower<SlotEvent>>,
    batches: Batches,
}

/// The subscriptions of all connections, by what they wait for.
pub(crate) struct SubscriptionHub {
    waiting: Mutex<Waiting>,
    counters: Arc<RpcCounters>,
    queue_len: usize,
}

impl SubscriptionHub {
    pub(crate) fn new(queue_len: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            counters: Arc::default(),
            queue_len: queue_len.max(1),
        }
    }

    pub(crate) fn counters(&self) -> Arc<RpcCounters> {
        Arc::clone(&self.counters)
    }

    /// Waits for one transaction. Dropping the receiver ends the wait.
    pub(crate) fn wait_for_signature(&self, signature: Signature) -> oneshot::Receiver<SignatureEvent> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.lock();
        let waiters = waiting.signatures.entry(signature).or_default();
        waiters.retain(|waiter| !waiter.is_closed());
        waiters.push(sender);
        receiver
    }

    /// Ends a wait, and forgets all waiters for this transaction whose receivers are gone.
    pub(crate) fn forget_signature(&self, signature: &Signature, wait: oneshot::Receiver<SignatureEvent>) {
        drop(wait);
        forget(&mut self.lock().signatures, signature, oneshot::Sender::is_closed);
    }

    /// Follows one account. Dropping the receiver ends it.
    pub(crate) fn follow_account(
        &self,
        key: Pubkey,
        connection: ConnectionHandle,
    ) -> mpsc::Receiver<AccountEvent> {
        let (follower, receiver) = Follower::new(self.queue_len, connection);
        self.lock().accounts.entry(key).or_default().push(follower);
        receiver
    }

    /// Ends following an account, and forgets all its followers whose receivers are gone.
    pub(crate) fn forget_account(&self, key: &Pubkey, queue: mpsc::Receiver<AccountEvent>) {
        drop(queue);
        forget(&mut self.lock().accounts, key, Follower::is_gone);
    }

    /// Follows the blocks. Dropping the receiver ends it.
    pub(crate) fn follow_slots(&self, connection: ConnectionHandle) -> mpsc::Receiver<SlotEvent> {
        let (follower, receiver) = Follower::new(self.queue_len, connection);
        self.lock().slots.push(follower);
        receiver
    }

    /// Follows the accounts of a program. Dropping the receiver ends it.
    pub(crate) fn follow_program(
        &self,
        program: Pubkey,
        filters: Filters,
        connection: ConnectionHandle,
    ) -> mpsc::Receiver<ProgramBatch> {
        let (follower, receiver) = Follower::new(self.batch_queue_len(), connection);
        self.lock().batches.follow_program(program, filters, follower);
        receiver
    }

    /// Ends following a program, and forgets all its followers whose receivers are gone.
    pub(crate) fn forget_program(&self, program: &Pubkey, queue: mpsc::Receiver<ProgramBatch>) {
        drop(queue);
        self.lock().batches.forget_program(program);
    }

    /// Follows logs. Dropping the receiver ends it.
    pub(crate) fn follow_logs(&self, of: LogsOf, connection: ConnectionHandle) -> mpsc::Receiver<LogsBatch> {
        let (follower, receiver) = Follower::new(self.batch_queue_len(), connection);
        self.lock().batches.follow_logs(of, follower);
        receiver
    }

    /// Ends following logs, and forgets all their followers whose receivers are gone.
    pub(crate) fn forget_logs(&self, of: LogsOf, queue: mpsc::Receiver<LogsBatch>) {
        drop(queue);
        self.lock().batches.forget_logs(of);
    }

    fn batch_queue_len(&self) -> usize {
        (self.queue_len / BATCHES_SHARE).max(1)
    }

    /// Whether the logs of the next block have a follower.
    pub(super) fn wants_logs(&self) -> bool {
        self.lock().batches.wants_logs()
    }

    /// Ends all subscriptions to logs: they missed a block.
    pub(super) fn cut_off_logs(&self) {
        self.lock().batches.cut_off_logs(&self.counters);
    }

    /// Ends all subscriptions to programs: they missed a block.
    pub(super) fn cut_off_programs(&self) {
        self.lock().batches.cut_off_programs(&self.counters);
    }

    // Every operation leaves the tables consistent, so a guard may be used after a panic.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers one notice.
    pub(super) fn deliver(&self, notice: &BlockNotice) {
        let mut waiting = self.lock();
        let slot = notice.slot;
        if !waiting.signatures.is_empty() {
            for (signature, error) in &notice.signatures {
                let waiters = waiting.signatures.remove(signature);
                answer(waiters, SignatureEvent { slot, error: *error });
            }
        }
        if !waiting.accounts.is_empty() {
            for (key, account) in &notice.changed {
                let event = AccountEvent {
                    slot,
                    key: *key,
                    account: account.clone(),
                };
                self.push_account(&mut waiting, key, &event);
            }
        }
        let event = SlotEvent {
            parent: notice.parent_slot,
            slot,
            root: slot,
        };
        push(&mut waiting.slots, &event, &self.counters);
        drop(waiting);
        let changed = notice.changed.iter();
        self.deliver_programs(slot, changed.map(|(key, account)| (key, account.as_ref())));
    }

    fn push_account(&self, waiting: &mut Waiting, key: &Pubkey, event: &AccountEvent) {
        if let Some(followers) = waiting.accounts.get_mut(key) {
            push(followers, event, &self.counters);
            if followers.is_empty() {
                waiting.accounts.remove(key);
            }
        }
    }

    /// Delivers from the view what lost notices would have. Returns the slot of the view.
    pub(super) fn resync(&self, node: &Node) -> u64 {
        self.counters.subscription_resyncs.increment();
        let view = node.published();
        let slot = view.chain().slot();
        let mut waiting = self.lock();
        let mut done: Vec<_> = waiting
            .signatures
            .keys()
            .filter_map(|key| Some((*key, view.status(key)?)))
            .collect();
        done.sort_unstable_by_key(|(signature, _)| *signature);
        for (signature, status) in done {
            let waiters = waiting.signatures.remove(&signature);
            answer(
                waiters,
                SignatureEvent {
                    slot: status.slot,
                    error: status.error,
                },
            );
        }
        let mut keys: Vec<_> = waiting.accounts.keys().copied().collect();
        keys.sort_unstable();
        for key in keys {
            self.push_account(
                &mut waiting,
                &key,
                &AccountEvent {
                    slot,
                    key,
                    account: view.account(&key),
                },
            );
        }
        drop(view);
        let event = SlotEvent {
            parent: slot.saturating_sub(1),
            slot,
            root: slot,
        };
        push(&mut waiting.slots, &event, &self.counters);
        slot
    }

    /// Delivers the changed accounts of followed programs.
    pub(super) fn deliver_programs<'a>(
        &self,
        slot: u64,
        changed: impl Iterator<Item = (&'a Pubkey, Option<&'a Arc<Account>>)>,
    ) {
        self.lock()
            .batches
            .deliver_programs(slot, changed, &self.counters);
    }

    /// Delivers the logs of a block.
    pub(super) fn deliver_logs(&self, history: &History<Tx>) {
        self.lock().batches.deliver_logs(history, &self.counters);
    }
}

fn answer(waiters: Option<Vec<oneshot::Sender<SignatureEvent>>>, event: SignatureEvent) {
    for waiter in waiters.into_iter().flatten() {
        // An error means that the waiter is gone.
        let _ = waiter.send(event);
    }
}

#[cfg(test)]
mod tests;
