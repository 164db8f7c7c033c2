//! The state that the threads of a node share, and the order of its locks.
//!
//! Every lock is a leaf, held for one short operation and never while another lock is taken, with three exceptions.
//! `pool` is held while the tip is cloned out of its lock and `accepted` is locked, for what enters and leaves the pool.
//! `tip` is held for writing while a block is published, which exchanges the accounts, enqueues the block for the index of
//! addresses and exchanges the tip; readers clone the tip out of its lock and hold no lock. The index of addresses is
//! locked part by part by whoever enters blocks into it, in an order that its feed states.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use isobath_runtime::{Runtime, Tx};
use isobath_scheduler::{Budget, BudgetLimits, Entry, Pending, Taken};
use isobath_sdk::Signature;
use isobath_sigverify::stage::Stage;
use tokio::sync::{broadcast, watch};

use crate::counters::Counters;
use crate::indexes::accepted::{Accepted, DropReason, DroppedTx};
use crate::indexes::address_feed::AddressFeed;
use crate::indexes::contention::Contention;
use crate::indexes::owners::Owners;
use crate::indexes::statuses::{Statuses, TxStatus};
use crate::notice::{BlockNotice, HeldBlocks};
use crate::stages::job::{Ingested, Job};
use crate::store::Store;
use crate::view::tip::Tip;

/// Transactions that the producer takes at a time: their accounts are found together.
const LOOK_AHEAD: usize = 32;
/// Units of cost that a transaction may reserve so that others are taken with it: a transfer reserves 21,000, most of it for
/// the account data that it might load.
const LIGHT_UNITS: u64 = 40_000;

/// How long a stopping node keeps producing blocks of pending transactions.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// The phase of a node's life. It only moves forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Accepts transactions and produces blocks.
    Running,
    /// Accepts nothing and finishes what it has.
    Stopping,
    /// All threads have ended.
    Stopped,
    /// Ended early, for this reason.
    Failed(String),
}

/// Pending transactions, those of the open block, and the order to the producer to finish.
pub(crate) struct Pool {
    pub(crate) pending: Pending<Tx>,
    /// Set once: produce blocks of pending transactions until then, and end.
    pub(crate) finish_by: Option<Instant>,
    /// Whether a look into the pool was in vain, so that a thread is to be told of the next transaction. Without it
    /// each group would cost a call of the system.
    pub(crate) is_awaited: bool,
    /// Whether a transaction has come since then.
    pub(crate) has_news: bool,
}

impl Pool {
    /// The signature under which the message of `tx` is pending or in the open block.
    pub(crate) fn signature_of(&self, tx: &Tx) -> Option<Signature> {
        Some(self.pending.get(&tx.message_hash())?.signature())
    }
}

/// The state that all threads of a node share.
pub(crate) struct NodeState {
    pub(crate) runtime: Runtime,
    pub(crate) db: Store,
    pub(crate) tip: RwLock<Arc<Tip>>,
    pub(crate) statuses: Statuses,
    pub(crate) owners: RwLock<Owners>,
    pub(crate) addresses: AddressFeed,
    pub(crate) accepted: Accepted,
    pub(crate) contention: Contention,
    pub(crate) pool: Mutex<Pool>,
    /// Signalled when the pool gains a transaction that is awaited, or the order to finish.
    pub(crate) pool_changed: Condvar,
    /// Threads that execute a block.
    pub(crate) execution_threads: usize,
    /// Verifies signatures; closing it ends ingress.
    pub(crate) verification: Stage<Job, Ingested>,
    pub(crate) counters: Counters,
    pub(crate) notices: broadcast::Sender<Arc<BlockNotice>>,
    /// What the notices hold for listeners.
    pub(crate) held_blocks: HeldBlocks,
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) budget: BudgetLimits,
    pub(crate) slot_ms: u64,
}

/// Why no transaction could be taken from the pool.
pub(crate) enum Idle {
    /// The deadline has passed.
    Deadline,
    /// The node is finishing, and no transaction that fits is left.
    Finished,
}

impl NodeState {
    // The tip is replaced as a whole or not at all, so readers may use a poisoned lock.
    pub(crate) fn tip(&self) -> Arc<Tip> {
        Arc::clone(&self.tip.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The index of owners, for a few look-ups.
    pub(crate) fn owners(&self) -> RwLockReadGuard<'_, Owners> {
        self.owners.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn owners_mut(&self) -> RwLockWriteGuard<'_, Owners> {
        self.owners.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Failed(_))
    }

