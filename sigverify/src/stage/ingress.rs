//! The way of packets into the queue, and the failure that closes it.
//!
//! Invariant: once closed it stays closed, and the first failure is kept. The lock is held for one operation that does not
//! wait.

use std::sync::{OnceLock, PoisonError, RwLock};

use crossbeam_channel::{Sender, TrySendError};

use super::batcher::Queued;

/// The sending end of the queue while the stage is open, and the failure that closed it.
pub(super) struct Ingress<T, B> {
    queue: RwLock<Option<Sender<Queued<T, B>>>>,
    failure: OnceLock<String>,
}

impl<T, B> Ingress<T, B> {
    pub(super) const fn new(queue: Sender<Queued<T, B>>) -> Self {
        Self {
            queue: RwLock::new(Some(queue)),
            failure: OnceLock::new(),
        }
    }

    /// Enqueues a packet without waiting; a closed stage is a disconnected queue.
    pub(super) fn try_send(&self, queued: Queued<T, B>) -> Result<(), TrySendError<Queued<T, B>>> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        match &*queue {
            Some(queue) => queue.try_send(queued),
            None => Err(TrySendError::Disconnected(queued)),
        }
    }

    /// Packets in the queue; 0 once it is closed.
    pub(super) fn len(&self) -> usize {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().map_or(0, Sender::len)
    }

    pub(super) fn close(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Closes the stage for this reason; only the first reason is kept.
    pub(super) fn fail(&self, reason: String) {
        drop(self.failure.set(reason));
        self.close();
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }
}
