//! What the threads of a block ask of their caller, and what they tell it.

use std::ops::Range;

use crate::intake::Resolved;
use crate::locks::LockWait;

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
