//! CPU time of all threads of the process and wall time of a stretch of work, and of the stages of blocks: the form of
//! `isobath-bench` without the count of allocations.

use std::time::{Duration, Instant};

use isobath_timing::ProcessTime;

/// A moment from which to count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    cpu: ProcessTime,
    wall: Instant,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            wall: Instant::now(),
            cpu: ProcessTime::now(),
        }
    }

    /// What was spent since then.
    pub(super) fn spent(self) -> Spent {
        Spent {
            cpu: self.cpu.elapsed(),
            wall: self.wall.elapsed(),
            shared: Duration::ZERO,
        }
    }
}

/// What a stretch of work cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) cpu: Duration,
    pub(super) wall: Duration,
    /// CPU time of the parts that all threads share, of `cpu`.
    pub(super) shared: Duration,
}

impl Spent {
    /// The same with what all threads shared of it.
    pub(super) const fn sharing(self, shared: Duration) -> Self {
        Self { shared, ..self }
    }

    pub(super) const fn add(&mut self, other: Self) {
        self.cpu = self.cpu.saturating_add(other.cpu);
        self.wall = self.wall.saturating_add(other.wall);
        self.shared = self.shared.saturating_add(other.shared);
    }

    /// CPU time in microseconds.
    pub(super) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6
    }
}

/// What blocks cost, by stage.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stages {
    /// Wire bytes to transactions.
    pub(super) admit: Spent,
    /// All transactions of the block.
    pub(super) execute: Spent,
    /// Fees, hashes, end of the block.
    pub(super) seal: Spent,
    /// What readers see moves on, the next block can begin.
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
