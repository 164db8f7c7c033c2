//! Room in the record of a block that is built, for transactions that run programs.
//!
//! ```text
//! reserve   before programs run: the most that they may record, judging by the accounts as they are now
//! settle    after that: what they did record
//! ```
//!
//! Invariant: what was recorded and what running ones may record is at most the limit. What does not fit waits as long as
//! others run, since these tend to record far less than they may; alone it is left out. Running ones wait for nobody, so
//! the wait ends. Whether a transaction is left out depends on time, as does everything that a builder decides; replay has
//! no such limit.
//!
//! Transfers between plain accounts do not pass here: they record no more than their bytes announce.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The room that is left.
#[derive(Debug)]
pub(super) struct RecordRoom {
    left: Mutex<Left>,
    settled: Condvar,
}

#[derive(Debug)]
struct Left {
    bytes: u64,
    /// Number of transactions that have reserved and not settled.
    running: usize,
}

impl RecordRoom {
    pub(super) const fn new(bytes: u64) -> Self {
        Self {
            left: Mutex::new(Left { bytes, running: 0 }),
            settled: Condvar::new(),
        }
    }

    /// Reserves room; `None` if there is too little even when nothing else runs.
    pub(super) fn reserve(&self, bytes: u64) -> Option<Reservation<'_>> {
        let mut left = self.lock();
        loop {
            if let Some(rest) = left.bytes.checked_sub(bytes) {
                left.bytes = rest;
                left.running = left.running.saturating_add(1);
                return Some(Reservation {
                    room: self,
                    reserved: bytes,
                    recorded: bytes,
                });
            }
            if left.running == 0 {
                return None;
            }
            left = self.settled.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for one transaction. It is settled when it is dropped, also by a panic, so that nobody waits for it in vain.
#[derive(Debug)]
pub(super) struct Reservation<'r> {
    room: &'r RecordRoom,
    reserved: u64,
    recorded: u64,
}

impl Reservation<'_> {
    /// Replaces the reservation by what was recorded.
    pub(super) fn settle(mut self, recorded: u64) {
        self.recorded = recorded;
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut left = self.room.lock();
        let bytes = left.bytes.saturating_add(self.reserved);
        left.bytes = bytes.saturating_sub(self.recorded);
        left.running = left.running.saturating_sub(1);
        drop(left);
        self.room.settled.notify_all();
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "the test is the caller that owns the threads"
)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn what_does_not_fit_alone_is_left_out() {
        let room = RecordRoom::new(10);
        assert!(room.reserve(11).is_none());
        room.reserve(10).unwrap().settle(4);
        assert!(room.reserve(7).is_none());
        assert!(room.reserve(6).is_some());
    }

    /// Each may record all of the room, and records little of it.
    #[test]
    fn what_does_not_fit_beside_others_waits_for_them() {
        let room = RecordRoom::new(100);
        let (running, runs) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let reserved = room.reserve(60).expect("each records one byte");
                        assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "one fits at a time");
                        std::thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                        runs.fetch_add(1, Ordering::SeqCst);
                        reserved.settle(1);
                    }
                });
            }
        });
        assert_eq!(runs.into_inner(), 40);
        assert!(room.reserve(61).is_none());
        assert!(room.reserve(60).is_some());
    }

    #[test]
    fn nobody_waits_for_a_transaction_that_panicked() {
        let room = RecordRoom::new(10);
        std::thread::scope(|scope| {
            let reserved = room.reserve(10);
            let waiting = scope.spawn(|| room.reserve(5).is_some());
            let panicking = scope.spawn(move || {
                let _reserved = reserved;
                panic!("planted");
            });
            assert!(panicking.join().is_err());
            assert!(!waiting.join().unwrap(), "what it recorded is not known");
        });
    }
}
