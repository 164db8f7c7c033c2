//! What each thread does that executes a block: the threads and the block are the caller's.
//!
//! ```text
//!          +--> own queue --> list --> a batch to resolve and register --> steal --> wait
//!          |     (short)    (the rest) |                                     |
//!          +-- complete <-- execute <--+-------------------------------------'
//!                 '--> the longest that became runnable is executed next, unless the list holds a longer one
//! ```
//!
//! What can run and is short goes to the queue of the thread that found out, everything else to the list, by rank: the
//! units of the transaction and of the longest chain behind it.
//!
//! Invariants: a thread waits only if nothing is runnable in the list or any queue, no batch can be claimed and none
//! registered. The block is finished when it is closed and as many transactions have completed as it has; exactly one
//! thread learns that it is the one that found out.
//!
//! Of transactions that are short the window holds few: a thread looks for more to register when it has nothing to run,
//! or when another waits, so what is found ahead is still near when it runs. Before each transaction from the list a
//! thread registers a batch more, since a rank means something only beside those of the next ones.

use std::ops::Range;

use crate::idle::Idle;
use crate::intake::{Intake, IntakeLimits, Resolved};
use crate::locks::{LockWait, Schedule, ScheduleLimits};
use crate::queues::Queues;
use crate::ranked::Ranked;
use crate::role::Role;
use crate::sync::{AtomicBool, AtomicU32, Ordering, OwnLine};

mod ready;
mod worker;

pub use worker::Worker;

#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;

/// What a thread does with the transactions of a block.
pub trait Lane {
    /// Appends the locks of these transactions, each ended with [`Resolved::end_transaction`].
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved);

    /// Called when this thread has nothing to register, and nothing to run but what is in the list: announces more
    /// transactions of the block, if there are any; returns whether it did. One thread is asked at a time, and once more if another one has found nothing
    /// to do meanwhile: what that one has just completed may make room for more.
    fn pull(&mut self) -> bool {
        false
    }

    /// Executes a transaction. Every earlier one that shares an account with it, unless both read it, has been executed.
    fn execute(&mut self, position: u32);

    /// Called when a transaction gets a lock that it waited for, before it can run.
    fn waited(&mut self, _wait: LockWait) {}
}

/// Bounds of [`Workers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkersLimits {
    /// Threads that may work at the same time
    pub threads: usize,
    /// Of the schedule
    pub schedule: ScheduleLimits,
    /// Of the intake
    pub intake: IntakeLimits,
}

/// What a thread did for a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Transactions that it executed
    pub executed: u64,
    /// Times that it took transactions from another thread's queue
    pub steals: u64,
    /// Times that it waited
    pub waits: u64,
    /// Whether it is the thread that found the block finished; exactly one does
    pub is_last: bool,
}

impl Work {
    /// Adds what another thread did, or the same one for another block.
    pub const fn add(&mut self, other: &Self) {
        self.executed = self.executed.saturating_add(other.executed);
        self.steals = self.steals.saturating_add(other.steals);
        self.waits = self.waits.saturating_add(other.waits);
        self.is_last |= other.is_last;
    }
}

/// Everything that the threads of a block share.
#[derive(Debug)]
pub struct Workers {
    schedule: Schedule,
    intake: Intake,
    queues: Queues,
    ranked: Ranked,
    idle: Idle,
    /// Of the thread that asks for more transactions.
    pulling: Role,
    /// Transactions that each thread has completed.
    completed: Box<[OwnLine<AtomicU32>]>,
    is_finished: AtomicBool,
    /// Whether a thread has panicked, so that the block cannot be finished.
    is_abandoned: AtomicBool,
}

impl Workers {
    /// For a first block.
    ///
    /// # Panics
    /// If the limits are not as they are documented.
    pub fn new(limits: WorkersLimits) -> Self {
        Self {
            schedule: Schedule::new(limits.schedule),
            intake: Intake::new(limits.intake),
            queues: Queues::new(limits.threads, limits.schedule.window),
            ranked: Ranked::new(limits.schedule.window),
            idle: Idle::new(),
            pulling: Role::default(),
            completed: std::iter::repeat_with(OwnLine::default)
                .take(limits.threads)
                .collect(),
            is_finished: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
        }
    }

    /// Says that `count` transactions more of the block are ordered; by one thread at a time.
    pub fn announce(&self, count: u32) {
        self.intake.announce(count);
        self.idle.notify(count);
    }

    /// Says that the block has no more transactions.
    pub fn close(&self) {
        self.intake.close();
        self.idle.notify(u32::MAX);
    }

    /// Lets threads look for something to do that wait, after more may be pulled.
    pub fn wake(&self) {
        self.idle.notify(1);
    }

    /// Starts with another block. Nobody works meanwhile. Returns the number of transactions of the last one.
    ///
    /// # Panics
    /// If the last block is not finished.
    pub fn restart(&self) -> u32 {
        let len = self.intake.restart();
        for completed in &self.completed {
            completed.store(0, Ordering::Relaxed);
        }
        self.is_finished.store(false, Ordering::Relaxed);
        len
    }

    /// The account locks.
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Works on the block until it is finished. `index` is that of the thread; no two work under one.
    ///
    /// # Panics
    /// If another thread works under `index`, and if another thread panics that works on the block.
    pub fn run(&self, index: usize, lane: &mut impl Lane) -> Work {
        self.worker(index, lane).run()
    }

    /// A thread's part in the block, step by step: for callers to whom executing is something else than a call.
    ///
    /// # Panics
    /// If another thread works under `index`.
    pub fn worker<'w, L: Lane>(&'w self, index: usize, lane: &'w mut L) -> Worker<'w, L> {
        Worker::new(self, index, lane)
    }

    /// Whether all transactions of the block have completed.
    fn all_completed(&self) -> bool {
        let sum = || {
            self.completed
                .iter()
                .map(|completed| completed.load(Ordering::Acquire))
        };
        self.intake
            .closed_len()
            .is_some_and(|len| sum().fold(0, u32::wrapping_add) == len)
    }
}
