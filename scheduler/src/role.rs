//! A role that one thread has at a time, and that nobody waits for.
//!
//! A thread that finds the role taken counts itself and goes on; the thread that has the role then does the work once
//! more before it gives the role up. So after [`Role::ask`] returns, the work has been done since, or is about to be.
//!
//! Invariant: what a thread did before it asked happened before some later run of the work. Asking is an addition to one
//! counter, giving up the role an exchange that fails if the counter has changed.

use crate::steps::step;
use crate::sync::{AtomicU32, Ordering, OwnLine};

#[cfg(test)]
#[cfg(feature = "loom")]
mod loom_tests;

/// A role, taken by asking.
#[derive(Debug, Default)]
pub(crate) struct Role {
    /// Threads that have asked since the role was taken; 0 if nobody has it.
    asked: OwnLine<AtomicU32>,
}

impl Role {
    /// Sees to it that `work` is done: by this thread, if the role is free, and then as often as others ask meanwhile.
    /// Returns whether this thread did it.
    pub(crate) fn ask(&self, mut work: impl FnMut()) -> bool {
        step();
        if self.asked.fetch_add(1, Ordering::AcqRel) != 0 {
            return false;
        }
        let mut seen = 1;
        loop {
            work();
            step();
            match self
                .asked
                .compare_exchange(seen, 0, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return true,
                Err(asked) => seen = asked,
            }
        }
    }
}
