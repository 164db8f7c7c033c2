//! CPU time of all threads of the process, wall time and allocations of a stretch of work.

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
        }
    }
}

/// What a stretch of work cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) cpu: Duration,
    pub(super) wall: Duration,
    /// Calls of the allocator by this thread.
    pub(super) allocations: u64,
}

impl Spent {
    pub(super) const fn add(&mut self, other: Self) {
        self.cpu = self.cpu.saturating_add(other.cpu);
        self.wall = self.wall.saturating_add(other.wall);
        self.allocations = self.allocations.saturating_add(other.allocations);
    }

    /// CPU time in microseconds.
    pub(super) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6
    }
}
