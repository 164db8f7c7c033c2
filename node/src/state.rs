//! What the threads of a node share, and in which order they may lock it.
//!
//! Every lock is a leaf, held for one short operation and never while another is asked for, but one: `tip` is held for
//! writing while a block is published, which exchanges the accounts and then the tip. Readers take the tip out of its
//! lock and hold nothing.

use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crate::store::Store;
use isobath_program_abi::{Hash, Pubkey};
use isobath_runtime::{Runtime, Tx};
use isobath_scheduler::{Budget, BudgetLimits, Entry, InsertError, Pending};
use isobath_sdk::Signature;
use isobath_sigverify::stage::Stage;
use tokio::sync::{broadcast, watch};

use crate::counters::Counters;
use crate::indexes::addresses::AddressQuery;
use crate::indexes::addresses::{AddressEntry, AddressIndex};
use crate::indexes::owners::Owners;
use crate::indexes::statuses::Statuses;
use crate::notice::BlockNotice;
use crate::stages::ingress::{Ingested, Job};
use crate::stages::work_time::WorkTime;
use crate::view::published::{Published, Tip};
use crate::view::recent::RecentBlocks;

/// How long a node that stops keeps making blocks of what is pending.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// Transactions of an address that are looked at before the index is let go of for a moment.
const WALK_STEP: usize = 4_096;

/// Where a node is in its life. It only moves forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Takes transactions in and makes blocks.
    Running,
    /// Takes nothing in and finishes what it has.
    Stopping,
    /// All threads have ended.
    Stopped,
    /// Ended early, for this reason.
    Failed(String),
}

/// Pending transactions and the producer's orders.
pub(crate) struct Pool {
    pub(crate) pending: Pending<Tx>,
    /// Set once: make blocks of what is pending until then, and end.
    pub(crate) finish_by: Option<Instant>,
}

/// What all threads of a node share.
pub(crate) struct NodeState {
    pub(crate) runtime: Runtime,
    pub(crate) db: Store,
    pub(crate) tip: RwLock<Arc<Tip>>,
    pub(crate) statuses: Statuses,
    pub(crate) owners: RwLock<Owners>,
    pub(crate) addresses: RwLock<AddressIndex>,
    pub(crate) recent_blocks: Mutex<RecentBlocks>,
    pub(crate) pool: Mutex<Pool>,
    /// Signalled when the pool gains a transaction or an order.
    pub(crate) pool_changed: Condvar,
    /// Signalled when the pool gains an order.
    pub(crate) ordered: Condvar,
    /// Verifies signatures; its closing ends the intake.
    pub(crate) verification: Stage<Job, Ingested>,
    pub(crate) counters: Counters,
    pub(crate) notices: broadcast::Sender<Arc<BlockNotice>>,
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) budget: BudgetLimits,
    pub(crate) slot_ms: u64,
}

/// Why no transaction could be taken from the pool.
pub(crate) enum Idle {
    /// The deadline has come.
    Deadline,
    /// The node is finishing and nothing that fits is left.
    Finished,
}

