//! Hands the node's notices to those who wait for them.
//!
//! ```text
//! node notices --> Hub task --+-- signature -> the one answer each waiter gets
//!                             +-- account   -> bounded queue of each follower
//!                             +-- slot      -> bounded queue of each follower
//!                             +-- batches   -> bounded queue of each follower of a program or of logs
//! ```
//!
//! One task reads the notices, so the cost of a block is one look-up per signature and changed account, whatever the
//! number of subscriptions. Nobody here ever waits for a client: a follower whose queue is full is cut off and its
//! connection closed.
//!
//! Whoever stops waiting hands its receiver back: the table forgets those whose receivers are gone, and one that was
//! still held would stay in it for as long as nothing happens.
//!
//! Invariant: a waiter that is registered before it reads the published view misses nothing. What was published
//! before is in the view, what comes after comes through here. When this task itself falls behind and loses notices,
//! it asks the view about everything that somebody waits for.

mod batches;

use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use isobath_sdk::chain::account::Account;
use isobath_sdk::{Pubkey, Signature, TransactionError};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot};

pub(crate) use batches::{Keyed, LogsOf, TransactionLogs};

use batches::Batches;

use super::connection::ConnectionHandle;
use super::context::RpcCounters;
use isobath_node::{BlockNotice, Node};

/// What became of a transaction, and in which slot.
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

/// A bounded queue to one subscription and the connection to close when it is full.
struct Follower<T> {
    queue: mpsc::Sender<T>,
    connection: ConnectionHandle,
}

/// Those who wait. The maps hash with a seed of this process, since clients choose the keys.
#[derive(Default)]
struct Waiting {
    signatures: HashMap<Signature, Vec<oneshot::Sender<SignatureEvent>>, std::hash::RandomState>,
    accounts: HashMap<Pubkey, Vec<Follower<AccountEvent>>, std::hash::RandomState>,
    slots: Vec<Follower<SlotEvent>>,
    batches: Batches,
}

/// The meeting point of notices and subscriptions.
pub(crate) struct Hub {
    waiting: Mutex<Waiting>,
    counters: Arc<RpcCounters>,
    queue_len: usize,
}

impl Hub {
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
        let (queue, receiver) = mpsc::channel(self.queue_len);
        self.lock()
            .accounts
            .entry(key)
            .or_default()
            .push(Follower { queue, connection });
        receiver
    }

    /// Ends following an account, and forgets all its followers whose receivers are gone.
    pub(crate) fn forget_account(&self, key: &Pubkey, queue: mpsc::Receiver<AccountEvent>) {
        drop(queue);
        forget(&mut self.lock().accounts, key, |follower| {
            follower.queue.is_closed()
        });
    }

    /// Follows the blocks. Dropping the receiver ends it.
    pub(crate) fn follow_slots(&self, connection: ConnectionHandle) -> mpsc::Receiver<SlotEvent> {
        let (queue, receiver) = mpsc::channel(self.queue_len);
        self.lock().slots.push(Follower { queue, connection });
        receiver
    }

    // Every operation leaves the tables whole, so a guard may be taken over after a panic.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out one notice.
    fn deliver(&self, notice: &BlockNotice) {
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
        self.push(
            &mut waiting.slots,
            &SlotEvent {
                parent: notice.parent_slot,
                slot,
                root: slot,
            },
        );
        drop(waiting);
        let changed = notice.changed.iter();
        self.deliver_programs(slot, changed.map(|(key, account)| (key, account.as_ref())));
    }

    fn push_account(&self, waiting: &mut Waiting, key: &Pubkey, event: &AccountEvent) {
        if let Some(followers) = waiting.accounts.get_mut(key) {
            self.push(followers, event);
            if followers.is_empty() {
                waiting.accounts.remove(key);
            }
        }
    }

    /// Queues an event for each follower; cuts off those who are gone and those who are too far behind.
    fn push<T: Clone>(&self, followers: &mut Vec<Follower<T>>, event: &T) {
        followers.retain(|follower| self.offer(follower, event.clone()));
    }

    /// Queues an event for a follower; false when the follower is gone or too far behind.
    fn offer<T>(&self, follower: &Follower<T>, event: T) -> bool {
        match follower.queue.try_send(event) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.counters.lagging_closed.increment();
                tracing::warn!(
                    queued = follower.queue.max_capacity(),
                    "closed a connection whose subscription lags behind"
                );
                follower.connection.close();
                false
            }
        }
    }

    /// Works out from the view what lost notices would have said. Returns the slot of the view.
    fn resync(&self, node: &Node) -> u64 {
        self.counters.hub_resyncs.increment();
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
        self.push(
            &mut waiting.slots,
            &SlotEvent {
                parent: slot.saturating_sub(1),
                slot,
                root: slot,
            },
        );
        slot
    }
}

fn answer(waiters: Option<Vec<oneshot::Sender<SignatureEvent>>>, event: SignatureEvent) {
    for waiter in waiters.into_iter().flatten() {
        // A waiter that is gone has nothing to be told.
        let _ = waiter.send(event);
    }
}

fn forget<K: Hash + Eq, W, S: std::hash::BuildHasher>(
    table: &mut HashMap<K, Vec<W>, S>,
    key: &K,
    is_gone: impl Fn(&W) -> bool,
) {
    if let Some(waiters) = table.get_mut(key) {
        waiters.retain(|waiter| !is_gone(waiter));
        if waiters.is_empty() {
            table.remove(key);
        }
    }
}

/// Hands out notices until the node is gone.
pub(crate) async fn run(hub: Arc<Hub>, node: Node, mut notices: broadcast::Receiver<Arc<BlockNotice>>) {
    // The last slot that was handed out. What a resync has told is not told again.
    let mut done: Option<u64> = None;
    loop {
        match notices.recv().await {
            Ok(notice) if done.is_some_and(|done| notice.slot <= done) => {}
            Ok(notice) => {
                hub.deliver(&notice);
                batches::hand_out_logs(&hub, &node, notice.slot).await;
                done = Some(notice.slot);
            }
            Err(RecvError::Lagged(lost)) => {
                tracing::debug!(
                    lost,
                    "the notices of some blocks were lost; asking the view instead"
                );
                let slot = hub.resync(&node);
                for lost in done.unwrap_or(slot).saturating_add(1)..=slot {
                    batches::hand_out_programs(&hub, &node, lost).await;
                    batches::hand_out_logs(&hub, &node, lost).await;
                }
                done = Some(slot);
            }
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests;
