//! Account locks, first come first served in block order.
//!
//! [`Schedule`] holds a bounded window of the block's transactions. One thread at a time registers transactions in block
//! order; each takes all of its locks, and those that are not free queue it. Any thread completes transactions; that
//! releases their locks and names the transactions that can run now.
//!
//! ```text
//! register(position, locks) --all granted--> runnable --runs--> complete(position) --> positions that are runnable now
//!             '--some queued--> waits until the last of them is granted ---------------------^
//! ```
//!
//! # Invariants
//!
//! - Two transactions that name one account, at least one of them as writable, never run together, and the one that is
//!   earlier in the block runs first.
//! - A lock is granted in the order of registration, readers that are next to each other at once. A reader behind a
//!   queued writer waits.
//! - A transaction is named runnable exactly once: by `register`, or to the one `complete` that grants its last lock.
//! - All that happened before `complete` happened before what that transaction made wait.
//! - When no transaction is in the window, every lock word is 0.
//! - Each lock that was queued is reported once, with the transaction that handed it over, before what waited can run.
//!
//! # How it works
//!
//! A lock is one word (`word`) with its holders and the ends of its queue, the queue a list of nodes (`slots`) that belong
//! to slots of the window. Every change of a lock is one compare-and-swap of its word; there is no latch, and no thread
//! ever waits for another:
//!
//! - Only the registering thread appends. It links the last node to the new one, then exchanges the word. If the
//!   exchange fails, the link is behind the end of the queue and nobody follows it.
//! - Only the thread that releases the last hold removes, and there is one such. It walks what it grants (stable: only it
//!   removes, and appending changes what is behind the end), exchanges the word, and then counts down the missing locks
//!   of each transaction. A transaction with missing locks cannot run, so its nodes stay as they are.
//! - `missing` counts the locks that a transaction waits for. While it is being registered, a large number is added to
//!   it, so that nobody takes it for runnable before all of its locks are queued.
//!
//! # Cost
//!
//! An uncontended lock costs one compare-and-swap to take and one to release, and no other shared memory. A lock that
//! is queued costs one more write to take and one more atomic subtraction to grant. No allocation after the first use of
//! an id; the window is one cache line for each transaction with up to five locks. Tails cost a walk over the window now
//! and then, as `tails` says.
//!
//! # Deliberately absent
//!
//! Threads, queues of what is runnable, and what a transaction or an account is.

mod grant;
mod lock;
mod slots;
mod table;
mod tails;
mod wait;
mod word;

#[cfg(test)]
#[cfg(feature = "loom")]
mod loom_tests;
#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;

use crate::planted::is_planted;
use crate::steps::step;
use crate::sync::{AtomicU64, Ordering};
use grant::Grant;
pub use lock::{Access, Lock, ScheduleLimits, WINDOW_MAX};
use slots::{Slot, Slots};
use table::LockTable;
pub use wait::{LockWait, OnComplete};
use word::{Link, Word};

/// Added to `missing` while a transaction is being registered. More than the locks of a transaction.
const REGISTERING: u32 = 1 << 30;

/// The locks of all accounts, and the transactions that hold them or wait for them.
pub struct Schedule {
    table: LockTable,
    slots: Slots,
    conflicts: AtomicU64,
    /// Units declared by transactions that were queued since tails were last found. Of the registering thread.
    queued_units: AtomicU64,
    #[cfg(test)]
    pub(crate) planted: Option<crate::planted::PlantedBug>,
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let window = self.slots.window();
        formatter
            .debug_struct("Schedule")
            .field("window", &window)
            .finish_non_exhaustive()
    }
}

impl Schedule {
    /// A schedule without transactions.
    ///
    /// # Panics
    /// If the limits are not as they are documented.
    pub fn new(limits: ScheduleLimits) -> Self {
        Self {
            table: LockTable::new(),
            slots: Slots::new(limits),
            conflicts: AtomicU64::new(0),
            queued_units: AtomicU64::new(0),
            #[cfg(test)]
            planted: None,
        }
    }

    /// Transactions of the window.
    pub const fn window(&self) -> u32 {
        self.slots.window()
    }

    /// Whether `position`, the next to be registered, has a slot: the transaction a window earlier has completed.
    pub fn has_room(&self, position: u32) -> bool {
        let slot = self.slots.slot(self.slots.index(position));
        slot.occupied.load(Ordering::Acquire) == 0
    }

    /// Brings the locks of these ids near that will be taken soon.
    pub fn touch(&self, ids: impl Iterator<Item = u32>) {
        std::hint::black_box(self.table.touch(ids));
    }

    /// Registers the next transaction of the block order, which declares so many units and names each account at most
    /// once; returns whether it can run now. Otherwise a `complete` will name it.
    ///
    /// Called by one thread at a time: each call happens after the one before.
    ///
    /// # Panics
    /// If there is no room for it, or if it has more locks than the limit.
    pub fn register(&self, position: u32, units: u32, locks: impl IntoIterator<Item = Lock>) -> bool {
        assert!(
            self.has_room(position),
            "a position has room when the one a window earlier has completed"
        );
        let index = self.slots.index(position);
        let slot = self.slots.slot(index);
        slot.occupied.store(position.wrapping_add(1), Ordering::Relaxed);
        slot.units.store(units, Ordering::Relaxed);
        slot.tail.store(units, Ordering::Relaxed);
        let (mut count, mut waits) = (0_u32, 0_u32);
        let locks_max = if is_planted!(self, MissedLock) {
            1
        } else {
            usize::MAX
        };
        for lock in locks.into_iter().take(locks_max) {
            let node = self.slots.node(index, count);
            debug_assert!(
                (0..count).all(|number| self.slots.node(index, number).lock().id != lock.id),
                "a transaction names an account once"
            );
            node.set(lock);
            if !self.take(slot, lock, self.slots.link(index, count), waits == 0) {
                waits = waits.wrapping_add(1);
            }
            count = count.wrapping_add(1);
        }
        slot.count.store(count, Ordering::Relaxed);
        waits == 0 || self.ends_registration(slot, waits)
    }

