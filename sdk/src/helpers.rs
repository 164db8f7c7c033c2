//! Threads that a caller lends for a piece of work.
//!
//! The crates that compute start no threads themselves: what has many independent parts takes a [`Helpers`].

use std::fmt;

/// Runs jobs on several threads.
pub trait Helpers: Sync {
    /// Number of threads, at least 1.
    fn count(&self) -> usize;

    /// Length of a piece of work from which on it is worth sharing.
    fn len_min(&self) -> usize {
        512
    }

    /// Calls `job` with each number below [`Helpers::count`], beside each other or not, and returns when all have ended.
    fn run(&self, job: &(dyn Fn(usize) + Sync));
}

/// The thread of the caller alone.
#[derive(Debug, Clone, Copy)]
pub struct NoHelpers;

impl Helpers for NoHelpers {
    fn count(&self) -> usize {
        1
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        job(0);
    }
}

impl fmt::Debug for dyn Helpers + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helpers").field("count", &self.count()).finish()
    }
}
