//! How a block enters the schedule: its batches are resolved by all threads and registered in order by one of them.
//!
//! ```text
//! announce -> claim a batch -> resolve: the ids of its keys -> publish -> register, batch after batch, as the window allows
//!              any thread       out of order, side by side                 one thread at a time (the role)
//! ```
//!
//! Resolving takes the time (memory), registering little, so the latter needs no more than one thread. The thread that has
//! registered a batch goes on with the next if that is published; a thread that finds the role taken counts itself and does
//! something else. Nobody spins and no thread is the one that does it.
//!
//! Invariants: every position is claimed once and registered once, in block order. What was published or completed before
//! a thread asked for registration is seen by it or by the thread that has the role.
//!
//! Bounds: at most [`IntakeLimits::batches`] batches are claimed and not registered, each of at most
//! [`IntakeLimits::batch_transactions`]. Their memory is used again.
//!
//! Deliberately absent: what is resolved, and how.

use std::ops::Range;
use std::sync::PoisonError;

use crate::locks::{Lock, Schedule};
use crate::role::Role;
use crate::steps::step;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering, OwnLine};

#[cfg(test)]
#[cfg(feature = "loom")]
mod loom_tests;
#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;

/// Bounds of an [`Intake`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntakeLimits {
    /// Transactions that are resolved together
    pub batch_transactions: u32,
    /// Batches between claim and registration: 2^n
    pub batches: u32,
}

/// The locks of the transactions of a batch, one transaction after the other.
#[derive(Debug, Default)]
pub struct Resolved {
    locks: Vec<Lock>,
    /// Where the locks of each transaction end, and what it declares.
    ends: Vec<(usize, u32)>,
}

impl Resolved {
    /// Appends a lock of the current transaction, which names each account at most once.
    pub fn push_lock(&mut self, lock: Lock) {
        self.locks.push(lock);
    }

    /// Ends the locks of a transaction, which declares so many units.
    pub fn end_transaction(&mut self, units: u32) {
        self.ends.push((self.locks.len(), units));
    }

    fn clear(&mut self) {
        self.locks.clear();
        self.ends.clear();
    }

    fn transaction(&self, index: usize) -> (u32, &[Lock]) {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before].0);
        let (end, units) = self.ends[index];
        (units, &self.locks[start..end])
    }
}

/// What registering brings about. A function of a position is told what can run now, and nothing else.
pub trait OnRegister {
    /// Called with each position that can run at once.
    fn runnable(&mut self, position: u32);

    /// Called when everything before `end` is registered, before another thread registers; `is_last` if that is the
    /// whole block.
    fn registered(&mut self, _end: u32, _is_last: bool) {}
}

impl<F: FnMut(u32)> OnRegister for F {
    fn runnable(&mut self, position: u32) {
        self(position);
    }
}

/// A batch that a thread resolves.
#[derive(Debug)]
#[must_use = "a claimed batch that is not published holds up the block"]
pub struct Claim {
    sequence: u32,
    /// Its positions in the block
    pub positions: Range<u32>,
}

/// The block's order on its way into a [`Schedule`].
#[derive(Debug)]
pub struct Intake {
    limits: IntakeLimits,
    /// Positions that there are.
    announced: OwnLine<AtomicU32>,
    /// Whether there will be no more.
    is_closed: AtomicBool,
    claimed: OwnLine<Cursor>,
    registered: OwnLine<Cursor>,
    batches: Box<[Batch]>,
    role: Role,
}

/// Number of the next batch, and the next position.
#[derive(Debug, Default)]
struct Cursor(AtomicU64);

#[derive(Debug, Default)]
struct Batch {
    /// The number of the batch that is published here, plus 1.
    published: AtomicU32,
    resolved: Mutex<(Range<u32>, Resolved)>,
}

impl Cursor {
    #[allow(clippy::cast_possible_truncation, reason = "two halves")]
    fn load(&self) -> (u32, u32) {
        let both = self.0.load(Ordering::Acquire);
        ((both >> 32) as u32, both as u32)
    }

    fn store(&self, sequence: u32, position: u32) {
        self.0.store(Self::both(sequence, position), Ordering::Release);
    }

    fn advance(&self, from: (u32, u32), to: (u32, u32)) -> bool {
        let (from, to) = (Self::both(from.0, from.1), Self::both(to.0, to.1));
        let exchanged = self
            .0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed);
        exchanged.is_ok()
    }

    fn both(sequence: u32, position: u32) -> u64 {
        (u64::from(sequence) << 32) | u64::from(position)
    }
}

impl Intake {
    /// An intake for a first block.
    ///
    /// # Panics
    /// If a limit is 0, or `batches` is not a power of two.
    pub fn new(limits: IntakeLimits) -> Self {
        assert!(limits.batches.is_power_of_two(), "a ring has 2^n batches");
        assert!(limits.batch_transactions > 0, "a batch has transactions");
        Self {
            limits,
            announced: OwnLine::default(),
            is_closed: AtomicBool::new(false),
            claimed: OwnLine::default(),
            registered: OwnLine::default(),
            batches: std::iter::repeat_with(Batch::default)
                .take(limits.batches as usize)
                .collect(),
            role: Role::default(),
        }
    }

