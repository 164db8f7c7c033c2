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
//! number of subscriptions. What several subscriptions get is one object, and is encoded once. Delivery never waits for
//! a client: a follower whose queue is full is cut off and its connection closed.
//!
//! What waits in all queues together is bounded in bytes. Before an event is made that would exceed the bound, the
//! connections that hold most are closed, so a client that reads is not hurt by those that do not.
//!
//! A subscription that ends gives its receiver back, so that its entry is removed at once and not only at the next
//! event.
//!
//! Invariant: a waiter that is registered before it reads the published view misses nothing. What was published before
//! is in the view, what comes after is delivered here. When the feed falls behind and loses notices, it reads from the
//! view everything that subscriptions wait for; if several views in turn are revoked before it has, the connections that
//! follow accounts are closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use isobath_node::{BlockNotice, Node, Published, ViewRevoked};
use isobath_runtime::Tx;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::record::History;
use isobath_sdk::{Pubkey, Signature, TransactionError};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::config::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::counters::RpcCounters;
use crate::render::response::Notification;
use crate::subscriptions::batches::{Batches, LogsBatch, LogsOf, ProgramBatch, ProgramQuery};
use crate::subscriptions::cut_offs::CutOffs;
use crate::subscriptions::followers::{Follower, Outlet, Queue, forget};
use crate::subscriptions::groups::Groups;
use crate::subscriptions::held::{EventBytes, HeldNotifications};
use crate::subscriptions::notify::{SharedJson, encode_shared};
use crate::subscriptions::shared::{BlockAccounts, Shape, SharedAccount};

/// A batch may be large, so a queue holds this many times fewer of them than of other events.
const BATCHES_SHARE: usize = 16;

/// Views that a resync tries to read the followed accounts from, before their subscriptions are ended.
const RESYNC_READS_MAX: usize = 4;

/// Accounts that are followed, as a view has them.
type FollowedAccounts = Vec<(Pubkey, Option<Account>)>;

/// The result of a transaction as a notification has it, and its slot.
#[derive(Clone, Debug)]
pub(crate) struct SignatureEvent {
    pub(crate) slot: u64,
    pub(crate) result: SharedJson,
}

#[derive(Serialize)]
struct SignatureValue {
    err: Option<TransactionError>,
}

impl SignatureEvent {
    pub(crate) fn new(slot: u64, err: Option<TransactionError>, counters: &RpcCounters) -> Self {
        let result = Notification::new(slot, SignatureValue { err });
        Self {
            slot,
            result: encode_shared(&result, counters),
        }
    }
}

/// A published block. It is final at once, so it is its own root.
#[derive(Clone, Copy, Debug, Serialize)]
struct SlotEvent {
    parent: u64,
    slot: u64,
    root: u64,
}

/// What is followed of a block as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotForm {
    /// Its slot, its parent and its root.
    Slot,
    /// Its slot, as the root that it is.
    Root,
}

/// What subscriptions wait for. The maps hash with a seed of this process, since clients choose the keys.
#[derive(Default)]
struct Waiting {
    signatures: HashMap<Signature, Vec<oneshot::Sender<SignatureEvent>>, std::hash::RandomState>,
    accounts: Groups<Pubkey, Shape, Arc<SharedAccount>>,
    slots: Vec<Follower<SharedJson>>,
    roots: Vec<Follower<SharedJson>>,
    batches: Batches,
}

/// The subscriptions of all connections, by what they wait for.
pub(crate) struct SubscriptionHub {
    waiting: Mutex<Waiting>,
    counters: Arc<RpcCounters>,
    outlet: Outlet,
    queue_len: usize,
}