    /// Releases the locks of a transaction that has run, and reports what that grants and which positions can run now.
    ///
    /// # Panics
    /// If the transaction is not in the window.
    pub fn complete(&self, position: u32, on_complete: &mut impl OnComplete) {
        let index = self.slots.index(position);
        let slot = self.slots.slot(index);
        let occupied = slot.occupied.load(Ordering::Relaxed);
        assert_eq!(
            occupied,
            position.wrapping_add(1),
            "what completes is in the window"
        );
        for number in 0..slot.count.load(Ordering::Relaxed) {
            let lock = self.slots.node(index, number).lock();
            self.release(lock, position, on_complete);
        }
        step();
        slot.occupied.store(0, Ordering::Release);
    }

    /// Locks that were not granted at once, since the schedule was made.
    pub fn conflicts(&self) -> u64 {
        self.conflicts.load(Ordering::Relaxed)
    }

    /// Whether nobody holds a lock or waits for one. Looks at all locks: for tests and for assertions at the end of a
    /// block.
    pub fn is_free(&self) -> bool {
        self.table.is_free()
    }

    /// Takes a lock or queues the node for it.
    fn take(&self, slot: &Slot, lock: Lock, link: Link, is_first_wait: bool) -> bool {
        let word = self.table.word(lock.id);
        let mut now = Word::FREE;
        loop {
            let granted = now
                .granted(lock.access)
                .or_else(|| self.planted_grant(now, lock.access));
            if granted.is_none() {
                if is_first_wait {
                    slot.missing.store(self.registering(), Ordering::Relaxed);
                }
                if now.is_queued() {
                    self.slots.linked(now.tail()).1.set_next(link);
                }
            }
            let next = granted.unwrap_or_else(|| now.queued(link));
            step();
            match word.compare_exchange_weak(now.0, next.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return granted.is_some(),
                Err(other) => now = Word(other),
            }
        }
    }

    /// Ends the registration of a transaction that was queued for `waits` locks; returns whether all have been granted
    /// meanwhile.
    fn ends_registration(&self, slot: &Slot, waits: u32) -> bool {
        let conflicts = self.conflicts.load(Ordering::Relaxed);
        self.conflicts
            .store(conflicts.wrapping_add(u64::from(waits)), Ordering::Relaxed);
        self.count_queued(slot.units.load(Ordering::Relaxed));
        step();
        let surplus = self.registering().wrapping_sub(waits);
        slot.missing.fetch_sub(surplus, Ordering::AcqRel) == surplus
    }

    /// Releases a lock. The last of its holders hands it over to those who are next.
    fn release(&self, lock: Lock, position: u32, on_complete: &mut impl OnComplete) {
        let word = self.table.word(lock.id);
        let mut now = Word::held(lock.access);
        let mut grant = None;
        loop {
            let next = if now.has_more_readers() {
                now.without_reader()
            } else if now.is_queued() {
                let grant = grant.get_or_insert_with(|| Grant::first(&self.slots, now));
                grant.extend(&self.slots, now);
                now.handed_over(grant.holders, grant.rest)
            } else {
                Word::FREE
            };
            step();
            match word.compare_exchange_weak(now.0, next.0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break,
                Err(other) => now = Word(other),
            }
        }
        if let Some(grant) = grant {
            self.count_down((lock.id, position), now.head(), &grant, on_complete);
        }
    }

    /// Counts down the missing locks of transactions whose locks are granted, from `first` on.
    fn count_down(
        &self,
        (id, behind): (u32, u32),
        first: Link,
        grant: &Grant,
        on_complete: &mut impl OnComplete,
    ) {
        let mut link = first;
        loop {
            let (slot, node) = self.slots.linked(link);
            // As soon as the transaction misses nothing, it may run and its node may be used again.
            let next = node.next();
            let position = slot.occupied.load(Ordering::Relaxed).wrapping_sub(1);
            step();
            if is_planted!(self, UncountedReader) && link != first {
                return;
            }
            on_complete.granted(LockWait { position, id, behind });
            if slot.missing.fetch_sub(1, Ordering::AcqRel) == 1 {
                on_complete.woken(position);
            }
            if link == grant.last {
                return;
            }
            link = next;
        }
    }

    const fn registering(&self) -> u32 {
        if is_planted!(self, CountsWhileRegistering) {
            1
        } else {
            REGISTERING
        }
    }

    /// What a planted defect grants that must wait.
    fn planted_grant(&self, now: Word, access: Access) -> Option<Word> {
        let passes = is_planted!(self, ReaderPassesWriter) && access == Access::Read;
        passes.then(|| now.with_reader()).flatten()
    }
}