impl NodeState {
    /// One published view.
    pub(crate) fn published(&self) -> Published<'_> {
        Published::new(self, self.tip())
    }

    // The tip is replaced whole or not at all, so a panic beside that does not matter to readers.
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

    // A panic in the index ends the node; what readers find in it until then is at worst incomplete.
    pub(crate) fn addresses(&self) -> RwLockReadGuard<'_, AddressIndex> {
        self.addresses.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn addresses_mut(&self) -> RwLockWriteGuard<'_, AddressIndex> {
        self.addresses.write().unwrap_or_else(PoisonError::into_inner)
    }

    // A push or a look-up leaves the blocks whole whatever panics around it.
    pub(crate) fn recent_blocks(&self) -> MutexGuard<'_, RecentBlocks> {
        self.recent_blocks.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Ends the node early: nothing is taken in any more, what was published stays readable.
    pub(crate) fn fail(&self, reason: String) {
        tracing::error!(%reason, "the node has failed");
        self.advance(Phase::Failed(reason));
        self.close_intake();
        self.order_finish();
    }

    /// Whether transactions are taken in.
    pub(crate) fn is_open(&self) -> bool {
        *self.phase.borrow() == Phase::Running
    }

    /// Lets the verification finish what is queued and end.
    pub(crate) fn close_intake(&self) {
        self.verification.close();
    }

    /// Tells the producer to make blocks of what is pending for a while and end.
    pub(crate) fn order_finish(&self) {
        let by = Instant::now()
            .checked_add(DRAIN_MAX)
            .expect("the clock is far from its end");
        self.lock_pool().finish_by.get_or_insert(by);
        self.pool_changed.notify_all();
        self.ordered.notify_all();
    }

    /// Until when blocks of what is pending are still made, once the producer was told to end.
    pub(crate) fn finish_by(&self) -> Option<Instant> {
        self.lock_pool().finish_by
    }

    // A panic inside the pool can only lose or keep transactions that are not in a block yet, so its guard may be
    // taken over; the thread that panicked ends the node.
    pub(crate) fn lock_pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pending_len(&self) -> usize {
        self.lock_pool().pending.len()
    }

    /// Puts one transaction into the pool; returns what it pushed out.
    pub(crate) fn pool_insert(&self, entry: Entry<Tx>) -> Result<Vec<Entry<Tx>>, InsertError> {
        let inserted = self.lock_pool().pending.insert(entry)?;
        self.pool_changed.notify_one();
        Ok(inserted.evicted)
    }

    /// Where a transaction may be in the ledger.
    pub(crate) fn places(&self, signature: &Signature) -> Vec<(u64, u32)> {
        self.statuses.places(signature)
    }

    /// The transactions that name an address. Lets go of the index between the steps of a long walk.
    pub(crate) fn transactions_of(&self, address: &Pubkey, query: AddressQuery) -> Vec<AddressEntry> {
        let mut found = Vec::new();
        let mut visit = |entry: &AddressEntry| {
            let place = entry.place();
            let is_done = found.len() >= query.count_max
                || entry.slot < query.slot_min
                || query.after.is_some_and(|after| place <= after);
            if is_done {
                return ControlFlow::Break(());
            }
            if entry.slot <= query.slot_max && query.before.is_none_or(|before| place < before) {
                found.push(*entry);
            }
            ControlFlow::Continue(())
        };
        let mut next = self.addresses().newest(address);
        while let Some(posting) = next {
            next = self.addresses().walk(posting, WALK_STEP, &mut visit);
        }
        found
    }

    /// The signature under which a message waits in the pool.
    pub(crate) fn pending_signature(&self, message_hash: &Hash) -> Option<Signature> {
        let pool = self.lock_pool();
        pool.pending
            .get(message_hash)
            .map(|entry| entry.payload.signature())
    }

    /// Takes the best transaction that fits the budget, waiting for one until the deadline. What it waited is left out
    /// of the work.
    ///
    /// # Errors
    /// [`Idle`] when there is none until the deadline, or none is left and the node is finishing.
    pub(crate) fn take_pending(
        &self,
        budget: &mut Budget,
        deadline: Instant,
        work: &mut WorkTime,
    ) -> Result<Tx, Idle> {
        let mut pool = self.lock_pool();
        loop {
            let now = Instant::now();
            let deadline = pool.finish_by.map_or(deadline, |by| by.min(deadline));
            if now >= deadline {
                return Err(Idle::Deadline);
            }
            if let Some(entry) = pool.pending.take(budget) {
                return Ok(entry.payload);
            }
            if pool.finish_by.is_some() {
                return Err(Idle::Finished);
            }
            // A full block has no use for what comes in.
            let news = if budget.is_exhausted() {
                &self.ordered
            } else {
                &self.pool_changed
            };
            let wait = deadline.saturating_duration_since(now);
            pool = news
                .wait_timeout(pool, wait)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            work.leave_out(now.elapsed());
        }
    }
}