impl SubscriptionHub {
    pub(crate) fn new(limits: &RpcLimits) -> Self {
        let counters: Arc<RpcCounters> = Arc::default();
        Self {
            waiting: Mutex::default(),
            outlet: Outlet {
                held: Arc::new(HeldNotifications::new(limits.notification_bytes_max)),
                cut_offs: CutOffs::new(Arc::clone(&counters)),
            },
            counters,
            queue_len: limits.notifications_queued_max.max(1),
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
        shape: Shape,
        connection: ConnectionHandle,
    ) -> Queue<Arc<SharedAccount>> {
        let (follower, receiver) = Follower::new(self.queue_len, connection);
        self.lock().accounts.follow(key, shape, follower);
        receiver
    }

    /// Ends following an account, and forgets its followers of the same shape whose receivers are gone.
    pub(crate) fn forget_account(&self, key: &Pubkey, shape: Shape, queue: Queue<Arc<SharedAccount>>) {
        drop(queue);
        self.lock().accounts.forget(key, &shape);
    }

    /// Follows the blocks. Dropping the receiver ends it.
    pub(crate) fn follow_slots(&self, form: SlotForm, connection: ConnectionHandle) -> Queue<SharedJson> {
        let (follower, receiver) = Follower::new(self.queue_len, connection);
        let mut waiting = self.lock();
        match form {
            SlotForm::Slot => waiting.slots.push(follower),
            SlotForm::Root => waiting.roots.push(follower),
        }
        receiver
    }

    /// Follows the accounts of a program. Dropping the receiver ends it.
    pub(crate) fn follow_program(
        &self,
        program: Pubkey,
        query: ProgramQuery,
        connection: ConnectionHandle,
    ) -> Queue<ProgramBatch> {
        let (follower, receiver) = Follower::new(self.batch_queue_len(), connection);
        self.lock().batches.follow_program(program, query, follower);
        receiver
    }

    /// Ends following a program, and forgets its followers who want the same and whose receivers are gone.
    pub(crate) fn forget_program(&self, program: &Pubkey, query: &ProgramQuery, queue: Queue<ProgramBatch>) {
        drop(queue);
        self.lock().batches.forget_program(program, query);
    }

    /// Follows logs. Dropping the receiver ends it.
    pub(crate) fn follow_logs(&self, of: LogsOf, connection: ConnectionHandle) -> Queue<LogsBatch> {
        let (follower, receiver) = Follower::new(self.batch_queue_len(), connection);
        self.lock().batches.follow_logs(of, follower);
        receiver
    }

    /// Ends following logs, and forgets all their followers whose receivers are gone.
    pub(crate) fn forget_logs(&self, of: LogsOf, queue: Queue<LogsBatch>) {
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
        self.lock().batches.cut_off_logs(&self.outlet.cut_offs);
    }

    /// Ends all subscriptions to programs: they missed a block.
    pub(super) fn cut_off_programs(&self) {
        self.lock().batches.cut_off_programs(&self.outlet.cut_offs);
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
            let mut events = SignatureEvents::new(slot, &self.counters);
            for (signature, error) in &notice.signatures {
                if let Some(waiters) = waiting.signatures.remove(signature) {
                    answer(waiters, &events.of(*error));
                }
            }
        }
        let mut accounts = BlockAccounts::new(slot, &self.outlet.held);
        if !waiting.accounts.is_empty() {
            for (key, account) in &notice.changed {
                self.push_account(&mut waiting, &mut accounts, key, account.as_ref());
            }
        }
        self.push_slot(&mut waiting, notice.parent_slot, slot);
        let changed = notice.changed.iter();
        waiting.batches.deliver_programs(
            &mut accounts,
            changed.map(|(key, account)| (key, account.as_ref())),
            &self.outlet,
        );
    }

    fn push_account(
        &self,
        waiting: &mut Waiting,
        accounts: &mut BlockAccounts<'_>,
        key: &Pubkey,
        account: Option<&Account>,
    ) {
        waiting.accounts.deliver(key, |shape, followers| {
            let bytes = accounts.bytes_of(key, account, *shape);
            self.outlet
                .send(followers, bytes, || accounts.share(key, account, *shape));
        });
    }

