//! What the threads of a block share.
//!
//! Invariant: the block is finished when it is closed and as many transactions have completed as it has.

use crate::idle::Idle;
use crate::intake::{Intake, IntakeLimits};
use crate::locks::{Schedule, ScheduleLimits};
use crate::queues::Queues;
use crate::ranked::Ranked;
use crate::role::Role;
use crate::sync::{AtomicBool, AtomicU32, Ordering, OwnLine};

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

/// Everything that the threads of a block share.
#[derive(Debug)]
pub struct Workers {
    pub(super) schedule: Schedule,
    pub(super) intake: Intake,
    pub(super) queues: Queues,
    pub(super) ranked: Ranked,
    pub(super) idle: Idle,
    /// Of the thread that asks for more transactions.
    pub(super) pulling: Role,
    /// Transactions that each thread has completed.
    pub(super) completed: Box<[OwnLine<AtomicU32>]>,
    pub(super) is_finished: AtomicBool,
    /// Whether a thread has panicked, so that the block cannot be finished.
    pub(super) is_abandoned: AtomicBool,
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

    /// Whether all transactions of the block have completed.
    pub(super) fn all_completed(&self) -> bool {
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
