//! Where a thread waits that finds nothing to do, without missing what comes up while it lies down.
//!
//! ```text
//! a thread without work:  prepare -> look again -> found: cancel     a thread with more:  make work -> notify
//!                                         '-> nothing: wait
//! ```
//!
//! Invariant: of a `notify` that follows a change and a look that follows a `prepare`, the look sees the change or the
//! `notify` sees that a thread waits. Both sides have a full fence between what they write and what they read. A
//! notification is not tied to a thread: the thread that takes it looks again, which is what the work needs.
//!
//! Cost: `notify` is a fence and a load while nobody waits. A thread that is notified no longer counts as waiting, so a second
//! notification does not wake the same thread again before it runs.

use std::sync::PoisonError;

use crate::steps::step;
use crate::sync::{AtomicU32, Condvar, Mutex, MutexGuard, Ordering, fence};

#[cfg(test)]
#[cfg(feature = "loom")]
mod loom_tests;
#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;

/// Threads that wait for something to do.
#[derive(Debug, Default)]
pub struct Idle {
    /// Threads between `prepare` and the end of `wait` or `cancel` that no notification is meant for. Becomes less under
    /// the lock of `notified` only.
    waiting: AtomicU32,
    /// Notifications that no thread has taken.
    notified: Mutex<u32>,
    changed: Condvar,
}

impl Idle {
    /// Nobody waits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that this thread is about to wait. It then looks for something to do once more, and calls [`Self::wait`] or
    /// [`Self::cancel`].
    pub fn prepare(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        step();
        fence(Ordering::SeqCst);
    }

    /// Takes back [`Self::prepare`]. A notification is left to those who still wait.
    pub fn cancel(&self) {
        let mut notified = self.notified();
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        } else {
            *notified = notified.wrapping_sub(1);
        }
    }

    /// Waits for a notification, unless there is one already.
    pub fn wait(&self) {
        step();
        let mut notified = self.notified();
        loop {
            if let Some(rest) = notified.checked_sub(1) {
                *notified = rest;
                return;
            }
            notified = self
                .changed
                .wait(notified)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets up to `count` threads look again that wait, after something has come up for them.
    pub fn notify(&self, count: u32) {
        step();
        fence(Ordering::SeqCst);
        if self.is_waited() {
            self.notify_waiting(count);
        }
    }

    /// Whether a thread waits that no notification is meant for; a moment later it may be otherwise.
    pub fn is_waited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    #[cold]
    fn notify_waiting(&self, count: u32) {
        let mut notified = self.notified();
        let woken = self.waiting.load(Ordering::Relaxed).min(count);
        self.waiting.fetch_sub(woken, Ordering::Relaxed);
        *notified = notified.wrapping_add(woken);
        drop(notified);
        for _ in 0..woken {
            self.changed.notify_one();
        }
    }

    fn notified(&self) -> MutexGuard<'_, u32> {
        self.notified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
