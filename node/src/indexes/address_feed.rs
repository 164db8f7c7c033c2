//! Published blocks on their way into the index of addresses, off the producer's thread.
//!
//! ```text
//! producer --with the exchange--> waiting, at most WAITING_MAX blocks --> index
//!                                     by the indexing thread, or by a reader that came first
//! ```
//!
//! Invariants:
//! - A reader of a published view finds every transaction of it: a block begins to wait in the same step that publishes
//!   it, and a reader enters what waits before it looks.
//! - Blocks enter in the order of the chain: `entering` is held by the one thread that moves them.
//! - What waits is bounded: when the indexing thread falls behind, the producer enters the blocks itself.
//!
//! Cost: for the producer, one pointer per block.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use isobath_program_abi::Pubkey;
use isobath_runtime::Tx;
use isobath_sdk::chain::record::History;

use crate::indexes::addresses::{AddressEntry, AddressIndex, AddressQuery};
use crate::view::effective::effective_transactions;

/// Blocks that may wait, including the one that is being entered. Each is held in memory as it was executed.
const WAITING_MAX: usize = 3;

/// Number of transactions entered before the lock of the index is released for readers.
const ENTER_STEP: usize = 256;

/// Number of transactions of an address that are visited before the lock of the index is released for a moment.
const WALK_STEP: usize = 4_096;

/// The index of addresses and the blocks that wait for it.
pub(crate) struct AddressFeed {
    index: RwLock<AddressIndex>,
    waiting: Mutex<Waiting>,
    /// Signalled when a block begins to wait, and when the feed is closed.
    changed: Condvar,
    entering: Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    blocks: VecDeque<Arc<History<Tx>>>,
    is_closed: bool,
}

impl AddressFeed {
    /// A feed of `index`, which holds every block published so far.
    pub(crate) fn new(index: AddressIndex) -> Self {
        Self {
            index: RwLock::new(index),
            waiting: Mutex::default(),
            changed: Condvar::new(),
            entering: Mutex::default(),
        }
    }

    /// Makes room for one more block. The producer calls it before it publishes the block.
    pub(crate) fn make_room(&self) {
        let is_full = self.lock_waiting().blocks.len() >= WAITING_MAX;
        if is_full {
            self.enter_waiting();
        }
    }

    /// Enqueues a block. Called in the step that publishes it, so it takes constant time.
    pub(crate) fn enqueue(&self, block: Arc<History<Tx>>) {
        self.lock_waiting().blocks.push_back(block);
        self.changed.notify_one();
    }

    /// Enters blocks as they come, until the feed is closed.
    pub(crate) fn run(&self) {
        while self.wait() {
            self.enter_waiting();
        }
    }

    /// Ends [`AddressFeed::run`].
    pub(crate) fn close(&self) {
        self.lock_waiting().is_closed = true;
        self.changed.notify_all();
    }

    /// The transactions of the published blocks that use an address. Releases the lock of the index between the steps of
    /// a long walk.
    pub(crate) fn transactions_of(&self, address: &Pubkey, query: AddressQuery) -> Vec<AddressEntry> {
        self.enter_waiting();
        let mut found = Vec::new();
        let mut visit = |entry: &AddressEntry| {
            let position = entry.position();
            let is_done = found.len() >= query.count_max
                || entry.slot < query.slot_min
                || query.after.is_some_and(|after| position <= after);
            if is_done {
                return ControlFlow::Break(());
            }
            if entry.slot <= query.slot_max && query.before.is_none_or(|before| position < before) {
                found.push(*entry);
            }
            ControlFlow::Continue(())
        };
        let mut next = self.read().newest(address);
        while let Some(posting) = next {
            next = self.read().walk(posting, WALK_STEP, &mut visit);
        }
        found
    }

    /// Waits for a block; false once the feed is closed.
    fn wait(&self) -> bool {
        let mut waiting = self.lock_waiting();
        while waiting.blocks.is_empty() && !waiting.is_closed {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        !waiting.is_closed
    }

    /// Enters every block that waits. A block waits until it is entered whole, so that a thread that panics, which may
    /// be a reader's, loses none.
    fn enter_waiting(&self) {
        let entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let Some(block) = self.lock_waiting().blocks.front().cloned() else {
                break;
            };
            for some in effective_transactions(&block).chunks(ENTER_STEP) {
                let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
                index.push(&block.header, some);
            }
            // Only the holder of `entering` takes blocks out, so it is still the first.
            self.lock_waiting().blocks.pop_front();
        }
        drop(entering);
    }

    // After a panic in the index, a block may be in it in part; whoever comes next enters that block again.
    fn read(&self) -> RwLockReadGuard<'_, AddressIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