    fn push_slot(&self, waiting: &mut Waiting, parent: u64, slot: u64) {
        if !waiting.slots.is_empty() {
            let event = SlotEvent {
                parent,
                slot,
                root: slot,
            };
            let event = encode_shared(&event, &self.counters);
            self.outlet
                .send(&mut waiting.slots, EventBytes::default(), || event);
        }
        if !waiting.roots.is_empty() {
            let event = encode_shared(&slot, &self.counters);
            self.outlet
                .send(&mut waiting.roots, EventBytes::default(), || event);
        }
    }

    /// Delivers from the view what lost notices would have. Returns the slot of the view.
    pub(super) fn resync(&self, node: &Node) -> u64 {
        self.counters.subscription_resyncs.increment();
        let mut waiting = self.lock();
        let (view, accounts) = read_followed(node, &waiting);
        let slot = view.chain().slot();
        drop(view);
        // Those of later blocks come with their notices.
        let done = waiting
            .signatures
            .keys()
            .filter_map(|key| Some((*key, node.status(key)?)));
        let mut done: Vec<_> = done.filter(|(_, status)| status.slot <= slot).collect();
        done.sort_unstable_by_key(|(signature, _)| *signature);
        for (signature, status) in done {
            if let Some(waiters) = waiting.signatures.remove(&signature) {
                let event = SignatureEvent::new(status.slot, status.error, &self.counters);
                answer(waiters, &event);
            }
        }
        match accounts {
            Ok(found) => {
                let mut accounts = BlockAccounts::new(slot, &self.outlet.held);
                for (key, account) in found {
                    self.push_account(&mut waiting, &mut accounts, &key, account.as_ref());
                }
            }
            Err(ViewRevoked) => waiting.accounts.cut_off(&self.outlet.cut_offs),
        }
        self.push_slot(&mut waiting, slot.saturating_sub(1), slot);
        slot
    }

    /// Delivers the logs of a block.
    pub(super) fn deliver_logs(&self, history: &History<Tx>) {
        self.lock()
            .batches
            .deliver_logs(history, &self.outlet, &self.counters);
    }
}

/// The newest view and the followed accounts in it, ascending by key. A view that is revoked meanwhile is given up for a
/// newer one, a few times.
fn read_followed<'a>(
    node: &'a Node,
    waiting: &Waiting,
) -> (Published<'a>, Result<FollowedAccounts, ViewRevoked>) {
    let mut keys: Vec<_> = waiting.accounts.keys().copied().collect();
    keys.sort_unstable();
    let read = |view: &Published<'_>| {
        let found = keys.iter().map(|key| Ok((*key, view.account(key)?)));
        found.collect::<Result<FollowedAccounts, ViewRevoked>>()
    };
    let mut view = node.published();
    let mut found = read(&view);
    for _ in 1..RESYNC_READS_MAX {
        if found.is_ok() {
            break;
        }
        view = node.published();
        found = read(&view);
    }
    (view, found)
}

/// The events of the signatures of one block. Those of transactions without an error are the same.
struct SignatureEvents<'a> {
    slot: u64,
    counters: &'a RpcCounters,
    succeeded: Option<SignatureEvent>,
}

impl<'a> SignatureEvents<'a> {
    const fn new(slot: u64, counters: &'a RpcCounters) -> Self {
        Self {
            slot,
            counters,
            succeeded: None,
        }
    }

    fn of(&mut self, error: Option<TransactionError>) -> SignatureEvent {
        let (slot, counters) = (self.slot, self.counters);
        match error {
            Some(_) => SignatureEvent::new(slot, error, counters),
            None => self
                .succeeded
                .get_or_insert_with(|| SignatureEvent::new(slot, None, counters))
                .clone(),
        }
    }
}

fn answer(waiters: Vec<oneshot::Sender<SignatureEvent>>, event: &SignatureEvent) {
    for waiter in waiters {
        // An error means that the waiter is gone.
        let _ = waiter.send(event.clone());
    }
}

#[cfg(test)]
mod tests;
