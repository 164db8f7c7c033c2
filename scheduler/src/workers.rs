//! What each thread does that executes a block: the threads and the block are the caller's.
//!
//! ```text
//!          +--> own queue --> a batch to resolve and register --> steal --> wait
//!          |        |                                               |
//!          +-- complete <-- execute <-------------------------------'
//!                 '--> one that became runnable is executed next, the others go to the own queue
//! ```
//!
//! Invariants: a thread waits only if nothing is runnable in any queue, no batch can be claimed and none registered. The
//! block is finished when it is closed and as many transactions have completed as it has; exactly one thread learns that
//! it is the one that found out.
//!
//! A thread that executes while another waits looks for something to register after each transaction, so that the window
//! is full when threads are idle and short when none is: what is found ahead is then still near when it runs.

use std::ops::Range;

use crate::idle::Idle;
use crate::intake::{Intake, IntakeLimits, Resolved};
use crate::locks::{LockWait, OnComplete, Schedule, ScheduleLimits};
use crate::queues::{Local, Queues};
use crate::role::Role;
use crate::sync::{AtomicBool, AtomicU32, Ordering, OwnLine};

#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;

/// Looks for something to do before a thread waits, a few microseconds in all: as long as others take to resolve a batch.
const LOOKS: u32 = 32;
/// Hints to the processor between two looks.
const PAUSES: u32 = 8;

/// What a thread does with the transactions of a block.
pub trait Lane {
    /// Appends the locks of these transactions, each ended with [`Resolved::end_transaction`].
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved);

    /// Called when this thread has nothing to run and nothing to register: announces more transactions of the block, if
    /// there are any; returns whether it did. One thread is asked at a time, and once more if another one has found nothing
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
    idle: Idle,
    /// Of the thread that asks for more transactions.
    pulling: Role,
    /// Transactions that each thread has completed.
    completed: Box<[OwnLine<AtomicU32>]>,
    is_finished: AtomicBool,
    /// Whether a thread has panicked, so that the block cannot be finished.
    is_abandoned: AtomicBool,
}

/// A thread at work.
struct Worker<'w, L> {
    workers: &'w Workers,
    lane: &'w mut L,
    local: Local<'w>,
    completed: &'w AtomicU32,
    work: Work,
}

/// What a thread does with what a completion brings about.
struct Completion<'c, 'w, L> {
    lane: &'c mut L,
    local: &'c mut Local<'w>,
    /// What the thread executes next.
    next: Option<u32>,
    /// Whether more can run, which lies in its queue.
    has_more: bool,
}

impl<L: Lane> OnComplete for Completion<'_, '_, L> {
    fn woken(&mut self, position: u32) {
        if self.next.is_none() {
            self.next = Some(position);
        } else {
            self.local.push(position);
            self.has_more = true;
        }
    }

    fn granted(&mut self, wait: LockWait) {
        self.lane.waited(wait);
    }
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
        let mut worker = Worker {
            workers: self,
            lane,
            local: self.queues.local(index),
            completed: &self.completed[index],
            work: Work::default(),
        };
        while let Some(position) = worker.find_or_wait() {
            worker.execute(position);
        }
        worker.work
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

impl<L: Lane> Worker<'_, L> {
    /// The next transaction to execute; none if the block is finished.
    fn find_or_wait(&mut self) -> Option<u32> {
        loop {
            for _ in 0..LOOKS {
                if let Some(position) = self.find() {
                    return Some(position);
                }
                if self.is_finished() {
                    return None;
                }
                for _ in 0..PAUSES {
                    std::hint::spin_loop();
                }
            }
            self.workers.idle.prepare();
            self.register();
            let found = self.find();
            if found.is_some() || self.is_finished() {
                self.workers.idle.cancel();
                return found;
            }
            self.work.waits = self.work.waits.wrapping_add(1);
            self.workers.idle.wait();
        }
    }

    fn find(&mut self) -> Option<u32> {
        if let Some(position) = self.local.pop() {
            return Some(position);
        }
        self.fill_window();
        if let Some(position) = self.local.pop() {
            return Some(position);
        }
        while self.pull() {
            self.fill_window();
            if let Some(position) = self.local.pop() {
                return Some(position);
            }
        }
        let stolen = self.local.steal()?;
        self.work.steals = self.work.steals.wrapping_add(1);
        self.share(!self.local.is_empty());
        Some(stolen)
    }

    /// Asks for more transactions, or lets the thread do it that is about it.
    fn pull(&mut self) -> bool {
        let mut has_pulled = false;
        self.workers.pulling.ask(|| {
            // Those who ask meanwhile are told of what was announced.
            if !has_pulled {
                has_pulled = self.lane.pull();
            }
        });
        has_pulled
    }

    /// Resolves a batch, if there is one, and registers what can be registered.
    fn fill_window(&mut self) {
        let workers = self.workers;
        if let Some(claim) = workers.intake.claim() {
            workers.intake.resolve(claim, |positions, resolved| {
                self.lane.resolve(positions, resolved)
            });
            self.register();
        } else if workers.intake.can_register(&workers.schedule) {
            self.register();
        }
    }

    fn register(&mut self) {
        let (workers, local) = (self.workers, &mut self.local);
        let mut runnable = 0_u32;
        workers.intake.register(&workers.schedule, |position| {
            local.push(position);
            runnable = runnable.wrapping_add(1);
            // The first is for this thread. The thread that takes the second lets another one look for the third.
            if runnable == 2 {
                workers.idle.notify(1);
            }
        });
    }

    /// Lets one thread that waits look at this thread's queue; it lets the next one look at its own.
    fn share(&self, has_more: bool) {
        if has_more {
            self.workers.idle.notify(1);
        }
    }

    /// Executes a transaction, then what that makes runnable, one after the other.
    fn execute(&mut self, position: u32) {
        let mut next = Some(position);
        while let Some(position) = next {
            self.lane.execute(position);
            next = self.complete(position);
            if self.workers.idle.is_waited() {
                self.fill_window();
                self.share(next.is_some() && !self.local.is_empty());
            }
        }
    }

    /// Completes a transaction; returns one that this makes runnable.
    fn complete(&mut self, position: u32) -> Option<u32> {
        let mut completion = Completion {
            lane: &mut *self.lane,
            local: &mut self.local,
            next: None,
            has_more: false,
        };
        self.workers.schedule.complete(position, &mut completion);
        let Completion { next, has_more, .. } = completion;
        self.work.executed = self.work.executed.wrapping_add(1);
        let completed = self.completed.load(Ordering::Relaxed).wrapping_add(1);
        self.completed.store(completed, Ordering::Release);
        self.share(has_more);
        next
    }

    /// Whether the block is finished. The first thread to see it tells all others.
    fn is_finished(&mut self) -> bool {
        let is_abandoned = self.workers.is_abandoned.load(Ordering::Acquire);
        assert!(!is_abandoned, "a thread has panicked that worked on the block");
        if self.workers.is_finished.load(Ordering::Acquire) {
            return true;
        }
        if !self.workers.all_completed() {
            return false;
        }
        if !self.workers.is_finished.swap(true, Ordering::AcqRel) {
            self.work.is_last = true;
            self.workers.idle.notify(u32::MAX);
        }
        true
    }
}

impl<L> Drop for Worker<'_, L> {
    /// Nobody waits for what a thread cannot do any more.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.workers.is_abandoned.store(true, Ordering::Release);
            self.workers.idle.notify(u32::MAX);
        }
    }
}