    /// Moves to a later phase; a failure is never overwritten.
    pub(crate) fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let forward = !matches!(phase, Phase::Failed(_) | Phase::Stopped) && *phase != to;
            if forward {
                *phase = to;
            }
            forward
        });
    }

    /// Ends the node early: it accepts nothing more, and what it published stays readable.
    pub(crate) fn fail(&self, reason: String) {
        tracing::error!(%reason, "the node has failed");
        self.advance(Phase::Failed(reason));
        self.close_ingress();
        self.order_finish();
    }

    /// Whether the node accepts transactions.
    pub(crate) fn is_open(&self) -> bool {
        *self.phase.borrow() == Phase::Running
    }

    /// Lets the verification stage finish what is queued and end.
    pub(crate) fn close_ingress(&self) {
        self.verification.close();
    }

    /// Orders the producer to keep producing blocks of pending transactions for a while and then end.
    pub(crate) fn order_finish(&self) {
        let by = Instant::now()
            .checked_add(DRAIN_MAX)
            .expect("the clock is far from its end");
        self.lock_pool().finish_by.get_or_insert(by);
        self.pool_changed.notify_all();
    }

    /// Until when blocks of pending transactions are still produced, once the producer has the order to finish.
    pub(crate) fn finish_by(&self) -> Option<Instant> {
        self.lock_pool().finish_by
    }

    // A panic in the pool can only lose or keep transactions that are not in a block yet, so a poisoned lock may be
    // used; the thread that panicked ends the node.
    pub(crate) fn lock_pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pending_len(&self) -> usize {
        self.lock_pool().pending.len()
    }

    /// Records that accepted transactions were dropped, except those that were accepted again. The caller holds the
    /// lock of the pool, so none is accepted again meanwhile.
    pub(crate) fn record_dropped<'a>(
        &self,
        pool: &Pool,
        transactions: impl IntoIterator<Item = &'a Tx>,
        reason: DropReason,
    ) {
        let tip = self.tip();
        let chain = &tip.head.chain;
        let dropped = DroppedTx {
            reason,
            slot: chain.slot(),
        };
        let gone = transactions
            .into_iter()
            .filter(|tx| pool.signature_of(tx) != Some(tx.signature()));
        let all = gone.map(|tx| (tx.signature(), dropped));
        let early = self.accepted.drop_all(all, chain.timestamp_ms());
        self.counters.forgotten_early.add(early);
    }

    /// The status of a recent transaction in the newest view.
    pub(crate) fn status(&self, signature: &Signature) -> Option<TxStatus> {
        loop {
            // One that is revoked while it is read is not the newest any more.
            if let Ok(status) = self.published().status(signature) {
                return status;
            }
        }
    }

    /// Possible positions of a transaction in the ledger: slot and index.
    pub(crate) fn positions(&self, signature: &Signature) -> Vec<(u64, u32)> {
        self.statuses.positions(signature)
    }

    /// Takes the best transactions that fit the budget into `taken` and reserves their costs, until the deadline. There are at
    /// most [`LOOK_AHEAD`], and one that costs much is the last, so that what is taken is soon executed. If there is none,
    /// [`NodeState::await_pending`] returns when some come.
    ///
    /// # Errors
    /// [`Idle`] if there is none.
    pub(crate) fn take_pending(
        &self,
        budget: &mut Budget,
        deadline: Instant,
        taken: &mut Vec<Entry<Tx>>,
    ) -> Result<(), Idle> {
        let mut pool = self.lock_pool();
        loop {
            let until = pool.finish_by.map_or(deadline, |by| by.min(deadline));
            if Instant::now() >= until {
                return Err(Idle::Deadline);
            }
            match pool.pending.take(budget) {
                Taken::Entry(entry) => {
                    taken.push(entry);
                    take_more(&mut pool.pending, budget, taken);
                    return Ok(());
                }
                Taken::More => {
                    drop(pool);
                    pool = self.lock_pool();
                }
                // New transactions do not help a full block.
                Taken::Nothing => {
                    pool.is_awaited = !budget.is_exhausted();
                    return Err(Idle::Finished);
                }
            }
        }
    }

    /// Waits until transactions come for which a look into the pool has been in vain. They may have come already.
    ///
    /// # Errors
    /// [`Idle::Deadline`] when the block is to end, [`Idle::Finished`] when the node is finishing.
    pub(crate) fn await_pending(&self, deadline: Instant) -> Result<(), Idle> {
        let mut pool = self.lock_pool();
        loop {
            if pool.finish_by.is_some() {
                return Err(Idle::Finished);
            }
            let now = Instant::now();
            if now >= deadline {
                return Err(Idle::Deadline);
            }
            if std::mem::take(&mut pool.has_news) {
                return Ok(());
            }
            let wait = deadline.saturating_duration_since(now);
            let waited = self.pool_changed.wait_timeout(pool, wait);
            pool = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Takes further transactions as long as there are any that need no waiting.
fn take_more(pending: &mut Pending<Tx>, budget: &mut Budget, taken: &mut Vec<Entry<Tx>>) {
    let is_light = |entry: &Entry<Tx>| entry.cost_units <= LIGHT_UNITS;
    while taken.len() < LOOK_AHEAD && taken.last().is_some_and(is_light) {
        match pending.take(budget) {
            Taken::Entry(entry) => taken.push(entry),
            Taken::More | Taken::Nothing => return,
        }
    }
}

#[cfg(test)]
mod tests;
