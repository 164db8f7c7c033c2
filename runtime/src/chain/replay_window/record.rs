//! The messages that several windows share.
//!
//! ```text
//! heights of the entries    .. | newest of a held window | .. | newest | newest + 1: the open or sealed block
//! who sees them             every window up to its own newest           the open block alone
//! ```
//!
//! Invariant: at most one block is open or sealed on a record, the one after its newest. What it entered is seen by
//! nobody else, and leaves with it unless a window takes it over.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use isobath_program_abi::Hash;

use super::super::fingerprint::Fingerprint;
use super::placement::{Place, Placement};
use super::shard::{Entry, Shard};

/// Shards of a record, each under its own lock.
const SHARDS: usize = 256;

/// Messages of many blocks, some of them possibly newer or older than a window that uses the record.
#[derive(Debug)]
pub(super) struct Record {
    placement: Placement,
    shards: Box<[Locked]>,
    end: Mutex<End>,
    /// Messages up to this height are removed: by those that enter others, and what they leave by the next [`Record::drop_up_to`].
    outdated: AtomicU64,
    /// The heights of windows that may be held, ascending.
    leases: Mutex<VecDeque<(u64, Weak<()>)>>,
}

/// A shard in a line of memory of its own.
#[derive(Debug)]
#[repr(align(64))]
struct Locked(Mutex<Shard>);

/// Held by a window and its clones.
pub(super) type Lease = Arc<()>;

/// Where a record ends.
#[derive(Debug, Clone, Copy)]
struct End {
    newest: u64,
    next: Next,
}

/// What is entered at the height after the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Nothing,
    /// The messages of a block that executes.
    Open,
    /// The messages of the block with this result.
    Sealed(Hash),
}

impl Record {
    pub(super) fn new() -> Self {
        Self::of(Placement::new(), 0, |_| Shard::default())
    }

    fn of(placement: Placement, newest: u64, shard: impl Fn(usize) -> Shard) -> Self {
        Self {
            placement,
            shards: (0..SHARDS).map(|at| Locked(Mutex::new(shard(at)))).collect(),
            end: Mutex::new(End {
                newest,
                next: Next::Nothing,
            }),
            outdated: AtomicU64::new(0),
            leases: Mutex::default(),
        }
    }

    /// The lease of a window whose newest block is at `height`, which is not below that of any earlier lease.
    pub(super) fn lease(&self, height: u64) -> Lease {
        let lease = Arc::new(());
        lock(&self.leases).push_back((height, Arc::downgrade(&lease)));
        lease
    }

    /// The lowest height of the windows that are held.
    pub(super) fn oldest_leased(&self) -> Option<u64> {
        let mut leases = lock(&self.leases);
        while leases.front().is_some_and(|(_, lease)| lease.strong_count() == 0) {
            leases.pop_front();
        }
        leases.front().map(|(height, _)| *height)
    }

    /// Another record, with the messages of the heights that `is_kept`.
    pub(super) fn copy(&self, newest: u64, is_kept: impl Fn(u64) -> bool) -> Self {
        let copy = |at: usize| lock(&self.shards[at].0).copy(&self.placement, &is_kept);
        Self::of(self.placement.clone(), newest, copy)
    }

    /// Opens the block after `newest`; false if the record has grown further or another block is open on it. What a
    /// sealed block left that did not become part of the chain is removed.
    pub(super) fn open(&self, newest: u64) -> bool {
        let mut end = lock(&self.end);
        if end.newest != newest || end.next == Next::Open {
            return false;
        }
        if end.next != Next::Nothing {
            self.drop_above(newest);
        }
        end.next = Next::Open;
        true
    }

    /// Ends the open block and removes what it entered.
    pub(super) fn abort(&self) {
        let mut end = lock(&self.end);
        self.drop_above(end.newest);
        end.next = Next::Nothing;
    }

    /// Ends the open block and keeps what it entered for the window that takes over the block with this result.
    pub(super) fn seal(&self, result_hash: Hash) {
        lock(&self.end).next = Next::Sealed(result_hash);
    }

    /// Makes the sealed block with this result the newest one; false if the block after `newest` is not that one.
    pub(super) fn take_over(&self, newest: u64, result_hash: &Hash) -> bool {
        let mut end = lock(&self.end);
        let is_it = end.newest == newest && end.next == Next::Sealed(*result_hash);
        if is_it {
            *end = End {
                newest: newest.saturating_add(1),
                next: Next::Nothing,
            };
        }
        is_it
    }

    /// Removes the messages of all blocks up to `height`, by and by: the threads that enter the messages of the next block
    /// remove them, and the next call removes what these left.
    pub(super) fn drop_up_to(&self, height: u64) {
        if height > self.outdated.load(Ordering::Relaxed) {
            self.drop_outdated();
            self.outdated.store(height, Ordering::Relaxed);
        }
    }

    fn drop_outdated(&self) {
        let outdated = self.outdated.load(Ordering::Relaxed);
        for Locked(shard) in &self.shards {
            lock(shard).drop_up_to(&self.placement, outdated);
        }
    }

    /// Asks memory for what a look-up of the message reads and what its entry writes.
    pub(super) fn prefetch(&self, message_hash: &Hash) {
        let (place, _, shard) = self.find(message_hash);
        shard.prefetch(&self.placement, place);
    }

    /// Enters a message at `height`, unless `is_seen` holds for a height at which it is entered; true if it was entered.
    /// One step under the lock of one shard.
    pub(super) fn check_and_enter(
        &self,
        message_hash: &Hash,
        height: u64,
        is_seen: impl Fn(u64) -> bool,
    ) -> bool {
        let (place, fingerprint, mut shard) = self.find(message_hash);
        let entry = Entry { fingerprint, height };
        let is_entered = shard.enter_unless(&self.placement, place, entry, is_seen);
        shard.drop_some_up_to(&self.placement, self.outdated.load(Ordering::Relaxed));
        is_entered
    }

    /// The highest of the heights at which a message is entered that `is_seen`.
    pub(super) fn height(&self, message_hash: &Hash, is_seen: impl Fn(u64) -> bool) -> Option<u64> {
        let (place, fingerprint, shard) = self.find(message_hash);
        shard.height(place, fingerprint, is_seen)
    }

    /// Removes a message that the open block has entered.
    pub(super) fn withdraw(&self, message_hash: &Hash, height: u64) {
        let (place, fingerprint, mut shard) = self.find(message_hash);
        shard.withdraw(&self.placement, place, &Entry { fingerprint, height });
    }

    fn drop_above(&self, height: u64) {
        for Locked(shard) in &self.shards {
            lock(shard).drop_above(&self.placement, height);
        }
    }

    fn find(&self, message_hash: &Hash) -> (Place, Fingerprint, MutexGuard<'_, Shard>) {
        let fingerprint = Fingerprint::of(message_hash);
        let place = self.placement.place(&fingerprint);
        let Locked(shard) = self.shards.get(place.shard()).expect("there are 256 of them");
        (place, fingerprint, lock(shard))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.drop_outdated();
        self.shards
            .iter()
            .map(|Locked(shard)| lock(shard).len(&self.placement))
            .sum()
    }

    #[cfg(test)]
    pub(super) fn allocated_bytes(&self) -> usize {
        let shards = self.shards.iter();
        let bytes: usize = shards.map(|Locked(shard)| lock(shard).allocated_bytes()).sum();
        bytes.saturating_add(size_of_val(&*self.shards))
    }
}

/// The locks are held for operations that panic only through a bug in this room, which ends the process's chain.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