    /// Says that `count` transactions more of the block are ordered; by one thread at a time.
    pub fn announce(&self, count: u32) {
        let announced = self.announced.load(Ordering::Relaxed);
        let announced = announced
            .checked_add(count)
            .expect("a block has fewer than 2^32 transactions");
        self.announced.store(announced, Ordering::Release);
    }

    /// Says that the block has no more transactions.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Transactions of the block, once it is closed.
    pub fn closed_len(&self) -> Option<u32> {
        self.is_closed
            .load(Ordering::Acquire)
            .then(|| self.announced.load(Ordering::Acquire))
    }

    /// Starts with another block, whose first transaction has position 0. Nobody uses the intake meanwhile.
    /// Returns the number of transactions of the last one.
    ///
    /// # Panics
    /// If transactions of the last block are not registered.
    pub fn restart(&self) -> u32 {
        let (sequence, position) = self.registered.load();
        assert_eq!(
            self.announced.load(Ordering::Relaxed),
            position,
            "the last block is registered"
        );
        self.announced.store(0, Ordering::Relaxed);
        self.is_closed.store(false, Ordering::Relaxed);
        self.claimed.store(sequence, 0);
        self.registered.store(sequence, 0);
        position
    }

    /// Claims the next batch, if there is one and not too many are waiting to be registered.
    pub fn claim(&self) -> Option<Claim> {
        loop {
            let from = self.claimed.load();
            let (sequence, position) = from;
            let ahead = sequence.wrapping_sub(self.registered.load().0);
            let end = self
                .announced
                .load(Ordering::Acquire)
                .min(position.saturating_add(self.limits.batch_transactions));
            if ahead >= self.limits.batches || end <= position {
                return None;
            }
            step();
            if self.claimed.advance(from, (sequence.wrapping_add(1), end)) {
                return Some(Claim {
                    sequence,
                    positions: position..end,
                });
            }
        }
    }

    /// Resolves a batch and publishes it. `resolve` ends as many transactions as the batch has.
    ///
    /// # Panics
    /// If it ends more or fewer.
    pub fn resolve(&self, claim: Claim, resolve: impl FnOnce(Range<u32>, &mut Resolved)) {
        let batch = self.batch(claim.sequence);
        let mut resolved = batch.lock();
        resolved.0 = claim.positions.clone();
        resolved.1.clear();
        resolve(claim.positions.clone(), &mut resolved.1);
        assert_eq!(
            resolved.1.ends.len(),
            claim.positions.len(),
            "every transaction of a batch is resolved"
        );
        drop(resolved);
        step();
        batch
            .published
            .store(claim.sequence.wrapping_add(1), Ordering::Release);
    }

    /// Sees to it that all that can be registered is registered, and reports what that brings about if this thread does
    /// it; returns whether it did.
    pub fn register(&self, schedule: &Schedule, on_register: &mut impl OnRegister) -> bool {
        self.role.ask(|| {
            while self.register_batch(schedule, on_register) {}
            let end = self.registered.load().1;
            on_register.registered(end, self.closed_len() == Some(end));
        })
    }

    /// Whether something can be registered. A moment later it may be otherwise: a thread that is about to wait asks
    /// [`Self::register`] in any case.
    pub fn can_register(&self, schedule: &Schedule) -> bool {
        let (sequence, position) = self.registered.load();
        self.batch(sequence).is_published(sequence) && schedule.has_room(position)
    }

    /// Registers what the window has room for of the next batch; returns whether that was all of a batch.
    fn register_batch(&self, schedule: &Schedule, on_register: &mut impl OnRegister) -> bool {
        let (sequence, first) = self.registered.load();
        let batch = self.batch(sequence);
        if !batch.is_published(sequence) {
            return false;
        }
        let resolved = batch.lock();
        let (positions, resolved) = &*resolved;
        let skipped = first.wrapping_sub(positions.start) as usize;
        if skipped == 0 {
            schedule.touch(resolved.locks.iter().map(|lock| lock.id));
        }
        for (index, position) in positions.clone().enumerate().skip(skipped) {
            if !schedule.has_room(position) {
                self.registered.store(sequence, position);
                return false;
            }
            let (units, locks) = resolved.transaction(index);
            if schedule.register(position, units, locks.iter().copied()) {
                on_register.runnable(position);
            }
        }
        self.registered.store(sequence.wrapping_add(1), positions.end);
        true
    }

    fn batch(&self, sequence: u32) -> &Batch {
        &self.batches[(sequence & self.limits.batches.wrapping_sub(1)) as usize]
    }
}

impl Batch {
    fn is_published(&self, sequence: u32) -> bool {
        self.published.load(Ordering::Acquire) == sequence.wrapping_add(1)
    }

    fn lock(&self) -> MutexGuard<'_, (Range<u32>, Resolved)> {
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
