//! CPU time of all threads of the process, wall time and allocations of a stretch of work, and of the stages of blocks.

use std::time::{Duration, Instant};

use isobath_timing::ProcessTime;
use isobath_validator::allocation_count;

/// A moment from which to count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    cpu: ProcessTime,
    wall: Instant,
    allocations: u64,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            allocations: allocation_count(),
            wall: Instant::now(),
            cpu: ProcessTime::now(),
        }
    }

    /// What was spent since then.
    pub(super) fn spent(self) -> Spent {
        Spent {
            cpu: self.cpu.elapsed(),
            wall: self.wall.elapsed(),
            allocations: allocation_count().saturating_sub(self.allocations),
            shared: Duration::ZERO,
        }
    }
}

/// What a stretch of work cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) cpu: Duration,
    pub(super) wall: Duration,
    /// Calls of the allocator by the threads that execute.
    pub(super) allocations: u64,
    /// CPU time of the parts that all threads share, of `cpu`.
    pub(super) shared: Duration,
}

impl Spent {
    pub(super) const fn add(&mut self, other: Self) {
        self.cpu = self.cpu.saturating_add(other.cpu);
        self.wall = self.wall.saturating_add(other.wall);
        self.allocations = self.allocations.saturating_add(other.allocations);
        self.shared = self.shared.saturating_add(other.shared);
    }

    /// The same with what all threads shared of it.
    pub(super) const fn sharing(self, shared: Duration) -> Self {
        Self { shared, ..self }
    }

    /// CPU time in microseconds.
    pub(super) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6
    }

    /// Wall time in microseconds.
    pub(super) fn wall_us(&self) -> f64 {
        self.wall.as_secs_f64() * 1e6
    }
}

/// What one block cost, by stage.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stages {
    /// Wire bytes to transactions.
    pub(super) admit: Spent,
    /// All transactions of the block.
    pub(super) execute: Spent,
    /// Fees, delta, roots, header and result.
    pub(super) seal: Spent,
    /// Chain and accounts to the end of the block.
    pub(super) publish: Spent,
}

impl Stages {
    pub(super) const fn add(&mut self, other: &Self) {
        self.admit.add(other.admit);
        self.execute.add(other.execute);
        self.seal.add(other.seal);
        self.publish.add(other.publish);
    }

    pub(super) const fn total(&self) -> Spent {
        let mut total = self.admit;
        total.add(self.execute);
        total.add(self.seal);
        total.add(self.publish);
        total
    }
}
